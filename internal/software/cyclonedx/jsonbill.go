package cyclonedx

import (
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// jsonReader reads a document in JSON.
type jsonReader struct {
	*cursor
	schema, format string
}

// readJSON fills the draft.
func readJSON(b []byte, d *draft) error {
	r := &jsonReader{cursor: newCursor(b, d)}
	if r.dec.PeekKind() != '{' {
		if r.skip(); r.err != nil {
			return r.err
		}
		return problem.New(problem.Invalid, "byte 0: want an object")
	}
	r.document()
	if r.err != nil {
		return r.err
	}
	if rest := r.dec.PeekKind(); rest != 0 || len(strings.TrimSpace(string(r.dec.UnreadBuffer()))) > 0 {
		return problem.New(problem.Invalid, "byte %d: something follows the end of the document", r.dec.InputOffset())
	}
	if r.format != "CycloneDX" && (r.format != "" || !strings.Contains(r.schema, "cyclonedx.org/schema/bom")) {
		return problem.New(problem.Invalid, "bomFormat is %s; want %q", quote(r.format), "CycloneDX")
	}
	return nil
}

func (r *jsonReader) document() {
	b := &r.draft.bill
	r.object(func(name string) bool {
		switch name {
		case "$schema":
			r.schema = r.text()
		case "bomFormat":
			r.format = r.text()
		case "specVersion":
			b.Version = r.text()
		case "serialNumber":
			b.ID = r.text()
		case "version":
			b.Revision = r.integer()
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
			r.weaknesses()
		case "signature":
			b.Signed = r.is('{', "an object")
			if b.Signed {
				r.skip()
			}
		default:
			return false
		}
		return true
	})
}

func (r *jsonReader) metadata() {
	b := &r.draft.bill
	r.object(func(name string) bool {
		switch name {
		case "timestamp":
			r.created(r.text(), r.place)
		case "tools":
			r.tools()
		case "authors":
			b.Authors = append(b.Authors, r.people()...)
		case "manufacturer":
			if name := r.organisation(); name != "" {
				b.Authors = append(b.Authors, name)
			}
		case "manufacture":
			r.manufacture = r.organisation()
		case "supplier":
			b.Supplier = r.organisation()
		case "component":
			b.Root = r.component(-1)
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
func (r *jsonReader) tools() {
	if r.dec.PeekKind() == '[' {
		r.array(r.tool)
		return
	}
	r.object(func(name string) bool {
		known := name == "components" || name == "services"
		if known {
			r.array(r.tool)
		}
		return known
	})
}

func (r *jsonReader) tool() {
	var called, version string
	r.object(func(name string) bool {
		switch name {
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
func (r *jsonReader) people() []string {
	var out []string
	r.array(func() {
		var called, mail string
		r.object(func(name string) bool {
			switch name {
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

func (r *jsonReader) organisation() (called string) {
	r.object(func(name string) bool {
		if name == "name" {
			called = r.word()
			return true
		}
		return false
	})
	return called
}

func (r *jsonReader) lifecycles() {
	b := &r.draft.bill
	r.array(func() {
		r.object(func(name string) bool {
			known := name == "phase" || name == "name"
			if known {
				if phase := r.text(); phase != "" {
					b.Contexts = append(b.Contexts, phase)
				}
			}
			return known
		})
	})
}

// dependencies reads the graph. A reference to a part of another bill is a
// link, see BOM-Link in the specification.
func (r *jsonReader) dependencies() {
	r.array(func() {
		r.fail(r.dependency())
		from := int32(-1)
		var to, provided []int32
		r.object(func(name string) bool {
			switch name {
			case "ref":
				from = r.target()
			case "dependsOn":
				to = r.targetsOf(to)
			case "provides":
				provided = r.targetsOf(provided)
			default:
				return false
			}
			return true
		})
		if r.err != nil {
			return
		}
		if from < 0 {
			r.broken(r.place(), "no ref; its relations are left out")
			return
		}
		r.fail(r.relateAll(from, to, false))
		r.fail(r.relateAll(from, provided, true))
	})
}

// target is what a bom-ref means; -1 for none.
func (r *jsonReader) target() int32 {
	b := r.bytes()
	if len(b) == 0 {
		return -1
	}
	t := r.ref(b)
	r.ask(t)
	return t
}

func (r *jsonReader) targetsOf(out []int32) []int32 {
	r.array(func() {
		if t := r.target(); t >= 0 {
			out = append(out, t)
		}
	})
	return out
}

func (r *jsonReader) compositions() {
	r.array(func() {
		var c claim
		r.object(func(name string) bool {
			switch name {
			case "aggregate":
				c.aggregate = r.word()
			case "assemblies", "dependencies", "vulnerabilities":
				r.array(func() {
					if b := r.bytes(); len(b) > 0 {
						c.of = append(c.of, r.ref(b))
					}
				})
			default:
				return false
			}
			return true
		})
		r.claim(c)
	})
}

// together is one expression of several licences that all count.
func together(all []software.Licence) string {
	var out []string
	for _, l := range all {
		text := l.Expression
		if text == "" {
			text = l.Name
		}
		if len(all) > 1 && l.Expression != "" && strings.Contains(text, " ") {
			text = "(" + text + ")"
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, " AND ")
}
