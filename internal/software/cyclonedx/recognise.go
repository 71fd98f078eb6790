package cyclonedx

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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

func recogniseJSON(head []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewBuffer(head), jsontext.AllowDuplicateNames(true))
	if _, err := dec.ReadToken(); err != nil {
		return false
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return false
		}
		switch name := name.String(); name {
		case "bomFormat", "$schema":
			value, err := dec.ReadToken()
			if err != nil {
				return false
			}
			if value.Kind() == '"' && (value.String() == "CycloneDX" || strings.Contains(value.String(), "cyclonedx.org/schema/bom")) {
				return true
			}
		default:
			if err := dec.SkipValue(); err != nil {
				return false
			}
		}
	}
	return false
}
