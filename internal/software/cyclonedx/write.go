package cyclonedx

import (
	"crypto/sha1"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/software"
)

const (
	written = "1.6" // the version that is written
	schema  = "http://cyclonedx.org/schema/bom-1.6.schema.json"
)

// Write writes a bill of any format as CycloneDX 1.6 in JSON that its schema
// accepts, with what it says of weaknesses. Equal bills give equal bytes.
// Components without a ref get one. A relation that CycloneDX has no word for
// is a property of the component that it is from, and read from there; those of
// services are left out.
func Write(w io.Writer, b *software.Bill) error {
	d := &document{encoder: newEncoder(w), bill: b, tree: nest(b), links: map[int][]software.BillLink{}, others: map[int][]string{}}
	d.call()
	for _, l := range b.Links {
		if !isDependency(l) {
			d.links[l.From] = append(d.links[l.From], l)
		}
	}
	for _, e := range b.Edges {
		if d.wordless(e) {
			d.others[e.From] = append(d.others[e.From], e.Kind+" "+d.refs[e.To])
		}
	}
	d.object(d.content)
	if d.err != nil {
		return fmt.Errorf("write bill %s: %w", b.ID, d.err)
	}
	return nil
}

// document is one that is being written.
type document struct {
	*encoder
	*tree
	bill  *software.Bill
	refs  []string // of each component
	taken map[string]bool
	links map[int][]software.BillLink // by what they are from

	others map[int][]string // relations that CycloneDX has no word for, by what they are from
}

func (d *document) content() {
	b := d.bill
	d.text("$schema", schema)
	d.text("bomFormat", "CycloneDX")
	d.text("specVersion", written)
	d.text("serialNumber", serial(b.ID))
	d.name("version")
	d.token(jsontext.Int(int64(max(b.Revision, 1))))
	d.objectAt("metadata", d.metadata)
	d.components("components", d.top, false)
	d.components("services", d.top, true)
	d.references(-1, "")
	d.dependencies()
	d.composition()
	d.weaknesses()
}

// call gives each component a ref of its own.
func (d *document) call() {
	d.taken = make(map[string]bool, len(d.bill.Components))
	d.refs = make([]string, len(d.bill.Components))
	for i := range d.bill.Components {
		if ref := d.bill.Components[i].Ref; ref != "" && !d.taken[ref] {
			d.refs[i], d.taken[ref] = ref, true
		}
	}
	for i, ref := range d.refs {
		if ref == "" {
			d.refs[i] = d.fresh("component-" + strconv.Itoa(i))
		}
	}
}

// fresh is a ref that nothing has, like the one given.
func (d *document) fresh(ref string) string {
	for d.taken[ref] {
		ref += "-"
	}
	d.taken[ref] = true
	return ref
}

var serialNumber = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// serial is the id of a bill as CycloneDX has it. One of another form, as the
// name space of SPDX, gives the name-based UUID of RFC 9562, section 5.5, in
// the name space for URLs.
func serial(id string) string {
	if id == "" || serialNumber.MatchString(strings.ToLower(id)) {
		return strings.ToLower(id)
	}
	urls := []byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	u := sha1.Sum(append(urls, id...)) // a name, not a proof
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// phases are those of the schema; others are written by name.
var phases = []string{"design", "pre-build", "build", "post-build", "operations", "discovery", "decommission"}

func (d *document) metadata() {
	b := d.bill
	if _, err := time.Parse(time.RFC3339, b.Created); err == nil {
		d.text("timestamp", b.Created)
	}
	contexts := distinct(b.Contexts)
	d.arrayAt("lifecycles", len(contexts), func(i int) {
		d.object(func() {
			if slices.Contains(phases, contexts[i]) {
				d.text("phase", contexts[i])
			} else {
				d.text("name", contexts[i])
			}
		})
	})
	if tools := distinct(b.Tools); len(tools) > 0 {
		d.objectAt("tools", func() {
			d.arrayAt("components", len(tools), func(i int) { d.object(func() { d.tool(tools[i]) }) })
		})
	}
	authors := distinct(b.Authors)
	d.arrayAt("authors", len(authors), func(i int) { d.object(func() { d.text("name", authors[i]) }) })
	if c := b.RootComponent(); c != nil {
		d.objectAt("component", func() { d.component(b.Root) })
	}
	d.called("supplier", b.Supplier)
	d.licences([]software.Licence{{Expression: b.Licence}})
}

// tool takes name and version apart.
func (d *document) tool(text string) {
	name, version := text, ""
	if at := strings.LastIndexByte(text, ' '); at > 0 && strings.ContainsAny(text[at:], "0123456789") {
		name, version = text[:at], text[at+1:]
	}
	d.text("type", "application")
	d.text("name", name)
	d.text("version", upTo(version, maxVersion))
}

// dependsOn are the kinds of relations that CycloneDX has one word for. What a
// dependency is for is said by the scope of the component.
var dependsOn = map[string]bool{
	"": true, "optional_dependency": true, "provided_dependency": true, "dev_dependency": true, "build_dependency": true, "test_dependency": true,
}

// wordless reports whether a relation stands neither in the dependency graph nor
// in how components are written within one another.
func (d *document) wordless(e software.Edge) bool {
	switch {
	case e.From < 0 || e.From >= len(d.refs) || e.To < 0 || e.To >= len(d.refs), dependsOn[e.Kind], e.Kind == "provides", !kindOfRelation.MatchString(e.Kind):
		return false
	case e.Kind == "contains":
		return e.From != d.bill.Root && d.parent[e.To] != e.From
	}
	return true
}

// isDependency reports whether a link stands in the dependency graph, where only
// parts of bills in CycloneDX can be named.
func isDependency(l software.BillLink) bool {
	return l.Type == linkDependsOn && strings.HasPrefix(l.Target, bomLink)
}

func (d *document) dependencies() {
	needs, provides := make([][]string, len(d.refs)), make([][]string, len(d.refs))
	any := false
	for _, e := range d.bill.Edges {
		if e.From < 0 || e.From >= len(d.refs) || e.To < 0 || e.To >= len(d.refs) {
			continue
		}
		switch {
		case dependsOn[e.Kind]:
			needs[e.From], any = append(needs[e.From], d.refs[e.To]), true
		case e.Kind == "provides":
			provides[e.From], any = append(provides[e.From], d.refs[e.To]), true
		}
	}
	for _, l := range d.bill.Links {
		if l.From >= 0 && l.From < len(d.refs) && isDependency(l) {
			needs[l.From], any = append(needs[l.From], l.Target), true
		}
	}
	if !any {
		return
	}
	d.name("dependencies")
	d.array(func() {
		for i, ref := range d.refs {
			if len(needs[i])+len(provides[i]) == 0 {
				continue
			}
			d.object(func() {
				d.text("ref", ref)
				d.texts("dependsOn", needs[i])
				d.texts("provides", provides[i])
			})
		}
	})
}

// composition says how complete the bill claims to be.
func (d *document) composition() {
	if !slices.Contains([]string{"complete", "incomplete", "unknown"}, d.bill.Complete) {
		return
	}
	d.arrayAt("compositions", 1, func(int) {
		d.object(func() {
			d.text("aggregate", d.bill.Complete)
			if d.bill.RootComponent() != nil {
				d.texts("assemblies", d.refs[d.bill.Root:d.bill.Root+1])
			}
		})
	})
}
