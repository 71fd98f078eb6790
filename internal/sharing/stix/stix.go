package stix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// Object is one version of one STIX object, as [Parse] reads it. Its fields are
// to look at: what is written to them changes nothing of what is validated.
type Object struct {
	ID          string
	Type        string
	SpecVersion string    // "2.0" or "2.1"; "2.1" for an observable that states none, "2.0" for another
	Created     time.Time // zero when not stated, or not a timestamp
	Modified    time.Time
	Version     string // modified, or created, as written; "" for an object that has neither
	Bytes       []byte // exactly as given, without the space around it
	Revoked     bool
	CreatedBy   string
	MarkingRefs []string // object_marking_refs as stated

	tree value // what Bytes say
}

// Problem is one thing that is wrong with an object.
type Problem struct {
	Object  string `json:"object,omitempty"` // its id
	Path    string `json:"path"`             // of the property, as "external_references[0].url"; "" for the object itself
	Rule    string `json:"rule"`             // where the standard says so, as "STIX 2.1 section 3.2"
	Message string `json:"message"`
}

// Result is what [Validate] found.
type Result struct {
	ID       string    `json:"id"`
	Valid    bool      `json:"valid"` // there are no errors
	Errors   []Problem `json:"errors"`
	Warnings []Problem `json:"warnings"`
}

// Limits is how much is read. A limit of zero is that of [DefaultLimits].
type Limits struct {
	Bytes       int64 // of a whole file or envelope
	Depth       int   // of nesting within an object
	Objects     int
	ObjectBytes int // of one object
}

// DefaultLimits is enough for every published bundle known, and for an artifact
// of a few megabytes.
var DefaultLimits = Limits{Bytes: 256 << 20, Depth: 64, Objects: 1_000_000, ObjectBytes: 16 << 20}

// orDefault fills in the limits that are not set.
func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Depth == 0 {
		l.Depth = DefaultLimits.Depth
	}
	if l.Objects == 0 {
		l.Objects = DefaultLimits.Objects
	}
	if l.ObjectBytes == 0 {
		l.ObjectBytes = DefaultLimits.ObjectBytes
	}
	return l
}

// Parse reads one object and what its head says. It refuses, with a
// [problem.Invalid] that names the place, what is not one JSON object in UTF-8
// or names a member twice, and with a [problem.TooLarge] what passes a limit.
// Whether the head is right is for [Validate] to say: a field is empty when the
// object does not state it, or as something else.
func Parse(b []byte, l Limits) (*Object, error) {
	l = l.orDefault()
	b = bytes.TrimSpace(b)
	if len(b) > l.ObjectBytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for one object is %d", len(b), l.ObjectBytes)
	}
	tree, err := readValue(b, l.Depth)
	if err != nil {
		return nil, err
	}
	if tree.kind != anObject {
		return nil, problem.New(problem.Invalid, "want a STIX object, which is a JSON object; this is %s", tree.kind)
	}
	o := &Object{
		ID: tree.text("id"), Type: tree.text("type"), SpecVersion: tree.text("spec_version"),
		CreatedBy: tree.text("created_by_ref"), Revoked: tree.get("revoked").isTrue(), Bytes: b, tree: tree,
	}
	o.Created, _ = ParseTime(tree.text("created"))
	o.Modified, _ = ParseTime(tree.text("modified"))
	o.Version = tree.text("modified")
	if o.Version == "" {
		o.Version = tree.text("created")
	}
	if o.SpecVersion == "" {
		o.SpecVersion = unsaidVersion(o.Type, tree)
	}
	for _, ref := range tree.get("object_marking_refs").list() {
		if ref.kind == aString {
			o.MarkingRefs = append(o.MarkingRefs, ref.scalar)
		}
	}
	return o, nil
}

// unsaidVersion is which version an object is of that does not say. In 2.1 all
// but observables and bundles say it (section 3.2); in 2.0 nothing but a bundle
// does, and observables are no objects of their own. What has a type or a
// property that only 2.1 has is taken for 2.1 that forgot to say so.
func unsaidVersion(kind string, tree value) string {
	if kind == "bundle" || slices.Contains(observableTypes, kind) || !tree.has("created") && !tree.has("modified") {
		return "2.1"
	}
	switch kind {
	case "grouping", "incident", "infrastructure", "location", "malware-analysis", "note", "opinion", "language-content", "extension-definition":
		return "2.1"
	}
	for _, name := range []string{"confidence", "lang", "extensions", "pattern_type", "is_family", "indicator_types", "malware_types", "report_types",
		"threat_actor_types", "tool_types"} {
		if tree.has(name) {
			return "2.1"
		}
	}
	if kind == "observed-data" && tree.has("object_refs") || kind == "marking-definition" && tree.has("name") {
		return "2.1"
	}
	return "2.0"
}

// The kinds of what [Split] cuts.
const (
	KindBundle   = "bundle"
	KindEnvelope = "envelope"
	KindObject   = "object"
	KindArray    = "array"
	KindLines    = "lines"
)

// Split gives the exact bytes of the objects of a bundle (a JSON object of
// type "bundle"), of a TAXII envelope (one with "objects", "more" or "next" and
// no type), of an array, of a lone object, or of several objects one after the other
// (JSON lines), and which of these it is. They share memory with b. What is in the objects is checked no further than that it is JSON.
func Split(b []byte, l Limits) ([]json.RawMessage, string, error) {
	s, err := split(b, l)
	if err != nil {
		return nil, "", err
	}
	return s.objects, s.kind, nil
}

