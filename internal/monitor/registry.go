package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/statuslist"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// history is a label as its events tell it.
type history struct {
	events    []*label.Event
	positions []int64
	logged    []Logged
}

// at is how the label stands on a day by the events up to a position.
func (h *history) at(day access.Date, position int64) label.State {
	n := 0
	for n < len(h.events) && h.positions[n] <= position {
		n++
	}
	return label.Fold(h.events[:n], day)
}

// add takes the next event, if it follows those before it.
func (h *history) add(id string, e *label.Event, l Logged) error {
	if err := h.follows(id, e); err != nil {
		return err
	}
	h.events, h.positions, h.logged = append(h.events, e), append(h.positions, l.Position), append(h.logged, l)
	return nil
}

// seen is what a registry told in one run.
type seen struct {
	labels   map[string]*history
	sequence int64 // of its status list
}

// registry reads what the registry tells, and compares it with what the events
// say. A node that has no registry has no labels.
func (m *Monitor) registry(ctx context.Context, last *State, report *Report) (*seen, error) {
	s := &seen{labels: map[string]*history{}, sequence: last.Sequence}
	keys, err := m.site.keys(ctx)
	var d *dump
	if err == nil && len(keys) > 0 {
		d, err = m.site.dump(ctx, keys)
	}
	if problem.KindOf(err) == problem.NotFound || err == nil && d == nil {
		for _, id := range sorted(last.Events) {
			report.differ("label %s: was there at the last run, and there is no registry now", id)
		}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range d.Labels {
		s.take(&d.Labels[i], d, report)
	}
	s.compareLast(last, report)
	now := m.opts.Now()
	if err := m.compareClaims(ctx, s, d, now, report); err != nil {
		return nil, err
	}
	err = m.compareList(ctx, s, d, keys, now, report)
	report.Labels = len(s.labels)
	return s, err
}

// take reads the history of a label, checks that it hangs together, and that
// what the dump says of the label follows from it.
func (s *seen) take(t *told, d *dump, report *Report) {
	h := &history{}
	if s.labels[t.ID] != nil {
		report.differ("label %s: is twice in the dump", t.ID)
		return
	}
	s.labels[t.ID] = h
	for i, raw := range t.History {
		e, l, err := readEvent(raw)
		if err == nil {
			err = h.add(t.ID, e, *l)
		}
		if err != nil {
			report.differ("label %s: event %d of its history: %v", t.ID, i+1, err)
			break
		}
	}
	if got := label.Fold(h.events, access.DateOf(d.Made)); got.Status != t.Status || got.Since != t.Since {
		report.differ("label %s: the dump says %s since %s, and its events say %s since %s", t.ID, t.Status, t.Since, got.Status, got.Since)
	}
}

// readEvent reads an event with its place. Its document is what it is written
// as, whose digest is in the log.
func readEvent(raw json.RawMessage) (*label.Event, *Logged, error) {
	var place struct {
		Position int64 `json:"position"`
	}
	if err := json.Unmarshal(raw, &place); err != nil || place.Position < 1 {
		return nil, nil, fmt.Errorf("has no position in the ledger")
	}
	e, err := label.ParseEvent(raw)
	if err != nil {
		return nil, nil, err
	}
	b, err := e.Marshal()
	if err != nil {
		return nil, nil, err
	}
	return e, &Logged{place.Position, ledger.Digest(b)}, nil
}

// follows checks that an event is the next of a label's public ones: each names
// the one before it by digest.
func (h *history) follows(id string, e *label.Event) error {
	n := len(h.events)
	switch {
	case e.Label != id:
		return fmt.Errorf("is of label %s", e.Label)
	case !e.Kind.IsPublic():
		return fmt.Errorf("%s is not a public event", e.Kind)
	case n == 0 && e.Kind != label.Issued:
		return fmt.Errorf("the first is %s, not issued", e.Kind)
	case n == 0:
		return nil
	case e.Sequence <= h.events[n-1].Sequence:
		return fmt.Errorf("comes after event %d", h.events[n-1].Sequence)
	case e.Previous != h.logged[n-1].Digest:
		return fmt.Errorf("names %s as the one before it, which is %s", e.Previous, h.logged[n-1].Digest)
	}
	return nil
}

// compareLast checks that nothing was taken back since the last run.
func (s *seen) compareLast(last *State, report *Report) {
	for _, id := range sorted(last.Events) {
		h := s.labels[id]
		if h == nil {
			report.differ("label %s: was there at the last run, and is not now", id)
			continue
		}
		for i, before := range last.Events[id] {
			if i >= len(h.logged) {
				report.differ("label %s: the event at position %d was there at the last run, and is not now", id, before.Position)
			} else if h.logged[i] != before {
				report.differ("label %s: the event at position %d was another one at the last run", id, before.Position)
			}
		}
	}
}

// wanted is the events that have to be found in the log: those that the last run
// found there are, as long as the log only grew.
func (s *seen) wanted(last *State) []wanted {
	var out []wanted
	for _, id := range sorted(s.labels) {
		h := s.labels[id]
		for i, l := range h.logged {
			if !slices.Contains(last.Events[id], l) {
				out = append(out, wanted{label: id, sequence: h.events[i].Sequence, position: l.Position, digest: l.Digest})
			}
		}
	}
	return out
}

// keep puts into a state what was found in the log.
func (s *seen) keep(next *State, missing map[string]bool, size int64, report *Report) {
	for id, h := range s.labels {
		covered := 0
		for covered < len(h.logged) && h.logged[covered].Position <= size {
			covered++
		}
		report.Pending += len(h.logged) - covered
		if missing[id] {
			continue
		}
		report.Events += covered
		if covered >= len(next.Events[id]) {
			next.Events[id] = h.logged[:covered]
		}
	}
}

// stale is for how long the registry's dump may lag behind it. It is made anew
// within an hour of a change.
const stale = 2 * time.Hour

// renew reads anew what happened to a label, where the registry says something
// else of it than its dump does. What the dump had must still be there. It is
// nil where the report already says what is wrong.
func (m *Monitor) renew(ctx context.Context, s *seen, d *dump, id string, report *Report) (*history, error) {
	h, err := m.site.history(ctx, id)
	if problem.KindOf(err) == problem.Unavailable || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		report.differ("label %s: %v", id, err)
		return nil, nil
	}
	before := s.labels[id]
	if before == nil {
		before = &history{}
	}
	if len(h.logged) < len(before.logged) || !slices.Equal(h.logged[:len(before.logged)], before.logged) {
		report.differ("label %s: its history does not have what the registry's dump has", id)
		return nil, nil
	}
	if len(h.logged) > len(before.logged) && m.opts.Now().Sub(d.Made) >= stale {
		report.differ("label %s: the registry's dump of %s lacks %d of its events", id, d.Made.UTC().Format(time.RFC3339), len(h.logged)-len(before.logged))
	}
	s.labels[id] = h
	return h, nil
}

