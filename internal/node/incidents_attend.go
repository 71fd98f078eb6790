package node

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// IncidentOptions say what is done about the clocks of incidents.
type IncidentOptions struct {
	// Warn is told of each warning once it is recorded, by the node that recorded
	// it; nil for nobody. It must not take long.
	Warn   func(ctx context.Context, id string, w incident.Warning)
	Logger *slog.Logger
}

// maxAttend is after how long the clocks are looked at again whatever they say:
// wall clocks are set.
const maxAttend = 10 * time.Minute

// AttendIncidents watches the clocks of all incidents in the background: when so
// much of the time for a duty has gone by that it is to be warned of, that is
// recorded as an event, once however many nodes watch. Call it once, after Start;
// it ends with Close.
func (n *Node) AttendIncidents(ctx context.Context, opts IncidentOptions) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so the clocks of incidents cannot be watched")
	}
	if n.incidents.stop != nil {
		return problem.New(problem.Conflict, "the clocks of incidents are watched already")
	}
	if opts.Logger == nil {
		opts.Logger = n.log
	}
	ctx, n.incidents.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() {
		n.Ledger.Attend(ctx, ledger.Work{
			Do:     func(ctx context.Context) (time.Duration, error) { return n.WarnOfClocks(ctx, opts) },
			Failed: func(err error) { opts.Logger.Error("clocks of incidents", "error", err) },
		})
	})
	return nil
}

// WarnOfClocks records what is to be warned of now, and finishes what sharing left
// undone. It gives for how long there is nothing to do by the clock alone.
func (n *Node) WarnOfClocks(ctx context.Context, opts IncidentOptions) (time.Duration, error) {
	now := n.now()
	ask, err := n.asOf(ctx, IncidentAsk{Ask: everything, Moment: now})
	if err != nil {
		return 0, err
	}
	directives, err := n.Directives(ctx, access.Ask{Reader: access.Operator, At: access.At{Date: access.DateOf(now), Known: access.Forever, Position: access.Now}})
	if err != nil {
		return 0, err
	}
	wait := maxAttend
	for after := ""; ; {
		page, next := n.incidents.view.List(ask.Ask, now, incident.Filter{After: after})
		for i := range page {
			id := page[i].ID
			clocks := incident.Clocks(n.incidents.view.Events(ask.Ask, id), directives, now)
			for _, w := range incident.Warnings(clocks) {
				if err := n.recordWarning(ctx, id, w, opts); err != nil {
					return 0, err
				}
				if ask, err = n.asOf(ctx, IncidentAsk{Ask: everything, Moment: now}); err != nil {
					return 0, err
				}
			}
			if err := n.sendWarnings(ctx, &page[i], n.incidents.view.Events(ask.Ask, id), clocks); err != nil {
				return 0, err
			}
			if at := incident.ChangesOn(clocks, now); !at.IsZero() {
				wait = min(wait, max(at.Sub(now), time.Millisecond))
			}
			if len(page[i].With) > 0 {
				if err := n.spreadIncident(ctx, id); err != nil {
					return 0, err
				}
			}
		}
		if after = next; after == "" {
			return wait, nil
		}
	}
}

// recordWarning records one warning, unless another node did meanwhile.
func (n *Node) recordWarning(ctx context.Context, id string, w incident.Warning, opts IncidentOptions) error {
	recorded, err := n.appendIncident(ctx, id, func(events []*incident.Event) (*incident.Event, error) {
		if slices.ContainsFunc(events, func(e *incident.Event) bool {
			return e.Kind == incident.Warned && e.Warning.Directive == w.Directive && e.Warning.Duty == w.Duty && e.Warning.Percent == w.Percent && e.Warning.Due.Equal(w.Due)
		}) {
			return nil, nil
		}
		// A clock may rest on what others may not see, so only the owner is warned.
		owner := incident.Fold(events, n.now()).Owner
		return &incident.Event{Kind: incident.Warned, Warning: &w, Actor: clockkeeper, Only: []string{owner}}, nil
	})
	if err != nil || !recorded {
		return err
	}
	opts.Logger.Warn("time for a duty goes by", "incident", id, "directive", w.Directive, "duty", w.Duty, "percent", w.Percent, "due", w.Due)
	if opts.Warn != nil {
		opts.Warn(ctx, id, w)
	}
	return nil
}

// clockkeeper is the actor of what the node records by itself.
const clockkeeper = "countersign"
