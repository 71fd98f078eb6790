package listing

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
)

// Programme is a list that an authority keeps under a legal basis, with what
// follows for those on it. It is data: see package programmes, and
// [ParseProgramme] for the written form.
type Programme struct {
	ID          string       `json:"id"`
	Title       string       `json:"title"`
	Authority   string       `json:"authority"` // that keeps the list
	LegalBasis  []LegalBasis `json:"legal_basis"`
	Purposes    []string     `json:"purposes"` // for which it matters: procure, invest, export, operate
	URL         string       `json:"url,omitempty"`
	Also        []string     `json:"also,omitempty"`         // short names under which others know it, as "dod1237"
	FTMDatasets []string     `json:"ftm_datasets,omitempty"` // names of FollowTheMoney collections that have its entries
	Note        string       `json:"note,omitempty"`

	// Validity says from when to when the list itself has a legal basis. When
	// it ends, whoever is still on the list has expired from it.
	Validity []Step `json:"validity"`

	Consequences []ConsequenceRule `json:"consequences"`
}

// LegalBasis is one source of law of a programme.
type LegalBasis struct {
	Cite string `json:"cite"`
	What string `json:"what,omitempty"`
	URL  string `json:"url,omitempty"`
}

// ConsequenceRule is one consequence of being on a programme: what it forbids
// and when that begins and ends. Its days are counted from the events of a
// listing; the event "designated" stands for the designation that runs on the
// day asked about, be it the first or a redesignation.
type ConsequenceRule struct {
	Kind   ConsequenceKind `json:"kind"`
	What   string          `json:"what"`
	Cite   string          `json:"cite"`
	Source string          `json:"source,omitempty"` // where the rule can be read

	// Only for listings whose designation is not before, or is before, a day,
	// where the law treats tranches differently. Empty means no bound.
	DesignatedSince  access.Date `json:"designated_since,omitempty"`
	DesignatedBefore access.Date `json:"designated_before,omitempty"`

	Starts   duty.Rule  `json:"starts"`
	WindDown *duty.Rule `json:"wind_down,omitempty"` // from when only disposal is allowed, until it starts
	Ends     *duty.Rule `json:"ends,omitempty"`

	// Validity is the life of the rule itself, whatever the listing: before
	// its first step the consequence does not exist, and does not begin
	// earlier than it. With no steps the rule is as old as its programme.
	Validity []Step `json:"validity,omitempty"`
}

// RuleState is whether a rule has effect.
type RuleState string

// The states of a rule. A consequence under a suspended rule is
// [StateStayed], under an unverified one [StateUndetermined].
const (
	RuleInForce    RuleState = "in_force"
	RuleSuspended  RuleState = "suspended"
	RuleUnverified RuleState = "unverified" // what holds then is not known to the authors
	RuleEnded      RuleState = "ended"
)

// Step is one stretch in the life of a rule. It lasts until the next step.
type Step struct {
	From      access.Date `json:"from"`
	State     RuleState   `json:"state"`
	Published access.Date `json:"published"` // when this step became public, often before it begins
	Why       string      `json:"why,omitempty"`
	Source    string      `json:"source,omitempty"`
}

// AsKnown is the programme as far as it was public on day known: steps
// published later have not been thought of, so that a rule lasts on, and
// consequences whose rule was not published yet do not exist. Ask it before
// [Programme.Fold] whenever a question is limited to what was known by a day.
func (p *Programme) AsKnown(known access.Date) *Programme {
	q := *p
	q.Validity = stepsKnown(p.Validity, known)
	q.Consequences = nil
	for _, r := range p.Consequences {
		steps := stepsKnown(r.Validity, known)
		if len(steps) == 0 && len(r.Validity) > 0 {
			continue
		}
		r.Validity = steps
		q.Consequences = append(q.Consequences, r)
	}
	return &q
}

func stepsKnown(steps []Step, known access.Date) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s.Published > known })
}

// stepOn is the step that holds on day d. Without any steps a rule is in
// force; before the first it does not exist, and ok is false.
func stepOn(steps []Step, d access.Date) (s Step, ok bool) {
	if len(steps) == 0 {
		return Step{State: RuleInForce}, true
	}
	for _, next := range steps {
		if next.From > d {
			break
		}
		s, ok = next, true
	}
	return s, ok
}

// end is the step with which steps end for good, if they do.
func end(steps []Step) (last Step, ok bool) {
	if n := len(steps); n > 0 && steps[n-1].State == RuleEnded {
		return steps[n-1], true
	}
	return last, false
}

// endKnown is the day on which steps end for good, "" when they do not or when
// that was neither so nor announced on day at: what is told of a day does not
// tell of its future.
func endKnown(steps []Step, at access.Date) access.Date {
	if last, ok := end(steps); ok && (last.From <= at || last.Published <= at) {
		return last.From
	}
	return ""
}
