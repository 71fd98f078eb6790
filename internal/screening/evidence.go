package screening

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// Sought is somebody who is to be screened: a name, and what else is known.
// Everything but the name may be left out.
type Sought struct {
	ID         string     `json:"id,omitempty"` // the asker's own
	Name       string     `json:"name"`
	Kind       party.Kind `json:"type,omitempty"`
	Birth      string     `json:"dob,omitempty"`        // YYYY, YYYY-MM or YYYY-MM-DD
	Country    string     `json:"country,omitempty"`    // a name or ISO 3166-1 code; several joined by ";"
	Identifier string     `json:"identifier,omitempty"` // "LEI 5493…", "imo:9187629" or a bare number; several joined by ";"
}

// Evidence is how well what is known of somebody besides the name goes with an
// entry. It is kept apart from the similarity of names: an equal name with
// nothing to disagree on is not yet the same person.
type Evidence struct {
	Strength float64   `json:"strength"` // from -1, it speaks against, to 1, an equal identifier; 0 when there is nothing to compare
	Features []Feature `json:"features"` // what was compared, in a fixed order
}

// Feature is one thing that was compared.
type Feature struct {
	Name    string  `json:"name"` // "birth_date", "country", "identifier"
	Asked   string  `json:"asked"`
	Held    string  `json:"held"` // what the entry's sources say, joined by "; "
	Outcome string  `json:"outcome"`
	Delta   float64 `json:"delta"` // what it adds to the strength
}

// The outcomes of comparing a feature.
const (
	OutcomeEqual      = "equal"
	OutcomeCompatible = "compatible" // one is less exact than the other, or day and month are swapped
	OutcomeNear       = "near"       // a year apart, as lists often are
	OutcomeConflict   = "conflict"
	OutcomeUnknown    = "unknown" // the entry says nothing of it
)

// Decides reports whether the evidence alone says that it is them: an
// identifier that is issued once is equal.
func (e Evidence) Decides() bool {
	return slices.ContainsFunc(e.Features, func(f Feature) bool { return f.Name == featureIdentifier && f.Outcome == OutcomeEqual })
}

const (
	featureBirth      = "birth_date"
	featureCountry    = "country"
	featureIdentifier = "identifier"
)

// What each outcome adds. They are judgements, published so that they can be
// argued with: a birth date tells people apart far better than a country does,
// and lists are wrong about either now and then.
var deltas = map[string]map[string]float64{
	featureBirth:      {OutcomeEqual: 0.6, OutcomeCompatible: 0.3, OutcomeNear: 0.1, OutcomeConflict: -0.6},
	featureCountry:    {OutcomeEqual: 0.2, OutcomeConflict: -0.1},
	featureIdentifier: {OutcomeEqual: 1, OutcomeConflict: -0.2},
}

// Weigh compares what is known of s with the facts about one subject, of which
// only those published by the known day count.
func (s *Sought) Weigh(facts []ledger.Fact, known access.Date) (Evidence, error) {
	held, err := holdings(facts, known)
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{Features: []Feature{}}
	add := func(name, asked string, values []string, outcome string) {
		e.Features = append(e.Features, Feature{name, asked, strings.Join(values, "; "), outcome, deltas[name][outcome]})
	}
	if s.Birth != "" {
		add(featureBirth, s.Birth, held.births, compareBirths(s.Birth, held.births))
	}
	if s.Country != "" {
		add(featureCountry, s.Country, held.countries, compareCountries(s.Country, held.countries))
	}
	if s.Identifier != "" {
		add(featureIdentifier, s.Identifier, held.labels, compareIdentifiers(s.Identifier, held.identifiers))
	}
	for _, f := range e.Features {
		e.Strength += f.Delta
	}
	e.Strength = math.Round(min(max(e.Strength, -1), 1)*100) / 100
	return e, nil
}

// heldEvidence is what the sources say of one subject.
type heldEvidence struct {
	births, countries, labels []string
	identifiers               []party.Identifier
}

// countryDetails are the details that name a country of the subject.
var countryDetails = []string{"nationality", "citizenship", "country", "jurisdiction", "flag", "vessel_flag"}

func holdings(facts []ledger.Fact, known access.Date) (h heldEvidence, err error) {
	for i := range facts {
		f := &facts[i]
		if !f.PublishedBy(known) {
			continue
		}
		var broken error
		switch f.Kind {
		case party.FactDetail:
			var d party.Detail
			broken = f.Decode(&d)
			switch {
			case d.Name == featureBirth:
				h.births = append(h.births, d.Value)
			case slices.Contains(countryDetails, d.Name):
				h.countries = append(h.countries, d.Value)
			}
		case party.FactAddress:
			var a party.Address
			broken = f.Decode(&a)
			if a.Country != "" {
				h.countries = append(h.countries, a.Country)
			}
		case party.FactIdentifier:
			var id party.Identifier
			broken = f.Decode(&id)
			h.identifiers = append(h.identifiers, id)
		}
		if broken != nil {
			return h, fmt.Errorf("fact %d, %s of %s: %w", f.ID, f.Kind, f.Subject, broken)
		}
	}
	slices.SortFunc(h.identifiers, func(a, b party.Identifier) int {
		return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Value, b.Value))
	})
	for _, id := range h.identifiers {
		h.labels = append(h.labels, IdentifierLabel(id))
	}
	for _, list := range []*[]string{&h.births, &h.countries, &h.labels} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return h, nil
}

// compareIdentifiers takes an identifier for equal when value and, where it is
// given, scheme are. One of another scheme says nothing against.
func compareIdentifiers(asked string, held []party.Identifier) string {
	terms := map[string]bool{}
	schemes := map[string]bool{}
	for _, one := range splitList(asked) {
		for _, t := range identifierTerms(one) {
			terms[t] = true
		}
		if scheme, _, ok := splitScheme(one); ok {
			schemes[scheme] = true
		}
	}
	outcome := OutcomeUnknown
	for _, id := range held {
		if terms[party.IdentifierTerm(id.Scheme, id.Value)] {
			return OutcomeEqual
		}
		if schemes[strings.ToLower(id.Scheme)] {
			outcome = OutcomeConflict
		}
	}
	return outcome
}
