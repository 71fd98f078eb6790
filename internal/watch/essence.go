package watch

import (
	"crypto/sha256"
	"encoding/json"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
)

// essence is what two answers to one question have in common when nothing has
// changed, as a hash.
type essence [sha256.Size]byte

// What makes the essence of a decision. It is that of changes_on (see package
// decision), so that a day on which it differs by the passing of time alone is
// one that the calendar knows.
type (
	essential struct {
		Verdict    policy.Verdict
		ChangesOn  *access.Date
		Subject    string
		Candidates []string
		Reasons    []essentialReason
	}
	essentialReason struct {
		Policy      string
		Rule        string
		Verdict     policy.Verdict
		Listing     string
		Status      listing.Status
		Consequence listing.ConsequenceKind
		About       string          // of a release: that one weakness takes the place of another is news
		States      []listing.State // of that consequence; an exchange and an index may each have theirs
	}
)

// Same reports whether two decisions on one question say the same: what differs
// between them, if anything, is words, evidence and moments.
func Same(a, b *decision.Recorded) (bool, error) {
	x, err := essenceOf(a)
	if err != nil {
		return false, err
	}
	y, err := essenceOf(b)
	return x == y, err
}

func essenceOf(r *decision.Recorded) (essence, error) {
	e := essential{Verdict: r.Verdict, ChangesOn: r.ChangesOn, Subject: r.Subject.ID}
	for _, c := range r.Candidates {
		e.Candidates = append(e.Candidates, c.ID)
	}
	slices.Sort(e.Candidates)
	for _, reason := range r.Reasons {
		e.Reasons = append(e.Reasons, essentialOf(reason, r))
	}
	b, err := json.Marshal(e)
	return sha256.Sum256(b), err
}

func essentialOf(reason decision.Reason, r *decision.Recorded) essentialReason {
	e := essentialReason{
		Policy: reason.Policy, Rule: reason.Rule, Verdict: reason.Verdict,
		Listing: reason.Listing, Consequence: reason.Consequence, About: reason.About,
	}
	if e.Policy == "" && len(r.Policies) == 1 {
		e.Policy = r.Policies[0].Name
	}
	i := slices.IndexFunc(r.Listings, func(l decision.Listing) bool { return l.ID == reason.Listing })
	if reason.Listing == "" || i < 0 {
		return e
	}
	e.Status = r.Listings[i].Status
	for _, c := range r.Listings[i].Consequences {
		if c.Kind == reason.Consequence {
			e.States = append(e.States, c.State)
		}
	}
	slices.Sort(e.States)
	return e
}
