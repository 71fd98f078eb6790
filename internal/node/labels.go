package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// LabelState is how a label stands for an ask.
type LabelState struct {
	label.State
	Scheme    *label.Scheme `json:"scheme_rules"`
	At        access.Date   `json:"at"`
	Known     access.Date   `json:"known"`
	Position  int64         `json:"position"`
	StatusURL string        `json:"status_url"`
	// Said is how it stood on the day by what was known on that day, where that
	// differs from what is known now; nil where it does not.
	Said *label.State `json:"said,omitempty"`
}

// LabelList is one page of labels.
type LabelList struct {
	At     access.Date   `json:"at"`
	Known  access.Date   `json:"known"`
	Labels []label.State `json:"labels"`
	Next   string        `json:"next,omitempty"` // give it as "after" for the next page
}

// LabelEvent is an event of a label with where the ledger has it.
type LabelEvent struct {
	label.Held
	Digest   string `json:"digest"`
	Audience string `json:"audience"`
}

// caughtUp brings the view over labels up to the ledger's head.
func (n *Node) caughtUp(ctx context.Context, ask access.Ask) (access.Ask, error) {
	if _, err := n.labels.CatchUp(ctx, access.DateOf(n.now())); err != nil {
		return ask, err
	}
	return n.Ledger.Resolve(ctx, ask)
}

// settled resolves an ask about one label. A view that follows is brought up to
// the ledger's head; for one label it is not begun.
func (n *Node) settled(ctx context.Context, ask access.Ask) (access.Ask, error) {
	if n.labels.Warm() {
		return n.caughtUp(ctx, ask)
	}
	return n.Ledger.Resolve(ctx, ask)
}

// heldEvents is the events of a label that the ask allows, by sequence: from the
// view when it follows, else from the ledger.
func (n *Node) heldEvents(ctx context.Context, ask access.Ask, id string) ([]label.Held, error) {
	if n.labels.Warm() {
		return n.labels.History(ask, id), nil
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{label.FactEvent}, id)
	if err != nil {
		return nil, err
	}
	return label.Hold(facts)
}

func eventsIn(held []label.Held) []*label.Event {
	out := make([]*label.Event, len(held))
	for i := range held {
		out[i] = held[i].Event
	}
	return out
}

// Labels is the labels that the ask's reader may know of.
func (n *Node) Labels(ctx context.Context, ask access.Ask, f label.Filter) (*LabelList, error) {
	ask, err := n.caughtUp(ctx, ask)
	if err != nil {
		return nil, err
	}
	states, next := n.labels.List(ask, f)
	return &LabelList{At: ask.At.Date, Known: ask.At.Known, Labels: states, Next: next}, nil
}

// noLabel is the answer about a label that does not exist, and about one that
// the reader may not know of: they cannot be told apart.
func noLabel(id string) error {
	return problem.New(problem.NotFound, "no label %s", id)
}

// labelID reads an id as people write it.
func labelID(id string) (string, error) {
	parsed, err := core.ParseID(id)
	if err != nil {
		return "", problem.New(problem.Invalid, "label %q: %s", id, problem.Message(err))
	}
	return parsed, nil
}

