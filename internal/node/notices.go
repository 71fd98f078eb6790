package node

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch"
)

// operate is the purpose that what runs in a system is asked for.
const operate = "operate"

// Watched is a watch as it was made.
type Watched struct {
	*notice.Watch
	Secret   string          `json:"secret,omitempty"` // of the webhook; shown only here
	Subjects []WatchedAnswer `json:"subjects"`         // what is watched, as it stands now
}

// WatchedAnswer is a subject that is watched, with the verdict on it.
type WatchedAnswer struct {
	Subject  string `json:"subject"`
	Verdict  string `json:"verdict"`
	Decision string `json:"decision"`
}

// AddWatch has a member told of changed answers about a subject; where that is
// the id of a system that is held, about each release that runs in it. The
// questions are asked at once, so that there are decisions which can change.
func (n *Node) AddWatch(ctx context.Context, by access.Reader, w notice.New) (*Watched, error) {
	var err error
	if w.System, err = n.isSystem(ctx, by, strings.TrimSpace(w.Subject)); err != nil {
		return nil, err
	}
	book := n.watches()
	made, secret, err := book.Add(ctx, by, w)
	if err != nil {
		return nil, err
	}
	out := &Watched{Watch: made, Secret: string(secret), Subjects: []WatchedAnswer{}}
	out.Subjects, err = n.bind(ctx, made, by, false)
	if err != nil {
		return nil, errors.Join(err, book.Remove(context.WithoutCancel(ctx), by, made.ID))
	}
	out.Questions = len(out.Subjects)
	return out, nil
}

