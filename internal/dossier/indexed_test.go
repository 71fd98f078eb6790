package dossier_test

import (
	"context"
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
)

// indexed answers as [dossiertest.Memory] does, by way of two indexes, for
// tests that ask thousands of questions about whole lists.
type indexed struct {
	*dossiertest.Memory
	subjects, terms map[string][]int
}

func (x *indexed) index() {
	x.subjects, x.terms = map[string][]int{}, map[string][]int{}
	for i := range x.Facts {
		f := &x.Facts[i]
		x.subjects[f.Subject] = append(x.subjects[f.Subject], i)
		if f.Term != "" {
			x.terms[f.Term] = append(x.terms[f.Term], i)
		}
	}
}

// narrowed is a memory of nothing but the facts at these places.
func (x *indexed) narrowed(places map[string][]int, keys []string) *dossiertest.Memory {
	if x.subjects == nil {
		x.index()
		return x.Memory
	}
	var at []int
	for _, k := range keys {
		at = append(at, places[k]...)
	}
	slices.Sort(at)
	m := &dossiertest.Memory{}
	for _, i := range slices.Compact(at) {
		m.Facts = append(m.Facts, x.Facts[i])
	}
	return m
}

func (x *indexed) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	return x.narrowed(x.subjects, subjects).BySubject(ctx, ask, subjects...)
}

func (x *indexed) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	return x.narrowed(x.terms, terms).ByTerm(ctx, ask, kinds, terms, limit)
}

func buildFrom(t testing.TB, facts dossier.Facts, query string, date, known access.Date) *dossier.Dossier {
	t.Helper()
	d, err := (&dossier.Builder{Facts: facts}).Build(t.Context(), askAt(date, known), query)
	if err != nil {
		t.Fatalf("Build(%q): %v", query, err)
	}
	return d
}
