package dossier

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// Control is who holds the subject, whom it holds, and what the rules about
// ownership make of that on the dossier's date.
type Control struct {
	OFAC50        Finding   `json:"ofac_50"`
	BISAffiliates Finding   `json:"bis_affiliates"`
	Owners        []Holding `json:"owners"`   // interests in the subject
	Holdings      []Holding `json:"holdings"` // interests of the subject in others, one step down
	Cut           string    `json:"cut,omitempty"`
}

// Finding is what one rule makes of the subject; see package ownership.
type Finding struct {
	State ownership.State `json:"state"`
	Why   string          `json:"why"`
	Known bool            `json:"known"` // an interest in the subject is held, or it is listed; without either, not_blocked only means that nothing is known
	Cite  string          `json:"cite"`

	// Rule is where the rule itself stands on the date when it is not in force:
	// suspended, unverified or ended; "not_in_force" before it began.
	Rule listing.RuleState `json:"rule,omitempty"`

	// Total is what reached owners hold of the subject's capital together.
	Total   party.Stake `json:"total"`
	Decides []Decider   `json:"decides"`
	// Together says that nothing decides alone, and that all that is named
	// does.
	Together bool      `json:"together,omitempty"`
	Proof    []Holding `json:"proof"`
	// Evidence is where the parties are listed that the finding rests on.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Decider is something that is not known and on which a state depends: a stake,
// or whether a party is listed.
type Decider struct {
	What   string   `json:"what"`
	Stake  *Holding `json:"stake,omitempty"`
	Party  *Party   `json:"party,omitempty"`
	Blocks string   `json:"blocks,omitempty"` // the share, in percent, from which on the stake alone decides
}

// Party is one end of an interest.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Holding is what sources state of one party's interest in another on the
// date. Where they state several lots of it, these are summed; where they
// contradict one another, a share ranges over what any of them says.
type Holding struct {
	Holder       Party           `json:"holder"`
	Held         Party           `json:"held"`
	Economic     *party.Stake    `json:"economic"` // null where the sources are silent about capital
	Voting       *party.Stake    `json:"voting"`
	Control      party.Control   `json:"control,omitempty"`
	Indirect     bool            `json:"indirect,omitempty"` // a source's own sum over a chain, which no rule counts
	From         access.Date     `json:"from,omitempty"`     // "" where no source says
	To           access.Date     `json:"to,omitempty"`
	Note         string          `json:"note,omitempty"`
	Contradicted bool            `json:"contradicted,omitempty"`
	HolderState  ownership.State `json:"holder_state,omitempty"` // of the holder under OFAC's rule, listings included
	Evidence     []Evidence      `json:"evidence"`
}

// What the rules are cited by.
const (
	CiteOFAC50        = "OFAC, Revised Guidance on Entities Owned by Persons Whose Property and Interests in Property Are Blocked (13 August 2014); FAQ 398 to 402"
	CiteBISAffiliates = "15 CFR 744.11, 744.16, 744.21 and 744.8, as amended by 90 FR 47201 (Affiliates Rule)"
)

// NoControl is what is said of one of whom nothing is known.
func NoControl() Control {
	none := func(cite string) Finding {
		return Finding{
			State: ownership.NotBlocked, Why: "no interest in it is held", Cite: cite,
			Total: party.Stake{Min: "0", Max: "0"}, Decides: []Decider{}, Proof: []Holding{}, Evidence: []Evidence{},
		}
	}
	return Control{
		OFAC50: none(CiteOFAC50), BISAffiliates: none(CiteBISAffiliates), Owners: []Holding{}, Holdings: []Holding{},
	}
}

// add appends evidence that is not among it yet.
func add(to []Evidence, more ...Evidence) []Evidence {
	for _, e := range more {
		if !slices.ContainsFunc(to, func(o Evidence) bool { return o.Fact == e.Fact && o.Document == e.Document }) {
			to = append(to, e)
		}
	}
	return to
}
