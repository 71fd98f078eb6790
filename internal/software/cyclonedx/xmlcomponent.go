package cyclonedx

import (
	"encoding/xml"
	"strings"

	"countersign.dev/internal/software"
)

func (r *xmlReader) components(parent int) {
	r.every("component", func(e xml.StartElement) { r.component(e, parent) })
}

// component reads one and those nested in it. It gives its index; -1 when there
// is nothing to say of it.
func (r *xmlReader) component(e xml.StartElement, parent int) int {
	i, err := r.open(parent, int(r.dec.InputOffset()))
	if r.fail(err); err != nil {
		return -1
	}
	c, observed := software.Component{Type: r.common([]byte(r.attr(e, "type")))}, software.Component{}
	var p properties
	ref := r.own(e)
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
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
		case "vulnerabilities": // the extension of before 1.4
			r.weaknesses(r.refText(ref))
		default:
			return r.named(e.Name.Local, &c) || r.makers(e.Name.Local, &c)
		}
		return true
	})
	observe(&c, &observed)
	r.draft.relateOtherwise(ref, p.relations)
	return r.end(i, &c, ref)
}

// evidence reads what somebody found in the component itself.
func (r *xmlReader) evidence(observed *software.Component) {
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "licenses":
			observed.Licences = r.licences()
		case "copyright":
			observed.Copyright = r.draft.notices(r.texts("text"))
		default:
			return false
		}
		return true
	})
}

// named reads what components and services have in common.
func (r *xmlReader) named(name string, c *software.Component) bool {
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
func (r *xmlReader) makers(name string, c *software.Component) bool {
	switch name {
	case "supplier":
		c.Supplier = r.first("name")
	case "manufacturer":
		c.Maker = r.first("name")
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

func (r *xmlReader) services(parent int) {
	r.every("service", func(e xml.StartElement) { r.service(e, parent) })
}

func (r *xmlReader) service(e xml.StartElement, parent int) {
	i, err := r.open(parent, int(r.dec.InputOffset()))
	if r.fail(err); err != nil {
		return
	}
	c := software.Component{Type: service}
	ref := r.own(e)
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "provider":
			c.Supplier = r.first("name")
		case "services":
			r.services(i)
		case "externalReferences":
			r.references(i, &c)
		default:
			return r.named(e.Name.Local, &c)
		}
		return true
	})
	r.end(i, &c, ref)
}

// end puts a component into its place.
func (r *xmlReader) end(i int, c *software.Component, ref int32) int {
	if r.err != nil {
		return -1
	}
	r.close(i, c, ref, r.place)
	if i >= len(r.draft.bill.Components) {
		return -1
	}
	return i
}

// own is the bom-ref that an element has; -1 for none.
func (r *xmlReader) own(e xml.StartElement) int32 {
	if name := r.attr(e, "bom-ref"); name != "" {
		return r.ref([]byte(name))
	}
	return -1
}

func (r *xmlReader) refText(t int32) string {
	if t < 0 {
		return ""
	}
	return r.targets[t].ref
}

func (r *xmlReader) hashes() []software.Hash {
	var out []software.Hash
	r.every("hash", func(e xml.StartElement) {
		algorithm, value := r.attr(e, "alg"), r.text()
		if r.err != nil || algorithm == "" && value == "" {
			return
		}
		if h, wrong := hashOf(algorithm, value); wrong != "" {
			r.broken(r.place(), "<hash>: %s", wrong)
		} else {
			out = append(out, h)
		}
	})
	return out
}

func (r *xmlReader) licences() []software.Licence {
	var out []software.Licence
	r.each(func(e xml.StartElement) bool {
		l := software.Licence{Acknowledged: r.common([]byte(r.attr(e, "acknowledgement")))}
		switch e.Name.Local {
		case "license":
			r.licence(&l)
		case "expression":
			l.Expression = r.word()
		case "expression-detailed": // since 1.7
			l.Expression = r.common([]byte(r.attr(e, "expression")))
			r.skip()
		default:
			return false
		}
		if l.Expression != "" || l.Name != "" {
			out = append(out, l)
		}
		return true
	})
	return out
}

func (r *xmlReader) licence(l *software.Licence) {
	r.fields(func(e xml.StartElement) bool {
		switch e.Name.Local {
		case "id":
			l.Expression = r.word()
		case "name":
			l.Name = r.word()
		default:
			return false
		}
		return true
	})
}

// references reads where more is to be found; of component i, or of the bill
// when c is nil.
func (r *xmlReader) references(i int, c *software.Component) {
	r.every("reference", func(e xml.StartElement) {
		kind, url := r.attr(e, "type"), r.first("url")
		r.draft.reference(i, c, kind, url)
	})
}

// properties keeps those that are read of a list.
func (r *xmlReader) properties(p *properties) {
	r.every("property", func(e xml.StartElement) {
		if p.add(r.attr(e, "name"), r.text) {
			return
		}
		f := p.field(r.attr(e, "name"))
		if f == nil || *f != "" {
			r.skip()
			return
		}
		*f = r.text()
	})
}
