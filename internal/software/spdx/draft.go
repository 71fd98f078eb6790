package spdx

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"countersign.dev/internal/software"
)

// documentID is what SPDX 2 documents call themselves (section 6.3).
const documentID = "SPDXRef-DOCUMENT"

// draft is a bill in the making. Packages are added first, with package, then
// relations, with relation; ids of files may come at any time.
type draft struct {
	bill   *software.Bill
	limits Limits
	faults faults

	index     map[string]int32 // of components by their ids
	document  string           // id of the document itself
	seed      maphash.Seed
	others    map[uint64]struct{} // digests of ids of what is no package
	loose     map[uint64]int      // offsets of ends of relations that nothing had when they were read, by digests of their ids
	relations int
	unknown   map[string]int // relations by their types, of those that SPDX does not have

	later     []end             // what is described, by ids that are looked up in the end
	described []int32           // components that the document describes
	alone     []string          // ids of other things that it describes
	need      []role            // how much each component is needed; nil when all are alike
	documents map[string]string // other documents by what this one calls them
	licences  map[string]string // names of licences that SPDX does not list, by their ids
}

func newDraft(limits Limits, encoding string) *draft {
	return &draft{
		bill:   &software.Bill{Format: "SPDX", Encoding: encoding, Root: -1},
		limits: limits, faults: faults{limit: limits.Faults},
		index: map[string]int32{}, document: documentID, seed: maphash.MakeSeed(),
		others: map[uint64]struct{}{}, loose: map[uint64]int{}, unknown: map[string]int{},
		documents: map[string]string{}, licences: map[string]string{},
	}
}

// add appends a component and gives its index. Place names it in faults, as
// "packages[17]". One that has nothing to be told by is left out, with the index
// -1. A second one with the same id loses it: relations are to the first.
func (d *draft) add(c software.Component, place func() string) (int32, error) {
	if c.Name == "" && c.Ref == "" && c.PURL == "" {
		d.faults.add("%s: neither a name nor an id; left out", place())
		return -1, nil
	}
	i := int32(len(d.bill.Components)) //nolint:gosec // bounded by the limit just below
	if err := tooMany(int(i)+1, d.limits.Components, "packages"); err != nil {
		return 0, err
	}
	c.Parent = -1
	if c.Name == "" {
		d.faults.add("%s: no name", place())
	}
	switch first, taken := d.index[c.Ref]; {
	case c.Ref == "":
		d.faults.add("%s: no id; no relation can be to it", place())
	case taken:
		d.faults.add("%s: the id %q is that of the component %q already", place(), clip(c.Ref), clip(d.bill.Components[first].Name))
		c.Ref = ""
	default:
		d.index[c.Ref] = i
	}
	d.bill.Components = append(d.bill.Components, c)
	return i, nil
}

// other notes the id of something that is no component.
func (d *draft) other(id []byte) error {
	d.others[maphash.Bytes(d.seed, id)] = struct{}{}
	return tooMany(len(d.others), d.limits.Relations, "files and snippets")
}

// end is one end of a relation: the id and where in the document it stands.
type end struct {
	id []byte
	at int
}

// relation takes one relation of a type of SPDX 2, with its comment if it has
// one.
func (d *draft) relation(from end, kind, comment []byte, to end) error {
	d.relations++
	if err := tooMany(d.relations, d.limits.Relations, "relations"); err != nil {
		return err
	}
	m, ok := meanings[string(kind)]
	switch {
	case !ok:
		m = d.strange(kind)
	case m.kind == "other" && foreignKinds[string(comment)]:
		m.kind = string(comment) // as Write says what SPDX 2 has no type for
	}
	d.join(from, m, to)
	return nil
}

// strange is the meaning of a type that SPDX does not have: its own name.
func (d *draft) strange(kind []byte) meaning {
	name := strings.ToLower(clip(kind))
	if _, seen := d.unknown[name]; seen || len(d.unknown) < d.limits.Faults {
		d.unknown[name]++
	}
	if name == "" {
		return meaning{role: silent}
	}
	return meaning{kind: name}
}

// join draws what a relation says, if its ends are there.
func (d *draft) join(from end, m meaning, to end) {
	if nothing(to.id) || nothing(from.id) {
		// How NTIA's known unknowns are written: whether there are more
		// dependencies is not known.
		if m.role == needs && string(to.id) == "NOASSERTION" {
			d.bill.Complete = "unknown"
		}
		return
	}
	a, fromHere := d.index[string(from.id)]
	b, toHere := d.index[string(to.id)]
	if fromHere && toHere {
		d.edge(a, b, m)
		return
	}
	if d.outside(from, m, to) {
		return
	}
	if !fromHere {
		d.miss(from)
	}
	if !toHere {
		d.miss(to)
	}
	switch {
	case m.role == describes && !m.reversed:
		d.describe(to, b, toHere)
	case m.role == describes:
		d.describe(from, a, fromHere)
	}
}

