package dossier_test

import (
	"context"
	"fmt"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

// remembered answers the same questions from memory, so that a benchmark
// measures what the dossier costs without its reads.
type remembered struct {
	*dossiertest.Memory
	facts   map[string][]ledger.Fact
	entries []ledger.Entry
}

func (r *remembered) recall(key string, ask func() ([]ledger.Fact, error)) ([]ledger.Fact, error) {
	if facts, ok := r.facts[key]; ok {
		return facts, nil
	}
	facts, err := ask()
	r.facts[key] = facts
	return facts, err
}

func (r *remembered) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	return r.recall("s "+subjects[0], func() ([]ledger.Fact, error) { return r.Memory.BySubject(ctx, ask, subjects...) })
}

func (r *remembered) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	return r.recall(kinds[0]+terms[0], func() ([]ledger.Fact, error) { return r.Memory.ByTerm(ctx, ask, kinds, terms, limit) })
}

func (r *remembered) Documents(ctx context.Context, ask access.Ask, positions ...int64) ([]ledger.Entry, error) {
	if r.entries == nil {
		r.entries, _ = r.Memory.Documents(ctx, ask, positions...)
	}
	return r.entries, nil
}

// three is a party with entries on three lists, each with a life of events.
func three() *dossiertest.Memory {
	m := &dossiertest.Memory{Rules: map[string]*listing.Programme{}}
	for _, list := range []string{"us-ofac-nonsdn", "us-dod-1260h", "us-bis-entity-list"} {
		id := list + ":1"
		statements := dossiertest.Entry(organisation(id, list, "Acme Telecom Corporation Limited", ""), "Acme Telecom", "ATC")
		statements = append(statements, dossiertest.Identifier(id, "isin", "US1694261033", ""))
		for i, kind := range []listing.EventKind{listing.Designated, listing.Stayed, listing.StayLifted, listing.Removed} {
			statements = append(statements, dossiertest.Event(id, listing.Event{Kind: kind, Date: access.Date(fmt.Sprintf("2021-0%d-01", i+1)), What: "what happened"}))
		}
		m.Add(dossiertest.Document{Source: list, Published: "2021-01-01", Statements: statements})
		m.Rules[list] = &listing.Programme{ID: list, Title: list}
	}
	return m
}

func BenchmarkBuild(b *testing.B) {
	facts := &remembered{Memory: three(), facts: map[string][]ledger.Fact{}}
	builder := &dossier.Builder{Facts: facts}
	for _, query := range []string{"Acme Telecom Corporation Limited", "us-dod-1260h:1"} {
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := builder.Build(b.Context(), askAt(today, today), query)
				if err != nil || len(d.Listings) != 3 {
					b.Fatalf("%d listings, error %v", len(d.Listings), err)
				}
			}
		})
	}
}

func BenchmarkOn(b *testing.B) {
	d := build(b, three(), "Acme Telecom", "2021-02-01", "2021-02-01")
	b.ReportAllocs()
	for b.Loop() {
		d.On("2021-03-01")
	}
}
