package oscal

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

// foreign is how sure the lines of a catalogue are that another made.
const foreign = "read from an OSCAL catalogue as it is; compared with nothing"

// ReadCatalogue reads an OSCAL catalogue. It can be used like those of the
// product. As is the id that it shall have; with "" it is the one that it had
// with us, or is made of its title. An error is of kind [problem.Invalid] or
// [problem.TooLarge] and names the place; a control without id or title, or with
// an id that came before, is left out and told in a note.
func ReadCatalogue(b []byte, as string) (*catalogue.Catalogue, []Note, error) {
	d, err := open(b, modelCatalog)
	if err != nil {
		return nil, nil, err
	}
	in := d.Catalog
	if in == nil {
		return nil, nil, problem.New(problem.Invalid, "catalog: want an object, found null")
	}
	if err := in.Metadata.check(modelCatalog); err != nil {
		return nil, nil, err
	}
	if len(in.Groups) == 0 && len(in.Controls) == 0 {
		return nil, nil, problem.New(problem.Invalid, "catalog: has neither groups nor controls")
	}
	r := &importer{taken: map[string]bool{}, controls: map[string]bool{}, resources: in.BackMatter.catalogues(), params: map[string]param{}}
	r.collect(in)
	head := header(in.Metadata, as)
	r.level("catalog", in.Groups, in.Controls, "", 1)
	if r.exchanged > 0 {
		r.tell(r.exchangedAt, "id and title look exchanged here and in %d other groups: used the other way round", r.exchanged-1)
	}
	r.restore()
	head.Controls = r.out
	c, err := catalogue.New(head, b)
	return c, r.notes.done(), err
}

// header is a catalogue without its controls.
func header(m *metadata, as string) catalogue.Catalogue {
	p := m.Props
	title := oneLine(m.Title)
	return catalogue.Catalogue{
		ID: cmp.Or(as, first(p, propID), slug(title)), Title: title, Version: oneLine(m.Version),
		State:       first(p, "state"),
		Source:      cmp.Or(first(p, propSource), fmt.Sprintf("OSCAL catalogue %s, %s, of %s", title, oneLine(m.Version), oneLine(m.LastModified))),
		LicenceNote: first(p, "licence-note"), IDNote: first(p, "id-note"), LifecycleNote: first(p, "lifecycle-note"),
		Verification: cmp.Or(first(p, propVerification), foreign),
		Kinds:        codes(p, "kind"), StatusCodes: codes(p, "status-code"), EvidenceForms: codes(p, "evidence-form"),
		Conditions: codes(p, "condition"), Features: codes(p, "feature"),
	}
}

// catalogues is the ids of the catalogues that resources stand for, by UUID.
func (m *backMatter) catalogues() map[string]string {
	out := map[string]string{}
	if m == nil {
		return out
	}
	for _, r := range m.Resources {
		if id := first(r.Props, propCatalogue); id != "" {
			out[r.UUID] = id
		}
	}
	return out
}

// importer turns an OSCAL catalogue into one of ours.
type importer struct {
	notes
	out       []catalogue.Control
	positions []int
	taken     map[string]bool   // ids in out
	controls  map[string]bool   // ids of controls, which groups must not take
	resources map[string]string // ids of catalogues, by UUID
	params    map[string]param

	exchanged   int    // groups whose id and title are each in the other's place
	exchangedAt string // of the first
}

// collect gathers what is needed before the first control is read.
func (r *importer) collect(in *catalog) {
	params := func(ps []param) {
		for _, p := range ps {
			r.params[p.ID] = p
		}
	}
	var controls func([]control, int)
	controls = func(cs []control, depth int) {
		for i := range cs {
			r.controls[cs[i].name()] = true
			params(cs[i].Params)
			if depth < maxDepth {
				controls(cs[i].Controls, depth+1)
			}
		}
	}
	var groups func([]group, int)
	groups = func(gs []group, depth int) {
		for i := range gs {
			params(gs[i].Params)
			controls(gs[i].Controls, depth+1)
			if depth < maxDepth {
				groups(gs[i].Groups, depth+1)
			}
		}
	}
	params(in.Params)
	controls(in.Controls, 1)
	groups(in.Groups, 1)
}

// name is the id that a control has with us.
func (c *control) name() string { return cmp.Or(first(c.Props, propID), strings.TrimSpace(c.ID)) }

// level reads the groups and controls that stand beside each other.
func (r *importer) level(place string, gs []group, cs []control, parent string, depth int) {
	if depth > maxDepth && len(gs)+len(cs) > 0 {
		r.tell(place, "nested more than %d deep: left out", maxDepth)
		return
	}
	for i := range gs {
		r.group(fmt.Sprintf("%s/groups/%d", place, i), &gs[i], parent, depth)
	}
	for i := range cs {
		r.control(fmt.Sprintf("%s/controls/%d", place, i), &cs[i], parent, depth)
	}
}