// describe notes something that the document describes: a component, if it is
// here, or anything else.
func (d *draft) describe(what end, component int32, here bool) {
	id := string(what.id)
	switch {
	case here:
		d.described = append(d.described, component)
	case !d.isDocument(what.id) && len(d.alone) < 2 && !slices.Contains(d.alone, id):
		d.alone = append(d.alone, id)
	}
}

// isDocument tells the document's own id, which may not be read yet.
func (d *draft) isDocument(id []byte) bool {
	return string(id) == d.document || string(id) == documentID
}

// nothing tells the ids that stand for no element.
func nothing(id []byte) bool {
	return len(id) == 0 || string(id) == "NOASSERTION" || string(id) == "NONE"
}

// outside makes a link of a relation to something in another document, and
// tells whether it was one.
func (d *draft) outside(from end, m meaning, to end) bool {
	here, there := from, to
	if isOutside(from.id) {
		here, there = to, from
	}
	if !isOutside(there.id) {
		return false
	}
	link := software.BillLink{From: -1, Target: string(there.id), Type: m.kind}
	if link.Type == "" && m.role == needs {
		link.Type = "depends_on"
	}
	if i, ok := d.index[string(here.id)]; ok {
		link.From = int(i)
	}
	d.bill.Links = append(d.bill.Links, link)
	return true
}

const documentRef = "DocumentRef-"

func isOutside(id []byte) bool {
	return len(id) > len(documentRef) && string(id[:len(documentRef)]) == documentRef
}

// miss notes an end of a relation that is no component. Whether anything else
// has its id is known in the end.
func (d *draft) miss(e end) {
	if d.isDocument(e.id) {
		return
	}
	h := maphash.Bytes(d.seed, e.id)
	if _, ok := d.others[h]; ok {
		return
	}
	if _, ok := d.loose[h]; !ok {
		d.loose[h] = e.at
	}
}

// finish completes the bill. idAt reads again the id that stands at an offset.
func (d *draft) finish(idAt func(at int) string) *software.Bill {
	d.dangling(idAt)
	for _, name := range sortedKeys(d.unknown) {
		d.faults.add("relationships: %d of type %q, which SPDX does not have", d.unknown[name], strings.ToUpper(name))
	}
	d.root()
	d.scopes()
	d.nameLicences()
	for i := range d.bill.Links {
		l := &d.bill.Links[i]
		doc, element, _ := strings.Cut(l.Target, ":")
		if uri := d.documents[doc]; uri != "" {
			l.Target = uri + "#" + element
		}
	}
	for _, ref := range sortedKeys(d.documents) {
		d.bill.Links = append(d.bill.Links, software.BillLink{From: -1, Target: d.documents[ref], Type: "bom"})
	}
	slices.SortFunc(d.bill.Edges, compareEdges)
	d.bill.Edges = slices.Compact(d.bill.Edges)
	if d.bill.Created == noTime {
		d.bill.Created = ""
	}
	d.bill.Broken = d.faults.all()
	return d.bill
}

func compareEdges(a, b software.Edge) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
}

// dangling reports the ids in relations that nothing has.
func (d *draft) dangling(idAt func(at int) string) {
	d.others[maphash.String(d.seed, d.document)] = struct{}{}
	unknown, first := 0, -1
	for h, at := range d.loose {
		if _, ok := d.others[h]; ok {
			continue
		}
		if unknown++; first < 0 || at < first {
			first = at
		}
	}
	if unknown > 0 {
		d.faults.add("relationships: %d ids that nothing in the document has, the first is %q", unknown, clip(idAt(first)))
	}
}

// root is what the document describes, if that is one component.
func (d *draft) root() {
	slices.Sort(d.described)
	if d.described = slices.Compact(d.described); len(d.described) == 1 {
		d.bill.Root = int(d.described[0])
	}
}

// lone is the id of a thing that is no package and all that the document
// describes; "" when there is no such thing.
func (d *draft) lone() string {
	if len(d.described) > 0 || len(d.alone) != 1 {
		return ""
	}
	return d.alone[0]
}

// nameLicences gives licences that SPDX does not list the names that the
// document has for them.
func (d *draft) nameLicences() {
	if len(d.licences) == 0 {
		return
	}
	for i := range d.bill.Components {
		for j := range d.bill.Components[i].Licences {
			l := &d.bill.Components[i].Licences[j]
			if name := d.licences[l.Expression]; name != "" {
				l.Name = name
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// describeAll takes what the document says that it describes.
func (d *draft) describeAll() {
	for _, e := range d.later {
		d.join(end{[]byte(d.document), 0}, meaning{role: describes}, e)
	}
	d.later = nil
}
