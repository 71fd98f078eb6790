package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/mud"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// minimumElements is the catalogue by which bills are called complete.
const minimumElements = "sbom-ntia-2021"

// assessorFacts is what the automatic assessors go by.
func (n *Node) assessorFacts(ctx context.Context, ask access.Ask, p *proceeding, held *heldEvidence) (assessment.Facts, error) {
	app := p.application
	f := assessment.Facts{Maker: app.Party(label.Maker).Organisation, Hosts: app.Hosts, Releases: p.subject().Releases}
	if rule, ok := p.scheme.Rule(label.OnExploited); ok {
		f.Asks.RemedyDays = rule.Days
	}
	if app.SupportEnd != "" {
		f.Support = &assessment.Support{End: app.SupportEnd, Evidence: p.asEvidence()}
	}
	if app.Registry.Disclosure != "" {
		f.Disclosure = &assessment.Disclosure{URL: app.Registry.Disclosure, Contact: app.Party(label.Maker).Contact, Evidence: p.asEvidence()}
	}
	if err := n.billFacts(ctx, ask, p, &f); err != nil {
		return f, err
	}
	p.mudFacts(held, &f)
	if err := n.attestedFacts(ctx, ask, p, &f); err != nil {
		return f, err
	}
	return f, n.partyFacts(ctx, ask, p, &f)
}

// asEvidence is the application itself as evidence of what its maker declares.
func (p *proceeding) asEvidence() []assessment.Evidence {
	for _, e := range slices.Backward(p.events) {
		if e.Application == nil {
			continue
		}
		b, err := e.Marshal()
		if err != nil {
			return nil
		}
		return []assessment.Evidence{{Digest: ledger.Digest(b), Kind: label.KindEvent, Title: "the application", About: p.about(), ValidFrom: e.On}}
	}
	return nil
}

// about is the releases of the application, by every name.
func (p *proceeding) about() []string {
	var out []string
	for _, r := range p.application.Releases {
		out = append(append(out, r.PURL), r.Digests...)
	}
	return out
}

// billFacts is what bills of materials say of the releases: of several the
// worst counts.
func (n *Node) billFacts(ctx context.Context, ask access.Ask, p *proceeding, f *assessment.Facts) error {
	for _, r := range p.application.Releases {
		d, err := n.Show(ctx, ask, r.PURL)
		if problem.KindOf(err) == problem.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if d.Software == nil || !d.Software.Release.Held {
			f.Bill = nil
			return nil // without a bill nothing is known of one of them
		}
		s := d.Software
		bill := billOf(s, r)
		if f.Bill == nil || bill.Elements < f.Bill.Elements {
			f.Bill = bill
		}
		f.Findings = append(f.Findings, findingsOf(s, r)...)
		f.Advisories = newest(s.Sources, f.Advisories)
	}
	return nil
}

func billOf(s *dossier.Software, r label.Release) *assessment.Bill {
	b := &assessment.Bill{Created: software.DayOf(s.Release.Created), Components: s.Release.Components, Broken: s.Release.Broken}
	if s.Quality != nil {
		for _, c := range s.Quality.Catalogues {
			if c.ID == minimumElements {
				b.Elements = c.Percent
			}
		}
		b.Flat, b.Matchable = s.Quality.Structure.Flat, s.Quality.Matchability.Percent
	}
	for _, e := range s.Release.Evidence {
		b.Evidence = append(b.Evidence, boundTo(e, r))
	}
	return b
}

// boundTo is a document of the dossier of a release as evidence about it.
func boundTo(e dossier.Evidence, r label.Release) assessment.Evidence {
	return assessment.Evidence{Digest: e.Digest, Kind: e.Source, Title: e.What, Position: e.Document, About: append([]string{r.PURL}, r.Digests...), ValidFrom: e.Published}
}

// findingsOf is the findings that nobody who counts took back.
func findingsOf(s *dossier.Software, r label.Release) []assessment.Finding {
	var out []assessment.Finding
	for i := range s.Findings {
		w := &s.Findings[i]
		if !w.Open() || w.Weak {
			continue
		}
		f := assessment.Finding{Advisory: w.Advisory, Component: w.Component, Malicious: w.Malicious, Exploited: w.KEV != nil}
		if len(w.Fixed) > 0 {
			f.Fixed = w.Fixed[0]
		}
		switch {
		case w.KEV != nil:
			f.Since = access.Date(w.KEV.Added)
		case w.Malicious:
			f.Since = software.DayOf(w.Published)
		}
		for _, e := range w.Evidence {
			f.Evidence = append(f.Evidence, boundTo(e, r))
		}
		out = append(out, f)
	}
	return out
}

