package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/software"
)

// Supplier is somebody whose components a release has, or who supplies the
// release itself, and what lists and ownership say of them.
type Supplier struct {
	Name       string   `json:"name"`
	Role       string   `json:"role"` // "supplier", "maker", "publisher"; of the release itself "release supplier" …
	Components int      `json:"components"`
	Examples   []string `json:"examples"` // some of them
	Standing
}

// Standing is what is made of somebody who has to do with a subject and is not it:
// who they are, and what lists and ownership say of them.
type Standing struct {
	Party string `json:"party,omitempty"`
	// State is what is made of them: "restricted" (listed, with consequences
	// that are in force or to come), "owned" (blocked by their owners, or not to
	// be told), "listed" (on a list that restricts nothing today), "ambiguous",
	// "not_listed" or "not_checked".
	State    string     `json:"state"`
	Why      string     `json:"why,omitempty"`
	Cite     string     `json:"cite,omitempty"`
	Listings []Listing  `json:"listings"`
	Control  *Control   `json:"control,omitempty"` // with the proof, where owners are why
	Evidence []Evidence `json:"evidence"`

	dossier *Dossier
}

// The states of suppliers.
const (
	SupplierRestricted = "restricted"
	SupplierOwned      = "owned"
	SupplierListed     = "listed"
	SupplierAmbiguous  = "ambiguous"
	SupplierNotListed  = "not_listed"
	SupplierNotChecked = "not_checked"
)

// maxSuppliers bounds how many of a release's suppliers are looked up; those
// of the most components come first.
const maxSuppliers = 100

// suppliersOf is who supplies the release and its components.
func (b *Builder) suppliersOf(ctx context.Context, ask access.Ask, s *Software, r *rests) ([]Supplier, error) {
	out := countSuppliers(s.Bill)
	known := map[string]*Dossier{}
	for i := range out {
		sup := &out[i]
		term := software.Fold(sup.Name)
		d, seen := known[term]
		if !seen && len(known) >= maxSuppliers {
			sup.State, sup.Why = SupplierNotChecked, fmt.Sprintf("only the first %d are looked up", maxSuppliers)
			continue
		}
		if !seen {
			var err error
			if d, err = b.party(ctx, ask, sup.Name); err != nil {
				return nil, fmt.Errorf("supplier %s: %w", sup.Name, err)
			}
			known[term] = d
		}
		sup.dossier = d
		sup.stand(d)
		r.audience(d)
	}
	return out, nil
}

// countSuppliers is who the bill names, with how many components of each, the
// release's own first.
func countSuppliers(bill *software.Bill) []Supplier {
	type who struct{ term, role string }
	found := map[who]*Supplier{}
	add := func(name, role, component string) {
		w := who{software.Fold(name), role}
		if w.term == "" || len(name) > maxQuery {
			return
		}
		if found[w] == nil {
			found[w] = &Supplier{Name: strings.TrimSpace(name), Role: role, Examples: []string{}, Standing: Standing{Listings: []Listing{}, Evidence: []Evidence{}}}
		}
		found[w].Components++
		if len(found[w].Examples) < 3 {
			found[w].Examples = append(found[w].Examples, component)
		}
	}
	for i := range bill.Components {
		c := &bill.Components[i]
		name := cmp.Or(c.Identity(), join(c.Name, c.Version))
		prefix := ""
		if i == bill.Root {
			prefix = "release "
		}
		for _, who := range [][2]string{{c.Supplier, "supplier"}, {c.Maker, "maker"}, {c.Publisher, "publisher"}} {
			add(who[0], prefix+who[1], name)
		}
	}
	if c := bill.RootComponent(); c == nil || c.Supplier == "" {
		add(bill.Supplier, "release supplier", bill.Name)
	}
	out := []Supplier{}
	for _, s := range found {
		out = append(out, *s)
	}
	own := func(s Supplier) int {
		if strings.HasPrefix(s.Role, "release ") {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(a, b Supplier) int {
		return cmp.Or(cmp.Compare(own(a), own(b)), -cmp.Compare(a.Components, b.Components), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Role, b.Role))
	})
	return out
}

// audience narrows who may see the dossier to those who may see d.
func (r *rests) audience(d *Dossier) { r.parties = r.parties.And(d.Audience) }

// restricting are the kinds of consequences that speak against having a
// supplier's components in what government runs.
var restricting = []listing.ConsequenceKind{
	listing.Procurement, listing.Blocking, listing.AssetFreeze, listing.Export, listing.AffiliateExport, listing.Restriction,
}

// stand says what is made of them, by their dossier as of a day.
func (s *Standing) stand(d *Dossier) {
	s.Listings, s.Control, s.Evidence, s.Party, s.Why, s.Cite = []Listing{}, nil, []Evidence{}, d.Subject.ID, "", ""
	s.State = SupplierNotListed
	if len(d.Candidates) > 0 {
		s.State, s.Why = SupplierAmbiguous, fmt.Sprintf("%d parties may be meant", len(d.Candidates))
		return
	}
	s.Listings = append(s.Listings, d.Listings...)
	for i := range d.Listings {
		s.judge(&d.Listings[i])
	}
	if s.State == SupplierRestricted || d.Subject.ID == "" {
		return
	}
	for _, f := range []*Finding{&d.Control.OFAC50, &d.Control.BISAffiliates} {
		if f.Known && (f.State == ownership.Blocked || f.State == ownership.Undetermined) {
			control := d.Control
			s.State, s.Why, s.Cite, s.Control = SupplierOwned, fmt.Sprintf("by its owners %s: %s", f.State, f.Why), f.Cite, &control
			for i := range f.Proof {
				s.Evidence = add(s.Evidence, f.Proof[i].Evidence...)
			}
			s.Evidence = add(s.Evidence, f.Evidence...)
			return
		}
	}
}

// judge takes a listing into account.
func (s *Standing) judge(l *Listing) {
	if l.Status != listing.StatusListed && l.Status != listing.StatusStayed {
		return
	}
	restricted := ""
	for _, c := range l.Consequences {
		if slices.Contains(restricting, c.Kind) && slices.Contains([]listing.State{listing.StateInForce, listing.StatePending, listing.StateWindDown}, c.State) {
			restricted = fmt.Sprintf("%s %s", strings.ReplaceAll(string(c.Kind), "_", " "), strings.ReplaceAll(string(c.State), "_", " "))
			break
		}
	}
	switch {
	case s.State == SupplierRestricted:
	case restricted != "":
		s.State, s.Cite = SupplierRestricted, l.Title
		s.Why = fmt.Sprintf("%s since %s on %s: %s", l.Status, l.Since, l.Title, restricted)
	case s.State == SupplierNotListed:
		s.State, s.Cite = SupplierListed, l.Title
		s.Why = fmt.Sprintf("%s since %s on %s", l.Status, l.Since, l.Title)
	}
	s.Evidence = add(s.Evidence, l.Evidence...)
}

// on is the software on another day, by what was known of it.
func (s *Software) on(date access.Date) *Software {
	out := *s
	out.Suppliers = slices.Clone(s.Suppliers)
	for i := range out.Suppliers {
		if d := out.Suppliers[i].dossier; d != nil {
			out.Suppliers[i].stand(d.On(date))
		}
	}
	return &out
}

// dates is the days on which what is made of suppliers changes.
func (s *Software) dates() []access.Date {
	var out []access.Date
	for i := range s.Suppliers {
		if d := s.Suppliers[i].dossier; d != nil {
			out = append(out, d.Dates()...)
		}
	}
	return out
}
