package cyclonedx

import (
	"bytes"
	"encoding/xml"
	"strings"

	"countersign.dev/internal/problem"
)

// xmlReader reads a document in XML.
type xmlReader struct{ *xmlCursor }

// readXML fills the draft.
func readXML(b []byte, d *draft) error {
	r := &xmlReader{newXMLCursor(b, d)}
	root, ok := r.root()
	if r.err != nil {
		return r.err
	}
	version, own := strings.CutPrefix(root.Name.Space, namespaces+"bom/")
	if !ok || root.Name.Local != "bom" || !own {
		return problem.New(problem.Invalid, "line %d: the root is <%s>; want <bom> in the name space %sbom/1.6", r.line(), clip(root.Name.Local), namespaces)
	}
	d.bill.Version = version
	d.bill.ID = r.attr(root, "serialNumber")
	d.bill.Revision = r.integer(r.attr(root, "version"))
	r.document()
	r.trailer()
	return r.err
}

// root is the first element.
func (r *xmlReader) root() (xml.StartElement, bool) {
	for r.err == nil {
		switch t := r.next().(type) {
		case xml.StartElement:
			return t, true
		case nil:
			return xml.StartElement{}, false
		}
	}
	return xml.StartElement{}, false
}

// trailer looks at what follows the end of the root.
func (r *xmlReader) trailer() {
	for r.err == nil {
		switch t := r.next().(type) {
		case nil:
			return
		case xml.CharData:
			if len(bytes.TrimSpace(t)) == 0 {
				continue
			}
			r.fail(problem.New(problem.Invalid, "line %d: something follows the end of <bom>", r.line()))
		default:
			r.fail(problem.New(problem.Invalid, "line %d: something follows the end of <bom>", r.line()))
		}
	}
}

// signatures is the name space of signatures in XML (W3C, XML Signature
// Syntax and Processing).
const signatures = "http://www.w3.org/2000/09/xmldsig#"

func (r *xmlReader) document() {
	for r.err == nil {
		switch t := r.next().(type) {
		case xml.StartElement:
			if t.Name.Space == signatures && t.Name.Local == "Signature" {
				r.draft.bill.Signed = true
			}
			if !strings.HasPrefix(t.Name.Space, namespaces) || !r.once(0, t, r.part) {
				r.skip()
			}
		case xml.EndElement, nil:
			return
		}
	}
}

func (r *xmlReader) part(e xml.StartElement) bool {
	switch e.Name.Local {
	case "metadata":
		r.metadata()
	case "components":
		r.components(-1)
	case "services":
		r.services(-1)
	case "externalReferences":
		r.references(-1, nil)
	case "dependencies":
		r.dependencies()
	case "compositions":
		r.compositions()
	case "vulnerabilities":
		r.weaknesses("")
	default:
		return false
	}
	return true
}

func (r *xmlReader) metadata() {
	b := &r.draft.bill
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "timestamp":
			r.created(r.text(), r.place)
		case "tools":
			r.tools()
		case "authors":
			b.Authors = append(b.Authors, r.people()...)
		case "manufacturer":
			if name := r.first("name"); name != "" {
				b.Authors = append(b.Authors, name)
			}
		case "manufacture":
			r.manufacture = r.first("name")
		case "supplier":
			b.Supplier = r.first("name")
		case "component":
			b.Root = r.component(e, -1)
		case "licenses":
			b.Licence = together(r.licences())
		case "lifecycles":
			r.lifecycles()
		case "properties":
			var p properties
			r.properties(&p)
			r.endOfLife = p.endOfLife()
		default:
			return false
		}
		return true
	})
}

// tools are a list up to 1.4, components and services since.
func (r *xmlReader) tools() {
	r.each(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "tool":
			r.tool()
		case "components", "services":
			r.each(func(xml.StartElement) bool { r.tool(); return true })
		default:
			return false
		}
		return true
	})
}

func (r *xmlReader) tool() {
	var called, version string
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "name":
			called = r.text()
		case "version":
			version = r.text()
		default:
			return false
		}
		return true
	})
	r.draft.tool(called, version)
}

// people are the names of persons, or their addresses for want of these.
func (r *xmlReader) people() []string {
	var out []string
	r.every("author", func(xml.StartElement) {
		var called, mail string
		r.fields(func(e xml.StartElement) bool {
			switch e.Name.Local {
			case "name":
				called = r.text()
			case "email":
				mail = r.text()
			default:
				return false
			}
			return true
		})
		if called == "" {
			called = mail
		}
		if called != "" {
			out = append(out, called)
		}
	})
	return out
}

func (r *xmlReader) lifecycles() {
	b := &r.draft.bill
	r.every("lifecycle", func(xml.StartElement) {
		r.fields(func(e xml.StartElement) bool {
			known := e.Name.Local == "phase" || e.Name.Local == "name"
			if known {
				if phase := r.text(); phase != "" {
					b.Contexts = append(b.Contexts, phase)
				}
			}
			return known
		})
	})
}

// dependencies reads the graph, whose entries have what they depend on nested
// in them.
func (r *xmlReader) dependencies() {
	r.every("dependency", func(e xml.StartElement) {
		r.fail(r.dependency())
		from := r.target(e)
		if from < 0 {
			r.broken(r.place(), "<dependency> has no ref; its relations are left out")
			r.skip()
			return
		}
		r.each(func(e xml.StartElement) bool {
			provides := e.Name.Local == "provides"
			if provides || e.Name.Local == "dependency" {
				if to := r.target(e); to >= 0 {
					r.fail(r.relate(from, to, provides))
				}
			}
			return false
		})
	})
}

// target is what the ref of an element means; -1 for none.
func (r *xmlReader) target(e xml.StartElement) int32 {
	name := r.attr(e, "ref")
	if name == "" {
		return -1
	}
	t := r.ref([]byte(name))
	r.ask(t)
	return t
}

func (r *xmlReader) compositions() {
	r.every("composition", func(xml.StartElement) {
		var c claim
		r.fields(func(e xml.StartElement) bool {
			switch e.Name.Local {
			case "aggregate":
				c.aggregate = r.word()
			case "assemblies", "dependencies", "vulnerabilities":
				r.each(func(e xml.StartElement) bool {
					if name := r.attr(e, "ref"); name != "" {
						c.of = append(c.of, r.ref([]byte(name)))
					}
					return false
				})
			default:
				return false
			}
			return true
		})
		r.claim(c)
	})
}
