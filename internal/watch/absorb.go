package watch

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// page is how many documents are listed at once.
const page = 500

// absorb reads what the ledger has beyond what was read before: the decisions
// come under watch, and the facts that changed make due what they concern. It
// returns the head up to which it read.
//
// The position read to is set last, so that what fails half-way is read again;
// reading twice does no harm.
func (w *Watcher) absorb(ctx context.Context) (ledger.Head, error) {
	h, err := w.opts.Ledger.Head(ctx)
	if err != nil || w.read && h.Position <= w.position {
		return h, err
	}
	ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: h.Position}}
	if !w.read {
		err = w.readBack(ctx, ask)
	} else {
		err = w.readOn(ctx, ask)
	}
	if err == nil && w.read && h.FactsPosition > w.position {
		err = w.touch(ctx, ask)
	}
	if err != nil {
		return h, err
	}
	w.position, w.read = h.Position, true
	return h, nil
}

// readBack reads all decisions, newest first, so that of more than the limit
// the newest are kept.
func (w *Watcher) readBack(ctx context.Context, ask access.Ask) error {
	before := ask.At.Position + 1
	for {
		entries, err := w.opts.Ledger.List(ctx, ask, ledger.Filter{Kind: KindDecision, Newest: true, Before: before, Limit: page})
		if err != nil {
			return err
		}
		for i := range entries {
			before = entries[i].Position
			if w.watched.len() >= w.opts.Limit {
				w.drop(1) // or more: they are not read
				return nil
			}
			l, wake, err := w.livingAt(ctx, ask, &entries[i])
			if err != nil {
				return err
			}
			if l == nil || w.watched.get(l.question) != nil {
				continue
			}
			w.watched.addOlder(l)
			w.due.Add(l)
			w.calendar.Put(l, wake)
		}
		if len(entries) < page {
			return nil
		}
	}
}

// readOn reads the decisions that were recorded since.
func (w *Watcher) readOn(ctx context.Context, ask access.Ask) error {
	after := w.position
	for {
		entries, err := w.opts.Ledger.List(ctx, ask, ledger.Filter{Kind: KindDecision, After: after, Limit: page})
		if err != nil {
			return err
		}
		for i := range entries {
			after = entries[i].Position
			if w.mine[after] {
				delete(w.mine, after)
				continue
			}
			l, wake, err := w.livingAt(ctx, ask, &entries[i])
			if err != nil {
				return err
			}
			if l != nil {
				w.take(l, wake)
			}
		}
		if len(entries) < page {
			return nil
		}
	}
}

// take puts a decision newer than all others under watch, in place of the one
// that answered its question before. When that one said the same, nothing needs
// to be asked: what was looked up for it still stands.
func (w *Watcher) take(l *living, wake access.Date) {
	old := w.watched.get(l.question)
	if old == nil {
		w.watched.addNewer(l)
		w.calendar.Put(l, wake)
		w.due.Add(l)
		for w.watched.len() > w.opts.Limit {
			w.forget(w.watched.removeOldest())
			w.drop(1)
		}
		return
	}
	if l.position <= old.position {
		return
	}
	same := l.essence == old.essence && l.audience == old.audience
	old.position, old.digest, old.audience = l.position, l.digest, l.audience
	old.at, old.verdict, old.essence = l.at, l.verdict, l.essence
	w.watched.renewed(old)
	if !same {
		w.calendar.Put(old, wake)
		w.due.Add(old)
	}
}

// forget takes a decision out of everything but watched.
func (w *Watcher) forget(l *living) {
	w.calendar.Remove(l)
	w.index.Remove(l)
	w.due.Remove(l)
}

// drop tells that decisions are not watched because there are too many.
func (w *Watcher) drop(n int64) {
	first := false
	w.count(func(s *Stats) {
		first = s.Dropped == 0
		s.Dropped += n
	})
	if first {
		w.log.Warn("more decisions than are watched; the oldest are given up", "limit", w.opts.Limit)
	}
}

// touch makes due what is concerned by facts that changed since.
func (w *Watcher) touch(ctx context.Context, ask access.Ask) error {
	everything, something := false, false
	err := w.opts.Ledger.Touched(ctx, ask, w.position, func(kind, subject, term string) {
		something = true
		if everything || w.isRule(kind) {
			everything = true
			return
		}
		w.index.Concerned(subject, term, w.due.Add)
	})
	if err != nil {
		return err
	}
	if something {
		w.index.Everything(w.due.Add)
	}
	if everything {
		w.watched.each(w.due.Add)
	}
	return nil
}

// tolerance is how long may pass between asking and recording, and between the
// clocks of two nodes.
const tolerance = time.Minute

// livingAt is the decision of a document when it is living, and the day on which
// to ask it again; nil when it is not.
func (w *Watcher) livingAt(ctx context.Context, ask access.Ask, e *ledger.Entry) (l *living, wake access.Date, err error) {
	if e.Withdrawn != "" {
		return nil, "", nil
	}
	b, err := w.opts.Ledger.Body(ctx, ask, e.Position)
	if problem.KindOf(err) == problem.NotFound {
		return nil, "", nil // withdrawn since it was listed
	}
	if err != nil {
		return nil, "", fmt.Errorf("decision at position %d: %w", e.Position, err)
	}
	r, err := decision.ParseRecord(b)
	if err != nil {
		w.log.Warn("not a decision that can be watched", "position", e.Position, "error", err)
		return nil, "", nil
	}
	q := QuestionOf(r)
	if ok, err := Living(ctx, w.opts.Ledger, e, r); err != nil || !ok {
		return nil, "", err
	}
	l = &living{
		question: q, position: e.Position, digest: e.Digest, audience: e.Audience,
		at: r.At, verdict: r.Verdict,
	}
	if r.ChangesOn != nil {
		wake = *r.ChangesOn
	}
	l.essence, err = essenceOf(r)
	return l, wake, err
}

// QuestionOf is what a recorded decision answers.
func QuestionOf(r *decision.Recorded) Question {
	q := Question{Subject: r.Query, Audiences: r.Audiences}
	if r.Purpose != nil {
		q.Purpose = *r.Purpose
	}
	return q
}

// Living reports whether a decision, which the ledger has as e, was asked by the
// clocks of the moment at which it was recorded, and so is watched.
func Living(ctx context.Context, l *ledger.Ledger, e *ledger.Entry, r *decision.Recorded) (bool, error) {
	asked := e.Received.Add(-tolerance)
	if r.Known != r.At || r.At != access.DateOf(asked) && r.At != access.DateOf(e.Received.Add(tolerance)) {
		return false, nil
	}
	if r.Position+1 >= e.Position {
		return true, nil
	}
	// The position is that of the moment when no fact that the asker could see
	// changed between then and the recording, but for those that came while it
	// was being judged.
	ask := access.Ask{Reader: QuestionOf(r).Reader(), At: access.At{Known: access.Forever, Position: e.Position}}
	first, err := l.FirstChange(ctx, ask, r.Position)
	if err != nil || first == 0 {
		return err == nil, err
	}
	doc, err := l.Document(ctx, ask, first)
	if err != nil {
		return false, err
	}
	return !doc.Received.Before(asked), nil
}
