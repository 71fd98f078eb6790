package spdx

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// section is the part of a tag-value document that a tag belongs to.
type section uint8

const (
	ofDocument section = iota
	ofPackage
	ofFile
	ofSnippet
	ofLicence
)

// tagReader reads SPDX 2 in the tag-value form: a tag and its value in each
// line, values of several lines within <text> and </text> (SPDX 2.3, section
// 4.4). Packages, files and snippets each begin with a tag of their own.
type tagReader struct {
	*draft
	doc   []byte
	pause func() error

	line int // of the tag, from 1
	tag  []byte
	from int // offset of the value

	in          section
	want        string // id of the file that is the release; "" when none is
	version     string
	versionLine int
	rec         record
	recLine     int
	relations   []spot // read in the end
	licenceID   string
	shared      shared
}

// spot is a value and its place.
type spot struct {
	value    []byte
	at, line int
}

// readTags reads a tag-value document.
func readTags(ctx context.Context, b []byte, limits Limits) (*software.Bill, error) {
	if !utf8.Valid(b) {
		return nil, problem.New(problem.Invalid, "%s: not UTF-8", position(b, invalidAt(b)))
	}
	r := &tagReader{draft: newDraft(limits, inTags), doc: b, pause: pause(ctx), shared: shared{}}
	if err := r.read(); err != nil {
		return nil, err
	}
	if lone := r.lone(); lone != "" {
		r = &tagReader{draft: newDraft(limits, inTags), doc: b, pause: pause(ctx), shared: shared{}, want: lone}
		if err := r.read(); err != nil {
			return nil, err
		}
	}
	return r.finish(func(at int) string {
		id, _, _ := bytes.Cut(r.doc[at:], []byte{'\n'})
		first, _, _ := strings.Cut(strings.TrimSpace(string(id)), " ")
		return first
	}), nil
}

// read reads the document, and then its relations.
func (r *tagReader) read() error {
	if err := r.walk(); err != nil {
		return err
	}
	if err := r.setVersion(r.version, fmt.Sprintf("line %d", r.versionLine)); err != nil {
		return err
	}
	for _, s := range r.relations {
		if err := r.relationship(s); err != nil {
			return err
		}
	}
	return nil
}

// invalidAt is the offset of the first byte that is not UTF-8.
func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(b)
}

var (
	textOpen = []byte("<text>")
	textEnd  = []byte("</text>")
)

// walk reads tag after tag.
func (r *tagReader) walk() error {
	line := 1
	for at := 0; at < len(r.doc); {
		if err := r.pause(); err != nil {
			return err
		}
		end := at + len(r.doc[at:])
		if i := bytes.IndexByte(r.doc[at:], '\n'); i >= 0 {
			end = at + i
		}
		text := r.doc[at:end]
		r.line, line = line, line+1
		tag, value, ok := bytes.Cut(text, []byte{':'})
		name := bytes.TrimSpace(tag)
		if len(name) == 0 && !ok || bytes.HasPrefix(name, []byte{'#'}) {
			at = end + 1
			continue
		}
		if !ok || len(name) == 0 {
			r.faults.add("line %d: want a tag, a colon and a value, got %q", r.line, clip(name))
			at = end + 1
			continue
		}
		r.from = end - len(value)
		value, next, err := r.value(value, r.from, end)
		if err != nil {
			return err
		}
		line += bytes.Count(r.doc[min(end+1, next):next], []byte{'\n'}) // of a value that goes on
		r.tag = name
		if len(value) > r.limits.Text {
			r.faults.add("line %d: %s: %d bytes, the limit is %d", r.line, clip(name), len(value), r.limits.Text)
			value = nil // the tag itself may begin a package
		}
		if err := r.take(value); err != nil {
			return err
		}
		at = next
	}
	return r.close()
}

// value is the whole of a value that begins on a line, and the offset at which
// the next line begins.
func (r *tagReader) value(text []byte, from, end int) (value []byte, next int, err error) {
	trimmed := bytes.TrimSpace(text)
	if !bytes.HasPrefix(trimmed, textOpen) {
		r.from = from + bytes.Index(text, trimmed)
		return trimmed, min(end+1, len(r.doc)), nil
	}
	start := from + bytes.Index(text, textOpen) + len(textOpen)
	i := bytes.Index(r.doc[start:], textEnd)
	if i < 0 {
		return nil, 0, problem.New(problem.Invalid, "line %d: <text> is not closed; the document is cut off", r.line)
	}
	next = start + i + len(textEnd)
	if j := bytes.IndexByte(r.doc[next:], '\n'); j >= 0 {
		next += j + 1
	} else {
		next = len(r.doc)
	}
	r.from = start
	return r.doc[start : start+i], next, nil
}

