package openvex

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/envelope"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Kind is what documents read here are called in the ledger.
const Kind = "advisory.openvex"

// format is what statements name as their format.
const format = "OpenVEX"

// contextPrefix is what every version's @context begins with.
const contextPrefix = "https://openvex.dev/ns"

// maxStatements bounds the statements of one document, counted by product and
// component.
const maxStatements = 500_000

// Recognise tells an OpenVEX document by its @context, also in an envelope, and
// an attestation by the type of its predicate.
func Recognise(_ string, head []byte) bool {
	head, typ := envelope.Peek(head)
	found := strings.HasPrefix(typ, contextPrefix)
	jsondoc.Keys(head, func(outer, key, text string) bool {
		found = outer == "" && key == "@context" && strings.HasPrefix(text, contextPrefix)
		return !found
	})
	return found
}

// Read reads a document. Its errors name the line or the place; statements that
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
	if !strings.HasPrefix(doc.Context, contextPrefix) {
		return nil, problem.New(problem.Invalid, "@context is %q; want %s/v0.2.0", vex.Clip(doc.Context, 60), contextPrefix)
	}
	if len(doc.Statements) == 0 {
		return nil, problem.New(problem.Invalid, "statements: want at least one")
	}
	r := &reader{doc: &doc, role: roleOf(&doc), terms: map[string]bool{}, subjects: opened.Subjects}
	r.Draft = vex.NewDraft(Kind, "", advisory.DayOf(cmp.Or(doc.LastUpdated, doc.Timestamp)))
	for i, part := range doc.Statements {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		place := jsondoc.At("statements", i)
		if err := r.statement(part, place); err != nil {
			r.Warn("", "%s", err)
		}
		if len(r.Reading.Statements) > maxStatements {
			return nil, problem.New(problem.TooLarge, "%s: more than %d statements", place, maxStatements)
		}
	}
	r.Reading.Rows, r.Reading.Source = len(doc.Statements), r.source(opened.Body)
	if r.Reading.Published == "" {
		r.Reading.Published = r.newest
	}
	return r.Done(), nil
}

// generated is what ids begin with that tools make up, in the public namespace
// of the format. They are no names: in published documents, those made in the
// same second are the same, whatever the documents say.
const generated = "https://openvex.dev/docs/"

// source names the document's series: its @id, or its author with a digest of
// the document. One whose id was generated is named by what it is about as well,
// so that documents about different products never take each other's place.
func (r *reader) source(b []byte) string {
	id, author := strings.TrimSpace(r.doc.ID), strings.TrimSpace(r.doc.Author)
	if id == "" {
		sum := sha256.Sum256(b)
		return vex.Source("vex", cmp.Or(author, "unknown")+"-"+hex.EncodeToString(sum[:6]))
	}
	if strings.HasPrefix(id, generated) {
		terms := slices.Sorted(maps.Keys(r.terms))
		id = strings.Join(append(terms, author, id), " ")
	}
	return vex.Source("vex", id)
}

// roles are words in an author's role that say in which capacity it speaks.
// The format gives none; an analyst of somebody else is a third party here.
var roles = []struct{ word, role string }{
	{"supplier", "supplier"},
	{"vendor", "supplier"},
	{"manufacturer", "supplier"},
	{"maker", "supplier"},
	{"maintainer", "supplier"},
	{"agency", "agency"},
	{"coordinator", "agency"},
}

func roleOf(doc *document) string {
	said := strings.ToLower(doc.Role)
	for _, r := range roles {
		if strings.Contains(said, r.word) {
			return r.role
		}
	}
	if doc.Supplier != "" && strings.EqualFold(doc.Supplier, doc.Author) {
		return "supplier"
	}
	return "third_party"
}

type reader struct {
	*vex.Draft
	doc      *document
	role     string
	newest   access.Date     // day of the newest statement
	terms    map[string]bool // of products
	subjects []string        // of an attestation
}

// noAction is what the reference implementation writes for no action.
const noAction = "No action statement provided"