// bind brings up to date what a watch is told of. With tell, what is new there
// is told as well.
func (n *Node) bind(ctx context.Context, w *notice.Watch, reader access.Reader, tell bool) ([]WatchedAnswer, error) {
	subjects, purpose := []string{w.Subject}, w.Purpose
	if w.System {
		purpose = cmp.Or(purpose, operate)
		var err error
		if subjects, err = n.runsIn(ctx, reader, w.Subject); err != nil {
			return nil, err
		}
	}
	book := n.watches()
	have, err := book.Questions(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	gone := map[string]string{} // question by subject
	for _, q := range have {
		gone[q.Subject] = q.ID
	}
	out := []WatchedAnswer{}
	for _, subject := range subjects {
		if _, held := gone[subject]; held {
			delete(gone, subject)
			continue
		}
		a, err := n.bindOne(ctx, w, reader, subject, purpose, tell)
		if err != nil {
			return nil, err
		}
		out = append(out, *a)
	}
	for _, subject := range slices.Sorted(maps.Keys(gone)) {
		if err := book.Unfollow(ctx, w.ID, gone[subject]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bindOne asks a question, so that a decision on it is living, and has the watch
// told of the next that says something else.
func (n *Node) bindOne(ctx context.Context, w *notice.Watch, reader access.Reader, subject, purpose string, tell bool) (*WatchedAnswer, error) {
	asker := reader
	if !asker.Operator {
		asker.Roles = map[string]access.Role{"": access.RoleAnalyst} // whoever makes a watch may record, or it would not be there
	}
	a, err := n.Decide(ctx, access.Ask{Reader: asker}, Question{Subject: subject, Purpose: purpose})
	if err != nil {
		return nil, err
	}
	b, e, err := n.Decision(ctx, access.Ask{Reader: asker, At: access.At{Known: access.Forever}}, *a.Decision)
	if err != nil {
		return nil, err
	}
	r, err := decision.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	q := watch.QuestionOf(r)
	_, err = n.watches().Follow(ctx, w.ID, notice.Question{ID: notice.QuestionID(q), Subject: subject, Since: e.Position, Decision: e.Digest, Tell: tell})
	return &WatchedAnswer{Subject: subject, Verdict: string(a.Verdict), Decision: *a.Decision}, err
}

// isSystem reports whether an inventory has a system of this id.
func (n *Node) isSystem(ctx context.Context, reader access.Reader, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	ask, err := n.Ledger.Resolve(ctx, access.Ask{Reader: reader})
	if err != nil {
		return false, err
	}
	facts, err := n.Ledger.BySubject(ctx, ask, id)
	if err != nil {
		return false, err
	}
	_, ok := inventory.Systems(facts, ask.At)[id]
	if !ok && strings.HasPrefix(id, "system:") {
		return false, problem.New(problem.NotFound, "no inventory that %s may see has %s", reader.Member, id)
	}
	return ok, nil
}

// runsIn is the releases that run in a system today, as they are asked for.
func (n *Node) runsIn(ctx context.Context, reader access.Reader, system string) ([]string, error) {
	ask, err := n.Ledger.Resolve(ctx, access.Ask{Reader: reader})
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.BySubject(ctx, ask, system)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range inventory.Deployments(facts, ask.At) {
		if s := cmp.Or(d.PURL, d.Release, d.CPE, strings.TrimSpace(d.Name+" "+d.Version)); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > notice.MaxReleases {
		return nil, problem.New(problem.TooLarge, "%d releases run in %s: want at most %d in a system that is watched", len(out), system, notice.MaxReleases)
	}
	return out, nil
}

// Watches is the watches of a member; the operator's are all.
func (n *Node) Watches(ctx context.Context, by access.Reader) ([]notice.Watch, error) {
	return n.watches().Watches(ctx, by)
}

// RemoveWatch ends a watch. The decisions that were made for it stay watched as
// any other.
func (n *Node) RemoveWatch(ctx context.Context, by access.Reader, id string) error {
	return n.watches().Remove(ctx, by, id)
}

// WatchDeliveries is what went out for a watch, newest first.
func (n *Node) WatchDeliveries(ctx context.Context, by access.Reader, id string, limit int) ([]notice.Delivery, error) {
	if _, err := n.watches().Find(ctx, by, id); err != nil {
		return nil, err
	}
	return n.watches().Deliveries(ctx, id, limit)
}

// Changes is the changed decisions that a reader may see, newest first.
func (n *Node) Changes(ctx context.Context, reader access.Reader, base string, limit int) ([]notice.Told, error) {
	return notice.Changes(ctx, n.watches(), n.Ledger, reader, base, limit)
}

// NoticeOptions say how a node tells of changes.
type NoticeOptions struct {
	Ways   map[string]notice.Sender
	Base   string       // where people read decisions; "" to leave it out
	Silent bool         // send nothing at all
	Logger *slog.Logger // the node's when nil
}

// NewTeller makes a teller of this node's changes that is not running.
func (n *Node) NewTeller(opts NoticeOptions) *notice.Teller {
	log := opts.Logger
	if log == nil {
		log = n.log
	}
	return notice.NewTeller(notice.Options{
		Book: n.watches(), Ledger: n.Ledger, Member: n.memberNow, Ways: opts.Ways, Base: opts.Base, Silent: opts.Silent, Logger: log,
		Refresh: func(ctx context.Context, w *notice.Watch, reader access.Reader) error {
			_, err := n.bind(ctx, w, reader, true)
			return err
		},
	})
}

// Notify tells of changes, and sends letters, in the background, until Close. Call it once, after
// Watch.
func (n *Node) Notify(ctx context.Context, opts NoticeOptions) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so nobody can be told of changes")
	}
	n.senders.Store(&opts)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	n.stopNotices = cancel
	t, post := n.NewTeller(opts), n.NewPost(opts)
	n.running.Go(func() { t.Run(ctx) })
	n.running.Go(func() { post.Run(ctx) })
	return nil
}

// NewPost makes a sender of this node's letters that is not running.
func (n *Node) NewPost(opts NoticeOptions) *bulletin.Post {
	log := opts.Logger
	if log == nil {
		log = n.log
	}
	mail, _ := opts.Ways[notice.ByMail].(bulletin.Mailer)
	hook, _ := opts.Ways[notice.ByWebhook].(bulletin.Hooker)
	return bulletin.NewPost(bulletin.Options{
		Book: n.bulletins(), Ledger: n.Ledger, Keep: n.keepLetter, Share: n.shareLetter, Mail: mail, Webhook: hook, Base: opts.Base, Silent: opts.Silent, Logger: log,
	})
}

// tester is a sender that can be tried.
type tester interface {
	Test(ctx context.Context, w *notice.Watch) error
}

// TestWatch sends a message that says it is a test, by every way that a watch
// has, and waits for the answer. ways are those of Notify when nil.
func (n *Node) TestWatch(ctx context.Context, by access.Reader, id string, ways map[string]notice.Sender) (sent []string, err error) {
	w, err := n.watches().Find(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if opts := n.senders.Load(); ways == nil && opts != nil {
		if opts.Silent {
			return nil, problem.New(problem.Conflict, "this server is a demonstration, and sends nothing")
		}
		ways = opts.Ways
	}
	for way, to := range map[string]string{notice.ByWebhook: w.Webhook, notice.ByMail: w.Mail} {
		if to == "" {
			continue
		}
		sender, ok := ways[way].(tester)
		if !ok {
			return sent, problem.New(problem.Conflict, "this server is not set up to send by %s", way)
		}
		if err := sender.Test(ctx, w); err != nil {
			return sent, err
		}
		sent = append(sent, way)
	}
	slices.Sort(sent)
	return sent, nil
}

// Telling is how the messages to members stand.
func (n *Node) Telling(ctx context.Context) (notice.Standing, error) {
	return n.watches().Standing(ctx)
}

// Origin is the name of the node's log.
func (n *Node) Origin() string { return n.Ledger.Origin() }

// watches is the book of watches.
func (n *Node) watches() *notice.Book {
	return &notice.Book{DB: n.DB, Now: n.now}
}

// memberNow is what a member may see now.
func (n *Node) memberNow(ctx context.Context, name string) (access.Reader, error) {
	members, err := n.Access.Members(ctx, access.Operator)
	if err != nil {
		return access.Reader{}, err
	}
	for _, m := range members {
		if m.Name == name && m.Disabled.IsZero() {
			return access.Reader{Member: m.Name, Organisations: slices.Sorted(maps.Keys(m.Roles)), Roles: m.Roles}, nil
		}
	}
	return access.Reader{}, problem.New(problem.NotFound, "there is no member %q", name)
}
