package surveillance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch/agenda"
)

// judgeSome judges a batch of the concerns that are due.
func (w *Watcher) judgeSome(ctx context.Context, today access.Date, head ledger.Head) error {
	at := w.moment(today, head)
	for range min(w.opts.Batch, w.due.Len()) {
		if err := w.judgeDue(ctx, w.due.First(), at); err != nil {
			return err
		}
	}
	return nil
}

// judgeDue judges a concern that is due; where that fails it stays due.
func (w *Watcher) judgeDue(ctx context.Context, c *concern, at access.At) error {
	if err := w.judge(ctx, c, at); err != nil {
		return err
	}
	w.due.Remove(c)
	return nil
}

// moment is the one by which concerns are judged.
func (w *Watcher) moment(today access.Date, head ledger.Head) access.At {
	return access.At{Date: max(today, w.day), Known: max(today, w.day), Position: head.Position}
}

// judge judges a concern, and has the labels looked at that its outcome may mean
// something for. The error is the store's; a concern that cannot be judged is
// logged, keeps the outcome it had, and is tried again on the next day or when
// something that concerns it changes.
func (w *Watcher) judge(ctx context.Context, c *concern, at access.At) error {
	reads := agenda.NewReads(at.Known)
	o, err := w.opts.Judge.Judge(ctx, c.Concern, slices.Sorted(maps.Keys(c.about)), at, reads.Through)
	keys, all := reads.Noted()
	if c.Kind == OfRelease {
		keys = append(keys, releaseKeys(c.Name)...)
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	w.index.Put(c, keys, all)
	tomorrow := at.Date.AddDays(1)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, down := w.opts.Ledger.Head(ctx); down != nil {
			return fmt.Errorf("judge %q: %w", c.Name, err)
		}
		w.count(func(s *Stats) { s.Failed++ })
		w.log.Error("concern of labels cannot be judged", "name", c.Name, "labels", len(c.labels), "error", err)
		w.calendar.Put(c, tomorrow)
		return nil
	}
	w.count(func(s *Stats) { s.Judged++ })
	wake := reads.Wake()
	if o.Wake != "" {
		wake = min(wake, o.Wake)
	}
	w.calendar.Put(c, max(wake, tomorrow)) // a day that is not ahead would be due at once, for ever
	before := c.outcome
	c.outcome = o
	if before.same(o) {
		return nil
	}
	for _, l := range c.labels {
		if l.held || len(o.Causes) > 0 {
			w.waiting.Add(l)
		}
	}
	return nil
}

// settleSome appends what is missing from some of the labels that wait. moved
// reports that facts have changed meanwhile, so that it has to be looked at once
// more.
func (w *Watcher) settleSome(ctx context.Context, today access.Date, head ledger.Head) (moved bool, err error) {
	var events []*label.Event
	var looked []*subject
	for w.waiting.Len() > 0 && len(looked) < w.opts.Group && ctx.Err() == nil {
		l := w.waiting.First()
		// On the day on which a warning falls due, its cause may have ended too.
		for _, c := range l.concerns {
			if !w.due.Has(c) {
				continue
			}
			if err := w.judgeDue(ctx, c, w.moment(today, head)); err != nil {
				w.wait(looked)
				return false, err
			}
		}
		w.waiting.Remove(l)
		if more := w.missing(l, max(today, w.day)); len(more) > 0 {
			events, looked = append(events, more...), append(looked, l)
		}
	}
	if err := ctx.Err(); err != nil || len(events) == 0 {
		w.wait(looked)
		return false, err
	}
	fresh, err := w.opts.Append(ctx, head.FactsPosition, events)
	if errors.Is(err, ledger.ErrMoved) || problem.KindOf(err) == problem.Conflict {
		w.wait(looked)
		return true, nil
	}
	if err != nil {
		w.wait(looked)
		return false, fmt.Errorf("append events of labels: %w", err)
	}
	w.count(func(s *Stats) { s.Appended += int64(fresh) })
	if fresh == 0 {
		return false, nil // another node has told of them
	}
	for _, e := range events {
		w.log.Info("label "+string(e.Kind), "label", e.Label, "ground", e.Ground, "rule", e.Rule, "effective", e.On)
	}
	return false, nil
}

func (w *Watcher) wait(labels []*subject) {
	for _, l := range labels {
		w.waiting.Add(l)
	}
}

// missing is the events that are missing from a label. One that cannot follow
// what happened is logged and left out, so that it keeps nothing else back.
func (w *Watcher) missing(l *subject, today access.Date) []*label.Event {
	events := w.events(l.id)
	more, questions := React(&Label{ID: l.id, Events: events, Scheme: w.schemes[l.scheme]}, today, w.outcome)
	for _, q := range questions {
		w.askAbout(q.Concern, q.ID)
	}
	var out []*label.Event
	for _, e := range more {
		e.Sequence = len(events) + 1
		if err := w.possible(events, e); err != nil {
			w.count(func(s *Stats) { s.Failed++ })
			w.log.Error("event of a label cannot follow", "label", l.id, "kind", e.Kind, "ground", e.Ground, "error", err)
			continue
		}
		events, out = append(slices.Clip(events), e), append(out, e)
	}
	return out
}

// possible tells whether an event can follow others, and can be written.
func (w *Watcher) possible(events []*label.Event, e *label.Event) error {
	if err := label.Next(events, e); err != nil {
		return err
	}
	whole := *e
	whole.Form, whole.Previous, whole.Recorded = label.Form, "what the ledger gives it", w.opts.Now()
	_, err := whole.Marshal()
	return err
}

func (w *Watcher) outcome(c Concern) *Outcome {
	if known := w.concerns[c]; known != nil {
		return known.outcome
	}
	return nil
}