// Label is how a label stands.
func (n *Node) Label(ctx context.Context, ask access.Ask, id string) (*LabelState, error) {
	id, err := labelID(id)
	if err != nil {
		return nil, err
	}
	if ask, err = n.settled(ctx, ask); err != nil {
		return nil, err
	}
	held, err := n.heldEvents(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	events := eventsIn(held)
	if len(events) == 0 {
		return nil, noLabel(id)
	}
	s := label.Fold(events, ask.At.Date)
	if s.Status == label.None {
		return nil, problem.New(problem.NotFound, "label %s was not there yet on %s", id, ask.At.Date)
	}
	out := &LabelState{State: s, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position, StatusURL: n.registry + "/labels/" + id}
	if ask.At.Date < ask.At.Known {
		then := ask
		then.At.Known = ask.At.Date
		before, err := n.heldEvents(ctx, then, id)
		if err != nil {
			return nil, err
		}
		if said := label.Fold(eventsIn(before), ask.At.Date); said.Status != s.Status && said.Status != label.None {
			out.Said = &said
		}
	}
	out.Scheme, err = n.schemeOf(ctx, ask, events)
	return out, err
}

// schemeOf is the scheme of a label, as the ledger has it.
func (n *Node) schemeOf(ctx context.Context, ask access.Ask, events []*label.Event) (*label.Scheme, error) {
	return n.scheme(ctx, ask, events[0].Scheme)
}

// scheme is a scheme by id. One that is for everybody stands before any of the
// same id that somebody keeps to itself.
func (n *Node) scheme(ctx context.Context, ask access.Ask, id string) (*label.Scheme, error) {
	public, err := n.Schemes(ctx, access.Ask{At: ask.At})
	if err != nil {
		return nil, err
	}
	if s := public[id]; s != nil {
		return s, nil
	}
	all, err := n.Schemes(ctx, ask)
	if err != nil {
		return nil, err
	}
	s := all[id]
	if s == nil {
		ids := []string{}
		for id := range all {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return nil, problem.New(problem.NotFound, "no scheme %q; there are %s", id, strings.Join(ids, ", "))
	}
	return s, nil
}

// LabelHistory is what happened to a label, oldest first.
func (n *Node) LabelHistory(ctx context.Context, ask access.Ask, id string) ([]LabelEvent, error) {
	id, err := labelID(id)
	if err != nil {
		return nil, err
	}
	if ask, err = n.settled(ctx, ask); err != nil {
		return nil, err
	}
	held, err := n.heldEvents(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, noLabel(id)
	}
	digests, err := n.digestsOf(ctx, ask, held)
	if err != nil {
		return nil, err
	}
	whole, err := n.wholeEvents(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	out := make([]LabelEvent, len(held))
	for i, h := range held {
		if i < len(whole) && whole[i].Sequence == h.Sequence {
			h.Event = whole[i]
		}
		out[i] = LabelEvent{Held: h, Digest: digests[h.Position], Audience: h.Audience.String()}
	}
	return out, nil
}

// wholeEvents is the events of a label that the ask allows, by sequence, with all
// that they say: the view leaves out what is large.
func (n *Node) wholeEvents(ctx context.Context, ask access.Ask, id string) ([]*label.Event, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{label.FactEvent}, id)
	if err != nil {
		return nil, err
	}
	out := make([]*label.Event, len(facts))
	for i := range facts {
		out[i] = new(label.Event)
		if err := facts[i].Decode(out[i]); err != nil {
			return nil, fmt.Errorf("event of label %s: %w", id, err)
		}
	}
	slices.SortFunc(out, func(a, b *label.Event) int { return a.Sequence - b.Sequence })
	return out, nil
}

// digestsOf is the digests of the events' documents, by position.
func (n *Node) digestsOf(ctx context.Context, ask access.Ask, held []label.Held) (map[int64]string, error) {
	positions := make([]int64, len(held))
	for i := range held {
		positions[i] = held[i].Position
	}
	// Of which document an event came does not depend on when one asks.
	ask.At = access.At{Date: ask.At.Date, Known: access.Forever, Position: access.Now}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for chunk := range slices.Chunk(positions, 500) {
		entries, err := n.Ledger.Documents(ctx, ask, chunk...)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			out[e.Position] = e.Digest
		}
	}
	return out, nil
}

// LabelDocument is the signed document of a label, as it stood for the ask.
func (n *Node) LabelDocument(ctx context.Context, ask access.Ask, id string) ([]byte, *ledger.Entry, error) {
	s, err := n.Label(ctx, ask, id)
	if err != nil {
		return nil, nil, err
	}
	if s.Document == "" {
		return nil, nil, problem.New(problem.NotFound, "label %s was not issued", s.Label)
	}
	if ask, err = n.Ledger.Resolve(ctx, ask); err != nil {
		return nil, nil, err
	}
	e, err := n.Ledger.ByDigest(ctx, ask, s.Document)
	if err != nil {
		return nil, nil, err
	}
	b, err := n.Ledger.Body(ctx, ask, e.Position)
	return b, e, err
}

// LabelCode is the address that a label's QR code holds.
func (n *Node) LabelCode(s *label.State) string {
	if s.Code == "" {
		return ""
	}
	return strings.ToUpper(n.registry+"/L/"+s.Label+"/") + s.Code
}

// change is an event that is to happen to a label.
type change struct {
	event *label.Event
	// seen is the sequence of the last event that was known when the change was
	// thought of; a change that comes after others is thought of anew. -1 for any.
	seen int
}

// lastSeen is the sequence of the last of a label's events; 0 when there are none.
// Those before it need not all be there: a laboratory that was named late sees
// nothing of what came before.
func lastSeen(events []*label.Event) int {
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Sequence
}

// appendLabels appends events of labels for one audience, with documents that
// belong to them. Form, sequence, the event before and the time are set here. It
// is refused, as a conflict, where the label has moved on since, or the event
// cannot follow what happened.
func (n *Node) appendLabels(ctx context.Context, audience access.Audience, actor string, changes []change, documents ...ledger.Document) error {
	n.labelling.Lock()
	defer n.labelling.Unlock()
	for try := 0; ; try++ {
		_, err := n.appendLabelsOnce(ctx, access.Now, audience, actor, changes, documents)
		if err == nil || !errors.Is(err, ledger.ErrMoved) || try == maxMoved {
			return err
		}
	}
}

// maxMoved is how often an append is tried again because facts changed that may
// have nothing to do with it.
const maxMoved = 50

// appendLabelsOnce appends events that were made from what the ledger held at a
// position; [access.Now] for events that rest on nothing but the labels.
func (n *Node) appendLabelsOnce(ctx context.Context, from int64, audience access.Audience, actor string, changes []change, documents []ledger.Document) (*ledger.Receipt, error) {
	ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}
	resolve := n.settled
	if len(changes) > fewChanges {
		resolve = n.caughtUp
	}
	ask, err := resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	held := map[string][]label.Held{}
	for _, c := range changes {
		id := c.event.Label
		if _, ok := held[id]; ok {
			continue
		}
		if held[id], err = n.heldEvents(ctx, ask, id); err != nil {
			return nil, err
		}
	}
	before, err := n.lastOf(ctx, ask, audience, held)
	if err != nil {
		return nil, err
	}
	edition := ledger.Edition{Audience: audience, Actor: actor, MadeFrom: min(from, ask.At.Position), Documents: slices.Clone(documents)}
	now := n.now().UTC().Truncate(time.Second)
	more := map[string][]*label.Event{} // that this edition adds
	for _, c := range changes {
		e := c.event
		events := slices.Concat(eventsIn(held[e.Label]), more[e.Label])
		if c.seen >= 0 && len(events)-len(more[e.Label]) != c.seen {
			return nil, problem.New(problem.Conflict, "label %s has moved on since", e.Label)
		}
		e.Form, e.Sequence, e.Recorded = label.Form, len(events)+1, now
		e.Previous = before[e.Label]
		if e.Kind == label.Issued {
			e.Previous = ""
		}
		if err := label.Next(events, e); err != nil {
			return nil, err
		}
		doc, err := eventDocument(e, access.DateOf(now))
		if err != nil {
			return nil, err
		}
		edition.Documents = append(edition.Documents, doc)
		before[e.Label] = ledger.Digest(doc.Bytes)
		more[e.Label] = append(more[e.Label], e)
	}
	return n.Ledger.Append(ctx, edition)
}

