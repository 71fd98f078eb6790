package dod

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// span is one row's part of a listing's life.
type span struct {
	line      int
	from      access.Date // listed from
	published access.Date // when the list that says so came out
	to        access.Date // listed until; "" when the row does not end
	end       listing.EventKind
	successor string // listing id
	began     string // what the row says of its beginning
	ended     string // what it says of its end
	cite      string // of the end, where the row cites its own authority for it
	url       string
}

// outlasts reports whether a row that began with the older one or after it, and
// by the day on which that ends, says that the listing goes on. The newest row
// that has begun decides: an older list's row may have been left without an
// end, and its end may be that of a spelling.
func (s span) outlasts(older span) bool {
	return s.from >= older.from && s.from <= older.to && (s.to == "" || s.to > older.to)
}

// law is under what a list is kept.
type law struct{ authority, citation, designation string }

// events tells a listing's life from all its spans.
func (l law) events(subject string, spans []span) []ledger.Statement {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	type act struct {
		day access.Date
		end bool
		of  span
	}
	var acts []act
	for _, s := range spans {
		acts = append(acts, act{s.from, false, s})
		if s.to != "" && !slices.ContainsFunc(spans, func(o span) bool { return o.outlasts(s) }) {
			acts = append(acts, act{s.to, true, s})
		}
	}
	slices.SortStableFunc(acts, func(a, b act) int {
		if a.day != b.day {
			return cmp.Compare(a.day, b.day)
		}
		return cmp.Compare(btoi(a.end), btoi(b.end))
	})
	var out []ledger.Statement
	listed, before := false, false
	var since access.Date // the newest list that names it
	for _, a := range acts {
		switch {
		case a.end && listed:
			out = append(out, l.ended(subject, a.of))
			listed = false
		case !a.end && (!listed || a.day > since):
			out = append(out, l.began(subject, a.of, listed, before))
			listed, before, since = true, true, a.day
		}
	}
	return unique(out)
}

func (l law) began(subject string, s span, listed, before bool) ledger.Statement {
	e := listing.Event{
		Kind: listing.Designated, Date: s.from, Published: s.published, What: l.designation,
		Authority: l.authority, Citation: l.citation, Source: s.url,
	}
	switch {
	case listed:
		e.Kind, e.What = listing.Amended, "named again in a newer list"
	case before:
		e.Kind, e.What = listing.Redesignated, "named anew after its removal"
	}
	if s.began != "" {
		e.What += ": " + s.began
	}
	return eventStatement(subject, e)
}

func (l law) ended(subject string, s span) ledger.Statement {
	e := listing.Event{
		Kind: cmp.Or(s.end, listing.Removed), Date: s.to, Published: s.to, What: cmp.Or(s.ended, "no longer named"),
		Authority: l.authority, Citation: cmp.Or(s.cite, l.citation), Successor: s.successor,
	}
	if s.cite != "" {
		e.Authority = "" // a court's, which the table does not name
	}
	return eventStatement(subject, e)
}

func eventStatement(subject string, e listing.Event) ledger.Statement {
	return ledger.Statement{
		Kind: listing.FactEvent, Subject: subject, Key: string(e.Date) + " " + string(e.Kind), Term: e.Successor, Body: e,
		ValidFrom: e.Date, Published: cmp.Or(e.Published, e.Date),
	}
}

// unique keeps the first statement of each key: two rows may say the same.
func unique(statements []ledger.Statement) []ledger.Statement {
	type key struct{ kind, subject, key string }
	seen := map[key]bool{}
	return slices.DeleteFunc(statements, func(s ledger.Statement) bool {
		k := key{s.Kind, s.Subject, s.Key}
		twice := seen[k]
		seen[k] = true
		return twice
	})
}

// nameStatements states a name with the day it was published; names that fold
// to one slug are one.
func nameStatements(subject string, published access.Date, n party.Name) []ledger.Statement {
	if party.Fold(n.Name) == "" {
		return nil
	}
	return dated(published, party.NameStatements(subject, "name:"+party.Slug(n.Name), party.Organisation, n)...)
}

func dated(published access.Date, statements ...ledger.Statement) []ledger.Statement {
	for i := range statements {
		statements[i].Published = published
	}
	return statements
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
