package vex

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// formatCycloneDX is what statements out of bills name as their format.
const formatCycloneDX = "CycloneDX"

// FromBill is what a CycloneDX document says of weaknesses in what it lists: its
// analyses as statements, and for those that it rates and gives affected
// versions of, an advisory of its own. What could not be used is told.
//
// linked finds the bill of a BOM-Link ("urn:cdx:serial/version"), in which what
// a separate VEX document is about is described; it may be nil, and give nil. A
// link that leads nowhere is kept as the product's name.
//
// The states become statuses as CycloneDX defines them: "exploitable" is
// affected, "resolved" fixed, "false_positive" not affected because the weakness
// was wrongly associated. Where a version's own status denies the state, that
// is still to be investigated.
func FromBill(b *software.Bill, linked func(link string) *software.Bill) ([]ledger.Statement, []string) {
	r := &billReader{bill: b, linked: linked, draft: NewDraft("", "", "")}
	r.issuer, r.role = issuerOf(b)
	for i := range b.Weaknesses {
		r.weakness(&b.Weaknesses[i], "vulnerabilities["+strconv.Itoa(i)+"]")
	}
	var out []ledger.Statement
	for _, p := range r.published {
		out = append(out, advisory.Statements(p.record, p.affected, "")...)
	}
	done := r.draft.Done()
	return append(out, done.Statements...), done.Warnings
}

type billReader struct {
	bill         *software.Bill
	linked       func(string) *software.Bill
	draft        *Draft
	issuer, role string
	published    []published
}

// issuerOf is who speaks in a bill: its authors, or else whoever supplies what
// it is about. The latter then speaks of its own.
func issuerOf(b *software.Bill) (issuer, role string) {
	suppliers := []string{b.Supplier}
	if c := b.RootComponent(); c != nil {
		suppliers = append(suppliers, c.Supplier, c.Maker, c.Publisher)
	}
	issuer = cmp.Or(append(slices.Clone(b.Authors), suppliers...)...)
	for _, s := range suppliers {
		if s != "" && software.Fold(s) == software.Fold(issuer) {
			return issuer, "supplier"
		}
	}
	return issuer, "third_party"
}

// states are the statuses of CycloneDX's impact analysis.
var states = map[string]string{
	"exploitable": Affected, "in_triage": UnderInvestigation, "resolved": Fixed, "resolved_with_pedigree": Fixed,
	"not_affected": NotAffected, "false_positive": NotAffected,
}

// counterparts are those of CycloneDX's justifications that mean the same as
// one of [Justifications]. The others say what exploitation would take, or that
// something outside stands before it: these are told in words.
var counterparts = map[string]string{
	"code_not_present": "vulnerable_code_not_present", "code_not_reachable": "vulnerable_code_not_in_execute_path",
	"protected_by_compiler": "inline_mitigations_already_exist", "protected_at_runtime": "inline_mitigations_already_exist",
	"protected_by_mitigating_control": "inline_mitigations_already_exist",
}

// weakness states what a bill says of one weakness.
func (r *billReader) weakness(w *software.Weakness, place string) {
	said := advisory.VEX{
		Weakness: w.ID, Aliases: w.Aliases, Status: states[w.State], Action: actionOf(w), Issuer: r.issuer, Role: r.role,
		Issued: cmp.Or(w.LastUpdated, w.FirstIssued, w.Updated, w.Published, r.bill.Created), Document: r.bill.ID, Format: formatCycloneDX,
	}
	if w.State != "" && said.Status == "" {
		r.draft.Warn(place+".analysis.state", "%q is no state; it counts as in triage", Clip(w.State, 60))
		said.Status = UnderInvestigation
	}
	if said.Status == NotAffected {
		said.Justification, said.Impact = counterparts[w.Justification], reasonOf(w)
	}
	var affected []advisory.Affected
	for i := range w.Affects {
		here := place + ".affects[" + strconv.Itoa(i) + "]"
		bill, c := r.find(w.Affects[i].Ref)
		r.affects(&w.Affects[i], bill, c, said, here)
		if c != nil && said.Status != NotAffected && said.Status != Fixed {
			affected = append(affected, affectedVersions(&w.Affects[i], c)...)
		}
	}
	if len(w.Severities) > 0 && len(affected) > 0 {
		r.publish(w, affected)
	}
}

// actionOf is what a bill tells to do.
func actionOf(w *software.Weakness) string {
	var parts []string
	if w.Recommended != "" {
		parts = append(parts, w.Recommended)
	}
	if len(w.Responses) > 0 {
		parts = append(parts, strings.Join(w.Responses, ", "))
	}
	return strings.Join(parts, "; ")
}

// reasonOf is why a product is not affected, in words.
func reasonOf(w *software.Weakness) string {
	var parts []string
	if w.State == "false_positive" {
		parts = append(parts, "falsely identified or associated")
	}
	if w.Justification != "" && counterparts[w.Justification] == "" {
		parts = append(parts, strings.ReplaceAll(w.Justification, "_", " "))
	}
	if w.Statement != "" {
		parts = append(parts, w.Statement)
	}
	return strings.Join(parts, ": ")
}

