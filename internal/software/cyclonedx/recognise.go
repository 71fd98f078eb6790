package cyclonedx

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
)

// namespaces begin those of CycloneDX in XML, with or without a version and the
// extensions' names behind it.
const namespaces = "http://cyclonedx.org/schema/"

// Recognise tells a bill of materials in CycloneDX by its beginning: the
// members bomFormat or $schema of an object in JSON, or the root <bom> of its
// name space in XML. It also tells an attestation that has one in it.
func Recognise(_ string, head []byte) bool {
	head = bytes.TrimPrefix(head, byteOrderMark)
	switch start := bytes.TrimLeft(head, blank); {
	case bytes.HasPrefix(start, []byte("<")):
		return recogniseXML(head)
	case bytes.HasPrefix(start, []byte("{")):
		return recogniseJSON(head)
	}
	return false
}

func recogniseXML(head []byte) bool {
	dec := xml.NewDecoder(bytes.NewReader(head))
	// The names of elements are ASCII, whatever the encoding that is declared.
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		token, err := dec.RawToken()
		if err != nil {
			return false
		}
		if root, ok := token.(xml.StartElement); ok {
			return root.Name.Local == "bom" && namespaceOf(root) != ""
		}
	}
}

// namespaceOf is the name space that an element in RawToken's form says it is
// in, if it is one of CycloneDX.
func namespaceOf(e xml.StartElement) string {
	for _, a := range e.Attr {
		own := a.Name.Space == "" && a.Name.Local == "xmlns" && e.Name.Space == "" || a.Name.Space == "xmlns" && a.Name.Local == e.Name.Space
		if own && strings.HasPrefix(a.Value, namespaces) {
			return a.Value
		}
	}
	return ""
}

// recogniseJSON looks at the members of the object that head begins with, as far
// as it goes. Where one that is longer than head comes first, bom-ref tells: no
// other format has the word.
func recogniseJSON(head []byte) bool {
	is, kind := false, ""
	err := members(head, func(name string, value func() []byte) bool {
		if kind = wrappers[name]; kind != "" {
			return false
		}
		if name != "bomFormat" && name != "$schema" {
			return true
		}
		text := textOf(value())
		is = text == "CycloneDX" || strings.Contains(text, "cyclonedx.org/schema/bom")
		return !is
	})
	switch kind {
	case "":
		return is || err != nil && bytes.Contains(head, []byte(`"bom-ref"`))
	case inStatement:
		return recogniseStatement(head)
	}
	return recogniseEnvelope(head)
}

// recogniseStatement looks for the predicate's type; where that lies behind the
// end of head, for what only bills have.
func recogniseStatement(head []byte) bool {
	kind := ""
	err := members(head, func(name string, value func() []byte) bool {
		if name == "predicateType" {
			kind = textOf(value())
		}
		return kind == ""
	})
	if err != nil && kind == "" {
		return bytes.Contains(head, []byte(`"bomFormat"`))
	}
	return strings.HasPrefix(kind, predicate)
}

var payload = regexp.MustCompile(`"payload"\s*:\s*"([A-Za-z0-9+/_-]*)`)

// recogniseEnvelope looks into the payload as far as head has it.
func recogniseEnvelope(head []byte) bool {
	m := payload.FindSubmatch(head)
	if m == nil {
		return false
	}
	text := string(m[1][:len(m[1])/4*4])
	body, err := decoded(text)
	return err == nil && kindOf(body) == inStatement && recogniseStatement(body)
}
