package policy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"countersign.dev/internal/access"
)

// Rules that every policy has, before its own: what is not known is never
// allowed.
const (
	ruleUnknown   = "subject-unknown"
	ruleAmbiguous = "subject-ambiguous"
	ruleApart     = "subject-near-others"
	ruleUnseen    = "listing-unseen"
	ruleDefault   = "default"

	citeOwn = "countersign " + Format + ": what is not known is reviewed, never allowed"
)

// Evaluate applies the policy to in. The result does not depend on the order
// of the input's listings. An error means that a rule could not be applied and
// says which and to what; there is no verdict then.
func (p *Policy) Evaluate(ctx context.Context, in *Input) (Result, error) {
	e := newEvaluation(p, in)
	e.subject()
	for i := range p.rules {
		// Between rules is often enough: one expression's cost is bounded.
		if err := ctx.Err(); err != nil {
			return Result{}, fmt.Errorf("evaluate policy %s: %w", p.ID, err)
		}
		if err := e.apply(&p.rules[i]); err != nil {
			return Result{}, fmt.Errorf("evaluate policy %s: rule %s%s: %w", p.ID, p.rules[i].id, e.about(), err)
		}
	}
	return e.result(), nil
}

// Days is the days after in.At on which the policy could answer otherwise
// although nothing in the input changes: those it is written to compare with
// the current day, and the days that follow them. It is empty for a policy
// that never asks what day it is.
func (p *Policy) Days(in *Input) []access.Date {
	if !p.clock {
		return nil
	}
	var days []access.Date
	add := func(ds ...access.Date) {
		for _, d := range ds {
			if d != "" && d < access.Forever {
				days = append(days, d, d.AddDays(1))
			}
		}
	}
	add(p.dates...)
	add(in.Known)
	for i := range in.Listings {
		l := &in.Listings[i]
		l.days(add)
	}
	for i := range in.Claims {
		add(access.Date(in.Claims[i].Date))
	}
	in.softwareDays(p.ages, add)
	in.labelDays(p.ages, add)
	days = slices.DeleteFunc(days, func(d access.Date) bool { return d <= in.At })
	slices.Sort(days)
	return slices.Compact(days)
}

// evaluation is one run of a policy over an input.
type evaluation struct {
	policy   *Policy
	in       *Input
	listings []Listing // by id
	vars     variables
	list     []ref.Val // the listings as objects
	reasons  []Reason

	// What the running rule is asked about, by index; -1 for nothing.
	listing, consequence, control int
	of                            string   // what of the release or its labels it is; "" for nothing
	theirs                        *Listing // a listing of a party to a label; nil for none
}

func newEvaluation(p *Policy, in *Input) *evaluation {
	e := &evaluation{policy: p, in: in, listings: in.Listings, listing: -1, consequence: -1, control: -1}
	byID := func(a, b Listing) int { return strings.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(e.listings, byID) {
		e.listings = slices.Clone(e.listings)
		slices.SortStableFunc(e.listings, byID)
	}
	e.list = make([]ref.Val, len(e.listings))
	for i := range e.listings {
		e.list[i] = &object{schema: listingSchema, source: &e.listings[i]}
	}
	e.vars = variables{
		subject:  &object{schema: subjectSchema, source: &in.Subject},
		listings: types.NewRefValList(types.DefaultTypeAdapter, e.list),
		claims:   objects(claimSchema, in.Claims),
		controls: objects(controlSchema, in.Controls),
		at:       day(in.At),
		known:    day(in.Known),

		release:   &object{schema: releaseSchema, source: &in.Release},
		findings:  objects(findingSchema, in.Findings),
		suppliers: objects(supplierSchema, in.Suppliers),
		elements:  objects(elementSchema, in.Elements),
		sources:   objects(sourceSchema, in.Sources),
		licences:  objects(licensedSchema, in.Licences),

		labels:       objects(labelSchema, in.Labels),
		parties:      objects(partySchema, in.Parties),
		attestations: objects(attestationSchema, in.Attestations),
	}
	return e
}

// subject speaks the rules that every policy has.
func (e *evaluation) subject() {
	s := &e.in.Subject
	switch {
	case len(s.Candidates) > 0:
		e.reasons = append(e.reasons, Reason{
			Rule: ruleAmbiguous, Verdict: Review,
			Because: fmt.Sprintf("%d parties may be meant: %s; ask for one of them", len(s.Candidates), enumerate(s.Candidates, 5)),
			Cite:    citeOwn,
		})
	case s.ID == "":
		e.reasons = append(e.reasons, Reason{
			Rule: ruleUnknown, Verdict: Review,
			Because: fmt.Sprintf("no party of this name is known from what had been published by %s%s", e.in.Known, near(s.Near)),
			Cite:    citeOwn,
		})
	}
	if len(s.Apart) > 0 {
		e.reasons = append(e.reasons, Reason{
			Rule: ruleApart, Verdict: Review,
			Because: fmt.Sprintf("shares a name or number with other listed parties that were not taken to be %s: %s", s.Name, enumerate(s.Apart, 3)),
			Cite:    citeOwn,
		})
	}
	for i := range e.in.Listings {
		if l := &e.in.Listings[i]; l.UnseenUntil != "" {
			e.reasons = append(e.reasons, Reason{Rule: ruleUnseen, Verdict: Review, Because: unseen(l), Cite: citeOwn, Listing: l.ID, Status: l.Status})
		}
	}
}

// near names entries whose names are like what was asked for.
func near(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; listed under a name like it: " + enumerate(names, 3)
}

// unseen says why nobody knows whether the listing was there already.
func unseen(l *Listing) string {
	lack := "no older edition is held"
	if l.UnseenAfter != "" {
		lack = fmt.Sprintf("the edition before, of %s, does not have it", l.UnseenAfter)
	}
	return fmt.Sprintf("%s was found on %s on %s and may have been put on it earlier: %s", l.Name, l.Title, l.UnseenUntil, lack)
}

// enumerate joins the first of names, and says how many are left.
func enumerate(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(names[:most], "; "), len(names)-most)
}

