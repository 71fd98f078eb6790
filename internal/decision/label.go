package decision

import (
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/policy"
)

// labelInput adds what is held about labels to what a policy sees: of a product
// also what is held about everything that its label covers.
func labelInput(in *policy.Input, d *dossier.Dossier) {
	p := d.Product
	if p == nil {
		return
	}
	for i := range p.Labels {
		l := &p.Labels[i]
		in.Labels = append(in.Labels, oneLabel(l, p, d.At.Date))
		for j := range l.Parties {
			addParty(in, &l.Parties[j], d.At.Date)
		}
	}
	for i := range p.Attestations {
		a := &p.Attestations[i]
		in.Attestations = append(in.Attestations, policy.Attestation{
			Kind: a.Kind, Title: a.Title, About: a.About, Issuer: a.Issuer, Signer: a.Signer, Level: int64(a.Level), Date: a.Date, Until: a.Until, Open: a.Open,
		})
	}
	for i, s := range p.Covers {
		one := &policy.Input{}
		softwareInput(one, s, d.At.Date)
		if i == 0 {
			in.Release = one.Release
		}
		in.Findings = append(in.Findings, one.Findings...)
		in.Elements = append(in.Elements, one.Elements...)
		in.Licences = append(in.Licences, one.Licences...)
		for _, src := range one.Sources {
			addSource(in, src)
		}
		for _, sup := range one.Suppliers {
			addSupplier(in, sup)
		}
	}
}

func oneLabel(l *dossier.Label, p *dossier.Product, at access.Date) policy.Label {
	out := policy.Label{
		ID: l.State.Label, Status: l.Status, Since: l.Since, Reason: l.Reason, Rule: l.Rule, Scheme: l.Scheme, Product: l.Product,
		By: l.By, Reinstated: l.Reinstated, Grounds: grounds(l.Grounds), Warnings: grounds(l.Warnings), Bills: int64(len(p.Covers)),
	}
	for _, party := range l.Parties {
		if party.Role == label.Maker {
			out.Maker = party.Name
		}
	}
	if t := l.Terms; t != nil {
		out.Tier, out.Releases = int64(t.Tier), int64(len(t.Releases))
		out.ValidFrom, out.ValidUntil, out.SupportEnd = t.ValidFrom, t.ValidUntil, t.SupportEnd
		out.Left, out.SupportLeft = max(0, age(at, t.ValidUntil)), max(0, age(at, t.SupportEnd))
	}
	return out
}

func grounds(of []label.Ground) []policy.Ground {
	out := make([]policy.Ground, len(of))
	for i, g := range of {
		out[i] = policy.Ground{Rule: g.Rule, Subject: g.Subject, Reason: g.Reason, Cite: g.Cite, Since: g.Since, Due: g.Due, Offered: g.Offered, Why: g.Why}
	}
	return out
}

// addParty adds a party that has not been, as party to another label of the
// release.
func addParty(in *policy.Input, p *dossier.LabelParty, at access.Date) {
	if slices.ContainsFunc(in.Parties, func(o policy.Party) bool { return o.Role == p.Role && o.Name == p.Name }) {
		return
	}
	out := policy.Party{Role: p.Role, Name: p.Name, ID: p.Party, State: p.State, Why: p.Why, Cite: p.Cite}
	if c := p.Control; c != nil && c.OFAC50.Known && (c.OFAC50.State == ownership.Blocked || c.OFAC50.State == ownership.Undetermined) {
		out.Owners = string(c.OFAC50.State)
	}
	for i := range p.Listings {
		out.Listings = append(out.Listings, listingInput(&p.Listings[i], at))
	}
	in.Parties = append(in.Parties, out)
}

// addSource adds what is held of advisories; of two releases with components of
// one ecosystem it is the same.
func addSource(in *policy.Input, src policy.Source) {
	for i := range in.Sources {
		if o := &in.Sources[i]; o.Kind == src.Kind && o.Ecosystem == src.Ecosystem {
			o.Components += src.Components
			return
		}
	}
	in.Sources = append(in.Sources, src)
}

// addSupplier adds somebody who supplies components of a covered release, but for
// whoever supplies the release as a whole and is a party to the label already.
func addSupplier(in *policy.Input, s policy.Supplier) {
	if strings.HasPrefix(s.Role, "release ") && slices.ContainsFunc(in.Parties, func(p policy.Party) bool {
		return strings.EqualFold(p.Name, s.Name) || p.ID != "" && p.ID == s.Party
	}) {
		return
	}
	for i := range in.Suppliers {
		if o := &in.Suppliers[i]; o.Name == s.Name && o.Role == s.Role {
			o.Components += s.Components
			return
		}
	}
	in.Suppliers = append(in.Suppliers, s)
}

// ofLabel reports whether a reason is about something of a label.
func ofLabel(about string) bool {
	kind, _, _ := strings.Cut(about, " ")
	return kind == "label" || kind == "party" || kind == "attestation"
}

// listingOfParty is the listing of a party to a label that has an id; nil when
// none has.
func listingOfParty(id string, p *dossier.Product) *dossier.Listing {
	if id == "" {
		return nil
	}
	for i := range p.Labels {
		for j := range p.Labels[i].Parties {
			listings := p.Labels[i].Parties[j].Listings
			if k := slices.IndexFunc(listings, func(l dossier.Listing) bool { return l.ID == id }); k >= 0 {
				return &listings[k]
			}
		}
	}
	return nil
}

// labelEvidence is what a reason about something of a label rests on: the label's
// events, and what speaks of a party, an attestation, or of something of a release
// that the label covers. A reason about an attestation rests on that alone.
func labelEvidence(about string, p *dossier.Product) []dossier.Evidence {
	out := []dossier.Evidence{}
	add := func(list []dossier.Evidence) { out = withEvidence(out, list) }
	kind, rest, _ := strings.Cut(about, " ")
	for i := range p.Labels {
		l := &p.Labels[i]
		if kind != "attestation" && (kind != "label" || rest == l.State.Label) {
			add(l.Evidence)
		}
		for j := range l.Parties {
			if party := &l.Parties[j]; kind == everything || kind == "party" && rest == party.Name+" ("+string(party.Role)+")" {
				add(party.Evidence)
			}
		}
	}
	for i := range p.Attestations {
		if a := &p.Attestations[i]; kind == everything || kind == "attestation" && rest == a.Kind+" of "+a.About {
			add(a.Evidence)
		}
	}
	if kind == everything || kind != "" && !ofLabel(about) {
		for _, s := range p.Covers {
			add(softwareEvidence(about, s))
		}
	}
	return out
}

// withEvidence adds to a list what it does not have; what is only shown, and not
// held, is left out.
func withEvidence(out, more []dossier.Evidence) []dossier.Evidence {
	for _, e := range more {
		if e.Document != 0 && !slices.ContainsFunc(out, func(o dossier.Evidence) bool { return o.Fact == e.Fact && o.Document == e.Document }) {
			out = append(out, e)
		}
	}
	return out
}
