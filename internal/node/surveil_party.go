package node

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance"
)

// party tells whether a party is restricted by a policy, and since when; or else,
// when that is asked, since when it is not any more.
func (s *surveyor) party(ctx context.Context, c surveillance.Concern, about []string, at access.At, through func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	ask := access.Ask{Reader: s.reader, At: at}
	p, err := s.node.policyByID(ctx, ask, c.Policy)
	if err != nil {
		return nil, err
	}
	q := Question{Subject: c.Name, Purpose: p.Purpose, Policy: p, Party: true}
	var read []ledger.Fact
	a, d, err := s.node.checkWith(ctx, func(f dossier.Facts) dossier.Facts { return &overheard{through(f), &read} }, ask, q)
	if err != nil {
		return nil, err
	}
	out := &surveillance.Outcome{Ended: map[string]surveillance.Ending{}}
	if a.ChangesOn != nil {
		out.Wake = *a.ChangesOn
	}
	denied := a.Verdict == policy.Deny
	if !denied && len(about) == 0 {
		return out, nil
	}
	since, _, turned, err := surveillance.Walk(s.turningDays(ctx, ask, d, read), at.Date, denied, func(day access.Date) (bool, error) {
		then := ask
		then.At.Date = day
		a, _, err := s.node.checkWith(ctx, directly, then, q)
		return err == nil && a.Verdict == policy.Deny, err
	})
	if err != nil {
		return nil, err
	}
	rules := map[string]string{"policy": p.Digest}
	if !denied {
		ended := surveillance.Ending{Reason: "nothing that is held says that it was restricted", Rules: rules}
		if turned {
			ended = endOf(d, since)
			ended.Rules = rules
		}
		out.Ended[""] = ended
		return out, nil
	}
	cause := surveillance.Cause{On: label.OnParty, Subject: cmp.Or(a.Subject.Name, c.Name), Since: since, Rules: rules}
	for _, r := range a.Reasons {
		if r.Verdict == policy.Deny {
			cause.Reason, cause.Cite, cause.From = r.Because, r.Cite, restingOn(r.Evidence)
			break
		}
	}
	out.Causes = append(out.Causes, cause)
	return out, nil
}

// policyByID is a policy that the ledger holds.
func (n *Node) policyByID(ctx context.Context, ask access.Ask, id string) (*policy.Policy, error) {
	all, err := n.policiesFor(ctx, ask, "")
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, problem.New(problem.NotFound, "no policy %q", id)
}

// endings are the events by which a listing ends, or ceases to count.
var endings = []listing.EventKind{listing.Stayed, listing.Removed, listing.Vacated, listing.Expired, listing.Respelled}

// endOf explains why a party is restricted no more from a day on: by the event
// of that day, where there is one.
func endOf(d *dossier.Dossier, on access.Date) surveillance.Ending {
	for i := range d.Listings {
		l := &d.Listings[i]
		for j := range l.Events {
			e := &l.Events[j]
			if e.Date != on || !slices.Contains(endings, e.Kind) {
				continue
			}
			what := fmt.Sprintf("the listing (%s) was %s", cmp.Or(l.Title, l.Programme), strings.ReplaceAll(string(e.Kind), "_", " "))
			if e.Authority != "" {
				what += " by " + e.Authority
			}
			if e.What != "" && !e.Inferred {
				what += ": " + strings.TrimSuffix(e.What, ".")
			}
			return surveillance.Ending{On: on, Reason: what, Cite: e.Citation, From: restingOn(e.Evidence)}
		}
	}
	return surveillance.Ending{On: on, Reason: "no rule of the policy bars it from that day on"}
}

// maxEvidence is how many documents an event names.
const maxEvidence = 20

// restingOn is what an event rests on, each document once.
func restingOn(list []dossier.Evidence) (out []label.Evidence) {
	for _, e := range list {
		if e.Document == 0 || len(out) == maxEvidence || slices.ContainsFunc(out, func(o label.Evidence) bool { return o.Position == e.Document }) {
			continue
		}
		out = append(out, label.Evidence{Digest: e.Digest, Position: e.Document, Title: strings.TrimSpace(e.Source + " " + e.What)})
	}
	return out
}

// turningDays is the days on which whatever was read about a party may have made
// it restricted or not.
func (s *surveyor) turningDays(ctx context.Context, ask access.Ask, d *dossier.Dossier, read []ledger.Fact) []access.Date {
	days := map[access.Date]bool{}
	add := func(all ...access.Date) {
		for _, day := range all {
			if _, err := access.ParseDate(string(day)); err == nil {
				days[day] = true
			}
		}
	}
	programmes := map[string]bool{}
	for i := range read {
		f := &read[i]
		if !strings.HasPrefix(f.Kind, "listing.") && !strings.HasPrefix(f.Kind, "party.") {
			continue
		}
		add(f.ValidFrom, f.ValidTo, f.Published, f.Superseded)
		for _, text := range dates.FindAllString(string(f.Body), -1) {
			add(access.Date(text))
		}
		list, _, _ := strings.Cut(f.Subject, ":")
		programmes[list] = true
	}
	for i := range d.Listings {
		for _, c := range d.Listings[i].Consequences {
			add(c.From, c.To)
		}
	}
	if all, err := s.node.Programmes(ctx, ask); err == nil { // they were read a moment ago
		for id := range programmes {
			if p := all[id]; p != nil {
				for _, step := range p.Validity {
					add(step.From, step.Published)
				}
			}
		}
	}
	out := make([]access.Date, 0, len(days))
	for day := range days {
		out = append(out, day)
	}
	return out
}

var dates = regexp.MustCompile(`\b[12]\d{3}-[01]\d-[0-3]\d\b`)

// overheard keeps the facts that are read.
type overheard struct {
	dossier.Facts
	read *[]ledger.Fact
}

// BySubject implements [dossier.Facts].
func (o *overheard) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	facts, err := o.Facts.BySubject(ctx, ask, subjects...)
	*o.read = append(*o.read, facts...)
	return facts, err
}

// ByTerm implements [dossier.Facts].
func (o *overheard) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	facts, err := o.Facts.ByTerm(ctx, ask, kinds, terms, limit)
	*o.read = append(*o.read, facts...)
	return facts, err
}
