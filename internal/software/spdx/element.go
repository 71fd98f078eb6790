package spdx

import (
	"bytes"
	"strings"

	"countersign.dev/internal/software"
)

// element is one element of an SPDX 3 document with those of its properties
// that are read, whatever its type: the type may stand behind them. Bytes are
// parts of the document.
type element struct {
	kind string // its type
	id   []byte
	at   int // where the element begins

	component software.Component
	purpose   string
	source    []byte
	supplier  []byte
	makers    [][]byte

	from     end
	to       []end
	relation string
	scope    string
	complete string

	creation []byte // id of its creation information
	made     creation
	roots    [][]byte
	data     []byte // licence of the document's data
	stages   [][]byte
	imports  []string

	expression []byte
	members    [][]byte // of a set of licences
	operand    []byte   // licence that an operator is applied to
	addition   []byte

	comment string
	weak    assessment
}

// creation is who made elements, when and with what.
type creation struct {
	version, created string
	by, using        [][]byte
}

// terms is what names are written in full with.
const terms = "/terms/"

// plainName is a name as the context document of SPDX 3 has it, also of one
// that is written in full: software_Package for
// https://spdx.org/rdf/3.0.1/terms/Software/Package.
func plainName(s string) string {
	i := strings.Index(s, terms)
	if i < 0 {
		return s
	}
	profile, local, _ := strings.Cut(s[i+len(terms):], "/")
	if strings.EqualFold(profile, "core") {
		return local
	}
	return strings.ToLower(profile) + "_" + local
}

// word reads a name out of a vocabulary, the last part of it where it is written
// in full.
func (r *document3) word(name string, into *string) error {
	b, err := r.first(name)
	*into = r.scanner.shared.text(b[bytes.LastIndexByte(b, '/')+1:])
	return err
}

// typeName reads the type of an element.
func (r *document3) typeName(into *string) error {
	b, err := r.first("type")
	*into = plainName(r.scanner.shared.text(b))
	return err
}

// elementMember reads one property of an element.
func (r *document3) elementMember(e *element, name []byte) (err error) {
	s := r.scanner
	n := plainName(s.shared.text(name))
	switch n {
	case "type", "@type":
		err = r.typeName(&e.kind)
	case "spdxId", "@id":
		e.id, _, err = s.raw(n)
	case "name":
		err = s.text(n, &e.component.Name)
	case "comment":
		err = s.text(n, &e.comment)
	case "creationInfo":
		e.creation, err = r.first(n)
	case "verifiedUsing":
		err = s.inner(n, func() error { return r.digest(e) })
	case "suppliedBy":
		e.supplier, err = r.first(n)
	case "originatedBy":
		e.makers, err = r.all(n)
	case "validUntilTime":
		err = s.text(n, &e.component.EndOfLife)
	case "externalIdentifier":
		err = s.inner(n, func() error { return r.identifier(e) })
	case "from", "to", "relationshipType", "scope", "completeness":
		return r.relationMember(e, n)
	case "rootElement":
		e.roots, err = r.all(n)
	case "element":
		_, err = r.all(n)
	case "dataLicense":
		e.data, err = r.first(n)
	case "import":
		err = s.inner(n, func() error { return r.imported(e) })
	default:
		return r.profileMember(e, n)
	}
	return err
}

// relationMember reads a property of a relationship.
func (r *document3) relationMember(e *element, name string) (err error) {
	switch name {
	case "from":
		var ends []end
		if ends, err = r.ends(name); len(ends) > 0 {
			e.from = ends[0]
		}
	case "to":
		e.to, err = r.ends(name)
	case "relationshipType":
		err = r.word(name, &e.relation)
	case "scope":
		err = r.word(name, &e.scope)
	case "completeness":
		err = r.word(name, &e.complete)
	}
	return err
}

// profileMember reads a property of one of the profiles.
func (r *document3) profileMember(e *element, name string) (err error) {
	s, c := r.scanner, &e.component
	switch name {
	case "software_packageVersion":
		return s.text(name, &c.Version)
	case "software_packageUrl":
		var locator string
		err = s.text(name, &locator)
		refer(c, reference{"purl", locator})
		return err
	case "software_downloadLocation":
		return s.often(name, &c.Download)
	case "software_copyrightText":
		return s.often(name, &c.Copyright)
	case "software_primaryPurpose":
		err = r.word(name, &e.purpose)
	case "software_sourceInfo":
		e.source, _, err = s.raw(name)
	case "software_sbomType":
		e.stages, err = r.all(name)
	case "specVersion":
		return s.text(name, &e.made.version)
	case "created":
		return s.text(name, &e.made.created)
	case "createdBy":
		e.made.by, err = r.all(name)
	case "createdUsing":
		e.made.using, err = r.all(name)
	case "simplelicensing_licenseExpression":
		e.expression, _, err = s.raw(name)
	case "expandedlicensing_member":
		e.members, err = r.all(name)
	case "expandedlicensing_subjectLicense", "expandedlicensing_subjectExtendableLicense":
		e.operand, err = r.first(name)
	case "expandedlicensing_subjectAddition":
		e.addition, err = r.first(name)
	default:
		return r.securityMember(e, name)
	}
	return err
}

// digest reads an integrity method; those that are no hash say nothing here.
func (r *document3) digest(e *element) error {
	var kind string
	var algorithm, value []byte
	s := r.scanner
	err := s.object("", func(name []byte) (err error) {
		switch string(name) {
		case "type", "@type":
			err = r.typeName(&kind)
		case "algorithm":
			algorithm, _, err = s.raw("algorithm")
		case "hashValue":
			value, _, err = s.raw("hashValue")
		default:
			err = s.skip()
		}
		return err
	})
	if err != nil || kind != "Hash" || algorithm == nil || value == nil {
		return err
	}
	h, fault := hashOf(algorithm, value)
	if fault != "" {
		s.wrong("hashValue", "%s", fault)
	} else if h.Value != "" {
		e.component.Hashes = append(e.component.Hashes, h)
	}
	return nil
}

// identifiers3 are the kinds of external identifiers as SPDX 2 calls them.
var identifiers3 = map[string]string{"packageUrl": "purl", "cpe22": "cpe22Type", "cpe23": "cpe23Type"}

// identifier reads an external identifier.
func (r *document3) identifier(e *element) error {
	var kind, value []byte
	s := r.scanner
	err := s.object("", func(name []byte) (err error) {
		switch string(name) {
		case "externalIdentifierType":
			kind, _, err = s.raw("externalIdentifierType")
		case "identifier":
			value, _, err = s.raw("identifier")
		default:
			err = s.skip()
		}
		return err
	})
	switch k := string(kind); k {
	case "packageUrl", "cpe22", "cpe23":
		refer(&e.component, reference{identifiers3[k], string(value)})
	case "cve", "securityOther":
		e.weak.ids = append(e.weak.ids, identifier{k, string(value)})
	}
	return err
}

// imported reads where an element of another document is to be had.
func (r *document3) imported(e *element) error {
	return r.scanner.object("", func(name []byte) error {
		if string(name) != "externalSpdxId" {
			return r.scanner.skip()
		}
		var id string
		err := r.scanner.text("externalSpdxId", &id)
		if id != "" {
			e.imports = append(e.imports, id)
		}
		return err
	})
}
