package screening

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/match"
)

// Engine names the versions of everything that takes part in a result. It
// changes whenever the same names, asked at the same moment of the same
// ledger, could give another.
const Engine = "screen/1+" + match.Version + "+" + listing.Engine

// Threshold is the similarity of names from which on an entry is a match, the
// same for every kind of party and every script.
const Threshold = match.Threshold

// Result is what screening one name found.
type Result struct {
	ID      string  `json:"id"`    // the asker's own
	Query   string  `json:"query"` // the name asked for
	Matches []Match `json:"matches"`
	Error   string  `json:"error,omitempty"` // why this one could not be screened, in a batch
}

// Match is an entry that somebody may be.
type Match struct {
	ID       string         `json:"id"`       // of the entry
	Name     string         `json:"name"`     // as listed
	Matched  string         `json:"matched"`  // the name of the entry by which it was found; "" when only an identifier did
	Quality  party.Quality  `json:"quality"`  // of that name
	Kind     party.Kind     `json:"type"`     // of the entry; "" when its source does not say
	Score    float64        `json:"score"`    // similarity of names, at least [Threshold]; 1 for an equal identifier
	Evidence float64        `json:"evidence"` // strength of everything else, from -1 to 1
	List     string         `json:"list"`     // programme; "" for a party on none
	Status   listing.Status `json:"status"`   // on the asked day
	Why      *Why           `json:"why,omitempty"`

	Audience access.Audience `json:"-"` // who may see it: the most restrictive among its facts
}

// Why is the whole account of one match. Made again from the same ledger, by
// the same engine, it is equal to the byte.
type Why struct {
	Engine     string      `json:"engine"`
	Threshold  float64     `json:"threshold"`
	At         access.Date `json:"at"`
	Known      access.Date `json:"known"`
	Position   int64       `json:"position"`
	Edition    Edition     `json:"edition"`    // from which the entry was taken
	NameFact   int64       `json:"name_fact"`  // that states the name used; 0 when only an identifier led here
	Similarity match.Why   `json:"similarity"` // of the names
	Evidence   Evidence    `json:"evidence"`
}

// Edition is the document from which an entry was taken.
type Edition struct {
	Source    string      `json:"source"`
	Published access.Date `json:"published"`
	Document  int64       `json:"document"` // position in the ledger
	Digest    string      `json:"digest"`
}

// Query is s as the matcher takes it.
func (s *Sought) Query() match.Query { return match.Query{Text: s.Name, Kind: s.Kind} }

// IdentifierTerms is the terms of identifiers by which s is looked up: those
// that were given as such, and the name where it may itself be one.
func (s *Sought) IdentifierTerms() []string {
	var out []string
	for _, one := range splitList(s.Identifier) {
		out = append(out, identifierTerms(one)...)
	}
	if looksLikeNumber(s.Name) {
		out = append(out, identifierTerms(s.Name)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Explain is why a name of an entry was found.
func Explain(q *match.Prepared, n Named) match.Why {
	return q.Explain(match.Name{Text: n.Name, Kind: n.Kind, Quality: n.Quality})
}

// Rank sorts matches best first: by score, then by evidence, so that of several
// bearers of one name the likelier stands first.
func Rank(matches []Match) {
	slices.SortFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Evidence, a.Evidence), cmp.Compare(a.ID, b.ID))
	})
}
