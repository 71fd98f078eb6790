package watchlist

import (
	"cmp"
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// List is a watch list in force.
type List struct {
	Name     string      `json:"name"`
	Audience string      `json:"audience"` // who may see it
	Names    int         `json:"names"`
	Digest   string      `json:"digest"` // of its file of names
	Set      access.Date `json:"set"`    // when that was put in force
	Actor    string      `json:"actor"`  // by whom
	Position int64       `json:"position"`
	LastRun  *LastRun    `json:"last_run"` // null when it was never run

	audience access.Audience
}

// LastRun is the newest run of a list.
type LastRun struct {
	At       access.Date `json:"at"`
	Position int64       `json:"position"`
	Digest   string      `json:"digest"` // of the report
	Counts   Counts      `json:"counts"`
}

// Book keeps watch lists in a ledger.
type Book struct{ Ledger *ledger.Ledger }

// page is how many documents are listed at once.
const page = 500

// newest is the reader's view of everything that is held.
func newest(r access.Reader) access.Ask {
	return access.Ask{Reader: r, At: access.At{Known: access.Forever, Position: access.Now}}
}

// Lists is the lists in force that the reader may see, by name and audience,
// each with its last run.
func (b Book) Lists(ctx context.Context, reader access.Reader) ([]List, error) {
	out, err := b.inForce(ctx, reader)
	if err != nil {
		return nil, err
	}
	for i := range out {
		last, err := b.lastRun(ctx, &out[i])
		if err != nil {
			return nil, err
		}
		if last != nil {
			out[i].LastRun = &LastRun{At: last.To.At, Position: last.Recorded, Digest: last.Digest, Counts: last.Counts}
		}
	}
	return out, nil
}

// key is what tells lists apart.
type key struct {
	name     string
	audience access.Audience
}

// inForce is the lists that the newest act on them put in force.
func (b Book) inForce(ctx context.Context, reader access.Reader) ([]List, error) {
	acts := map[key]*List{}
	err := b.each(ctx, reader, KindAct, "", 0, func(e *ledger.Entry, body []byte) error {
		act, err := parseAct(body)
		if err != nil {
			return err
		}
		acts[key{act.List, e.Audience}] = &List{
			Name: act.List, Audience: e.Audience.String(), Names: act.Names, Digest: act.Digest,
			Set: access.DateOf(e.Received), Actor: e.Actor, Position: e.Position, audience: e.Audience,
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := []List{}
	for _, l := range acts {
		if l.Digest != "" {
			out = append(out, *l)
		}
	}
	slices.SortFunc(out, func(a, b List) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Audience, b.Audience)) })
	return out, nil
}

// each calls fn for the documents of a kind above a position, oldest first;
// only for those of one name when it is not "".
func (b Book) each(ctx context.Context, reader access.Reader, kind, name string, after int64, fn func(*ledger.Entry, []byte) error) error {
	ask := newest(reader)
	for {
		entries, err := b.Ledger.List(ctx, ask, ledger.Filter{Kind: kind, After: after, Limit: page})
		if err != nil {
			return err
		}
		for i := range entries {
			e := &entries[i]
			after = e.Position
			if e.Withdrawn != "" || name != "" && e.Name != name {
				continue
			}
			body, err := b.Ledger.Body(ctx, ask, e.Position)
			if err != nil {
				return err
			}
			if err := fn(e, body); err != nil {
				return err
			}
		}
		if len(entries) < page {
			return nil
		}
	}
}

// Find is the list of a name that is in force. An error of kind Conflict says
// that several audiences have one of that name.
func (b Book) Find(ctx context.Context, reader access.Reader, name string) (*List, error) {
	lists, err := b.inForce(ctx, reader)
	if err != nil {
		return nil, err
	}
	lists = slices.DeleteFunc(lists, func(l List) bool { return l.Name != name })
	switch len(lists) {
	case 0:
		return nil, problem.New(problem.NotFound, "no watch list %q", name)
	case 1:
		return &lists[0], nil
	default:
		return nil, problem.New(problem.Conflict, "there are %d watch lists %q, for %s and %s; ask as a member of one of them", len(lists), name, lists[0].Audience, lists[1].Audience)
	}
}

// Set puts a file of names in force under a name, for an audience, in place of
// the one before; file is what the file is called. The list is as it was when
// the same bytes are in force already; added tells that they were not. What is
// wrong with single rows is told in wrong, and keeps no other from being
// watched.
func (b Book) Set(ctx context.Context, by access.Reader, name string, audience access.Audience, file string, body []byte) (l *List, added bool, wrong []error, err error) {
	if err := mayChange(by, name, audience); err != nil {
		return nil, false, nil, err
	}
	if _, err := readerOf(audience); err != nil {
		return nil, false, nil, err
	}
	names, wrong, err := ReadNames(file, body)
	if err != nil {
		return nil, false, nil, err
	}
	digest := ledger.Digest(body)
	old, after, err := b.lastAct(ctx, by, name, audience)
	if err != nil {
		return nil, false, wrong, err
	}
	if old == digest {
		l, err := b.only(ctx, by, name, audience)
		return l, false, wrong, err
	}
	act := Act{Form: actForm, List: name, Act: ActSet, Digest: digest, Names: len(names), After: after}
	document := ledger.Document{Bytes: body, Kind: KindNames, Name: file, Rows: len(names) + len(wrong)}
	if err := b.append(ctx, by, audience, act, document); err != nil {
		return nil, false, wrong, err
	}
	l, err = b.only(ctx, by, name, audience)
	return l, true, wrong, err
}

// Remove takes a list out of force. What it was and what its runs found stays
// in the ledger.
func (b Book) Remove(ctx context.Context, by access.Reader, name, reason string) error {
	l, err := b.Find(ctx, by, name)
	if err != nil {
		return err
	}
	if err := mayChange(by, name, l.audience); err != nil {
		return err
	}
	if reason == "" {
		return problem.New(problem.Invalid, "watch list %s: say why it is removed", name)
	}
	return b.append(ctx, by, l.audience, Act{Form: actForm, List: name, Act: ActRemove, Reason: reason, After: l.Position})
}

// mayChange refuses who may not act on a list.
func mayChange(by access.Reader, name string, audience access.Audience) error {
	switch {
	case !by.MayWrite():
		return problem.New(problem.Denied, "%s may not change watch lists; ask for a role other than reader", by.Member)
	case !by.MaySee(audience):
		return problem.New(problem.Denied, "%s is not in the audience %s and may not keep a watch list for it", by.Member, audience)
	}
	return CheckName(name)
}

func (b Book) append(ctx context.Context, by access.Reader, audience access.Audience, act Act, documents ...ledger.Document) error {
	body, err := encode(act)
	if err != nil {
		return err
	}
	documents = append(documents, ledger.Document{Bytes: body, Kind: KindAct, Name: act.List})
	_, err = b.Ledger.Append(ctx, ledger.Edition{Documents: documents, Audience: audience, Actor: by.Member})
	return err
}

// lastAct is the digest of the names in force and the position of the act that
// put them there, or removed them; zero values when there is none.
func (b Book) lastAct(ctx context.Context, reader access.Reader, name string, audience access.Audience) (digest string, position int64, err error) {
	err = b.each(ctx, reader, KindAct, name, 0, func(e *ledger.Entry, body []byte) error {
		if e.Audience != audience {
			return nil
		}
		act, err := parseAct(body)
		if err == nil {
			digest, position = act.Digest, e.Position
		}
		return err
	})
	return digest, position, err
}

// only is a list in force, with its last run.
func (b Book) only(ctx context.Context, reader access.Reader, name string, audience access.Audience) (*List, error) {
	lists, err := b.Lists(ctx, reader)
	if err != nil {
		return nil, err
	}
	for i := range lists {
		if lists[i].Name == name && lists[i].audience == audience {
			return &lists[i], nil
		}
	}
	return nil, problem.New(problem.NotFound, "no watch list %q", name)
}

// lastRun is the newest report on a list; nil when there is none.
func (b Book) lastRun(ctx context.Context, l *List) (*Recorded, error) {
	ask, before := newest(access.Operator), int64(0)
	for {
		entries, err := b.Ledger.List(ctx, ask, ledger.Filter{Kind: KindReport, Newest: true, Before: before, Limit: page})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := &entries[i]
			before = e.Position
			if e.Name != l.Name || e.Audience != l.audience || e.Withdrawn != "" {
				continue
			}
			body, err := b.Ledger.Body(ctx, ask, e.Position)
			if err != nil {
				return nil, err
			}
			return recorded(e, body)
		}
		if len(entries) < page {
			return nil, nil
		}
	}
}