// newest is the last day on which advisories of every ecosystem were published:
// of all of them the oldest, since the least known one decides.
func newest(sources []dossier.Source, day access.Date) access.Date {
	for i := range sources {
		s := &sources[i]
		if s.Kind != findings.SourceAdvisories {
			continue
		}
		if on := s.Newest; day == "" || on < day {
			day = on
		}
	}
	return day
}

// mudFacts is what the MUD files of the application say, all of them together,
// against the hosts that it declares.
func (p *proceeding) mudFacts(held *heldEvidence, f *assessment.Facts) {
	var all mud.Evidence
	for _, e := range held.all {
		if e.Kind != mud.Kind {
			continue
		}
		for _, fact := range held.facts[e.Digest] {
			var said mud.Evidence
			if fact.Kind != mud.Kind || fact.Decode(&said) != nil {
				continue
			}
			if f.MUD == nil {
				f.MUD = &assessment.MUD{}
			}
			f.MUD.Faults, f.MUD.Evidence = append(f.MUD.Faults, said.Broken...), append(f.MUD.Evidence, p.bound(e))
			all.Hosts, all.Peers = append(all.Hosts, said.Hosts...), append(all.Peers, said.Peers...)
		}
	}
	if f.MUD == nil {
		return
	}
	f.MUD.Hosts, f.MUD.Any = all.Reaches()
	c := all.Compare(p.application.Hosts)
	for _, h := range c.Undeclared {
		f.MUD.Undeclared = append(f.MUD.Undeclared, h.Name)
	}
	for _, u := range c.Unreadable {
		f.MUD.Unreadable = append(f.MUD.Unreadable, u.Declared+" ("+u.Why+")")
	}
	f.MUD.Unneeded = c.Unneeded
}

// bound is a document that names no release, as evidence about those of the
// application that it was handed in with: a usage description is of a kind of
// device, not of its firmware.
func (p *proceeding) bound(e assessment.Evidence) assessment.Evidence {
	if len(e.About) == 0 && slices.ContainsFunc(p.application.Evidence, func(h label.Evidence) bool { return h.Digest == e.Digest }) {
		e.About = p.about()
	}
	return e
}

// partyFacts screens the parties of the application by the scheme's policy.
func (n *Node) partyFacts(ctx context.Context, ask access.Ask, p *proceeding, f *assessment.Facts) error {
	for _, party := range p.parties() {
		if party.Role == label.Administrator && p.application.Party(label.Administrator).Name == "" {
			continue // the registry's own authority, which is nobody that a list could name
		}
		out := assessment.Party{Role: string(party.Role), Name: party.Name, State: assessment.Clear, Reason: "screened: nothing is in force", Evidence: p.asEvidence()}
		for _, sought := range party.Sought() {
			a, _, err := n.Check(ctx, ask, Question{Subject: sought, Purpose: purposeLabel, Party: true})
			if err != nil {
				return fmt.Errorf("%s %s: %w", party.Role, sought, err)
			}
			if a.Verdict == policy.Deny {
				out.State, out.Reason, out.Evidence = assessment.Restricted, denied(a), deniedBy(a)
				break
			}
		}
		f.Parties = append(f.Parties, out)
	}
	return nil
}

// deniedBy is the documents behind the first reason for a verdict of deny.
func deniedBy(a *decision.Answer) (out []assessment.Evidence) {
	for _, r := range a.Reasons {
		if r.Verdict != policy.Deny {
			continue
		}
		for _, e := range r.Evidence {
			out = append(out, boundTo(e, label.Release{}))
		}
		break
	}
	return out
}

// releaseDigests is the digests of a release, as evidence names them.
func releaseDigests(r *software.Release) []string {
	var out []string
	for _, h := range r.Hashes {
		if strings.EqualFold(strings.ReplaceAll(h.Algorithm, "-", ""), "sha256") {
			out = append(out, "sha256:"+strings.ToLower(h.Value))
		}
	}
	return out
}
