package oscal

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"countersign.dev/internal/assurance/catalogue"
)

// version is the version of OSCAL that is written.
const version = "1.1.3"

// props collects properties of our namespace; what is empty is left out.
type props []property

func (p *props) add(name, value string) { p.explained(name, value, "") }

func (p *props) list(name string, values []string) {
	for _, v := range values {
		p.add(name, v)
	}
}

func (p *props) explained(name, value, remarks string) {
	if value = oneLine(value); value != "" {
		*p = append(*p, property{Name: name, NS: Namespace, Value: value, Remarks: remarks})
	}
}

func (p *props) table(name string, codes map[string]string) {
	for _, code := range catalogue.SortedCodes(codes) {
		p.explained(name, code, codes[code])
	}
}

// encode writes a document as people can read it.
func encode(w io.Writer, d *document) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// moment is a time as OSCAL writes it.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// The names of properties of ours that catalogues and profiles have in common.
const (
	propID           = "id"
	propSource       = "source"
	propVerification = "verification"
	propDigest       = "digest"
	propCatalogue    = "catalogue"
	propProfile      = "profile"
)

// WriteCatalogue writes a catalogue as an OSCAL catalogue that was last changed
// at a time. Heads that ask nothing themselves become groups, all others
// controls, those below a control inside it.
func WriteCatalogue(w io.Writer, c *catalogue.Catalogue, modified time.Time) error {
	e := &exporter{c: c, tokens: newTokens(), resources: map[string]string{}}
	for i := range c.Controls {
		e.tokens.of(c.Controls[i].ID)
	}
	for i := range c.Controls {
		e.position(&c.Controls[i], i+1)
	}
	out := &catalog{UUID: uuid("catalog", c.ID, c.Digest), Metadata: e.metadata(modified)}
	for _, top := range c.Children("") {
		if heading(c, top) {
			out.Groups = append(out.Groups, e.group(top))
		} else {
			out.Controls = append(out.Controls, e.control(top))
		}
	}
	if len(e.back.Resources) > 0 {
		out.BackMatter = &e.back
	}
	return encode(w, &document{Catalog: out})
}

// exporter turns one catalogue into OSCAL.
type exporter struct {
	c         *catalogue.Catalogue
	tokens    *tokens
	positions map[string]int
	resources map[string]string // UUIDs, by id of the catalogue
	back      backMatter
}

func (e *exporter) position(ctl *catalogue.Control, at int) {
	if e.positions == nil {
		e.positions = make(map[string]int, len(e.c.Controls))
	}
	e.positions[ctl.ID] = at
}

func (e *exporter) metadata(modified time.Time) *metadata {
	c := e.c
	var p props
	p.add(propID, c.ID)
	p.add("state", c.State)
	p.add(propSource, c.Source)
	p.add("licence-note", c.LicenceNote)
	p.add("id-note", c.IDNote)
	p.add("lifecycle-note", c.LifecycleNote)
	p.add(propVerification, c.Verification)
	p.add(propDigest, c.Digest)
	p.table("kind", c.Kinds)
	p.table("status-code", c.StatusCodes)
	p.table("evidence-form", c.EvidenceForms)
	p.table("condition", c.Conditions)
	p.table("feature", c.Features)
	return &metadata{
		Title: c.Title, LastModified: moment(modified), Version: c.Version, OSCALVersion: version, Props: p,
		Remarks: "How sure the lines are: " + c.Verification,
	}
}

// headings is the kinds of controls that only head others.
var headings = map[string]bool{"group": true, "section": true, "clause": true, "track": true}

// heading reports whether a control asks nothing by itself, so that it is a
// group in OSCAL. Groups stand in groups only.
func heading(c *catalogue.Catalogue, ctl *catalogue.Control) bool {
	if !c.Head(ctl.ID) || ctl.Status != "group" && !headings[ctl.Kind] {
		return false
	}
	up := c.Control(ctl.Parent)
	return up == nil || heading(c, up)
}

func (e *exporter) group(ctl *catalogue.Control) group {
	as := e.control(ctl)
	g := group{ID: as.ID, Class: as.Class, Title: as.Title, Props: as.Props, Links: as.Links}
	// What a group says is an overview there, a statement only in a control.
	g.Parts = []part{{ID: as.ID + "_ovw", Name: "overview", Prose: ctl.Statement}}
	// A group has groups or controls, never both.
	for _, child := range e.c.Children(ctl.ID) {
		if !heading(e.c, child) {
			g.Controls = as.Controls
			return g
		}
	}
	for _, child := range e.c.Children(ctl.ID) {
		g.Groups = append(g.Groups, e.group(child))
	}
	return g
}

func (e *exporter) control(ctl *catalogue.Control) control {
	id := e.tokens.of(ctl.ID)
	out := control{
		ID: id, Title: ctl.Title,
		Props: append([]property{{Name: "label", Value: ctl.ID}}, e.props(ctl)...),
		Links: e.links(ctl),
		Parts: []part{{ID: id + "_smt", Name: "statement", Prose: ctl.Statement}},
	}
	if tokenForm.MatchString(ctl.Kind) {
		out.Class = ctl.Kind
	}
	for _, child := range e.c.Children(ctl.ID) {
		out.Controls = append(out.Controls, e.control(child))
	}
	return out
}

func (e *exporter) props(ctl *catalogue.Control) []property {
	var p props
	p.add(propID, ctl.ID)
	// OSCAL keeps groups and controls apart and thereby their order in ours.
	p.add("position", strconv.Itoa(e.positions[ctl.ID]))
	if !tokenForm.MatchString(ctl.Kind) {
		p.add("kind", ctl.Kind)
	}
	p.add("status", ctl.Status)
	p.add("level", ctl.Level)
	p.add("applicability", ctl.Applicability)
	p.add("side", ctl.Side)
	p.add("clause", ctl.Clause)
	p.list("condition", ctl.Conditions)
	p.list("feature", ctl.Features)
	p.add("v2-1-1-id", ctl.V211ID)
	p.add("verify", ctl.Verify)
	p.add("ssdf-inherit", ctl.SSDFInherit)
	p.add("check", ctl.Check)
	p.list("with", ctl.With)
	if ctl.TakesUnknown {
		p.add("unknown", "accepted")
	}
	p.add("untested", ctl.Untested)
	p.add("mend", ctl.Mend)
	return p
}

// links is the controls of other catalogues that one names, each by the resource
// that is the catalogue.
func (e *exporter) links(ctl *catalogue.Control) []link {
	var out []link
	for _, l := range ctl.Links() {
		out = append(out, link{
			Href: "#" + e.resource(l.Catalogue), Rel: "related", Fragment: token(l.Control), Text: l.Control,
		})
	}
	return out
}

// resource is the UUID of the resource that stands for a catalogue.
func (e *exporter) resource(id string) string {
	if got, ok := e.resources[id]; ok {
		return got
	}
	var p props
	p.add(propCatalogue, id)
	r := resource{UUID: uuid("resource", id), Title: "Catalogue " + id, Props: p}
	e.back.Resources = append(e.back.Resources, r)
	e.resources[id] = r.UUID
	return r.UUID
}