// fewChanges is how many labels are read one by one rather than all together.
const fewChanges = 16

// lastOf is the digest of the newest event of each label that whoever sees the
// next one may see.
func (n *Node) lastOf(ctx context.Context, ask access.Ask, audience access.Audience, held map[string][]label.Held) (map[string]string, error) {
	var last []label.Held
	for _, events := range held {
		for _, h := range slices.Backward(events) {
			if !audience.IsPublic() || h.Audience.IsPublic() {
				last = append(last, h)
				break
			}
		}
	}
	digests, err := n.digestsOf(ctx, ask, last)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, h := range last {
		out[h.Label] = digests[h.Position]
	}
	return out, nil
}

// eventDocument is an event as the ledger keeps it: a document of its own.
func eventDocument(e *label.Event, today access.Date) (ledger.Document, error) {
	b, err := e.Marshal()
	if err != nil {
		return ledger.Document{}, err
	}
	part := fmt.Sprintf("%06d", e.Sequence)
	statements := []ledger.Statement{{Kind: label.FactEvent, Subject: e.Label, Key: part, Body: e, ValidFrom: e.On, ValidTo: access.Forever, Published: today}}
	if e.Terms != nil {
		statements = append(statements, handles(e, today)...)
	}
	return ledger.Document{
		Bytes: b, Kind: label.KindEvent, Source: "label/" + e.Label, Part: part, Name: "event-" + part + ".json", Published: today, Rows: 1, Mode: ledger.Chronicle,
		Statements: statements,
	}, nil
}

// handles is what the label of an event is found by from then on.
func handles(e *label.Event, today access.Date) []ledger.Statement {
	var out []ledger.Statement
	for _, h := range e.Terms.Handles() {
		out = append(out, ledger.Statement{Kind: label.FactCovers, Subject: e.Label, Key: h.Term(), Term: h.Term(), Body: h, ValidFrom: e.On, ValidTo: access.Forever, Published: today})
	}
	return out
}
