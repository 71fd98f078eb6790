package ledger

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// change is what a document does to the facts held of its series: rows to
// close and rows to open, and what that means to the subjects counted by.
type change struct {
	closes  []*Fact
	opens   []*Fact
	added   map[string]bool // subjects, by the document's head kind
	removed map[string]bool
	touched map[string]bool
	before  int      // subjects stated by the edition before, as the guard counts them
	lost    []string // those of them that this one does not state
	headed  bool     // the part has statements of the head kind
}

// cell names one statement within a series.
type cell struct{ kind, subject, key string }

// value is a statement made ready to be compared with rows.
type value struct {
	Statement
	body     []byte
	document int64
}

// diff works out what a document changes. held is every current row of its
// series (source, part and audience); next is the publication day of the
// series' next later edition, [access.Forever] when there is none.
func diff(held []Fact, doc *Document, position int64, next access.Date) (*change, error) {
	rows := map[cell][]*Fact{}
	for i := range held {
		f := &held[i]
		c := cell{f.Kind, f.Subject, f.Key}
		rows[c] = append(rows[c], f)
	}
	said, err := valuesOf(doc, position)
	if err != nil {
		return nil, err
	}
	ch := &change{added: map[string]bool{}, removed: map[string]bool{}, touched: map[string]bool{}}
	spans := map[string]span{}
	if doc.Mode == Increment {
		spans = spansOf(held, doc)
	}
	for _, c := range cellsOf(rows, said) {
		v := said[c]
		switch doc.Mode {
		case Chronicle:
			ch.replace(rows[c], v, c, doc)
		case Increment:
			if sp, spoken := spans[c.subject]; spoken {
				ch.overwrite(rows[c], v, c, doc, sp)
			}
		default:
			ch.overwrite(rows[c], v, c, doc, span{on: doc.Published, next: next})
		}
	}
	ch.settle()
	if doc.Mode != Increment {
		ch.lose(held, doc)
	}
	return ch, nil
}

// span is the publication days for which a document speaks of a subject. A
// dated one keeps its beginning even where it repeats what was stated before:
// what comes later and belongs before it must end there.
type span struct {
	on, next access.Date
	dated    bool
}

// spansOf is for which days an incremental document speaks of each of its
// subjects: from the latest day that its statements about it name to the day of
// what is held of the subject's next later statement.
func spansOf(held []Fact, doc *Document) map[string]span {
	out := map[string]span{}
	for i := range doc.Statements {
		st := &doc.Statements[i]
		on := doc.Published
		if st.Published != "" {
			on = min(st.Published, doc.Published)
		}
		was := out[st.Subject]
		out[st.Subject] = span{max(on, was.on), access.Forever, was.dated || st.Published != ""}
	}
	for i := range held {
		f := &held[i]
		sp, ok := out[f.Subject]
		if !ok {
			continue
		}
		for _, day := range []access.Date{f.Published, f.Superseded} {
			if day > sp.on {
				sp.next = min(sp.next, day)
			}
		}
		out[f.Subject] = sp
	}
	return out
}

// lose works out which subjects the document no longer states, by its head
// kind where its part has statements of that kind, else by any.
func (ch *change) lose(held []Fact, doc *Document) {
	isHead := func(kind string) bool { return kind == doc.Head }
	ch.headed = slices.ContainsFunc(doc.Statements, func(s Statement) bool { return isHead(s.Kind) }) ||
		slices.ContainsFunc(held, func(f Fact) bool { return isHead(f.Kind) })
	if !ch.headed {
		isHead = func(string) bool { return true }
	}
	after := map[string]bool{}
	for i := range doc.Statements {
		if isHead(doc.Statements[i].Kind) {
			after[doc.Statements[i].Subject] = true
		}
	}
	before := map[string]bool{}
	for i := range held {
		f := &held[i]
		if isHead(f.Kind) && (doc.Mode == Chronicle || f.StatedOn(doc.Published)) {
			before[f.Subject] = true
		}
	}
	ch.before = len(before)
	for s := range before {
		if !after[s] {
			ch.lost = append(ch.lost, s)
		}
	}
	slices.Sort(ch.lost)
}