// apply asks r about everything it ranges over.
func (e *evaluation) apply(r *rule) error {
	e.listing, e.consequence, e.control, e.of, e.theirs = -1, -1, -1, "", nil
	switch r.each {
	case eachFinding, eachSupplier, eachElement, eachSource, eachLicence:
		return e.inSoftware(r)
	case eachLabel, eachParty, eachPartyListing, eachAttestation:
		return e.inLabels(r)
	case eachSubject:
		return e.ask(r)
	case eachControl:
		for i := range e.in.Controls {
			e.control = i
			e.vars.control = &object{schema: controlSchema, source: &e.in.Controls[i]}
			if err := e.ask(r); err != nil {
				return err
			}
		}
		return nil
	case eachClaim:
		for i := range e.in.Claims {
			e.vars.claim = &object{schema: claimSchema, source: &e.in.Claims[i]}
			if err := e.ask(r); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range e.listings {
		e.listing, e.vars.listing = i, e.list[i]
		if err := e.inListing(r, &e.listings[i]); err != nil {
			return err
		}
	}
	return nil
}

// inListing asks r about one listing, or everything of it that r ranges over.
func (e *evaluation) inListing(r *rule, l *Listing) error {
	switch r.each {
	case eachListing:
		return e.ask(r)
	case eachConsequence:
		for j := range l.Consequences {
			e.consequence = j
			e.vars.consequence = &object{schema: consequenceSchema, source: &l.Consequences[j]}
			if err := e.ask(r); err != nil {
				return err
			}
		}
	case eachEvent:
		for j := range l.Events {
			e.vars.event = &object{schema: eventSchema, source: &l.Events[j]}
			if err := e.ask(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask evaluates r once and notes its reason when it speaks.
func (e *evaluation) ask(r *rule) error {
	val, err := r.when.eval(&e.vars)
	if err != nil {
		return fmt.Errorf("when: %w", err)
	}
	switch val {
	case types.False:
		return nil
	case types.True:
	default:
		return fmt.Errorf("when: is %v, want true or false", val)
	}
	reason := Reason{Rule: r.id, Verdict: r.verdict, About: e.of}
	if e.listing >= 0 {
		l := &e.listings[e.listing]
		reason.Listing, reason.Status = l.ID, l.Status
		if e.consequence >= 0 {
			reason.Consequence, reason.State = l.Consequences[e.consequence].Kind, l.Consequences[e.consequence].State
		}
	}
	if e.theirs != nil {
		reason.Listing, reason.Status = e.theirs.ID, e.theirs.Status
	}
	if e.control >= 0 {
		reason.Control, reason.Owned = e.in.Controls[e.control].Rule, e.in.Controls[e.control].State
	}
	if reason.Because, err = r.because.render(&e.vars); err != nil {
		return fmt.Errorf("because: %w", err)
	}
	if reason.Cite, err = r.cite.render(&e.vars); err != nil {
		return fmt.Errorf("cite: %w", err)
	}
	e.reasons = append(e.reasons, reason)
	return nil
}

// about names what the running rule is asked about, for errors.
func (e *evaluation) about() string {
	if e.of != "" {
		return ", " + e.of
	}
	if e.control >= 0 {
		return ", control " + e.in.Controls[e.control].Rule
	}
	if e.listing < 0 {
		return ""
	}
	s := ", listing " + e.listings[e.listing].ID
	if e.consequence >= 0 {
		s += fmt.Sprintf(", consequence %s", e.listings[e.listing].Consequences[e.consequence].Kind)
	}
	return s
}

// result orders the reasons, which so far are by rule and listing.
func (e *evaluation) result() Result {
	if len(e.reasons) == 0 {
		out := Result{Verdict: e.policy.Default}
		if e.policy.Default != Allow {
			out.Reasons = []Reason{{Rule: ruleDefault, Verdict: e.policy.Default, Because: "no rule of the policy speaks for it", Cite: e.policy.Title}}
		}
		return out
	}
	slices.SortStableFunc(e.reasons, func(a, b Reason) int {
		return cmp.Compare(b.Verdict.rank(), a.Verdict.rank())
	})
	return Result{Verdict: e.reasons[0].Verdict, Reasons: e.reasons}
}
