package screening

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// Folded matches names by equality of what package party folds them to, and
// identifiers by equality of theirs. It needs no index of its own and is never
// behind the ledger.
type Folded struct{ Facts Facts }

// Bounds on the facts that one query reads, beyond which a name is too common
// to mean anybody.
const (
	maxFacts       = 1000
	maxSuggestions = 400
)

var (
	nameKinds    = []string{party.FactName}
	matchedKinds = []string{party.FactName, party.FactCore, party.FactIdentifier}
)

// Engine implements [Matcher]. It changes with how names are folded.
func (Folded) Engine() string { return "folded/1+" + party.FoldVersion }

// Match implements [Matcher]. A text without any letter or number matches
// nothing.
func (m Folded) Match(ctx context.Context, ask access.Ask, q Query) ([]Hit, error) {
	t := termsOf(q.Text)
	if t.folded == "" {
		return nil, nil
	}
	facts, err := m.Facts.ByTerm(ctx, ask, matchedKinds, t.all, maxFacts)
	if err != nil {
		return nil, fmt.Errorf("match %q: %w", q.Text, err)
	}
	var hits []Hit
	for i := range facts {
		hit, ok, err := t.judge(&facts[i])
		if err != nil {
			return nil, err
		}
		if ok {
			hits = append(hits, hit)
		}
	}
	if q.Suggest {
		facts, err := m.Facts.ByPrefix(ctx, ask, nameKinds, t.folded, maxSuggestions)
		if err != nil {
			return nil, fmt.Errorf("suggest for %q: %w", q.Text, err)
		}
		for i := range facts {
			hit, err := suggestion(&facts[i])
			if err != nil {
				return nil, err
			}
			hits = append(hits, hit)
		}
	}
	return rank(hits, q.Limit), nil
}

// terms is what a text is looked up by.
type terms struct {
	folded, core, person string
	identifiers          map[string]bool
	all                  []string
}

func termsOf(text string) terms {
	t := terms{folded: party.Fold(text)}
	if t.folded == "" {
		return t
	}
	t.core, t.person = party.Core(text), party.PersonTerm(text)
	t.all = append(t.all, t.folded)
	if t.core != t.folded {
		t.all = append(t.all, t.core)
	}
	t.all = append(t.all, t.person)
	t.identifiers = map[string]bool{}
	for _, term := range identifierTerms(text) {
		if !t.identifiers[term] {
			t.identifiers[term] = true
			t.all = append(t.all, term)
		}
	}
	return t
}

// judge says what hit a fact that has one of the terms is.
func (t terms) judge(f *ledger.Fact) (Hit, bool, error) {
	if f.Kind == party.FactIdentifier {
		if !t.identifiers[f.Term] {
			return Hit{}, false, nil
		}
		var id party.Identifier
		if err := f.Decode(&id); err != nil {
			return Hit{}, false, fmt.Errorf("identifier of %s: %w", f.Subject, err)
		}
		return Hit{Subject: f.Subject, Tier: ByIdentifier, Why: IdentifierLabel(id)}, true, nil
	}
	exact := f.Kind == party.FactName && f.Term == t.folded
	if !exact && (f.Kind != party.FactCore || f.Term != t.core && f.Term != t.person) {
		return Hit{}, false, nil
	}
	var name party.Name
	if err := f.Decode(&name); err != nil {
		return Hit{}, false, fmt.Errorf("name of %s: %w", f.Subject, err)
	}
	hit := Hit{Subject: f.Subject, Name: name.Name, Quality: name.Quality}
	primary := name.Quality == party.Primary
	switch {
	case exact && primary:
		hit.Tier = ExactPrimary
	case exact && name.Quality != party.Weak:
		hit.Tier = ExactOther
	case primary:
		hit.Tier = CorePrimary
	default:
		hit.Tier = CoreOther
	}
	hit.Why = described(name)
	switch {
	case exact:
	case f.Term == t.person:
		hit.Why += ", its words in any order"
	default:
		hit.Why += ", but for the legal form"
	}
	return hit, true, nil
}

func suggestion(f *ledger.Fact) (Hit, error) {
	var name party.Name
	if err := f.Decode(&name); err != nil {
		return Hit{}, fmt.Errorf("name of %s: %w", f.Subject, err)
	}
	return Hit{Subject: f.Subject, Name: name.Name, Quality: name.Quality, Tier: ByPrefix, Why: described(name) + " begins so"}, nil
}

func described(n party.Name) string {
	sort := "name"
	switch n.Quality {
	case party.Primary:
		sort = "primary name"
	case party.Alias:
		sort = "also known as"
	case party.Weak:
		sort = "weak alias"
	case party.Former:
		sort = "former name"
	case party.Acronym:
		sort = "acronym"
	}
	return fmt.Sprintf("%s %q", sort, n.Name)
}

// IdentifierLabel writes an identifier as people do: "ISIN KYG9830T1067",
// "passport K1234567 (Iran)".
func IdentifierLabel(id party.Identifier) string {
	scheme, rest, _ := strings.Cut(id.Scheme, "_")
	if initials[scheme] {
		scheme = strings.ToUpper(scheme)
	}
	if rest != "" {
		scheme += " " + strings.ReplaceAll(rest, "_", " ")
	}
	label := scheme + " " + id.Value
	if id.Country != "" {
		label += " (" + id.Country + ")"
	}
	return label
}

var initials = map[string]bool{
	"lei": true, "isin": true, "uscc": true, "duns": true, "imo": true, "mmsi": true, "msn": true, "bik": true, "swift": true,
}