// valuesOf checks the statements of a document and indexes them.
func valuesOf(doc *Document, position int64) (map[cell]*value, error) {
	said := make(map[cell]*value, len(doc.Statements))
	for i := range doc.Statements {
		st := &doc.Statements[i]
		body, err := json.Marshal(st.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: statement %s of %s: %w", doc.Name, st.Kind, st.Subject, err)
		}
		v := &value{Statement: *st, body: body, document: position}
		if v.ValidFrom != "" || v.ValidTo != "" {
			v.ValidFrom = cmp.Or(v.ValidFrom, st.Published, doc.Published)
			v.ValidTo = cmp.Or(v.ValidTo, access.Forever)
			if v.ValidFrom >= v.ValidTo {
				return nil, problem.New(problem.Invalid, "%s: %s of %s is said to be valid from %s to %s, which is no time at all", doc.Name, st.Kind, st.Subject, v.ValidFrom, v.ValidTo)
			}
		}
		c := cell{st.Kind, st.Subject, st.Key}
		if old, twice := said[c]; twice {
			if old.Term == v.Term && bytes.Equal(old.body, v.body) {
				continue
			}
			return nil, problem.New(problem.Invalid, "%s: states %s %q of %s twice, and differently", doc.Name, st.Kind, st.Key, st.Subject)
		}
		said[c] = v
	}
	return said, nil
}

