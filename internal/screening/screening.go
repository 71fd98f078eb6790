// Package screening finds the entries that a name or an identifier may mean.
//
// Begin with [Matcher], the seat of whatever compares names, and [Folded], the
// matcher that takes it: it finds names that are equal once case, width, marks
// and punctuation are folded away, in every script; names that differ in
// nothing but the legal form; and identifiers. It does not transliterate, and
// forgives no typing error.
//
// A matcher returns entries, each with the name by which it was found. Which
// of them are one party, and where that party is listed, is for package
// dossier to say.
package screening

import (
	"cmp"
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// Facts is how a matcher reads the ledger. Both methods return only what the
// ask's reader may see and what was held and published as of the ask, by fact
// id, at most limit of them.
type Facts interface {
	// ByTerm is the facts of these kinds whose term is one of terms.
	ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error)
	// ByPrefix is the facts of these kinds whose term begins with prefix.
	ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error)
}

// Query is what to look for.
type Query struct {
	Text    string
	Suggest bool // also names that only begin with Text, for a box that is being typed into
	Limit   int  // most hits wanted; 0 for no limit of the caller's own
}

// Matcher finds the entries that a query may mean, best first, each once. The
// same ask and query give the same hits. Nothing found is no error.
type Matcher interface {
	Match(ctx context.Context, ask access.Ask, q Query) ([]Hit, error)
	// Engine is the version of how it matches. It changes whenever the same
	// ask and query could give other hits.
	Engine() string
}

// Tier is how good a hit is: hits of a smaller tier are better, and those of
// the best tier that has any are what the query means.
type Tier int

// The tiers, best first. A weak alias is too common to find its party by, so
// that it never stands before a better name of another, even when it is equal.
const (
	ByID         Tier = iota + 1 // the id of a listing or party, given as it is
	ExactPrimary                 // equal to a primary name but for case, marks and punctuation
	ExactOther                   // equal in the same way to another name that is not weak
	ByIdentifier                 // an identifier: LEI, ISIN, USCC, IMO number, passport …
	CorePrimary                  // a primary name with another legal form, or a person's with its words in another order
	CoreOther                    // any other name in that way, or a weak alias
	ByPrefix                     // a name that begins so; a suggestion, never an answer
)

// String is the tier's name, as logs and tests show it.
func (t Tier) String() string {
	names := []string{"none", "id", "exact_primary", "exact_other", "identifier", "core_primary", "core_other", "prefix"}
	if t < 0 || int(t) >= len(names) {
		return names[0]
	}
	return names[t]
}

// Hit is an entry that a query may mean.
type Hit struct {
	Subject string // the entry's id
	Name    string // by which it was found, as its source writes it; "" for an id or identifier
	Quality party.Quality
	Tier    Tier
	Why     string // how it was found, for people
}

// Best is the hits of the best tier that has any, out of hits as a matcher
// returns them. Suggestions are never among them.
func Best(hits []Hit) []Hit {
	if len(hits) == 0 || hits[0].Tier == ByPrefix {
		return nil
	}
	n := slices.IndexFunc(hits, func(h Hit) bool { return h.Tier != hits[0].Tier })
	if n < 0 {
		return hits
	}
	return hits[:n]
}

// rank sorts hits best first and keeps the best of each entry.
func rank(hits []Hit, limit int) []Hit {
	slices.SortFunc(hits, compare)
	seen := make(map[string]bool, len(hits))
	hits = slices.DeleteFunc(hits, func(h Hit) bool {
		if seen[h.Subject] {
			return true
		}
		seen[h.Subject] = true
		return false
	})
	if limit > 0 && len(hits) > limit {
		hits = hits[:limit]
	}
	return hits
}

// compare orders hits: by tier, then the better kind of name, then, among
// suggestions, the shorter name, which has less left to type.
func compare(a, b Hit) int {
	c := cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(qualityRank[a.Quality], qualityRank[b.Quality]))
	if c == 0 && a.Tier == ByPrefix {
		c = cmp.Compare(len(a.Name), len(b.Name))
	}
	return cmp.Or(c, cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Why, b.Why))
}

// qualityRank orders the qualities by how well they point to their party.
var qualityRank = map[party.Quality]int{
	party.Primary: 1, party.Alias: 2, party.Former: 3, party.Acronym: 4, party.Weak: 5,
}
