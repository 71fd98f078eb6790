package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/feed"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
)

// FeedState is a feed with how far this store has come with it. Times are nil
// for never.
type FeedState struct {
	feed.Feed
	Every     string      `json:"every"`     // least time from one fetch to the next
	Published access.Date `json:"published"` // of the newest edition of its source that is held; "" for none
	Fetched   *time.Time  `json:"fetched"`   // when it was last found to be held, changed or not
	Changed   *time.Time  `json:"changed"`   // when it last brought something
	Failed    *time.Time  `json:"failed"`
	Failure   string      `json:"failure,omitempty"`  // of what it last failed
	Failures  int         `json:"failures,omitempty"` // since it was last fetched
	Due       *time.Time  `json:"due"`                // not to be asked before
	Busy      bool        `json:"busy,omitempty"`     // a run is at it
}

// ListFeeds is the feeds of a table as nobody has fetched them yet.
func ListFeeds(t *feed.Table) []FeedState {
	out := make([]FeedState, len(t.Feeds))
	for i, f := range t.Feeds {
		out[i] = FeedState{Feed: f, Every: f.Every.String()}
	}
	return out
}

// Feeds is the feeds of a table with how far they have come, as a reader sees
// what is held of them.
func (n *Node) Feeds(ctx context.Context, by access.Reader, t *feed.Table) ([]FeedState, error) {
	states, err := n.feedBook().States(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := n.Sources(ctx, access.Ask{Reader: by, At: access.At{Known: access.Forever, Position: access.Now}})
	if err != nil {
		return nil, err
	}
	published := map[string]access.Date{}
	for _, s := range sources {
		published[s.Source] = s.LastPublished
	}
	out := ListFeeds(t)
	for i := range out {
		f := &out[i]
		s := states[f.Name]
		if !s.Fetched.IsZero() {
			// Of a source with several feeds the newest document may be another's.
			f.Published = published[f.Source]
		}
		f.Fetched, f.Changed, f.Failed, f.Due = known(s.Fetched), known(s.Changed), known(s.Failed), known(s.Due)
		f.Failure, f.Failures, f.Busy = s.Failure, s.Failures, s.Busy
	}
	return out, nil
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (n *Node) feedBook() *feed.Book { return &feed.Book{DB: n.DB, Now: n.now} }

// FeedOptions say what is fetched, and how.
type FeedOptions struct {
	Table *feed.Table
	Names []string // of feeds; when there are none, those that were fetched before, or All
	All   bool
	Early bool // ask those too that are not due
	// AcceptLoss takes an edition that drops more of a list than is usual.
	AcceptLoss bool

	Fetch    feed.Options // Guard and Now are the node's own
	Progress func(name, file string, size, total int64)
	Done     func(FeedUpdate) // told of each feed as it ends; may be nil
}

// What became of a feed.
const (
	FeedUpdated   = "updated"   // something new is in the ledger
	FeedUnchanged = "unchanged" // the ledger holds what there is
	FeedEarly     = "early"     // not asked, since it is not due
	FeedBusy      = "busy"      // not asked, since another run is at it
	FeedFailed    = "failed"    // what is held stays as it is
)

// FeedUpdate is what became of one feed.
type FeedUpdate struct {
	Name     string            `json:"name"`
	Outcome  string            `json:"outcome"`
	Editions []ImportedEdition `json:"editions,omitempty"`
	Failures []string          `json:"failures,omitempty"` // a line each
	Due      *time.Time        `json:"due,omitempty"`      // not to be asked again before
}

// UpdateFeeds fetches feeds, one after another, and takes in what they bring.
// One that fails does not keep the others from being fetched, and leaves what is
// held as it is. The error is for what concerns the whole.
func (n *Node) UpdateFeeds(ctx context.Context, by access.Reader, opts FeedOptions) ([]FeedUpdate, error) {
	if !by.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not add documents; ask for a role other than reader", by.Member)
	}
	chosen, err := n.chooseFeeds(ctx, &opts)
	if err != nil {
		return nil, err
	}
	opts.Fetch.Guard, opts.Fetch.Now = notice.Guard, n.now
	fetcher, err := feed.NewFetcher(opts.Fetch)
	if err != nil {
		return nil, err
	}
	defer fetcher.Close()
	out := []FeedUpdate{}
	for _, f := range chosen {
		run := &feedRun{node: n, by: by, opts: &opts, fetcher: fetcher, feed: f}
		done, err := run.update(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, *done)
		if opts.Done != nil {
			opts.Done(*done)
		}
	}
	return out, nil
}

// chooseFeeds is the feeds that are asked for.
func (n *Node) chooseFeeds(ctx context.Context, opts *FeedOptions) ([]*feed.Feed, error) {
	var out []*feed.Feed
	for _, name := range opts.Names {
		f, err := opts.Table.Find(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	if len(opts.Names) > 0 {
		return out, nil
	}
	states, err := n.feedBook().States(ctx)
	if err != nil {
		return nil, err
	}
	for i := range opts.Table.Feeds {
		f := &opts.Table.Feeds[i]
		if opts.All || !states[f.Name].Fetched.IsZero() {
			out = append(out, f)
		}
	}
	return out, nil
}

// feedRun is the update of one feed.
type feedRun struct {
	node    *Node
	by      access.Reader
	opts    *FeedOptions
	fetcher *feed.Fetcher
	feed    *feed.Feed
}

// update fetches the feed and takes in what it brings. The error is for what
// would stop the others as well.
func (r *feedRun) update(ctx context.Context) (*FeedUpdate, error) {
	done := &FeedUpdate{Name: r.feed.Name}
	book := r.node.feedBook()
	lease, err := book.Take(ctx, r.feed.Name, r.opts.Early)
	var early *feed.EarlyError
	switch {
	case errors.As(err, &early):
		done.Outcome, done.Due = FeedEarly, &early.Due
		return done, nil
	case problem.KindOf(err) == problem.Conflict:
		done.Outcome = FeedBusy
		return done, nil
	case err != nil:
		return nil, err
	}
	stop := r.hold(ctx, book, lease)
	files, err := r.bring(ctx, lease, done)
	stop()
	settle := context.WithoutCancel(ctx) // what came of it is kept though nobody waits
	if err != nil || done.Outcome == FeedFailed {
		why, notBefore := strings.Join(done.Failures, "; "), time.Time{}
		var failure *feed.Failure
		if errors.As(err, &failure) {
			notBefore = failure.NotBefore
		}
		if err != nil && ctx.Err() == nil {
			done.fail(err)
			why = problem.Message(err)
		} else if ctx.Err() != nil {
			why = "interrupted"
		}
		done.Due = known(notBefore)
		kept := book.Failed(settle, lease, why, notBefore)
		return done, errors.Join(ctx.Err(), fatal(err), kept)
	}
	due := r.node.now().Add(r.feed.Every).UTC().Truncate(time.Second)
	done.Due = &due
	return done, book.Succeeded(settle, lease, files, due)
}

// fail notes why the feed failed.
func (u *FeedUpdate) fail(err error) {
	u.Outcome, u.Failures = FeedFailed, append(u.Failures, problem.Message(err))
}

// fatal is err when it is of the store or the machine, and not of the feed.
func fatal(err error) error {
	var failure *feed.Failure
	if err == nil || errors.As(err, &failure) {
		return nil
	}
	return err
}

// hold keeps the lease until stop is called.
func (r *feedRun) hold(ctx context.Context, book *feed.Book, lease *feed.Lease) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(feed.LeaseTime / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				// One that cannot be renewed is tried again; when it is lost, the end tells.
				if err := book.Renew(ctx, lease); err != nil && ctx.Err() == nil {
					r.node.log.Warn("lease of a feed not renewed", "feed", r.feed.Name, "error", err)
				}
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// bring fetches, takes in and says in done what came of it. It gives the files
// that are held now and were not before.
func (r *feedRun) bring(ctx context.Context, lease *feed.Lease, done *FeedUpdate) (files []feed.Got, err error) {
	edition, err := r.fetcher.Fetch(ctx, r.feed, lease.Held, func(file string, size, total int64) {
		if r.opts.Progress != nil {
			r.opts.Progress(r.feed.Name, file, size, total)
		}
	})
	if err != nil {
		return nil, err
	}
	if !edition.Changed() {
		done.Outcome = FeedUnchanged
		return nil, nil
	}
	defer func() { err = errors.Join(err, edition.Discard()) }()
	in := make([]intake.File, len(edition.Files))
	for i, f := range edition.Files {
		b, err := os.ReadFile(f.Path)
		if err != nil {
			return nil, fmt.Errorf("read what %s brought: %w", r.feed.Name, err)
		}
		in[i] = intake.File{Name: f.Name, Bytes: b}
	}
	report, err := r.node.Import(ctx, r.by, in, r.importOptions(edition))
	if report != nil {
		done.Editions, done.Failures = report.Editions, report.Failed
	}
	switch {
	case err != nil:
		return nil, err
	case len(done.Failures) > 0:
		done.Outcome = FeedFailed
		return nil, nil
	}
	done.Outcome = FeedUnchanged
	if slices.ContainsFunc(done.Editions, func(e ImportedEdition) bool { return e.New }) {
		done.Outcome = FeedUpdated
	}
	return edition.Files, nil
}

// importOptions say of a fetched edition what it does not say itself. All of it
// is sound and of the feed's kinds, or none is taken. Where it has no date of its
// own, it was published when the server says that it changed.
func (r *feedRun) importOptions(e *feed.Edition) ImportOptions {
	opts := ImportOptions{Source: r.feed.Source, Kinds: r.feed.Kinds, Strict: true, AcceptLoss: r.opts.AcceptLoss}
	now := r.node.now()
	if m := e.Modified(); !m.IsZero() && !m.After(now) {
		opts.Published = access.DateOf(m)
	}
	return opts
}

// ofKinds leaves out editions with a document of a kind that was not asked for,
// and says so.
func ofKinds(editions []intake.Edition, failed []error, kinds []string) ([]intake.Edition, []error) {
	var kept []intake.Edition
	for _, e := range editions {
		sound := true
		for _, f := range e.Files {
			if slices.Contains(kinds, f.Reading.Kind) {
				continue
			}
			sound = false
			failed = append(failed, problem.New(problem.Invalid, "%s: is a document of kind %s; want %s", f.Name, f.Reading.Kind, strings.Join(kinds, " or ")))
		}
		if sound {
			kept = append(kept, e)
		}
	}
	return kept, failed
}

// FollowFeeds updates the feeds that were fetched before, at once and again
// after each interval, until ctx ends. What becomes of them is logged.
func (n *Node) FollowFeeds(ctx context.Context, every time.Duration, opts FeedOptions, log *slog.Logger) {
	opts.Names, opts.All, opts.Early, opts.AcceptLoss = nil, false, false, false
	opts.Done = func(u FeedUpdate) {
		switch u.Outcome {
		case FeedFailed:
			log.Warn("feed failed", "feed", u.Name, "error", strings.Join(u.Failures, "; "))
		case FeedUpdated:
			log.Info("feed updated", "feed", u.Name)
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		done, err := n.UpdateFeeds(ctx, access.Operator, opts)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("feeds", "error", err)
		case len(done) == 0:
			log.Warn("no feed to update: fetch those that are wanted once with countersign feeds update NAME")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