func cellsOf(rows map[cell][]*Fact, said map[cell]*value) []cell {
	cells := make([]cell, 0, len(said))
	for c := range said {
		cells = append(cells, c)
	}
	for c := range rows {
		if said[c] == nil {
			cells = append(cells, c)
		}
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
	return cells
}

// count notes what became of one statement about a subject between the
// edition before and this: a head statement that comes or goes, or any that is
// not the same.
func (ch *change) count(c cell, doc *Document, was, is, same bool) {
	if doc.Head != "" && c.kind == doc.Head {
		if was {
			ch.removed[c.subject] = true
		}
		if is {
			ch.added[c.subject] = true
		}
	}
	if !same {
		ch.touched[c.subject] = true
	}
}

// settle leaves in added and removed the subjects that came and went, and in
// touched those that stayed and changed.
func (ch *change) settle() {
	for s := range ch.added {
		if ch.removed[s] {
			delete(ch.added, s)
			delete(ch.removed, s)
		}
	}
	for s := range ch.touched {
		if ch.added[s] || ch.removed[s] {
			delete(ch.touched, s)
		}
	}
}

// replace is how a newer version of a chronicle takes the place of the older.
func (ch *change) replace(rows []*Fact, v *value, c cell, doc *Document) {
	var kept *Fact
	for _, f := range rows {
		if v != nil && f.says(v) && f.Superseded == access.Forever && f.Published == cmp.Or(v.Published, f.Published) {
			kept = f
		} else {
			ch.closes = append(ch.closes, f)
		}
	}
	if v != nil && kept == nil {
		ch.opens = append(ch.opens, v.row(c, doc, cmp.Or(v.Published, doc.Published), access.Forever))
	}
	ch.count(c, doc, len(rows) > 0, v != nil, kept != nil || (v == nil && len(rows) == 0))
}

// segment is a stretch of publication days on which a series stated one value.
type segment struct {
	from, to access.Date
	row      *Fact // what is held of it; nil for what is new
	value    *value
}

// overwrite sets what a series states between the day this edition was
// published and the day the next one was. Editions may so arrive in any order.
func (ch *change) overwrite(rows []*Fact, v *value, c cell, doc *Document, over span) {
	slices.SortFunc(rows, func(a, b *Fact) int { return cmp.Compare(a.Published, b.Published) })
	on, next := over.on, over.next
	var was *Fact
	var segs []segment
	for _, f := range rows {
		if f.StatedOn(on) {
			was = f
		}
		if f.Superseded <= on || f.Published >= next {
			segs = append(segs, segment{f.Published, f.Superseded, f, nil})
			continue
		}
		if f.Published < on {
			segs = append(segs, segment{f.Published, on, f, nil})
		}
		if f.Superseded > next {
			segs = append(segs, segment{next, f.Superseded, f, nil})
		}
	}
	ch.count(c, doc, was != nil, v != nil, was == nil && v == nil || was != nil && v != nil && was.says(v))
	if v != nil {
		segs = append(segs, segment{startOf(v, on, segs), next, nil, v})
		slices.SortFunc(segs, func(a, b segment) int { return cmp.Compare(a.from, b.from) })
	}
	if !over.dated {
		segs = join(segs)
	}
	kept := map[*Fact]bool{}
	for _, s := range segs {
		if f := s.among(rows); f != nil {
			kept[f] = true
			continue
		}
		ch.opens = append(ch.opens, s.open(c, doc))
	}
	for _, f := range rows {
		if !kept[f] {
			ch.closes = append(ch.closes, f)
		}
	}
}

// startOf is from when v counts as published: the edition's day, or the
// earlier one that the statement itself names, as far as nothing else was
// stated in between.
func startOf(v *value, on access.Date, segs []segment) access.Date {
	if v.Published == "" || v.Published >= on {
		return on
	}
	start := v.Published
	for _, s := range segs {
		if s.from < on && s.to > start {
			start = min(s.to, on)
		}
	}
	return start
}

// join melts neighbours that say the same into one, so that an edition which
// repeats what was held changes nothing.
func join(segs []segment) []segment {
	out := segs[:0:0]
	for _, s := range segs {
		if n := len(out); n > 0 && out[n-1].to == s.from && out[n-1].same(s) {
			out[n-1].to = s.to
			continue
		}
		out = append(out, s)
	}
	return out
}

func (s segment) same(t segment) bool {
	switch {
	case s.row != nil && t.row != nil:
		return s.row == t.row || s.row.equal(t.row)
	case s.row != nil:
		return s.row.says(t.value)
	default:
		return t.row.says(s.value)
	}
}

// among is the row that says just what s does, if there is one.
func (s segment) among(rows []*Fact) *Fact {
	for _, f := range rows {
		if f.Published == s.from && f.Superseded == s.to && s.same(segment{row: f}) {
			return f
		}
	}
	return nil
}

func (s segment) open(c cell, doc *Document) *Fact {
	if s.row == nil {
		return s.value.row(c, doc, s.from, s.to)
	}
	f := *s.row
	f.Published, f.Superseded = s.from, s.to
	if f.Basis == FirstSeen {
		f.ValidFrom, f.ValidTo = s.from, s.to
	}
	return &f
}

// row makes the fact that v becomes. Positions and id are given when it is
// written.
func (v *value) row(c cell, doc *Document, from, to access.Date) *Fact {
	f := &Fact{
		Kind: c.kind, Subject: c.subject, Key: c.key, Term: v.Term, Source: doc.Source, Part: doc.Part,
		Body: v.body, ValidFrom: from, ValidTo: to, Basis: FirstSeen, Published: from, Superseded: to, Document: v.document,
	}
	if v.ValidFrom != "" {
		f.ValidFrom, f.ValidTo, f.Basis = v.ValidFrom, v.ValidTo, Stated
	}
	return f
}

// says reports whether f states v.
func (f *Fact) says(v *value) bool {
	if f.Term != v.Term || !bytes.Equal(f.Body, v.body) || (f.Basis == Stated) != (v.ValidFrom != "") {
		return false
	}
	return f.Basis == FirstSeen || f.ValidFrom == v.ValidFrom && f.ValidTo == v.ValidTo
}

func (f *Fact) equal(g *Fact) bool {
	return f.Term == g.Term && bytes.Equal(f.Body, g.Body) && f.Basis == g.Basis &&
		(f.Basis == FirstSeen || f.ValidFrom == g.ValidFrom && f.ValidTo == g.ValidTo)
}
