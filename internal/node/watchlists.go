package node

import (
	"context"
	"log/slog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watchlist"
)

// WatchLists is the watch lists in force that the reader may see, by name.
func (n *Node) WatchLists(ctx context.Context, reader access.Reader) ([]watchlist.List, error) {
	return n.book().Lists(ctx, reader)
}

// NewWatchList is names to be watched.
type NewWatchList struct {
	Name     string
	Audience *access.Audience // nil for the organisations of whoever asks
	File     string           // what the file is called
	CSV      []byte
	Strict   bool // one bad row keeps the list out
}

// WatchListSet is what became of such names.
type WatchListSet struct {
	List  *watchlist.List `json:"list"`
	New   bool            `json:"new"`   // false when the same names were in force already
	Wrong []string        `json:"wrong"` // rows that cannot be watched, one line each
}

// SetWatchList puts names under watch, in place of those that were under the
// same name. Run screens them.
func (n *Node) SetWatchList(ctx context.Context, by access.Reader, l NewWatchList) (*WatchListSet, error) {
	audience := askers(by)
	if l.Audience != nil {
		audience = *l.Audience
	} else if err := n.whoseList(ctx, by); err != nil {
		return nil, err
	}
	if l.Strict {
		if _, wrong, err := watchlist.ReadNames(l.File, l.CSV); err != nil || len(wrong) > 0 {
			if err == nil {
				err = wrong[0]
			}
			return nil, err
		}
	}
	list, added, wrong, err := n.book().Set(ctx, by, l.Name, audience, l.File, l.CSV)
	if err != nil {
		return nil, err
	}
	out := &WatchListSet{List: list, New: added, Wrong: []string{}}
	for _, w := range wrong {
		out.Wrong = append(out.Wrong, problem.Message(w))
	}
	return out, nil
}

// whoseList refuses to take a list for public only because its owner belongs to
// no organisation: whom somebody watches is their own affair.
func (n *Node) whoseList(ctx context.Context, by access.Reader) error {
	if len(by.Organisations) > 0 {
		return nil
	}
	orgs, err := n.Access.Organisations(ctx, access.Operator)
	if err != nil || len(orgs) == 0 {
		return err
	}
	return problem.New(problem.Invalid, "say whom the watch list is for: an audience of public or org:ID")
}

// RemoveWatchList takes a list out of force, for a reason. What it was and what
// was found stays.
func (n *Node) RemoveWatchList(ctx context.Context, by access.Reader, name, reason string) error {
	return n.book().Remove(ctx, by, name, reason)
}

// RunWatchList screens a list as of now and records what changed since its last
// run. progress is told of the names done, and may be nil.
func (n *Node) RunWatchList(ctx context.Context, by access.Reader, name string, progress func(done, of int64)) (*watchlist.Recorded, error) {
	if !by.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not run watch lists; ask for a role other than reader", by.Member)
	}
	l, err := n.book().Find(ctx, by, name)
	if err != nil {
		return nil, err
	}
	return n.runList(ctx, by, l, progress)
}

// RunWatchLists is RunWatchList for every list in force that the reader may see,
// by name, also where several organisations have one of a name.
func (n *Node) RunWatchLists(ctx context.Context, by access.Reader, progress func(done, of int64)) ([]watchlist.Recorded, error) {
	if !by.MayWrite() {
		return nil, problem.New(problem.Denied, "%s may not run watch lists; ask for a role other than reader", by.Member)
	}
	lists, err := n.book().Lists(ctx, by)
	if err != nil {
		return nil, err
	}
	out := []watchlist.Recorded{}
	for i := range lists {
		r, err := n.runList(ctx, by, &lists[i], progress)
		if err != nil {
			return out, err
		}
		out = append(out, *r)
	}
	return out, nil
}

func (n *Node) runList(ctx context.Context, by access.Reader, l *watchlist.List, progress func(done, of int64)) (*watchlist.Recorded, error) {
	r := n.runner()
	r.Progress = progress
	return r.Run(ctx, l, by.Member)
}

// WatchListRuns is what the runs of a list found, oldest first.
func (n *Node) WatchListRuns(ctx context.Context, reader access.Reader, name string, since watchlist.Since) ([]watchlist.Recorded, error) {
	return n.book().Runs(ctx, reader, name, since)
}

func (n *Node) book() watchlist.Book { return watchlist.Book{Ledger: n.Ledger} }

func (n *Node) runner() *watchlist.Runner {
	return &watchlist.Runner{
		Ledger: n.Ledger, Names: n.names, Programmes: n.Programmes, Now: n.now,
		Screen: func(ctx context.Context, ask access.Ask) (watchlist.Screener, error) {
			return n.Screening(ctx, ask, ScreenOptions{})
		},
	}
}

// followLists runs watch lists in the background until ctx ends.
func (n *Node) followLists(ctx context.Context, log *slog.Logger) {
	(&watchlist.Follower{Runner: n.runner(), Log: log}).Run(ctx)
}
