// Package dossiertest holds a ledger of facts in memory, for tests. [Memory]
// answers every question by going through all facts one by one, exactly as the
// contract of dossier.Facts is written, so that it can be believed.
package dossiertest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

// Document is what a test lets the ledger hold: one document with the facts
// that were taken from it.
type Document struct {
	Source     string
	Name       string
	Published  access.Date
	Superseded access.Date // when its source stopped stating it; "" for never
	Audience   access.Audience
	Statements []ledger.Statement
}

// Memory is facts in memory. Its zero value holds none.
type Memory struct {
	Facts    []ledger.Fact // by id
	Entries  []ledger.Entry
	Rules    map[string]*listing.Programme
	Reads    int // questions answered
	position int64
}

// Add appends a document and returns its position. Statements that name no
// publication day of their own were published with the document.
func (m *Memory) Add(doc Document) int64 {
	m.position++
	if doc.Superseded == "" {
		doc.Superseded = access.Forever
	}
	m.Entries = append(m.Entries, ledger.Entry{
		Position: m.position, Digest: fmt.Sprintf("sha256:%064x", m.position), Source: doc.Source, Name: doc.Name,
		Published: doc.Published, Received: time.Unix(0, 0).UTC(), Edition: m.position, Rows: len(doc.Statements), Audience: doc.Audience,
	})
	for i, st := range doc.Statements {
		body, err := json.Marshal(st.Body)
		if err != nil {
			panic(err)
		}
		published := cmp.Or(st.Published, doc.Published)
		f := ledger.Fact{
			ID: m.position<<24 | int64(i), Kind: st.Kind, Subject: st.Subject, Key: st.Key, Term: st.Term, Source: doc.Source, Body: body,
			ValidFrom: published, ValidTo: doc.Superseded, Basis: ledger.FirstSeen, Published: published, Superseded: doc.Superseded,
			KnownFrom: m.position, KnownTo: access.Now, Document: m.position, Audience: doc.Audience,
		}
		if st.ValidFrom != "" || st.ValidTo != "" {
			f.ValidFrom, f.ValidTo, f.Basis = cmp.Or(st.ValidFrom, published), cmp.Or(st.ValidTo, access.Forever), ledger.Stated
		}
		m.Facts = append(m.Facts, f)
	}
	return m.position
}

// Without is the world in which the facts and documents that drop speaks of do
// not exist.
func (m *Memory) Without(drop func(f *ledger.Fact) bool) *Memory {
	out := &Memory{Rules: m.Rules, Entries: m.Entries, position: m.position}
	for i := range m.Facts {
		if !drop(&m.Facts[i]) {
			out.Facts = append(out.Facts, m.Facts[i])
		}
	}
	return out
}

func (m *Memory) pick(ask access.Ask, limit int, want func(f *ledger.Fact) bool) []ledger.Fact {
	m.Reads++
	var out []ledger.Fact
	for i := range m.Facts {
		f := &m.Facts[i]
		if ask.Reader.MaySee(f.Audience) && f.HeldAt(min(ask.At.Position, access.Now-1)) && f.PublishedBy(ask.At.Known) && want(f) {
			if out = append(out, *f); len(out) == limit {
				break
			}
		}
	}
	return out
}

// BySubject implements dossier.Facts.
func (m *Memory) BySubject(_ context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	return m.pick(ask, -1, func(f *ledger.Fact) bool { return slices.Contains(subjects, f.Subject) }), nil
}

// ByTerm implements dossier.Facts.
func (m *Memory) ByTerm(_ context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	return m.pick(ask, limit, func(f *ledger.Fact) bool {
		return f.Term != "" && slices.Contains(kinds, f.Kind) && slices.Contains(terms, f.Term)
	}), nil
}

// ByPrefix implements dossier.Facts.
func (m *Memory) ByPrefix(_ context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error) {
	return m.pick(ask, limit, func(f *ledger.Fact) bool {
		return f.Term != "" && slices.Contains(kinds, f.Kind) && strings.HasPrefix(f.Term, prefix)
	}), nil
}

// Programmes implements dossier.Facts.
func (m *Memory) Programmes(context.Context, access.Ask) (map[string]*listing.Programme, error) {
	m.Reads++
	return m.Rules, nil
}

// Documents implements dossier.Facts.
func (m *Memory) Series(_ context.Context, ask access.Ask, source, part string) ([]ledger.Entry, error) {
	m.Reads++
	var out []ledger.Entry
	for _, e := range m.Entries {
		if e.Source == source && e.Part == part && e.Position <= ask.At.Position && e.Published <= ask.At.Known && ask.Reader.MaySee(e.Audience) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b ledger.Entry) int { return strings.Compare(string(a.Published), string(b.Published)) })
	return out, nil
}

// Documents implements [dossier.Facts].
func (m *Memory) Documents(_ context.Context, ask access.Ask, positions ...int64) ([]ledger.Entry, error) {
	m.Reads++
	var out []ledger.Entry
	for _, e := range m.Entries {
		if slices.Contains(positions, e.Position) && ask.Reader.MaySee(e.Audience) {
			out = append(out, e)
		}
	}
	return out, nil
}
