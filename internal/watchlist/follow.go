package watchlist

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Actor is who appends the reports of runs that nobody asked for.
const Actor = "watch"

// Follower runs every list when facts change, when a day begins and when a list
// is new. After is time.After when nil.
type Follower struct {
	Runner *Runner
	Log    *slog.Logger
	After  func(time.Duration) <-chan time.Time
}

const (
	longest = time.Minute // between two looks at the clock
)

// Run follows the ledger until ctx ends. What fails is logged and tried again.
func (f *Follower) Run(ctx context.Context) {
	var seen state
	f.Runner.Ledger.Attend(ctx, ledger.Work{
		Do: func(ctx context.Context) (time.Duration, error) {
			now, err := f.CatchUp(ctx, seen)
			if err == nil {
				seen = now
			}
			return f.untilMidnight(), err
		},
		Failed: func(err error) { f.Log.Error("screen watch lists again", "error", err) },
		After:  f.After,
	})
}

// state is all that the reports of a moment depend on.
type state struct {
	day      access.Date
	facts    int64 // position of the last change of facts
	position int64 // up to which acts on lists are known
}

// CatchUp runs every list, unless nothing has changed since a state, and gives
// the one it brought about. Its error is the store's; a list that cannot be run
// is logged, and tried again when something has changed.
func (f *Follower) CatchUp(ctx context.Context, seen state) (state, error) {
	head, err := f.Runner.Ledger.Head(ctx)
	if err != nil {
		return seen, err
	}
	now := state{access.DateOf(f.Runner.Now()), head.FactsPosition, head.Position}
	if now.day == seen.day && now.facts == seen.facts {
		acts, err := f.Runner.Ledger.List(ctx, newest(access.Operator), ledger.Filter{Kind: KindAct, After: seen.position, Limit: 1})
		if err != nil || len(acts) == 0 {
			return now, err
		}
	}
	lists, err := Book{f.Runner.Ledger}.inForce(ctx, access.Operator)
	if err != nil {
		return seen, err
	}
	for i := range lists {
		if err := f.run(ctx, &lists[i]); err != nil {
			return seen, err
		}
	}
	return now, nil
}

// run screens one list again and tells what it found.
func (f *Follower) run(ctx context.Context, l *List) error {
	begun := time.Now()
	r, err := f.Runner.Run(ctx, l, Actor)
	switch {
	case err == nil && r.New:
		f.Log.Info("watch list screened", "list", l.Name, "audience", l.Audience, "names", r.Counts.Names, "screened", r.Counts.Screened,
			"appeared", r.Counts.Appeared, "disappeared", r.Counts.Disappeared, "changed", r.Counts.Changed,
			"digest", r.Digest, "took", time.Since(begun).Round(time.Millisecond).String())
	case err == nil, ctx.Err() != nil:
	case problem.KindOf(err) == problem.Internal, problem.KindOf(err) == problem.Unavailable:
		return err
	default:
		f.Log.Error("watch list cannot be screened", "list", l.Name, "audience", l.Audience, "error", err)
	}
	return ctx.Err()
}

// untilMidnight is how long nothing happens by the calendar alone.
func (f *Follower) untilMidnight() time.Duration {
	now := f.Runner.Now()
	return max(min(access.DateOf(now).AddDays(1).Time().Sub(now), longest), 0)
}
