package policy

import (
	"cel.dev/cel-go/common/types/ref"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

// Label is a label of the product that the question is about, or one that covers
// the release, as it stands on the day.
type Label struct {
	ID      string
	Status  label.Status // "" on a day on which it had not been given
	Since   access.Date
	Reason  string // why it stands so, in one sentence
	Rule    string // of the scheme by which it does
	Scheme  string
	Tier    int64 // 0 in a scheme without tiers
	Product string
	Maker   string
	By      string // the label that replaces it

	ValidFrom  access.Date
	ValidUntil access.Date // the first day on which it no longer counts
	SupportEnd access.Date // the first day without the maker's support; "" when none is stated
	Reinstated access.Date // the last time that it was given back

	Left        int64 // days until ValidUntil; 0 from that day on, and where there is none
	SupportLeft int64 // and until SupportEnd

	Grounds  []Ground // what stands against it
	Warnings []Ground // what will, and when
	Releases int64    // that it covers
	Bills    int64    // bills of materials that are held of them
}

// Ground is something that stands against a label, or is about to.
type Ground struct {
	Rule    string
	Subject string // the party or component
	Reason  string
	Cite    string
	Since   access.Date
	Due     access.Date // of a warning: when it becomes a ground
	Offered access.Date // from when the label may be given back
	Why     string      // and why
}

// Party is a party to a label, and what lists and ownership say of it.
type Party struct {
	Role     label.Role
	Name     string
	ID       string // of the party, "" when nobody of the name is known
	State    string // as of a supplier
	Owners   string // what the 50 % rule makes of it, where its owners are why it is "owned": "blocked", "undetermined"; "" else
	Why      string
	Cite     string
	Listings []Listing
}

// Attestation is what somebody states of a release or its maker, and counts on
// the day.
type Attestation struct {
	Kind   string // "ssdf-form", "test-report", "scorecard", "provenance", "verification", "signature", "statement"
	Title  string
	About  string
	Issuer string
	Signer string // whose signature was verified; "" for none
	Level  int64  // of the SLSA build track that it stands for; 0 for none
	Date   access.Date
	Until  access.Date
	Open   []string // what it names and does not attest
}

// The object types of what is asked about labels.
var (
	groundSchema = newSchema("ground",
		text("rule", func(g *Ground) string { return g.Rule }),
		text("subject", func(g *Ground) string { return g.Subject }),
		text("reason", func(g *Ground) string { return g.Reason }),
		text("cite", func(g *Ground) string { return g.Cite }),
		date("since", func(g *Ground) access.Date { return g.Since }),
		date("due", func(g *Ground) access.Date { return g.Due }),
		date("offered", func(g *Ground) access.Date { return g.Offered }),
		text("why", func(g *Ground) string { return g.Why }),
	)
	labelSchema = newSchema("label",
		text("id", func(l *Label) string { return l.ID }),
		text("status", func(l *Label) label.Status { return l.Status }, labelStatuses...),
		date("since", func(l *Label) access.Date { return l.Since }),
		text("reason", func(l *Label) string { return l.Reason }),
		text("rule", func(l *Label) string { return l.Rule }),
		text("scheme", func(l *Label) string { return l.Scheme }),
		count("tier", func(l *Label) int64 { return l.Tier }),
		text("product", func(l *Label) string { return l.Product }),
		text("maker", func(l *Label) string { return l.Maker }),
		text("superseded_by", func(l *Label) string { return l.By }),
		date("valid_from", func(l *Label) access.Date { return l.ValidFrom }),
		date("valid_until", func(l *Label) access.Date { return l.ValidUntil }),
		date("support_end", func(l *Label) access.Date { return l.SupportEnd }),
		date("reinstated", func(l *Label) access.Date { return l.Reinstated }),
		count("left", func(l *Label) int64 { return l.Left }),
		count("support_left", func(l *Label) int64 { return l.SupportLeft }),
		parts("grounds", groundSchema, func(l *Label) []Ground { return l.Grounds }),
		parts("warnings", groundSchema, func(l *Label) []Ground { return l.Warnings }),
		count("releases", func(l *Label) int64 { return l.Releases }),
		count("bills", func(l *Label) int64 { return l.Bills }),
	)
	partySchema = newSchema("party",
		text("role", func(p *Party) label.Role { return p.Role }, label.Maker, label.Owner, label.Laboratory, label.Administrator),
		text("name", func(p *Party) string { return p.Name }),
		text("id", func(p *Party) string { return p.ID }),
		text("state", func(p *Party) string { return p.State }, "restricted", "listed", "owned", "ambiguous", "not_listed", "not_checked"),
		text("owners", func(p *Party) string { return p.Owners }, "", "blocked", "undetermined"),
		text("why", func(p *Party) string { return p.Why }),
		text("cite", func(p *Party) string { return p.Cite }),
		parts("listings", listingSchema, func(p *Party) []Listing { return p.Listings }),
	)
	attestationSchema = newSchema("attestation",
		text("kind", func(a *Attestation) string { return a.Kind }, "ssdf-form", "test-report", "scorecard", "provenance", "verification", "signature", "statement"),
		text("title", func(a *Attestation) string { return a.Title }),
		text("about", func(a *Attestation) string { return a.About }),
		text("issuer", func(a *Attestation) string { return a.Issuer }),
		text("signer", func(a *Attestation) string { return a.Signer }),
		count("level", func(a *Attestation) int64 { return a.Level }),
		date("date", func(a *Attestation) access.Date { return a.Date }),
		date("until", func(a *Attestation) access.Date { return a.Until }),
		texts("open", func(a *Attestation) []string { return a.Open }),
	)
)

var labelStatuses = []label.Status{
	label.None, label.StatusDraft, label.StatusApplied, label.StatusAssessed, label.StatusActive, label.StatusSuspended,
	label.StatusExpired, label.StatusWithdrawn, label.StatusRevoked, label.StatusSuperseded,
}

// ofLabels is the variable of that name among those about labels.
func (v *variables) ofLabels(name string) ref.Val {
	switch name {
	case "labels":
		return v.labels
	case "parties":
		return v.parties
	case "attestations":
		return v.attestations
	case "label":
		return v.label
	case "party":
		return v.party
	case "attestation":
		return v.attestation
	}
	return nil
}

// inLabels asks r about everything of the labels that it ranges over.
func (e *evaluation) inLabels(r *rule) error {
	switch r.each {
	case eachLabel:
		return asked(e, r, labelSchema, e.in.Labels, &e.vars.label, func(l *Label) string { return "label " + l.ID })
	case eachParty:
		return asked(e, r, partySchema, e.in.Parties, &e.vars.party, aboutParty)
	}
	if r.each == eachPartyListing {
		return e.inPartyListings(r)
	}
	return asked(e, r, attestationSchema, e.in.Attestations, &e.vars.attestation, func(a *Attestation) string {
		return "attestation " + a.Kind + " of " + a.About
	})
}

// inPartyListings asks r about each listing of each party.
func (e *evaluation) inPartyListings(r *rule) error {
	for i := range e.in.Parties {
		p := &e.in.Parties[i]
		e.vars.party = &object{schema: partySchema, source: p}
		name := func(*Listing) string { return aboutParty(p) }
		for j := range p.Listings {
			e.theirs = &p.Listings[j]
			if err := asked(e, r, listingSchema, p.Listings[j:j+1], &e.vars.listing, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func aboutParty(p *Party) string { return "party " + p.Name + " (" + string(p.Role) + ")" }

// labelDays is the days that labels, their parties and attestations name, and
// those on which only so many days are left.
func (in *Input) labelDays(left []int64, add func(...access.Date)) {
	before := func(d access.Date) {
		for _, n := range left {
			if d != "" && d < access.Forever && 0 <= n && n <= maxAge {
				add(d.AddDays(-int(n)))
			}
		}
	}
	for i := range in.Labels {
		l := &in.Labels[i]
		add(l.Since, l.ValidFrom, l.ValidUntil, l.SupportEnd, l.Reinstated)
		before(l.ValidUntil)
		before(l.SupportEnd)
		for _, grounds := range [][]Ground{l.Grounds, l.Warnings} {
			for j := range grounds {
				add(grounds[j].Since, grounds[j].Due, grounds[j].Offered)
			}
		}
	}
	for i := range in.Parties {
		for j := range in.Parties[i].Listings {
			in.Parties[i].Listings[j].days(add)
		}
	}
	for i := range in.Attestations {
		add(in.Attestations[i].Date, in.Attestations[i].Until)
	}
}

// days is the days that a listing names.
func (l *Listing) days(add func(...access.Date)) {
	add(l.Since)
	for j := range l.Consequences {
		c := &l.Consequences[j]
		add(c.From, c.To, c.WindDown)
	}
	for j := range l.Events {
		add(l.Events[j].Date, l.Events[j].Published)
	}
}
