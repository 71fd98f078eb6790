package cyclonedx

import (
	"strings"

	"countersign.dev/internal/software"
)

func (r *jsonReader) components(parent int) {
	r.array(func() { r.component(parent) })
}

// component reads one and those nested in it. It gives its index; -1 when there
// is nothing to say of it.
func (r *jsonReader) component(parent int) int {
	i, ok := r.begin(parent)
	if !ok {
		return -1
	}
	var c, observed software.Component
	var p properties
	ref := int32(-1)
	r.object(func(name string) bool {
		switch name {
		case "bom-ref":
			ref = r.own()
		case "type":
			c.Type = r.word()
		case "purl":
			c.PURL = r.text()
		case "cpe":
			if cpe := r.text(); cpe != "" {
				c.CPEs = []string{cpe}
			}
		case "hashes":
			c.Hashes = r.hashes()
		case "scope":
			c.Scope = r.word()
		case "copyright":
			c.Copyright = r.text()
		case "components":
			r.components(i)
		case "properties":
			r.properties(&p)
			p.apply(&c)
		case "externalReferences":
			r.references(i, &c)
		case "evidence":
			r.evidence(&observed)
		default:
			return r.named(name, &c) || r.makers(name, &c)
		}
		return true
	})
	observe(&c, &observed)
	r.draft.relateOtherwise(ref, p.relations)
	return r.end(i, &c, ref)
}

// evidence reads what somebody found in the component itself.
func (r *jsonReader) evidence(observed *software.Component) {
	r.object(func(name string) bool {
		switch name {
		case "licenses":
			observed.Licences = r.licences()
		case "copyright":
			var notices []string
			r.array(func() {
				r.object(func(name string) bool {
					if name != "text" {
						return false
					}
					notices = append(notices, r.text())
					return true
				})
			})
			observed.Copyright = r.draft.notices(notices)
		default:
			return false
		}
		return true
	})
}

// named reads what components and services have in common.
func (r *jsonReader) named(name string, c *software.Component) bool {
	switch name {
	case "group":
		c.Group = r.word()
	case "name":
		c.Name = r.text()
	case "version":
		c.Version = r.word()
	case "licenses":
		c.Licences = r.licences()
	default:
		return false
	}
	return true
}

// makers reads who stands behind a component.
func (r *jsonReader) makers(name string, c *software.Component) bool {
	switch name {
	case "supplier":
		c.Supplier = r.organisation()
	case "manufacturer":
		c.Maker = r.organisation()
	case "publisher":
		c.Publisher = r.word()
	case "author":
		if author := r.word(); c.Author == "" {
			c.Author = author
		}
	case "authors": // since 1.6, when author was deprecated
		if all := r.people(); len(all) > 0 {
			c.Author = strings.Join(all, ", ")
		}
	default:
		return false
	}
	return true
}

func (r *jsonReader) services(parent int) {
	r.array(func() { r.service(parent) })
}

func (r *jsonReader) service(parent int) {
	i, ok := r.begin(parent)
	if !ok {
		return
	}
	c := software.Component{Type: service}
	ref := int32(-1)
	r.object(func(name string) bool {
		switch name {
		case "bom-ref":
			ref = r.own()
		case "provider":
			c.Supplier = r.organisation()
		case "services":
			r.services(i)
		case "externalReferences":
			r.references(i, &c)
		default:
			return r.named(name, &c)
		}
		return true
	})
	r.end(i, &c, ref)
}

// begin makes room for a component, if an object comes next.
func (r *jsonReader) begin(parent int) (int, bool) {
	if !r.is('{', "an object") {
		return 0, false
	}
	i, err := r.open(parent, int(r.dec.InputOffset()))
	r.fail(err)
	return i, err == nil
}

// end puts a component into its place.
func (r *jsonReader) end(i int, c *software.Component, ref int32) int {
	if r.err != nil {
		return -1
	}
	r.close(i, c, ref, r.place)
	if i >= len(r.draft.bill.Components) {
		return -1
	}
	return i
}

// own is the bom-ref that a component has; -1 for none.
func (r *jsonReader) own() int32 {
	if b := r.bytes(); len(b) > 0 {
		return r.ref(b)
	}
	return -1
}

func (r *jsonReader) hashes() []software.Hash {
	var out []software.Hash
	r.array(func() {
		var algorithm, value string
		r.object(func(name string) bool {
			switch name {
			case "alg":
				algorithm = r.word()
			case "content":
				value = r.text()
			default:
				return false
			}
			return true
		})
		if r.err != nil || algorithm == "" && value == "" {
			return
		}
		if h, wrong := hashOf(algorithm, value); wrong != "" {
			r.broken(r.place(), "%s", wrong)
		} else {
			out = append(out, h)
		}
	})
	return out
}

func (r *jsonReader) licences() []software.Licence {
	var out []software.Licence
	r.array(func() {
		var l software.Licence
		r.object(func(name string) bool {
			switch name {
			case "license":
				r.licence(&l)
			case "expression":
				l.Expression = r.word()
			case "acknowledgement":
				l.Acknowledged = r.word()
			default:
				return false
			}
			return true
		})
		if l.Expression != "" || l.Name != "" {
			out = append(out, l)
		}
	})
	return out
}

func (r *jsonReader) licence(l *software.Licence) {
	r.object(func(name string) bool {
		switch name {
		case "id":
			l.Expression = r.word()
		case "name":
			l.Name = r.word()
		case "acknowledgement":
			l.Acknowledged = r.word()
		default:
			return false
		}
		return true
	})
}

// references reads where more is to be found; of component i, or of the bill
// when c is nil.
func (r *jsonReader) references(i int, c *software.Component) {
	r.array(func() {
		var kind, url string
		r.object(func(name string) bool {
			switch name {
			case "type":
				kind = r.word()
			case "url":
				url = r.text()
			default:
				return false
			}
			return true
		})
		r.draft.reference(i, c, kind, url)
	})
}

// properties keeps those that are read of a list.
func (r *jsonReader) properties(p *properties) {
	r.array(func() {
		var called, value string
		r.object(func(name string) bool {
			switch name {
			case "name":
				called = r.word()
			case "value":
				if p.add(called, r.text) {
					return true
				}
				if called != "" && p.field(called) == nil {
					return false // known to be of no interest
				}
				value = r.text()
			default:
				return false
			}
			return true
		})
		if value != "" && p.add(called, func() string { return value }) {
			return
		}
		if f := p.field(called); f != nil && *f == "" {
			*f = value
		}
	})
}