// statement reads one statement: everything that it says of every product.
func (r *reader) statement(part json.RawMessage, place string) error {
	var st statement
	if err := jsondoc.Decode(part, place, &st); err != nil {
		return err
	}
	var weakness vulnerability
	if err := textOr(st.Vulnerability, place+".vulnerability", &weakness.Name, &weakness); err != nil {
		return err
	}
	if len(st.Products) == 0 && len(r.subjects) == 0 {
		return problem.New(problem.Invalid, "%s.products: want at least one", place)
	}
	if st.ActionStatement == noAction {
		st.ActionStatement = ""
	}
	issued := cmp.Or(st.LastUpdated, st.Timestamp)
	said := advisory.VEX{
		Weakness: cmp.Or(weakness.Name, weakness.ID), Aliases: weakness.Aliases, Status: st.Status, Justification: st.Justification,
		Impact: cmp.Or(st.ImpactStatement, st.StatusNotes), Action: st.ActionStatement, Issuer: r.doc.Author, Role: r.role,
		Issued: cmp.Or(issued, r.doc.LastUpdated, r.doc.Timestamp), Document: r.doc.ID, Format: format,
	}
	if st.Status == vex.NotAffected && st.ImpactStatement == "" {
		said.Impact = "" // notes on how the status was found are no reason for it
	}
	if st.Supplier != "" && strings.EqualFold(st.Supplier, r.doc.Author) {
		said.Role = "supplier"
	}
	r.newest = max(r.newest, advisory.DayOf(said.Issued))
	for i, part := range st.Products {
		here := jsondoc.At(place+".products", i)
		var p product
		if err := textOr(part, here, &p.ID, &p); err != nil {
			r.Warn("", "%s", err)
			continue
		}
		r.product(&p, here, said, advisory.DayOf(issued), st.Subcomponents)
	}
	if len(st.Products) == 0 { // then it is about what is attested
		for _, digest := range r.subjects {
			r.product(&product{ID: digest}, place, said, advisory.DayOf(issued), st.Subcomponents)
		}
	}
	return nil
}

// product states what is said of one product, or of each of its components.
func (r *reader) product(p *product, place string, said advisory.VEX, published access.Date, shared []json.RawMessage) {
	ids := p.identities()
	if len(ids) == 0 {
		r.Warn(place, "want an @id, a purl, a CPE or a hash")
		return
	}
	r.terms[vex.ProductTerm(ids[0])] = true
	components := []string{""}
	if parts := slices.Concat(p.Subcomponents, shared); len(parts) > 0 {
		components = r.components(parts, place+".subcomponents")
	}
	for _, component := range components {
		for _, id := range ids {
			said.Product, said.Component = id, component
			r.State(place, said, published)
		}
	}
}

// components are the best identities of subcomponents.
func (r *reader) components(parts []json.RawMessage, place string) []string {
	var out []string
	for i, part := range parts {
		var c product
		if err := textOr(part, jsondoc.At(place, i), &c.ID, &c); err != nil {
			r.Warn("", "%s", err)
			continue
		}
		ids := c.identities()
		if len(ids) == 0 {
			r.Warn(jsondoc.At(place, i), "want an @id, a purl, a CPE or a hash")
			continue
		}
		out = append(out, ids[0])
	}
	return out
}

// identities is what a product is called by, the best first: package URLs,
// CPEs, digests; its @id alone when there is none of these.
func (p *product) identities() []string {
	var out []string
	add := func(id string) {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if strings.HasPrefix(p.ID, "pkg:") {
		add(p.ID)
	}
	for _, kind := range []string{"purl", "cpe23", "cpe22"} {
		add(p.Identifiers[kind])
	}
	for _, algorithm := range []string{"sha-256", "sha-512", "sha-384"} {
		add(vex.Digest(algorithm, p.Hashes[algorithm]))
	}
	if len(out) == 0 {
		add(p.ID)
	}
	return out
}