var idForm = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.()-]{0,127}$`)

func (r *importer) group(place string, g *group, parent string, depth int) {
	id, title := cmp.Or(first(g.Props, propID), strings.TrimSpace(g.ID)), oneLine(g.Title)
	switch {
	case !idForm.MatchString(id) && idForm.MatchString(title):
		if r.exchanged++; r.exchanged == 1 {
			r.exchangedAt = place
		}
		id, title = title, oneLine(id)
	case !idForm.MatchString(id):
		id = slug(cmp.Or(title, id))
	}
	if title == "" {
		title = id
	}
	if r.controls[id] {
		r.tell(place, "id %q is also that of a control: the group is group-%s", id, id)
		id = "group-" + id
	}
	ctl := r.filled(place, g.Props, g.Links, catalogue.Control{
		ID: id, Kind: cmp.Or(first(g.Props, "kind"), oneLine(g.Class), "group"), Title: title, Parent: parent,
		Statement: cmp.Or(r.statement(g.Parts), title), Status: first(g.Props, "status"),
	})
	if len(own(g.Props, propID)) == 0 {
		ctl.Status = "group"
	}
	if r.add(place, ctl, g.Props) {
		parent = id
	}
	r.level(place, g.Groups, g.Controls, parent, depth+1)
}

func (r *importer) control(place string, c *control, parent string, depth int) {
	title := oneLine(c.Title)
	ctl := r.filled(place, c.Props, c.Links, catalogue.Control{
		ID: c.name(), Kind: cmp.Or(first(c.Props, "kind"), oneLine(c.Class), "control"), Title: title, Parent: parent,
		Statement: cmp.Or(r.statement(c.Parts), title), Status: first(c.Props, "status"),
	})
	for _, p := range c.Props {
		if p.NS == "" && p.Name == "status" && ctl.Status == "" {
			ctl.Status = oneLine(p.Value) // "withdrawn"
		}
	}
	if r.add(place, ctl, c.Props) {
		parent = ctl.ID
	}
	r.level(place, nil, c.Controls, parent, depth+1)
}

// filled is a control with what our properties and links say of it.
func (r *importer) filled(place string, p []property, links []link, ctl catalogue.Control) catalogue.Control {
	ctl.Level, ctl.Side, ctl.Clause = first(p, "level"), first(p, "side"), first(p, "clause")
	ctl.Applicability = cmp.Or(first(p, "applicability"), "all")
	ctl.Conditions, ctl.Features = own(p, "condition"), own(p, "feature")
	ctl.V211ID, ctl.Verify, ctl.SSDFInherit = first(p, "v2-1-1-id"), first(p, "verify"), first(p, "ssdf-inherit")
	ctl.Check, ctl.With, ctl.Untested, ctl.Mend = first(p, "check"), own(p, "with"), first(p, "untested"), first(p, "mend")
	ctl.TakesUnknown = first(p, "unknown") != ""
	for _, l := range links {
		to, ours := r.resources[strings.TrimPrefix(l.Href, "#")]
		if !ours {
			continue // a reference, or another control of the document
		}
		if !ctl.Link(catalogue.Link{Catalogue: to, Control: oneLine(l.Text)}) {
			r.tell(place, "link to %s of catalogue %s: has no place with us", clip(l.Text), clip(to))
		}
	}
	return ctl
}

// add takes a control in, unless it cannot be one.
func (r *importer) add(place string, ctl catalogue.Control, p []property) bool {
	switch {
	case !idForm.MatchString(ctl.ID):
		r.tell(place, "id %q: want letters, digits, and _ . ( ) - between them; left out", clip(ctl.ID))
		return false
	case ctl.Title == "":
		r.tell(place, "control %s has no title: left out", ctl.ID)
		return false
	case r.taken[ctl.ID]:
		r.tell(place, "id %s came before: left out", ctl.ID)
		return false
	}
	r.taken[ctl.ID] = true
	at, err := strconv.Atoi(first(p, "position"))
	if err != nil {
		at = 0
	}
	r.out, r.positions = append(r.out, ctl), append(r.positions, at)
	return true
}

// restore puts the controls into the order that they had with us, where all say
// which that was.
func (r *importer) restore() {
	if slices.Contains(r.positions, 0) {
		return
	}
	order := make([]int, len(r.out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.positions[a], r.positions[b]) })
	sorted := make([]catalogue.Control, len(order))
	for i, at := range order {
		sorted[i] = r.out[at]
	}
	r.out = sorted
}