func split(b []byte, l Limits) (*splitter, error) {
	l = l.orDefault()
	if int64(len(b)) > l.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), l.Bytes)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	s := &splitter{text: b, dec: jsontext.NewDecoder(bytes.NewBuffer(b)), limits: l, kind: KindObject}
	var err error
	switch kind := s.dec.PeekKind(); kind {
	case '[':
		s.kind = KindArray
		err = s.elements()
	case '{':
		err = s.members()
	case 0:
		_, err = s.dec.ReadToken()
		err = syntaxError(err)
	default:
		err = problem.New(problem.Invalid, "want a STIX bundle, envelope, object or array of objects; this is %s", kind)
	}
	if err != nil {
		return nil, err
	}
	if s.kind == KindObject {
		if err := s.lines(); err != nil {
			return nil, err
		}
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "more follows after the document's end at byte %d", s.dec.InputOffset())
	}
	if s.kind == KindObject {
		if len(b) > l.ObjectBytes {
			return nil, problem.New(problem.TooLarge, "%d bytes, the limit for one object is %d", len(b), l.ObjectBytes)
		}
		s.objects = []json.RawMessage{bytes.TrimSpace(b)}
	}
	return s, nil
}

// splitter walks the outermost level of a document.
type splitter struct {
	text    []byte
	dec     *jsontext.Decoder
	limits  Limits
	kind    string
	objects []json.RawMessage
	head    []rawMember // all members but a list of objects
	listed  bool        // there is a list of objects
}

// rawMember is a member whose value is not read yet.
type rawMember struct {
	name  string
	value []byte
}

// members reads an object and decides by its members what it is.
func (s *splitter) members() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	var typed, boxed, paged bool
	for s.dec.PeekKind() != '}' {
		name, err := s.dec.ReadToken()
		if err != nil {
			return syntaxError(err)
		}
		member := name.String()
		if member == "objects" && s.dec.PeekKind() == '[' {
			s.listed = true
			if err := s.elements(); err != nil {
				return err
			}
			continue
		}
		v, err := s.value()
		if err != nil {
			return err
		}
		s.head = append(s.head, rawMember{member, v})
		switch member {
		case "type":
			typed, boxed = true, string(v) == `"bundle"`
		case "more", "next":
			paged = true
		}
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	switch {
	case boxed:
		s.kind = KindBundle
	case (s.listed || paged) && !typed:
		s.kind = KindEnvelope
	}
	return nil
}

// lines reads the objects that follow on a lone one.
func (s *splitter) lines() error {
	if !s.onNextLine() {
		return nil
	}
	s.kind = KindLines
	s.objects = []json.RawMessage{bytes.TrimSpace(s.text[:s.dec.InputOffset()])}
	for s.onNextLine() {
		if err := s.element(); err != nil {
			return err
		}
	}
	return nil
}

// onNextLine reports whether an object follows on another line.
func (s *splitter) onNextLine() bool {
	rest := s.text[s.dec.InputOffset():]
	next := bytes.TrimLeft(rest, " \t\r\n")
	return len(next) > 0 && next[0] == '{' && bytes.IndexByte(rest[:len(rest)-len(next)], '\n') >= 0
}

// elements reads an array of objects.
func (s *splitter) elements() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	for s.dec.PeekKind() != ']' {
		if err := s.element(); err != nil {
			return err
		}
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return syntaxError(err)
	}
	return nil
}

func (s *splitter) element() error {
	v, err := s.value()
	if err != nil {
		return err
	}
	if len(s.objects) == s.limits.Objects {
		return problem.New(problem.TooLarge, "more than %d objects", s.limits.Objects)
	}
	s.objects = append(s.objects, v)
	return nil
}

// value reads one value and gives the bytes of the document that it is. Those
// that the decoder gives are only there until it reads on.
func (s *splitter) value() ([]byte, error) {
	v, err := s.dec.ReadValue()
	if err != nil {
		return nil, syntaxError(err)
	}
	end := int(s.dec.InputOffset())
	return s.text[end-len(v) : end : end], nil
}

// maxPointer bounds the place that an error names, in bytes: it may be as deep as
// what was sent.
const maxPointer = 120

// syntaxError says an error of the decoder for the one who wrote the JSON.
func syntaxError(err error) error {
	if errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "not JSON: it is empty")
	}
	var s *jsontext.SyntacticError
	if !errors.As(err, &s) {
		return problem.New(problem.Invalid, "not JSON: %s", err)
	}
	where := fmt.Sprintf("byte %d", s.ByteOffset)
	if p := string(s.JSONPointer); len(p) > maxPointer {
		where += ", " + strings.ToValidUTF8(p[:maxPointer], "") + "…"
	} else if p != "" {
		where += ", " + p
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return problem.New(problem.Invalid, "%s: the member %q occurs twice", where, s.JSONPointer.LastToken())
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return problem.New(problem.Invalid, "not JSON: it ends too early at %s", where)
	}
	return problem.New(problem.Invalid, "not JSON: %s: %s", where, s.Err)
}
