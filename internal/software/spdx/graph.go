package spdx

import (
	"strconv"
	"strings"
)

// document3 reads SPDX 3 in JSON-LD. It is a graph of elements that refer to one
// another in any order: packages are taken as they come, all else is kept until
// every element is known.
type document3 struct {
	*draft
	scanner *scanner
	pause   func() error
	seen    bool // is SPDX 3
	graph   bool // has its elements in a graph
	context string
	want    string // id of the file that is the release; "" when none is
	depth   int    // of elements within elements
	nodes   int

	joins     []join
	creations map[string]creation
	earliest  creation          // in the document, for one that says of none that it is its own
	agents    map[string]who    // people, organisations and tools by their ids
	terms     map[string]clause // licences by their ids
	spelt     map[string]string // expressions of those that are made of others
	owed      []owed            // what refers to agents
	imports   map[string]bool   // ids of elements of other documents
	about     *collection       // the document
	boms      []collection
	complete  tally
	weak      weaknesses
}

// join is a relationship that is drawn in the end.
type join struct {
	from, to              end
	kind, scope, complete string
}

// who is an agent or a tool.
type who struct {
	name   string
	person bool
}

// owed is a component and the ids of its supplier and makers.
type owed struct {
	component int32
	supplier  []byte
	makers    [][]byte
}

// collection is a document or a bill in it: what it is about, and who made it.
type collection struct {
	id, name string
	creation []byte
	data     []byte // licence of its data
	roots    [][]byte
}

func newDocument3(d *draft, s *scanner, check func() error) *document3 {
	return &document3{
		draft: d, scanner: s, pause: check,
		creations: map[string]creation{}, agents: map[string]who{}, terms: map[string]clause{}, spelt: map[string]string{},
		imports: map[string]bool{}, weak: weaknesses{named: map[string]int{}},
	}
}

// member reads the members that tell SPDX 3.
func (r *document3) member(name []byte) error {
	if string(name) == "@graph" {
		r.seen, r.graph = true, true
		return r.scanner.list("@graph", func() error {
			_, err := r.element()
			return err
		})
	}
	contexts, err := r.all("@context")
	for _, c := range contexts {
		if context3.Match(c) {
			r.seen, r.context = true, string(c)
		}
	}
	return err
}

// element reads one element and gives its id.
func (r *document3) element() ([]byte, error) {
	if err := r.pause(); err != nil {
		return nil, err
	}
	r.nodes++
	if err := tooMany(r.nodes, r.limits.Relations, "elements"); err != nil {
		return nil, err
	}
	if err := tooMany(r.depth+1, r.limits.Depth, "elements within each other"); err != nil {
		return nil, err
	}
	if r.scanner.dec.PeekKind() != '{' {
		return nil, r.scanner.unwanted("", "an object")
	}
	inner := r.scanner.place
	r.depth++
	e := element{at: r.scanner.next()}
	err := r.scanner.object("", func(name []byte) error { return r.elementMember(&e, name) })
	r.depth--
	if err != nil {
		return nil, err
	}
	r.scanner.place = inner
	if len(e.id) == 0 && r.depth > 0 {
		e.id = []byte("_:at" + strconv.Itoa(e.at))
	}
	return e.id, r.take(&e)
}

// first is the id, or the text, that a property has as its value, or the first
// of several. An element that stands there itself is read, and its id given.
func (r *document3) first(name string) ([]byte, error) {
	if r.scanner.dec.PeekKind() == '"' {
		id, _, err := r.scanner.raw(name)
		return id, err
	}
	all, err := r.ends(name)
	if len(all) == 0 {
		return nil, err
	}
	return all[0].id, err
}

// all is every value of a property, like first.
func (r *document3) all(name string) ([][]byte, error) {
	ends, err := r.ends(name)
	var ids [][]byte
	for _, e := range ends {
		ids = append(ids, e.id)
	}
	return ids, err
}

// ends is every value of a property, with their places.
func (r *document3) ends(name string) (out []end, err error) {
	s := r.scanner
	one := func() error {
		var e end
		if s.dec.PeekKind() == '{' {
			e.at = s.next()
			e.id, err = r.element()
		} else {
			e.id, e.at, err = s.raw(name)
		}
		if len(e.id) > 0 {
			out = append(out, e)
		}
		return err
	}
	if s.dec.PeekKind() != '[' {
		err = one()
		return out, err
	}
	err = s.array(name, func(int) error { return one() })
	return out, err
}

// take keeps of an element what is needed of its type.
func (r *document3) take(e *element) error {
	if e.id != nil && e.kind != "software_Package" && !strings.HasSuffix(e.kind, "Relationship") {
		if err := r.other(e.id); err != nil {
			return err
		}
	}
	switch e.kind {
	case "CreationInfo":
		if r.earliest.version == "" {
			r.earliest = e.made
		}
		r.creations[string(e.id)] = e.made
	case "Person", "Organization", "SoftwareAgent", "Agent", "Tool":
		r.agents[string(e.id)] = who{e.component.Name, e.kind == "Person"}
	case "SpdxDocument":
		r.about = &collection{string(e.id), e.component.Name, e.creation, e.data, e.roots}
		for _, i := range e.imports {
			r.imports[i] = true
		}
		r.draft.context(e.comment)
	case "software_Sbom", "Bom":
		r.boms = append(r.boms, collection{string(e.id), e.component.Name, e.creation, nil, e.roots})
		r.stages(e.stages)
	case "software_Package", "ai_AIPackage", "dataset_DatasetPackage":
		return r.pkg(e)
	case "software_File":
		if r.want != "" && r.want == string(e.id) {
			e.purpose = "file"
			return r.pkg(e)
		}
	case "security_Vulnerability":
		return r.weak.vulnerability(e, r.limits)
	default:
		return r.takeRelation(e)
	}
	return nil
}
