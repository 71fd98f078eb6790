package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Source is a series of editions, as far as the reader may see it.
type Source struct {
	Source        string      `json:"source"`
	Editions      int         `json:"editions"`
	Documents     int         `json:"documents"`
	LastPublished access.Date `json:"last_published"`
	LastReceived  time.Time   `json:"last_received"`
	LastPosition  int64       `json:"last_position"`
}

// Sources is every source with documents that the ask allows, by name.
func (l *Ledger) Sources(ctx context.Context, ask access.Ask) ([]Source, error) {
	out := []Source{}
	err := l.read(ctx, ask, func(v *view) error {
		rows, err := v.tx.Query(ctx, `SELECT source, COUNT(DISTINCT edition), COUNT(*), MAX(published), MAX(received), MAX(position)
			FROM document WHERE source <> '' AND position <= $1 AND published <= $2 AND audience IN `+v.in()+` GROUP BY source ORDER BY source`,
			v.ask.At.Position, string(v.ask.At.Known))
		if err != nil {
			return fmt.Errorf("sources: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var s Source
			var received int64
			if err := rows.Scan(&s.Source, &s.Editions, &s.Documents, &s.LastPublished, &received, &s.LastPosition); err != nil {
				return err
			}
			s.LastReceived = time.UnixMicro(received).UTC()
			out = append(out, s)
		}
		return rows.Err()
	})
	return out, err
}

// EditionEntry is one edition of a source. Its counts compare it with the
// edition published before it.
type EditionEntry struct {
	Position  int64       `json:"position"`
	Published access.Date `json:"published"`
	Received  time.Time   `json:"received"`
	Parts     []string    `json:"parts"`
	Rows      int         `json:"rows"`
	Documents []Entry     `json:"documents"`
	Previous  int64       `json:"previous"` // position of the edition published before; 0 for the first
	Added     int         `json:"added"`
	Removed   int         `json:"removed"`
	Changed   int         `json:"changed"`
}

// Editions is the editions of a source, by publication. head is the kind of
// fact that its subjects are counted by.
func (l *Ledger) Editions(ctx context.Context, ask access.Ask, source, head string) ([]EditionEntry, error) {
	docs, err := l.List(ctx, ask, Filter{Source: source, Limit: 100_000})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, problem.New(problem.NotFound, "no editions of %q", source)
	}
	byPosition := map[int64]*EditionEntry{}
	for _, d := range docs {
		e := byPosition[d.Edition]
		if e == nil {
			e = &EditionEntry{Position: d.Edition, Published: d.Published, Received: d.Received}
			byPosition[d.Edition] = e
		}
		e.Parts = append(e.Parts, d.Part)
		e.Rows += d.Rows
		e.Documents = append(e.Documents, d)
	}
	out := make([]EditionEntry, 0, len(byPosition))
	for _, e := range byPosition {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b EditionEntry) int {
		return cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.Position, b.Position))
	})
	for i := range out {
		if i > 0 {
			out[i].Previous = out[i-1].Position
		}
		n, err := l.countDifferences(ctx, ask, source, head, out[i].Previous, out[i].Position)
		if err != nil {
			return nil, err
		}
		out[i].Added, out[i].Removed, out[i].Changed = n.added, n.removed, n.changed
	}
	return out, nil
}

// counted is how many subjects differ between two editions.
type counted struct{ added, removed, changed int }

// countKey is all that such counts depend on.
type countKey struct {
	source, head, reader string
	from, to, facts      int64
}

// countCache remembers counts. Those of one state of the facts never change.
type countCache struct {
	mu     sync.Mutex
	counts map[countKey]counted
}

// maxCounts bounds how many counts are remembered.
const maxCounts = 4096

