package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/watch/agenda"
)

// Change is a decision that took the place of one which no longer held.
type Change struct {
	Question  Question
	Subject   decision.Subject
	Was, Is   policy.Verdict
	ChangesOn access.Date     // the next day on which the answer changes by time alone; "" when it does not
	At        access.Date     // the day as of which it was asked again
	Position  int64           // of the new decision
	Digest    string          // of the new decision
	Replaces  string          // digest of the one before
	Audience  access.Audience // who may see the new decision, and so be told of it
	Answer    *decision.Answer
}

// ask asks a question again as of a day and the facts at the head, and records the answer when it is another one. moved reports that facts have
// changed meanwhile, so that it has to be asked once more. The error is the
// store's; a question that cannot be answered is logged and tried again on the
// next day, or when something that concerns it changes.
func (w *Watcher) ask(ctx context.Context, l *living, day access.Date, head ledger.Head) (moved bool, err error) {
	position, err := w.asOf.position(ctx, w.opts.Ledger, l.question, head)
	if err != nil {
		return false, err
	}
	r := agenda.NewReads(day)
	a, err := w.opts.Ask(ctx, l.question, access.At{Date: day, Known: day, Position: position}, r.Through)
	keys, all := r.Noted()
	w.index.Put(l, keys, all)
	if err != nil {
		return false, w.failed(ctx, l, day, err)
	}
	w.count(func(s *Stats) { s.Asked++ })
	b, err := decision.Record(a, decision.Circumstances{Audiences: l.question.Audiences})
	if err != nil {
		return false, w.failed(ctx, l, day, err)
	}
	now, err := decision.ParseRecord(b)
	if err != nil {
		return false, w.failed(ctx, l, day, err)
	}
	wake := r.Wake()
	if a.ChangesOn != nil {
		wake = min(wake, *a.ChangesOn)
	}
	essence, err := essenceOf(now)
	if err != nil {
		return false, w.failed(ctx, l, day, err)
	}
	a.Audience = a.Audience.And(l.audience)
	if essence != l.essence || a.Audience != l.audience {
		differs := essence != l.essence
		if moved, err = w.record(ctx, l, a, b, head.FactsPosition, differs); moved || err != nil {
			return moved, err
		}
		l.essence = essence
	}
	// A day that is not ahead would be due at once, for ever.
	w.calendar.Put(l, max(wake, day.AddDays(1)))
	return false, nil
}

// failed notes that a question could not be answered. It returns an error when
// that is because the store does not answer at all.
func (w *Watcher) failed(ctx context.Context, l *living, day access.Date, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, down := w.opts.Ledger.Head(ctx); down != nil {
		return fmt.Errorf("ask again %q: %w", l.question.Subject, err)
	}
	w.count(func(s *Stats) { s.Failed++ })
	w.log.Error("decision cannot be asked again", "subject", l.question.Subject, "purpose", l.question.Purpose, "decision", l.digest, "error", err)
	w.calendar.Put(l, day.AddDays(1))
	return nil
}

// record appends a decision and puts it in the place of the one before.
//
// Its audience is that of its inputs, among them the decision that it replaces:
// that something has changed tells of what it was before. For the same reason
// an answer which begins to rest on what fewer may see is recorded for them
// even when it says nothing new; otherwise the day of a later public decision
// would tell everybody that there had been such inputs.
func (w *Watcher) record(ctx context.Context, l *living, a *decision.Answer, b []byte, facts int64, differs bool) (moved bool, err error) {
	receipt, err := w.opts.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{Bytes: b, Kind: KindDecision, Name: "decision.json"}},
		Audience:  a.Audience, Actor: Actor, MadeFrom: facts,
	})
	if errors.Is(err, ledger.ErrMoved) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("record decision on %q: %w", l.question.Subject, err)
	}
	doc := receipt.Documents[0]
	c := Change{
		Question: l.question, Subject: a.Subject, Was: l.verdict, Is: a.Verdict, At: a.At,
		Position: doc.Position, Digest: doc.Digest, Replaces: l.digest, Audience: a.Audience, Answer: a,
	}
	if a.ChangesOn != nil {
		c.ChangesOn = *a.ChangesOn
	}
	l.position, l.digest, l.audience, l.at, l.verdict = doc.Position, doc.Digest, a.Audience, a.At, a.Verdict
	w.watched.renewed(l)
	if doc.Position > w.position {
		w.mine[doc.Position] = true
	}
	if differs && receipt.Held == 0 { // held: another node made it, and has told
		w.changed(c)
	}
	return false, nil
}

// changed tells of a change.
func (w *Watcher) changed(c Change) {
	w.count(func(s *Stats) { s.Changes++ })
	c.Answer.Decision = &c.Digest
	w.log.Info("decision changed", "subject", c.Question.Subject, "purpose", c.Question.Purpose,
		"was", c.Was, "is", c.Is, "changes_on", c.ChangesOn, "digest", c.Digest)
	for _, fn := range w.opts.OnChange {
		fn(c)
	}
}

// asOf is, for each sort of reader, the position of the last change of facts
// that they may see. A question is asked as of that position: it gives the
// answer of the head, in the same bytes whatever else is appended meanwhile,
// and tells nobody when facts changed that are not theirs.
type asOf struct {
	facts int64 // position of the last change of any fact
	by    map[string]int64
}

func (o *asOf) position(ctx context.Context, l *ledger.Ledger, q Question, head ledger.Head) (int64, error) {
	if o.by == nil || o.facts != head.FactsPosition {
		o.facts, o.by = head.FactsPosition, map[string]int64{}
	}
	audiences := strings.Join(q.Audiences, " ")
	if p, ok := o.by[audiences]; ok {
		return p, nil
	}
	p, err := l.LastChange(ctx, access.Ask{Reader: q.Reader(), At: access.At{Position: head.Position}})
	if err != nil {
		return 0, err
	}
	o.by[audiences] = p
	return p, nil
}
