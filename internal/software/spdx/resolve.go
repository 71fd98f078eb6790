package spdx

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// stages notes the phases of life that a bill says it was made in.
func (r *document3) stages(types [][]byte) {
	for _, t := range types {
		if s := strings.ToLower(string(t[bytes.LastIndexByte(t, '/')+1:])); !slices.Contains(r.bill.Contexts, s) {
			r.bill.Contexts = append(r.bill.Contexts, s)
		}
	}
}

// pkg adds a package as a component.
func (r *document3) pkg(e *element) error {
	c := e.component
	c.Ref = string(e.id)
	c.Copyright, c.Download, c.Version = stated(c.Copyright), stated(c.Download), stated(c.Version)
	c.Type = typeOf(e.purpose)
	switch {
	case c.Type != "" || len(e.purpose) > 0:
	case e.kind == "ai_AIPackage":
		c.Type = "machine-learning-model"
	case e.kind == "dataset_DatasetPackage":
		c.Type = "data"
	default:
		c.Type = guessType(c.Ref, c.PURL)
	}
	c.Source = sourceOf(string(e.source))
	i, err := r.add(c, func() string { return r.scanner.at("") })
	if i >= 0 && (len(e.supplier) > 0 || len(e.makers) > 0) {
		r.owed = append(r.owed, owed{i, e.supplier, e.makers})
	}
	return err
}

// takeRelation keeps a relationship or a licence, whose types have names of one
// form.
func (r *document3) takeRelation(e *element) error {
	switch {
	case strings.HasSuffix(e.kind, "VulnAssessmentRelationship"):
		r.weak.assess(e)
	case strings.HasSuffix(e.kind, "Relationship"):
		if len(e.from.id) == 0 || len(e.to) == 0 || len(e.relation) == 0 {
			r.scanner.wrong("", "want from, to and relationshipType")
			return nil
		}
		r.relations += len(e.to)
		if err := tooMany(r.relations, r.limits.Relations, "relations"); err != nil {
			return err
		}
		for _, to := range e.to {
			r.joins = append(r.joins, join{e.from, to, e.relation, e.scope, e.complete})
		}
	case strings.HasPrefix(e.kind, "simplelicensing_"), strings.HasPrefix(e.kind, "expandedlicensing_"):
		r.terms[string(e.id)] = clauseOf(e)
	}
	return nil
}

// version3 is the version of SPDX in the address of a context document.
var version3 = regexp.MustCompile(`spdx\.org/rdf/v?(3\.[\d.]*\d)`)

// done draws the relations, and completes the bill. It gives lone instead
// where the document is about a file and nothing else.
func (r *document3) done() (bill *software.Bill, lone string, err error) {
	r.bill.Encoding = inJSONLD
	if err := r.origin(); err != nil {
		return nil, "", err
	}
	for _, j := range r.joins {
		if err := r.pause(); err != nil {
			return nil, "", err
		}
		r.draw(j)
	}
	r.aboutWhat()
	if lone := r.lone(); lone != "" && r.want == "" {
		return nil, lone, nil
	}
	r.credit()
	for i := range r.bill.Components {
		slices.SortStableFunc(r.bill.Components[i].Licences, func(a, b software.Licence) int {
			return strings.Compare(b.Acknowledged, a.Acknowledged) // declared, concluded
		})
	}
	if r.bill.Complete == "" {
		r.bill.Complete = r.complete.word()
	}
	r.bill.Weaknesses = r.weak.all()
	return r.finish(r.scanner.idAt), "", nil
}