// countDifferences is the counts of [Ledger.Differences].
func (l *Ledger) countDifferences(ctx context.Context, ask access.Ask, source, head string, from, to int64) (counted, error) {
	visible, err := l.Visible(ctx, ask.Reader)
	if err != nil {
		return counted{}, err
	}
	key := countKey{source, head, fmt.Sprint(visible), from, to, l.FactsAsOf(ask.At.Position)}
	l.counts.mu.Lock()
	n, ok := l.counts.counts[key]
	l.counts.mu.Unlock()
	if ok {
		return n, nil
	}
	d, err := l.Differences(ctx, ask, source, head, from, to)
	if err != nil {
		return counted{}, err
	}
	n = counted{d.Added, d.Removed, d.Changed}
	l.counts.mu.Lock()
	defer l.counts.mu.Unlock()
	if len(l.counts.counts) >= maxCounts || l.counts.counts == nil {
		l.counts.counts = map[countKey]counted{}
	}
	l.counts.counts[key] = n
	return n, nil
}

// Differences is what changed in a source from one edition to another.
type Differences struct {
	Source  string       `json:"source"`
	From    int64        `json:"from"` // edition positions; 0 for nothing
	To      int64        `json:"to"`
	Added   int          `json:"added"` // subjects
	Removed int          `json:"removed"`
	Changed int          `json:"changed"`
	Items   []Difference `json:"items"` // removed, added, changed; each by subject
}

// Difference is what changed about one subject.
type Difference struct {
	Subject string  `json:"subject"`
	Name    string  `json:"name"`
	Change  string  `json:"change"` // "added", "removed", "changed"
	Facts   []Delta `json:"facts"`
}

