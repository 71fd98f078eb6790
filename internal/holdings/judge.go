package holdings

import (
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/screening"
)

// Judge is the answer to a row whose issuer is known, from the answer to the
// question whether one may invest in it.
func Judge(s Security, foundBy string, a *decision.Answer) Holding {
	h := Holding{
		Security: s, Verdict: a.Verdict, MayBuy: Yes, MayHold: Yes, ChangesOn: a.ChangesOn, FoundBy: foundBy,
		Subject: a.Subject.ID, Issuer: a.Subject.Name, Reason: fmt.Sprintf("nothing that is held speaks against %s", a.Subject.Name),
	}
	if r := telling(a); r != nil {
		h.Reason, h.Cite, h.Listing = r.Because, r.Cite, r.Listing
	}
	for i := range a.Reasons {
		h.apply(a, &a.Reasons[i])
	}
	h.SellBy = sellBy(a)
	return h
}

// telling is the reason that says most to whoever holds a security: of those
// that made the verdict, one about buying or holding, else one about a listing,
// else the first. Nil when there is none.
func telling(a *decision.Answer) *decision.Reason {
	var best *decision.Reason
	rank := 0
	for i := range a.Reasons {
		r, is := &a.Reasons[i], 1
		switch {
		case r.Verdict != a.Verdict:
			continue
		case r.Consequence == listing.Purchase, r.Consequence == listing.Holding:
			is = 3
		case r.Listing != "":
			is = 2
		}
		if is > rank {
			best, rank = r, is
		}
	}
	return best
}

// nearOthers is the rule by which policies speak of parties that share a name
// with the subject and were not taken to be it.
const nearOthers = "subject-near-others"

// apply says what a reason means for buying and for holding.
func (h *Holding) apply(a *decision.Answer, r *decision.Reason) {
	switch r.Verdict {
	case policy.Allow:
	case policy.Deny:
		// Who may not hold a security may not buy it. What is denied for
		// another reason, as blocked property, may not be dealt in at all.
		h.MayBuy = No
		if r.Consequence != listing.Purchase {
			h.MayHold = No
		}
	default:
		switch {
		case r.Rule == nearOthers && h.FoundBy == ByISIN: // the number says whose it is
		case r.Consequence == listing.ExchangeDelisting || r.Consequence == listing.IndexRemoval:
		case r.Consequence == listing.Purchase || r.Consequence == listing.Holding:
			if stateOf(a, r) != listing.StatePending && stateOf(a, r) != listing.StateWindDown {
				h.look(r.Consequence == listing.Purchase, r.Consequence == listing.Holding)
			}
		default:
			h.look(true, true)
		}
	}
}

// look makes a permission one to look at, unless it is refused.
func (h *Holding) look(buying, holding bool) {
	if buying && h.MayBuy == Yes {
		h.MayBuy = Review
	}
	if holding && h.MayHold == Yes {
		h.MayHold = Review
	}
}

// stateOf is where the consequence that a reason is about stands.
func stateOf(a *decision.Answer, r *decision.Reason) listing.State {
	for _, l := range a.Listings {
		for _, c := range l.Consequences {
			if l.ID == r.Listing && c.Kind == r.Consequence {
				return c.State
			}
		}
	}
	return ""
}

// sellBy is the first day from which a listing forbids to hold the securities.
func sellBy(a *decision.Answer) *access.Date {
	var first *access.Date
	for _, l := range a.Listings {
		for _, c := range l.Consequences {
			if c.Kind != listing.Holding || c.From == nil {
				continue
			}
			switch c.State {
			case listing.StatePending, listing.StateWindDown, listing.StateInForce:
				if first == nil || *c.From < *first {
					first = c.From
				}
			}
		}
	}
	return first
}

// Unclear is the answer to a row that may mean several parties.
func Unclear(s Security, foundBy string, a *decision.Answer) Holding {
	var names []string
	for _, c := range a.Candidates {
		names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.ID))
	}
	shown := names[:min(len(names), 3)]
	return Holding{
		Security: s, Verdict: policy.Review, MayBuy: Review, MayHold: Review, FoundBy: foundBy,
		Reason: fmt.Sprintf("may be one of %d parties: %s", len(names), strings.Join(shown, ", ")),
	}
}

// Resembling is the answer to a row whose name is like listed ones; with none, to
// one that nothing held has.
func Resembling(s Security, found []screening.Match) Holding {
	h := Holding{Security: s, Verdict: policy.Review, MayBuy: Review, MayHold: Review, FoundBy: Similar, Candidates: found}
	switch {
	case len(found) > 0:
		h.Reason = fmt.Sprintf("its name is like that of %s (%s, %s), similarity %.2f", found[0].Name, found[0].ID, standing(&found[0]), found[0].Score)
	case s.Name == "":
		h.FoundBy, h.Reason = NotFound, "no list held has its ISIN or ticker, and there is no name to look for"
	default:
		h.FoundBy, h.Verdict, h.MayBuy, h.MayHold = NotFound, policy.Allow, Yes, Yes
		h.Reason = "no list held has its ISIN or ticker, or a name that is like its own"
	}
	return h
}

func standing(m *screening.Match) string {
	if m.List == "" {
		return "on no list"
	}
	return string(m.Status)
}

// Broken is the answer to a row that cannot be read.
func Broken(s Security, message string) Holding {
	return Holding{Security: s, Verdict: policy.Review, MayBuy: Review, MayHold: Review, FoundBy: NotFound, Reason: message, Error: message}
}