// compareClaims compares the registry's list of today with what the events say.
func (m *Monitor) compareClaims(ctx context.Context, s *seen, d *dump, now time.Time, report *Report) error {
	claims, err := m.site.claims(ctx)
	if err != nil {
		return err
	}
	today := access.DateOf(now)
	agrees := func(c claim, h *history) bool {
		got := h.at(today, access.Now)
		return got.Status == c.Status && got.Since == c.Since
	}
	for _, id := range sorted(claims) {
		c, h := claims[id], s.labels[id]
		if h == nil || !agrees(c, h) {
			if h, err = m.renew(ctx, s, d, id, report); err != nil {
				return err
			}
		}
		if h != nil && !agrees(c, h) {
			got := h.at(today, access.Now)
			report.differ("label %s: the registry says %s since %s, and its events say %s since %s", id, c.Status, c.Since, got.Status, got.Since)
		}
	}
	for _, id := range sorted(s.labels) {
		if _, ok := claims[id]; !ok {
			report.differ("label %s: the registry's dump has it, and its list does not", id)
		}
	}
	return nil
}

// compareList compares the signed status list with what the events say, up to
// the position and as of the day that it is of.
func (m *Monitor) compareList(ctx context.Context, s *seen, d *dump, keys []dsse.PublicKey, now time.Time, report *Report) error {
	const path = "/labels/status-list.json"
	b, err := m.site.get(ctx, path, maxDump)
	if err != nil {
		return err
	}
	l, err := statuslist.Verify(b, keys, now, s.sequence)
	if err != nil {
		report.differ("the status list: %v", err)
	}
	if l == nil {
		return nil
	}
	s.sequence = max(s.sequence, l.Sequence)
	day := access.DateOf(l.Issued)
	for _, id := range sorted(s.labels) {
		h := s.labels[id]
		got := h.at(day, l.Sequence)
		if got.Status == label.None {
			continue // not given yet when the list was made
		}
		said := l.Lookup(id, h.events[0].On)
		if string(said.Status) != string(got.Status) && l.Sequence > d.Position {
			if h, err = m.renew(ctx, s, d, id, report); err != nil {
				return err
			}
			if h == nil {
				continue
			}
			got = h.at(day, l.Sequence)
		}
		if string(said.Status) != string(got.Status) {
			report.differ("label %s: the status list says %s, and its events say %s on %s", id, said.Status, got.Status, day)
		}
	}
	for _, e := range l.Labels {
		if s.labels[e.ID] == nil {
			report.differ("label %s: is on the status list, and the registry does not have it", e.ID)
		}
	}
	return nil
}