func recorded(e *ledger.Entry, body []byte) (*Recorded, error) {
	r, err := ParseReport(body)
	if err != nil {
		return nil, err
	}
	return &Recorded{Report: *r, Digest: e.Digest, Recorded: e.Position}, nil
}

// Since narrows the runs that [Book.Runs] gives. The zero value leaves all.
type Since struct {
	Day      access.Date // runs as of this day and later
	Position int64       // runs recorded above this position
	Limit    int         // most runs; all when 0
}

// Runs is the runs of the lists of a name, oldest first, in force or not. The
// error is NotFound when the reader may see no list that was ever called so.
func (b Book) Runs(ctx context.Context, reader access.Reader, name string, since Since) ([]Recorded, error) {
	known := false
	err := b.each(ctx, reader, KindAct, name, 0, func(*ledger.Entry, []byte) error {
		known = true
		return nil
	})
	if err == nil && !known {
		err = problem.New(problem.NotFound, "no watch list %q", name)
	}
	if err != nil {
		return nil, err
	}
	out := []Recorded{}
	err = b.each(ctx, reader, KindReport, name, since.Position, func(e *ledger.Entry, body []byte) error {
		r, err := recorded(e, body)
		if err != nil || r.To.At < since.Day || since.Limit > 0 && len(out) >= since.Limit {
			return err
		}
		out = append(out, *r)
		return nil
	})
	return out, err
}
