package spdx

import (
	"context"
	"regexp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// document2 reads SPDX 2 in JSON. The order of members is free, so what cannot
// be read yet is passed over, and read at the end.
type document2 struct {
	*draft
	scanner   *scanner
	pause     func() error // looks at the context now and then
	version   string
	versionAt int    // its offset, or where the document begins
	want      string // id of the file that is the release; "" when none is

	packages      bool  // were read
	relationships []int // offsets of lists that stood before them
	rec           record
}

// pause looks at the context once in a thousand calls.
func pause(ctx context.Context) func() error {
	n := 0
	return func() error {
		if n++; n%1000 != 0 {
			return nil
		}
		return ctx.Err()
	}
}

// member reads one member of the document.
func (r *document2) member(name []byte) error {
	s := r.scanner
	switch string(name) {
	case "spdxVersion":
		return r.versionOf()
	case "SPDXID":
		return s.text("SPDXID", &r.document)
	case "name":
		return s.text("name", &r.bill.Name)
	case "documentNamespace":
		return s.text("documentNamespace", &r.bill.ID)
	case "dataLicense":
		return s.text("dataLicense", &r.bill.Licence)
	case "comment":
		return r.comment()
	case "creationInfo":
		return s.object("creationInfo", r.creation)
	case "documentDescribes":
		return s.array("documentDescribes", func(int) error { return r.describedOf() })
	case "externalDocumentRefs":
		return s.list("externalDocumentRefs", r.external)
	case "hasExtractedLicensingInfos":
		return s.list("hasExtractedLicensingInfos", r.licence)
	case "packages":
		r.packages = true
		return s.list("packages", r.pkg)
	case "files":
		if r.want != "" {
			return s.list("files", r.file)
		}
		return s.list("files", r.aside)
	case "snippets":
		return s.list("snippets", r.aside)
	case "relationships":
		if !r.packages || r.want != "" {
			r.relationships = append(r.relationships, s.next())
			return s.skip()
		}
		return s.list("relationships", r.relationship)
	}
	return s.skip()
}

func (r *document2) comment() error {
	var text string
	err := r.scanner.text("comment", &text)
	r.context(text)
	return err
}

func (r *document2) creation(name []byte) error {
	s := r.scanner
	switch string(name) {
	case "created":
		return s.text("creationInfo.created", &r.bill.Created)
	case "comment":
		return r.comment()
	case "creators":
		return s.array("creationInfo.creators", func(int) error { return r.creatorOf() })
	}
	return s.skip()
}

// creatorOf reads a creator. Old tools write {"Person": "Name"}.
func (r *document2) creatorOf() error {
	var text string
	if r.scanner.dec.PeekKind() != '{' {
		err := r.scanner.text("creationInfo.creators", &text)
		r.creator(text)
		return err
	}
	return r.scanner.object("", func(name []byte) error {
		kind := string(name)
		err := r.scanner.text("creationInfo.creators", &text)
		r.creator(kind + ": " + text)
		return err
	})
}

// describe reads the id of something that the document describes.
func (r *document2) describedOf() error {
	id, at, err := r.scanner.raw("documentDescribes")
	if id == nil {
		return err
	}
	r.later = append(r.later, end{id, at})
	return tooMany(len(r.later), r.limits.Relations, "described elements")
}

func (r *document2) external() error {
	var ref, uri string
	err := r.scanner.object("", func(name []byte) error {
		switch string(name) {
		case "externalDocumentId":
			return r.scanner.text("externalDocumentId", &ref)
		case "spdxDocument":
			return r.scanner.text("spdxDocument", &uri)
		}
		return r.scanner.skip()
	})
	if ref != "" && uri != "" {
		r.documents[ref] = uri
	}
	return err
}

func (r *document2) licence() error {
	var id, name string
	err := r.scanner.object("", func(member []byte) error {
		switch string(member) {
		case "licenseId":
			return r.scanner.text("licenseId", &id)
		case "name":
			return r.scanner.text("name", &name)
		}
		return r.scanner.skip()
	})
	if name = stated(name); id != "" && name != "" {
		r.licences[id] = name
	}
	return err
}

// pkg reads a package.
func (r *document2) pkg() error {
	if err := r.pause(); err != nil {
		return err
	}
	if r.scanner.dec.PeekKind() != '{' {
		return r.scanner.unwanted("", "an object")
	}
	r.rec = record{}
	if err := r.scanner.object("", r.pkgMember); err != nil {
		return err
	}
	_, err := r.add(r.rec.component(), func() string { return r.scanner.at("") })
	return err
}

func (r *document2) pkgMember(name []byte) error {
	s, p := r.scanner, &r.rec
	switch string(name) {
	case "SPDXID":
		return s.text("SPDXID", &p.Ref)
	case "name":
		return s.text("name", &p.Name)
	case "versionInfo":
		return s.text("versionInfo", &p.Version)
	case "supplier":
		return s.often("supplier", &p.supplier)
	case "originator":
		return s.often("originator", &p.originator)
	case "downloadLocation":
		return s.often("downloadLocation", &p.Download)
	case "licenseConcluded":
		return s.often("licenseConcluded", &p.concluded)
	case "licenseDeclared":
		return s.often("licenseDeclared", &p.declared)
	case "copyrightText":
		return s.often("copyrightText", &p.Copyright)
	case "primaryPackagePurpose":
		return s.often("primaryPackagePurpose", &p.purpose)
	case "validUntilDate":
		return s.often("validUntilDate", &p.EndOfLife)
	case "sourceInfo":
		return r.source()
	case "externalRefs":
		return s.inner("externalRefs", r.reference)
	case "checksums":
		return s.inner("checksums", r.checksum)
	}
	return s.skip()
}

// source reads what is said of where a package comes from, if it names the
// source package. Most tools write something else there.
func (r *document2) source() error {
	words, _, err := r.scanner.raw("sourceInfo")
	if len(words) > len(builtPackage) && string(words[:len(builtPackage)]) == builtPackage {
		r.rec.source = string(words)
	}
	return err
}

func (r *document2) reference() error {
	var kind, locator []byte
	err := r.scanner.object("", func(name []byte) (err error) {
		switch string(name) {
		case "referenceType":
			kind, _, err = r.scanner.raw("referenceType")
		case "referenceLocator":
			locator, _, err = r.scanner.raw("referenceLocator")
		default:
			err = r.scanner.skip()
		}
		return err
	})
	if len(locator) > 0 && identifies(kind) {
		refer(&r.rec.Component, reference{string(kind), string(locator)})
	}
	return err
}

func (r *document2) checksum() error {
	var algorithm, value []byte
	err := r.scanner.object("", func(name []byte) (err error) {
		switch string(name) {
		case "algorithm":
			algorithm, _, err = r.scanner.raw("algorithm")
		case "checksumValue":
			value, _, err = r.scanner.raw("checksumValue")
		default:
			err = r.scanner.skip()
		}
		return err
	})
	if algorithm == nil || value == nil {
		return err
	}
	h, fault := hashOf(algorithm, value)
	if fault != "" {
		r.scanner.wrong("checksumValue", "%s", fault)
	} else if h.Value != "" {
		r.rec.Hashes = append(r.rec.Hashes, h)
	}
	return err
}

// aside reads the id of a file or snippet, and nothing else of it.
func (r *document2) aside() error {
	if err := r.pause(); err != nil {
		return err
	}
	return r.scanner.object("", func(name []byte) error {
		if string(name) != "SPDXID" {
			return r.scanner.skip()
		}
		id, _, err := r.scanner.raw("SPDXID")
		if id == nil {
			return err
		}
		return r.other(id)
	})
}

func (r *document2) relationship() error {
	if err := r.pause(); err != nil {
		return err
	}
	var from, to end
	var kind, comment []byte
	s := r.scanner
	if s.dec.PeekKind() != '{' {
		return s.unwanted("", "an object")
	}
	err := s.object("", func(name []byte) (err error) {
		switch string(name) {
		case "spdxElementId":
			from.id, from.at, err = s.raw("spdxElementId")
		case "relatedSpdxElement":
			to.id, to.at, err = s.raw("relatedSpdxElement")
		case "relationshipType":
			kind, _, err = s.raw("relationshipType")
		case "comment":
			comment, _, err = s.raw("comment")
		default:
			err = s.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(from.id) == 0 || len(to.id) == 0 || len(kind) == 0 {
		s.wrong("", "want spdxElementId, relatedSpdxElement and relationshipType, each a text")
		return nil
	}
	return r.relation(from, kind, comment, to)
}

var version2 = regexp.MustCompile(`^SPDX-(2\.\d{1,3}(?:\.\d{1,3})?)$`)

// setVersion takes the version as SPDX 2 writes it.
func (d *draft) setVersion(written, place string) error {
	if written == "" {
		return problem.New(problem.Invalid, "%s: no version of SPDX; want %q to be SPDX-2.1, 2.2 or 2.3", place, "spdxVersion")
	}
	m := version2.FindStringSubmatch(written)
	if m == nil {
		return problem.New(problem.Invalid, "%s: the version is %q; want SPDX-2.1, 2.2 or 2.3", place, clip(written))
	}
	d.bill.Version = m[1]
	return nil
}

// versionOf reads the version. Without one nothing else can be relied on.
func (r *document2) versionOf() error {
	s := r.scanner
	if kind := s.dec.PeekKind(); kind != '"' && kinds[kind] != "" {
		return problem.New(problem.Invalid, "%s: spdxVersion: want a text like SPDX-2.3, got %s", position(s.doc, s.next()), kinds[kind])
	}
	r.versionAt = s.next()
	return s.text("spdxVersion", &r.version)
}

// done reads what was put off, and completes the bill. It gives lone instead
// where the document describes a file and nothing else: it must be read again,
// with that file wanted.
func (r *document2) done() (bill *software.Bill, lone string, err error) {
	if err := r.setVersion(r.version, position(r.scanner.doc, r.versionAt)); err != nil {
		return nil, "", err
	}
	s := r.scanner
	for _, at := range r.relationships {
		r.scanner = s.from(at)
		if err := r.scanner.list("relationships", r.relationship); err != nil {
			return nil, "", err
		}
	}
	r.describeAll()
	if lone := r.lone(); lone != "" && r.want == "" {
		return nil, lone, nil
	}
	return r.finish(s.idAt), "", nil
}

// file reads a file, which is a component if it is the one that is wanted.
func (r *document2) file() error {
	if err := r.pause(); err != nil {
		return err
	}
	r.rec = record{purpose: "FILE"}
	err := r.scanner.object("", func(name []byte) error {
		switch string(name) {
		case "fileName":
			return r.scanner.text("fileName", &r.rec.Name)
		case "SPDXID", "checksums", "copyrightText", "licenseConcluded":
			return r.pkgMember(name)
		}
		return r.scanner.skip()
	})
	switch {
	case err != nil:
		return err
	case r.rec.Ref != r.want:
		return r.other([]byte(r.rec.Ref))
	}
	_, err = r.add(r.rec.component(), func() string { return r.scanner.at("") })
	return err
}
