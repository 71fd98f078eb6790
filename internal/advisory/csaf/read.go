package csaf

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/envelope"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Kind is what documents read here are called in the ledger.
const Kind = "advisory.csaf"

// format is what statements name as their format.
const format = "CSAF"

// bounds of one document, beside those of its JSON. References to products are
// counted where groups are resolved: a hostile document can name one large group
// very often.
const (
	maxStatements = 500_000
	maxReferences = 10_000_000
)

// Recognise tells a CSAF document by its csaf_version, or by a product tree
// that is written before it; also in an envelope.
func Recognise(_ string, head []byte) bool {
	head, _ = envelope.Peek(head)
	found := false
	jsondoc.Keys(head, func(outer, key, _ string) bool {
		found = outer == "document" && key == "csaf_version" ||
			outer == "product_tree" && (key == "branches" || key == "full_product_names" || key == "relationships" || key == "product_groups")
		return !found
	})
	return found
}

// Read reads a document. Its errors name the line or the place; parts that
// cannot be read are told in the reading's warnings, and the others are used.
func Read(ctx context.Context, _ string, b []byte, limits jsondoc.Limits) (*ledger.Reading, error) {
	opened, err := envelope.Open(b, limits)
	if err != nil {
		return nil, err
	}
	var doc document
	if err := jsondoc.Decode(opened.Body, "", &doc); err != nil {
		return nil, err
	}
	if err := doc.check(); err != nil {
		return nil, err
	}
	track := &doc.Document.Tracking
	source := vex.Source("csaf", doc.Document.Publisher.Name+"-"+track.ID)
	r := &reader{doc: &doc, released: cmp.Or(track.CurrentReleaseDate, track.InitialReleaseDate)}
	r.Draft = vex.NewDraft(Kind, source, advisory.DayOf(r.released))
	r.head()
	if r.tree, err = readTree(doc.ProductTree, r.Draft); err != nil {
		return nil, err
	}
	for i, part := range doc.Vulnerabilities {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := r.vulnerability(part, jsondoc.At("vulnerabilities", i), i+1); err != nil {
			return nil, err
		}
	}
	r.Reading.Rows = max(1, len(doc.Vulnerabilities))
	r.record()
	return r.Done(), nil
}

// check refuses what cannot be a document of this format.
func (doc *document) check() error {
	d := &doc.Document
	switch {
	case d.Version != "2.0" && d.Version != "2.1":
		return problem.New(problem.Invalid, "document.csaf_version is %q; want 2.0 or 2.1", vex.Clip(d.Version, 20))
	case strings.TrimSpace(d.Tracking.ID) == "" || len(d.Tracking.ID) > maxID:
		return problem.New(problem.Invalid, "document.tracking.id: want a text of 1 to %d bytes", maxID)
	case strings.TrimSpace(d.Publisher.Name) == "":
		return problem.New(problem.Invalid, "document.publisher.name: missing")
	}
	return nil
}

// maxID bounds an advisory's id, in bytes.
const maxID = 300

type reader struct {
	*vex.Draft
	doc      *document
	tree     *tree
	released string // RFC 3339

	references int               // to products
	texts      map[string]string // that many statements have in common
	found      found
}

// head warns of what the document's head says about using it.
func (r *reader) head() {
	d := &r.doc.Document
	if label := strings.ToUpper(d.Distribution.TLP.Label); label != "" && label != "WHITE" && label != "CLEAR" {
		r.Warn("document.distribution.tlp.label", "%s: what this document says may not go to everybody; import it for an audience", vex.Clip(label, 20))
	}
	if d.Tracking.Status == "draft" {
		r.Warn("document.tracking.status", "a draft; its publisher does not stand by it yet")
	}
	if r.Reading.Published == "" {
		r.Warn("document.tracking.current_release_date", "%q is no date; the document counts from its import", vex.Clip(r.released, 40))
	}
}

// roles are in which capacity a publisher speaks (section 3.2.1.8.1).
var roles = map[string]string{"vendor": "supplier", "coordinator": "agency"}

func (r *reader) role() string {
	return cmp.Or(roles[r.doc.Document.Publisher.Category], "third_party")
}

// statuses are the lists of product_status and what they mean (section
// 3.2.3.9), in an order that makes readings repeatable.
var statuses = []struct{ list, status string }{
	{"known_affected", vex.Affected},
	{"first_affected", vex.Affected},
	{"last_affected", vex.Affected},
	{"fixed", vex.Fixed},
	{"first_fixed", vex.Fixed},
	{"known_not_affected", vex.NotAffected},
	{"under_investigation", vex.UnderInvestigation},
	{"unknown", ""},
	{"recommended", ""},
}