// Delta is one statement that changed. Before is null for a new one, After
// for one no longer stated.
type Delta struct {
	Kind   string          `json:"kind"`
	Key    string          `json:"key"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// moment is a state of a source that two of are compared: what its editions
// stated on a day, as held at a position.
type moment struct {
	day      access.Date
	position int64
}

func (m moment) has(f *Fact) bool { return m.position > 0 && f.StatedOn(m.day) && f.HeldAt(m.position) }

// Differences compares two editions of a source, given by position; from 0 is
// the empty list. Snapshot editions are compared by what was stated on their
// publication days, chronicles by what was held at their positions.
func (l *Ledger) Differences(ctx context.Context, ask access.Ask, source, head string, from, to int64) (*Differences, error) {
	a, b, err := l.moments(ctx, ask, source, from, to)
	if err != nil {
		return nil, err
	}
	var facts []Fact
	err = l.read(ctx, ask, func(v *view) error {
		rows, err := v.tx.Query(ctx, selectFact+` WHERE source = $1 AND audience IN `+v.in()+` AND known_from <= $2
			AND (published > $3 AND published <= $4 OR superseded > $3 AND superseded <= $4
			  OR known_from > $5 AND known_from <= $6 OR known_to > $5 AND known_to <= $6)`,
			source, v.ask.At.Position, string(a.day), string(b.day), a.position, b.position)
		if err != nil {
			return fmt.Errorf("differences of %s: %w", source, err)
		}
		facts, err = scanFacts(rows, v.audiences)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := &Differences{Source: source, From: from, To: to, Items: compare(facts, a, b)}
	if err := l.nameDifferences(ctx, ask, d, source, head, a, b); err != nil {
		return nil, err
	}
	return d, nil
}

// lastDay is later than any publication and earlier than [access.Forever].
const lastDay access.Date = "9999-12-30"

// moments finds what two edition positions stand for.
func (l *Ledger) moments(ctx context.Context, ask access.Ask, source string, from, to int64) (a, b moment, err error) {
	find := func(position int64) (Entry, error) {
		docs, err := l.Documents(ctx, ask, position)
		if err != nil {
			return Entry{}, err
		}
		if len(docs) == 0 || docs[0].Source != source {
			return Entry{}, problem.New(problem.NotFound, "no edition of %q at position %d", source, position)
		}
		return docs[0], nil
	}
	newer, err := find(to)
	if err != nil {
		return a, b, err
	}
	if from == to {
		return a, b, problem.New(problem.Invalid, "the edition at position %d is compared with itself", to)
	}
	b = moment{newer.Published, ask.At.Position}
	chronicle := newer.Mode == Chronicle
	if chronicle {
		b = moment{lastDay, to}
	}
	if from == 0 {
		a.day = "0000-00-00"
		return a, b, nil
	}
	older, err := find(from)
	if err != nil {
		return a, b, err
	}
	if older.Published > newer.Published || older.Published == newer.Published && from > to {
		return a, b, problem.New(problem.Invalid, "the edition at position %d, of %s, is not the older of the two: name the older one first", from, older.Published)
	}
	a = moment{older.Published, ask.At.Position}
	if !chronicle && older.Published == newer.Published {
		// Two editions of one day are told apart by when they were held.
		a.position, b.position = from, to
	}
	if chronicle {
		a = moment{b.day, from}
	}
	return a, b, nil
}

// compare pairs what was stated at two moments.
func compare(facts []Fact, a, b moment) []Difference {
	type pair struct{ before, after *Fact }
	pairs := map[cell]pair{}
	for i := range facts {
		f := &facts[i]
		c := cell{f.Kind, f.Subject, f.Part + "\x00" + f.Key}
		p := pairs[c]
		if a.has(f) {
			p.before = f
		}
		if b.has(f) {
			p.after = f
		}
		pairs[c] = p
	}
	bySubject := map[string][]Delta{}
	for c, p := range pairs {
		if p.before == nil && p.after == nil || p.before != nil && p.after != nil && p.before.equal(p.after) {
			continue
		}
		_, key, _ := bytes.Cut([]byte(c.key), []byte{0})
		delta := Delta{Kind: c.kind, Key: string(key)}
		if p.before != nil {
			delta.Before = p.before.Body
		}
		if p.after != nil {
			delta.After = p.after.Body
		}
		bySubject[c.subject] = append(bySubject[c.subject], delta)
	}
	out := make([]Difference, 0, len(bySubject))
	for _, subject := range slices.Sorted(maps.Keys(bySubject)) {
		deltas := bySubject[subject]
		slices.SortFunc(deltas, func(x, y Delta) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Key, y.Key)) })
		out = append(out, Difference{Subject: subject, Facts: deltas})
	}
	return out
}

// nameDifferences tells additions and removals from changes by the head fact
// of each subject, and names the subjects after it.
func (l *Ledger) nameDifferences(ctx context.Context, ask access.Ask, d *Differences, source, head string, a, b moment) error {
	subjects := make([]string, len(d.Items))
	for i := range d.Items {
		subjects[i] = d.Items[i].Subject
	}
	type headed struct {
		before, after bool
		name          string
	}
	heads := map[string]headed{}
	err := l.read(ctx, ask, func(v *view) error {
		for chunk := range slices.Chunk(subjects, 200) {
			rows, err := v.tx.Query(ctx, selectFact+` WHERE subject IN (`+db.Placeholders(4, len(chunk))+`) AND kind = $1 AND source = $2
				AND known_from <= $3 AND audience IN `+v.in()+` ORDER BY id`, append([]any{head, source, v.ask.At.Position}, anys(chunk)...)...)
			if err != nil {
				return fmt.Errorf("differences of %s: %w", source, err)
			}
			facts, err := scanFacts(rows, v.audiences)
			if err != nil {
				return err
			}
			for i := range facts {
				f := &facts[i]
				h := heads[f.Subject]
				h.before, h.after = h.before || a.has(f), h.after || b.has(f)
				var body struct{ Name string }
				if f.Decode(&body) == nil && body.Name != "" {
					h.name = body.Name
				}
				heads[f.Subject] = h
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range d.Items {
		item := &d.Items[i]
		h := heads[item.Subject]
		item.Name = h.name
		if d.From == 0 && !h.after {
			item.Change = "" // a part that only other editions have entries for
			continue
		}
		switch {
		case h.after && !h.before:
			item.Change = "added"
			d.Added++
		case h.before && !h.after:
			item.Change = "removed"
			d.Removed++
		default:
			item.Change = "changed"
			d.Changed++
		}
	}
	d.Items = slices.DeleteFunc(d.Items, func(item Difference) bool { return item.Change == "" })
	rank := map[string]int{"removed": 0, "added": 1, "changed": 2}
	slices.SortStableFunc(d.Items, func(x, y Difference) int { return cmp.Compare(rank[x.Change], rank[y.Change]) })
	return nil
}
