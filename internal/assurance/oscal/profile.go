package oscal

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

// WriteProfile writes a profile as an OSCAL profile that was last changed at a
// time. Set has the catalogues that it picks from. Each catalogue becomes an
// import of the file that [WriteCatalogue] would write, ID.json beside this one;
// what a line asks of a control is added to it as properties of ours, which
// belong together by their group. Heads that are groups in OSCAL cannot be
// selected there; they are kept in the metadata.
func WriteProfile(w io.Writer, p *catalogue.Profile, set *catalogue.Set, modified time.Time) error {
	x := &profileExporter{p: p, set: set, alters: map[string]int{}}
	out := &profile{UUID: uuid("profile", p.ID, p.Digest), Merge: &merge{AsIs: true}}
	for i := range p.Asks {
		if err := x.ask(&p.Asks[i], "line-"+strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	for _, id := range p.Catalogues() {
		out.Imports = append(out.Imports, x.imported(id))
	}
	out.Metadata = x.metadata(modified)
	out.Modify, out.BackMatter = &modify{Alters: x.out}, &x.back
	return encode(w, &document{Profile: out})
}

type profileExporter struct {
	p        *catalogue.Profile
	set      *catalogue.Set
	out      []alter
	alters   map[string]int // place in out, by ref
	headings props          // of the metadata
	back     backMatter
}

func (x *profileExporter) metadata(modified time.Time) *metadata {
	var p props
	p.add(propID, x.p.ID)
	p.add("purpose", x.p.Purpose)
	p.add("basis", x.p.Basis)
	p.add(propSource, x.p.Source)
	p.add("note", x.p.Note)
	p.add(propVerification, x.p.Verification)
	p.add("duty-from", string(x.p.From))
	p.add("duty-until", string(x.p.Until))
	p.add(propDigest, x.p.Digest)
	for _, t := range x.p.Tiers {
		of := "tier-" + strconv.Itoa(t.Number)
		p = append(p, property{Name: "tier-title", NS: Namespace, Value: t.Title, Group: of})
		p = append(p, property{Name: "tier-statement", NS: Namespace, Value: t.Statement, Group: of})
	}
	p.table("feature", x.p.Features)
	return &metadata{
		Title: x.p.Title, LastModified: moment(modified), Version: x.p.Version, OSCALVersion: version,
		Props: append(p, x.headings...), Remarks: "How sure the selection is: " + x.p.Verification,
	}
}

// ask puts one line of the profile to each control that it picks.
func (x *profileExporter) ask(a *catalogue.Ask, of string) error {
	picked, err := x.p.Pick(x.set, a)
	if err != nil {
		return problem.New(problem.NotFound, "profile %s: %w", x.p.ID, err)
	}
	for i := range picked {
		s := &picked[i]
		if heading(s.Catalogue, s.Control) {
			x.headings = append(x.headings, asked(a, s, of)...)
			continue
		}
		at, ok := x.alters[s.Ref()]
		if !ok {
			at = len(x.out)
			x.alters[s.Ref()] = at
			x.out = append(x.out, alter{ControlID: token(s.Control.ID)})
		}
		x.out[at].Adds = append(x.out[at].Adds, add{Position: "ending", Props: asked(a, s, of)})
	}
	return nil
}

// asked is the properties that say what a line asks of one control.
func asked(a *catalogue.Ask, s *catalogue.Selected, of string) []property {
	var p props
	p.add("control", s.Ref())
	if a.Tier > 0 {
		p.add("tier", strconv.Itoa(a.Tier))
	}
	p.add("ask", map[bool]string{true: "required", false: "recommended"}[a.Required])
	p.add("method", a.Method)
	p.add("automatic", a.Automatic)
	p.list("when", a.When)
	p.add("because", a.Because)
	for i := range p {
		p[i].Group = of
	}
	return p
}

// imported is the import of one catalogue with the controls that are altered.
func (x *profileExporter) imported(id string) imported {
	c := x.set.Catalogue(id)
	ids := newTokens()
	in := imported{Include: []selector{{Children: "no"}}}
	for i := range c.Controls {
		t := ids.of(c.Controls[i].ID)
		if at, ok := x.alters[id+"/"+c.Controls[i].ID]; ok {
			x.out[at].ControlID = t
			in.Include[0].IDs = append(in.Include[0].IDs, t)
		}
	}
	var p props
	p.add(propCatalogue, id)
	p.add(propDigest, c.Digest)
	r := resource{
		UUID: uuid("resource", id), Title: c.Title, Props: p,
		RLinks: []resourceLink{{Href: id + ".json", MediaType: "application/oscal+json"}},
	}
	x.back.Resources = append(x.back.Resources, r)
	in.Href = "#" + r.UUID
	return in
}

// Naming gives the id of the catalogue that an import of a profile means, by
// its address.
type Naming func(href string) string

// ReadProfile reads an OSCAL profile. Naming says which catalogues its imports
// are; with nil they are named after the file that the import leads to. Of a
// profile that another made, every control that it selects is required, and by
// no method. An error is of kind [problem.Invalid] or [problem.TooLarge] and
// names the place; selections by pattern and changes to controls are left out
// and told in notes.
func ReadProfile(b []byte, naming Naming) (*catalogue.Profile, []Note, error) {
	d, err := open(b, modelProfile)
	if err != nil {
		return nil, nil, err
	}
	in := d.Profile
	if in == nil {
		return nil, nil, problem.New(problem.Invalid, "profile: want an object, found null")
	}
	if err := in.Metadata.check(modelProfile); err != nil {
		return nil, nil, err
	}
	if len(in.Imports) == 0 {
		return nil, nil, problem.New(problem.Invalid, "profile/imports: missing")
	}
	r := &profileImporter{in: in, naming: naming}
	p := r.header()
	if !r.ours(&p) {
		r.foreign(&p)
	}
	out, err := catalogue.NewProfile(p, b)
	return out, r.notes.done(), err
}

type profileImporter struct {
	notes
	in     *profile
	naming Naming
}

func (r *profileImporter) header() catalogue.Profile {
	m := r.in.Metadata
	props := m.Props
	p := catalogue.Profile{
		ID: cmp.Or(first(props, propID), slug(oneLine(m.Title))), Title: oneLine(m.Title), Version: oneLine(m.Version),
		Purpose: cmp.Or(first(props, "purpose"), "operate"), Basis: cmp.Or(first(props, "basis"), "not said"), Note: first(props, "note"),
		Source:       cmp.Or(first(props, propSource), fmt.Sprintf("OSCAL profile %s, %s, of %s", oneLine(m.Title), oneLine(m.Version), oneLine(m.LastModified))),
		Verification: cmp.Or(first(props, propVerification), foreign),
		From:         r.day(props, "duty-from"), Until: r.day(props, "duty-until"), Features: codes(props, "feature"),
	}
	for n := 1; ; n++ {
		var of []property
		for _, prop := range props {
			if prop.Group == "tier-"+strconv.Itoa(n) {
				of = append(of, prop)
			}
		}
		if first(of, "tier-title") == "" {
			return p
		}
		p.Tiers = append(p.Tiers, catalogue.Tier{Number: n, Title: first(of, "tier-title"), Statement: first(of, "tier-statement")})
	}
}

func (r *profileImporter) day(all []property, name string) access.Date {
	v := first(all, name)
	if v == "" {
		return ""
	}
	d, err := access.ParseDate(v)
	if err != nil {
		r.tell("profile/metadata/props", "%s: %v", name, err)
	}
	return d
}

// ours reads the lines of a profile that [WriteProfile] wrote, and reports
// whether it is one.
func (r *profileImporter) ours(p *catalogue.Profile) bool {
	all := slices.Clone(r.in.Metadata.Props)
	if r.in.Modify != nil {
		for _, a := range r.in.Modify.Alters {
			for _, add := range a.Adds {
				all = append(all, add.Props...)
			}
		}
	}
	lines := map[int][]property{}
	for _, prop := range all {
		if n, err := strconv.Atoi(strings.TrimPrefix(prop.Group, "line-")); err == nil && prop.NS == Namespace && strings.HasPrefix(prop.Group, "line-") {
			lines[n] = append(lines[n], prop)
		}
	}
	numbers := make([]int, 0, len(lines))
	for n := range lines {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if a, ok := r.line(n, lines[n]); ok {
			p.Asks = append(p.Asks, a)
		}
	}
	return len(p.Asks) > 0
}

// line is one line of a profile of ours by its properties, which come again for
// each control.
func (r *profileImporter) line(n int, props []property) (catalogue.Ask, bool) {
	a := catalogue.Ask{
		Required: first(props, "ask") == "required", Method: first(props, "method"), Automatic: first(props, "automatic"),
		Because: first(props, "because"), Tier: atoi(first(props, "tier")),
	}
	a.When = distinct(own(props, "when"))
	for _, ref := range own(props, "control") {
		id, control, found := strings.Cut(ref, "/")
		if !found || a.Catalogue != "" && a.Catalogue != id {
			r.tell("profile/modify/alters", "line %d: control %q: left out", n, clip(ref))
			continue
		}
		a.Catalogue, a.Controls = id, append(a.Controls, control)
	}
	a.Controls = distinct(a.Controls)
	return a, len(a.Controls) > 0
}

// distinct is texts in their order, each once.
func distinct(all []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// foreign reads the imports of a profile that another made.
func (r *profileImporter) foreign(p *catalogue.Profile) {
	if r.in.Modify != nil {
		r.tell("profile/modify", "parameters and changes to controls are left out")
	}
	for i := range r.in.Imports {
		place, in := fmt.Sprintf("profile/imports/%d", i), &r.in.Imports[i]
		a := catalogue.Ask{Catalogue: r.named(in.Href), Required: true, All: in.All != nil}
		for j, s := range in.Include {
			if len(s.Matching) > 0 {
				r.tell(fmt.Sprintf("%s/include-controls/%d", place, j), "selection by a pattern: left out")
			}
			if s.Children == "yes" {
				a.Branches = append(a.Branches, s.IDs...)
			} else {
				a.Controls = append(a.Controls, s.IDs...)
			}
		}
		for j, s := range in.Exclude {
			if len(s.Matching) > 0 || s.Children == "yes" {
				r.tell(fmt.Sprintf("%s/exclude-controls/%d", place, j), "only the controls named are excluded, none by a pattern and none below them")
			}
			a.Except = append(a.Except, s.IDs...)
		}
		a.Branches, a.Controls, a.Except = distinct(a.Branches), distinct(a.Controls), distinct(a.Except)
		switch {
		case a.Catalogue == "":
			r.tell(place, "href %q names no catalogue: left out", clip(in.Href))
		case !a.All && len(a.Branches)+len(a.Controls) == 0:
			r.tell(place, "selects nothing: left out")
		default:
			p.Asks = append(p.Asks, a)
		}
	}
}

// named is the id of the catalogue that an import leads to.
func (r *profileImporter) named(href string) string {
	resolved, title := href, ""
	if r.in.BackMatter != nil && strings.HasPrefix(href, "#") {
		for _, res := range r.in.BackMatter.Resources {
			if "#"+res.UUID != href {
				continue
			}
			title = res.Title
			for _, l := range res.RLinks {
				if strings.HasSuffix(l.Href, ".json") || resolved == href {
					resolved = l.Href
				}
			}
		}
	}
	if r.naming != nil {
		return r.naming(resolved)
	}
	if strings.HasPrefix(resolved, "#") {
		return slug(title)
	}
	base := path.Base(resolved)
	return slug(strings.TrimSuffix(base, path.Ext(base)))
}