// vulnerability reads one vulnerability: what it is, and the status of each
// product. Only too much of it is an error.
func (r *reader) vulnerability(part json.RawMessage, place string, number int) error {
	var v vulnerability
	if err := jsondoc.Decode(part, place, &v); err != nil {
		r.Warn("", "%s", err)
		return nil
	}
	said := advisory.VEX{
		Issuer: r.doc.Document.Publisher.Name, Role: r.role(), Issued: r.released, Document: r.doc.Document.Tracking.ID, Format: format,
	}
	said.Weakness, said.Aliases = r.names(&v, number)
	r.found.describe(r, &v, append([]string{said.Weakness}, said.Aliases...), place)
	why := r.reasons(&v, place)
	for _, s := range statuses {
		for _, id := range v.Status[s.list] {
			here := place + ".product_status." + s.list
			p := r.tree.products[id]
			if p == nil {
				r.Warn(here, "product %q is not defined", vex.Clip(id, 100))
				continue
			}
			if s.status == "" {
				continue
			}
			said.Status, said.Justification, said.Impact, said.Action = s.status, "", "", ""
			if s.status == vex.NotAffected {
				said.Justification, said.Impact = why.flags[id], why.impacts[id]
			} else {
				said.Action = r.once(strings.Join(why.actions[id], "\n"))
			}
			r.say(p, here, said)
			if s.status == vex.Affected {
				r.found.affect(p, why.unfixed[id])
			}
			if len(r.Reading.Statements) > maxStatements || r.references > maxReferences {
				return problem.New(problem.TooLarge, "%s: more than %d statements about products", here, maxStatements)
			}
		}
	}
	return nil
}

// say states what is said of a product, under each of its names. A product that
// is one within another and has identifiers of its own goes by these.
func (r *reader) say(p *product, place string, said advisory.VEX) {
	if !p.related() || p.identified() {
		for _, c := range p.identities() {
			said.Product, said.Component, said.Versions = c.id, "", c.versions
			r.State(place, said, "")
		}
		return
	}
	// Of several layers the outermost is the product that people run.
	component := p.inner().part()
	for _, c := range p.outer().identities() {
		said.Product, said.Component, said.Versions = c.id, component, c.versions
		r.State(place, said, "")
	}
}

// once keeps one copy of a text that thousands of products have in common.
func (r *reader) once(text string) string {
	if kept, ok := r.texts[text]; ok {
		return kept
	}
	if r.texts == nil {
		r.texts = map[string]string{}
	}
	r.texts[text] = text
	return text
}

// reasons is what a vulnerability says of each product beside its status.
type reasons struct {
	flags, impacts, unfixed map[string]string
	actions                 map[string][]string
}

// severityWords are what some vendors write as threats of category impact: how
// bad it is, and not why something is unaffected.
var severityWords = map[string]bool{"low": true, "moderate": true, "medium": true, "important": true, "high": true, "critical": true, "none": true}

// maxActions bounds the remediations that are kept of one product.
const maxActions = 8

func (r *reader) reasons(v *vulnerability, place string) *reasons {
	why := &reasons{flags: map[string]string{}, impacts: map[string]string{}, unfixed: map[string]string{}, actions: map[string][]string{}}
	once := func(m map[string]string, id, text string) {
		if m[id] == "" {
			m[id] = text
		}
	}
	for i := range v.Flags {
		f := &v.Flags[i]
		r.each(&f.scope, jsondoc.At(place+".flags", i), true, func(id string) { once(why.flags, id, f.Label) })
	}
	for i := range v.Threats {
		t := &v.Threats[i]
		reason := t.Category == "impact" && !severityWords[strings.ToLower(strings.TrimSpace(t.Details))]
		r.each(&t.scope, jsondoc.At(place+".threats", i), false, func(id string) {
			if reason {
				once(why.impacts, id, t.Details)
			}
		})
	}
	for i := range v.Remediations {
		m := &v.Remediations[i]
		text := vex.Clip(strings.Join(strings.Fields(m.Category+": "+m.Details+" "+m.URL), " "), maxAction)
		r.each(&m.scope, jsondoc.At(place+".remediations", i), false, func(id string) {
			if len(why.actions[id]) < maxActions {
				why.actions[id] = append(why.actions[id], text)
			}
			if m.Category == "no_fix_planned" || m.Category == "none_available" {
				once(why.unfixed, id, text)
			}
		})
	}
	return why
}

// maxAction bounds one remediation, in bytes.
const maxAction = 600

// each calls f with the products that something applies to. A flag that names
// none is of nothing (section 6.1.32).
func (r *reader) each(s *scope, place string, must bool, f func(id string)) {
	if must && len(s.Products) == 0 && len(s.Groups) == 0 {
		r.Warn(place, "want product_ids or group_ids")
	}
	r.references += len(s.Products)
	for _, id := range s.Products {
		if r.tree.products[id] == nil {
			r.Warn(place+".product_ids", "product %q is not defined", vex.Clip(id, 100))
		}
		f(id)
	}
	for _, g := range s.Groups {
		ids, ok := r.tree.groups[g]
		if !ok {
			r.Warn(place+".group_ids", "group %q is not defined", vex.Clip(g, 100))
		}
		if r.references += len(ids); r.references > maxReferences {
			return
		}
		for _, id := range ids {
			f(id)
		}
	}
}