// origin says what the document is, and who made it when.
func (r *document3) origin() error {
	made := r.earliest
	top := r.about
	if top == nil && len(r.boms) > 0 {
		top = &r.boms[0]
	}
	if top != nil {
		r.bill.ID, r.bill.Name, r.draft.document = top.id, top.name, top.id
		if c, ok := r.creations[string(top.creation)]; ok {
			made = c
		}
		r.bill.Licence = r.licence(top.data)
	}
	if r.bill.Name == "" && len(r.boms) > 0 {
		r.bill.Name = r.boms[0].name
	}
	r.bill.Version = made.version
	if m := version3.FindStringSubmatch(r.context); r.bill.Version == "" && m != nil {
		r.bill.Version = m[1]
	}
	if !strings.HasPrefix(r.bill.Version, "3.") {
		return problem.New(problem.Invalid, "%s: specVersion is %q; want 3.0.0 or 3.0.1", position(r.scanner.doc, r.scanner.base), clip(r.bill.Version))
	}
	r.bill.Created = made.created
	for _, id := range made.by {
		if name := r.agents[string(id)].name; name != "" {
			r.bill.Authors = append(r.bill.Authors, name)
		}
	}
	for _, id := range made.using {
		if name := r.agents[string(id)].name; name != "" {
			r.bill.Tools = append(r.bill.Tools, toolName(name))
		}
	}
	return nil
}

// aboutWhat follows the roots of the document, through a bill in it.
func (r *document3) aboutWhat() {
	boms := map[string][][]byte{}
	var roots [][]byte
	for _, b := range r.boms {
		boms[b.id] = b.roots
		if r.about == nil {
			roots = append(roots, b.roots...)
		}
	}
	if r.about != nil {
		roots = r.about.roots
	}
	for _, id := range roots {
		what, isBOM := boms[string(id)]
		if !isBOM {
			what = [][]byte{id}
		}
		for _, id := range what {
			r.later = append(r.later, end{id, 0})
		}
	}
	r.describeAll()
}

// credit names suppliers and makers.
func (r *document3) credit() {
	for _, o := range r.owed {
		c := &r.bill.Components[o.component]
		c.Supplier = stated(r.agents[string(o.supplier)].name)
		for _, id := range o.makers {
			a := r.agents[string(id)]
			if c.Maker == "" {
				c.Maker = stated(a.name)
			}
			if c.Author == "" && a.person {
				c.Author = stated(a.name)
			}
		}
	}
}

// draw makes of a relationship what it says.
func (r *document3) draw(j join) {
	switch j.kind {
	case "hasDeclaredLicense", "hasConcludedLicense":
		r.license(j)
		return
	case "hasAssociatedVulnerability":
		r.weak.associate(string(j.from.id), string(j.to.id))
		return
	}
	m, ok := meaning3(j.kind, j.scope)
	if !ok {
		m = r.strange([]byte(j.kind))
	}
	if m.kind == contains || m.role == needs {
		r.complete.add(j.complete)
	}
	r.drawOne(j.from, m, j.to)
}

// drawOne draws a relation to one element, or a link to one in another
// document.
func (r *document3) drawOne(from end, m meaning, to end) {
	if bytes.HasSuffix(to.id, []byte("NoAssertionElement")) {
		to.id = []byte("NOASSERTION")
	} else if bytes.HasSuffix(to.id, []byte("NoneElement")) {
		to.id = []byte("NONE")
	}
	here, there := from, to
	if r.imports[string(from.id)] {
		here, there = to, from
	}
	if _, own := r.index[string(there.id)]; own || !r.imports[string(there.id)] {
		r.join(from, m, to)
		return
	}
	link := software.BillLink{From: -1, Target: string(there.id), Type: m.kind}
	if m.role == needs {
		link.Type = "depends_on"
	}
	if i, ok := r.index[string(here.id)]; ok {
		link.From = int(i)
	}
	r.bill.Links = append(r.bill.Links, link)
}

// tally is how complete relationships say that they are.
type tally struct{ complete, incomplete, unknown int }

func (t *tally) add(word string) {
	switch word {
	case "complete":
		t.complete++
	case "incomplete":
		t.incomplete++
	case "noAssertion":
		t.unknown++
	}
}

// word is what they say together.
func (t *tally) word() string {
	switch {
	case t.incomplete > 0:
		return "incomplete"
	case t.unknown > 0:
		return "unknown"
	case t.complete > 0:
		return "complete"
	}
	return ""
}