// take reads one tag.
func (r *tagReader) take(value []byte) error {
	switch string(r.tag) {
	case "PackageName":
		err := r.close()
		r.in, r.rec, r.recLine = ofPackage, record{}, r.line
		r.rec.Name = string(value)
		return err
	case "FileName":
		err := r.close()
		r.in, r.rec, r.recLine = ofFile, record{purpose: "FILE"}, r.line
		r.rec.Name = string(value)
		return err
	case "SnippetSPDXID":
		err := r.close()
		r.in = ofSnippet
		if err == nil {
			err = r.other(value)
		}
		return err
	case "LicenseID":
		err := r.close()
		r.in, r.licenceID = ofLicence, string(value)
		return err
	case "Relationship":
		r.relations = append(r.relations, spot{value, r.from, r.line})
		return tooMany(len(r.relations), r.limits.Relations, "relations")
	}
	switch r.in {
	case ofPackage:
		r.ofPackage(value)
	case ofFile:
		return r.ofFile(value)
	case ofLicence:
		if name := stated(string(value)); string(r.tag) == "LicenseName" && name != "" {
			r.licences[r.licenceID] = name
		}
	case ofDocument:
		r.ofDocument(string(value))
	case ofSnippet:
	}
	return nil
}

// close ends a package, or the file that is the release.
func (r *tagReader) close() error {
	in, line := r.in, r.recLine
	r.in = ofDocument
	if in != ofPackage && (in != ofFile || r.want == "" || r.rec.Ref != r.want) {
		return nil
	}
	_, err := r.add(r.rec.component(), func() string { return fmt.Sprintf("line %d: %s", line, begins[in]) })
	return err
}

// begins are the tags that sections begin with.
var begins = map[section]string{ofPackage: "PackageName", ofFile: "FileName"}

// ofFile notes the id of a file, and its digests if it is the release.
func (r *tagReader) ofFile(value []byte) error {
	switch {
	case string(r.tag) == "SPDXID" && r.want == "":
		return r.other(value)
	case string(r.tag) == "SPDXID":
		r.rec.Ref = string(value)
		if r.rec.Ref != r.want {
			return r.other(value)
		}
	case string(r.tag) == "FileChecksum" && r.want != "":
		r.checksum(&r.rec, value)
	}
	return nil
}

func (r *tagReader) ofDocument(value string) {
	switch string(r.tag) {
	case "SPDXVersion":
		r.version, r.versionLine = value, r.line
	case "SPDXID":
		r.document = value
	case "DocumentName":
		r.bill.Name = value
	case "DocumentNamespace":
		r.bill.ID = value
	case "DataLicense":
		r.bill.Licence = value
	case "Creator":
		r.creator(value)
	case "Created":
		r.bill.Created = value
	case "CreatorComment", "DocumentComment":
		r.context(value)
	case "ExternalDocumentRef":
		if f := strings.Fields(value); len(f) >= 2 {
			r.documents[f[0]] = f[1]
		} else {
			r.faults.add("line %d: ExternalDocumentRef: want an id, the document's URI and its digest", r.line)
		}
	}
}

func (r *tagReader) ofPackage(value []byte) {
	p := &r.rec
	var into *string
	switch string(r.tag) {
	case "SPDXID":
		into = &p.Ref
	case "PackageVersion":
		into = &p.Version
	case "PackageSupplier":
		into = &p.supplier
	case "PackageOriginator":
		into = &p.originator
	case "PackageDownloadLocation":
		into = &p.Download
	case "PackageLicenseConcluded":
		into = &p.concluded
	case "PackageLicenseDeclared":
		into = &p.declared
	case "PackageCopyrightText":
		into = &p.Copyright
	case "PrimaryPackagePurpose":
		into = &p.purpose
	case "ValidUntilDate":
		into = &p.EndOfLife
	case "PackageSourceInfo":
		into = &p.source
	case "PackageChecksum":
		r.checksum(p, value)
		return
	case "ExternalRef":
		r.reference(p, value)
		return
	default:
		return
	}
	*into = r.shared.text(value)
}

// reference reads "PACKAGE-MANAGER purl pkg:npm/a@1".
func (r *tagReader) reference(p *record, value []byte) {
	_, rest, _ := bytes.Cut(value, []byte{' '})
	rest = bytes.TrimSpace(rest)
	kind, locator, ok := bytes.Cut(rest, []byte{' '})
	if !ok {
		r.faults.add("line %d: ExternalRef: want a category, a type and a locator", r.line)
		return
	}
	if identifies(kind) {
		refer(&p.Component, reference{string(kind), string(locator)})
	}
}

func (r *tagReader) checksum(p *record, text []byte) {
	algorithm, value, _ := bytes.Cut(text, []byte{':'})
	h, fault := hashOf(algorithm, value)
	if fault != "" {
		r.faults.add("line %d: %s: %s", r.line, r.tag, fault)
	} else if h.Value != "" {
		p.Hashes = append(p.Hashes, h)
	}
}

// relationship reads "SPDXRef-A DEPENDS_ON SPDXRef-B".
func (r *tagReader) relationship(s spot) error {
	if err := r.pause(); err != nil {
		return err
	}
	f := bytes.Fields(s.value)
	if len(f) != 3 {
		r.faults.add("line %d: Relationship: want an id, a type and an id, got %q", s.line, clip(s.value))
		return nil
	}
	to := s.at + bytes.LastIndex(s.value, f[2])
	return r.relation(end{f[0], s.at}, f[1], nil, end{f[2], to})
}