// find is the component that a reference names, in this bill or in the one that
// it links to; the component is nil when it is not described anywhere.
func (r *billReader) find(ref string) (*software.Bill, *software.Component) {
	bill, id := r.bill, ref
	if link, fragment, ok := strings.Cut(ref, "#"); ok && strings.HasPrefix(ref, "urn:cdx:") {
		bill, id = nil, fragment
		if r.linked != nil {
			bill = r.linked(link)
		}
	}
	if bill == nil {
		return nil, nil
	}
	for i := range bill.Components {
		if bill.Components[i].Ref == id {
			return bill, &bill.Components[i]
		}
	}
	return bill, nil
}

// affects states what is said of one component, version by version where
// versions are given.
func (r *billReader) affects(a *software.Affects, bill *software.Bill, c *software.Component, said advisory.VEX, place string) {
	if len(a.Versions) == 0 {
		if said.Status != "" {
			r.say(a.Ref, bill, c, said, "", place)
		}
		return
	}
	for i := range a.Versions {
		v := &a.Versions[i]
		versions := rangeOf(v)
		if versions == "" {
			r.draft.Warn(place, "versions[%d]: want a version or a range", i)
			continue
		}
		one := said
		one.Status = versionStatus(said.Status, v.Status)
		if one.Status != NotAffected {
			one.Justification, one.Impact = "", ""
		}
		r.say(a.Ref, bill, c, one, versions, place)
	}
}

// versionStatus is the status of a version: that of the analysis, unless the
// version's own is less favourable, or there is no analysis. That a version is
// affected is what CycloneDX takes for granted where nothing is written, and so
// says nothing against an analysis.
func versionStatus(state, own string) string {
	switch {
	case state == "" && own == "unaffected":
		return NotAffected
	case state == "" && own == "unknown":
		return UnderInvestigation
	case state == "":
		return Affected
	case own == "unknown" && favour[state] > favour[UnderInvestigation], own == "unaffected" && state == Affected:
		return UnderInvestigation // one denies the other
	}
	return state
}

func rangeOf(v *software.AffectedVersion) string {
	if v.Version != "" {
		one := vers.Range{Scheme: "generic", Constraints: []vers.Constraint{{Op: "=", Version: v.Version}}}
		return one.String()
	}
	return v.Range
}

// say states what is said of a component, under each name of the product.
func (r *billReader) say(ref string, bill *software.Bill, c *software.Component, said advisory.VEX, versions, place string) {
	if c == nil {
		said.Product, said.Versions = ref, versions
		if _, fragment, ok := strings.Cut(ref, "#"); ok && strings.HasPrefix(fragment, "pkg:") {
			said.Product = fragment
		}
		r.draft.State(place, said, "")
		return
	}
	root := bill.RootComponent()
	if root == nil || root == c {
		for _, n := range named(c, versions != "") {
			said.Product, said.Versions = n.id, cmp.Or(versions, n.versions)
			r.draft.State(place, said, "")
		}
		return
	}
	// The bill knows which version is inside: what is said of others is said
	// of other releases.
	if versions != "" && c.Version != "" {
		inside := Thing{Names: []string{titleOf(c)}, Version: c.Version}
		id := titleOf(c)
		if p, err := purl.Read(c.PURL); err == nil {
			p.Version = cmp.Or(p.Version, c.Version)
			inside.PURL, id = p.String(), p.Bare().String()
		}
		if o := inside.read().named(id, versions); o.specificity == Unnamed {
			if o.doubt != "" {
				r.draft.Warn(place, "%s", o.doubt)
			}
			return
		}
	}
	said.Component = named(c, false)[0].id
	for _, n := range named(root, false) {
		said.Product, said.Versions = n.id, n.versions
		r.draft.State(place, said, "")
	}
}

// name is one that a component has, and the version of it that is meant where
// the name does not say.
type name struct{ id, versions string }

// named is every name of a component, the best first; without versions in them
// where others are spoken of.
func named(c *software.Component, anyVersion bool) []name {
	var out []name
	if p, err := purl.Read(c.PURL); err == nil {
		if p.Version == "" {
			p.Version = c.Version
		}
		if anyVersion {
			p = p.Bare()
		}
		out = append(out, name{id: p.String()})
	}
	exact := ""
	if c.Version != "" {
		exact = rangeOf(&software.AffectedVersion{Version: c.Version})
	}
	for _, s := range c.CPEs {
		if _, ok := advisory.ParseCPE(s); ok && !(anyVersion && CPEHasVersion(s)) {
			n := name{id: s}
			if !CPEHasVersion(s) {
				n.versions = exact
			}
			out = append(out, n)
		}
	}
	for _, h := range c.Hashes {
		if d := Digest(h.Algorithm, h.Value); d != "" && !anyVersion {
			out = append(out, name{id: d})
		}
	}
	if len(out) == 0 {
		out = append(out, name{titleOf(c), exact})
	}
	return out
}

// titleOf is what a component is called that has no identifier.
func titleOf(c *software.Component) string {
	if c.Group != "" {
		return c.Group + "/" + c.Name
	}
	return c.Name
}
