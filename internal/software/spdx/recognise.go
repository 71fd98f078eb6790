package spdx

import (
	"bytes"
	"encoding/base64"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	context3   = regexp.MustCompile(`spdx\.org/rdf/3\.`)
	rdfTerms   = []byte("spdx.org/rdf/terms")
	rdfSection = regexp.MustCompile(`<(\w+:)?SpdxDocument\b`)
	anyID      = []byte(`"SPDXRef-`)
	anyID3     = []byte(`"spdxId"`)
	predicate  = []byte(`https://spdx.dev/Document`)
)

// Recognise tells an SPDX document by what it begins with. RDF/XML is
// recognised too, so that [Read] can say that it is not read.
func Recognise(_ string, head []byte) bool {
	head = bytes.TrimPrefix(head, byteOrderMark)
	switch start := bytes.TrimLeft(head, " \t\r\n"); {
	case len(start) == 0:
		return false
	case start[0] == '{':
		return recogniseJSON(start)
	case start[0] == '<':
		return bytes.Contains(start, rdfTerms) && rdfSection.Match(start)
	}
	return tagVersion.Match(head) && bytes.Contains(head, []byte("SPDX-2.")) || yamlVersion.Match(head)
}

// recogniseJSON looks at the members of the object that head begins with, as
// far as it goes. A large member that comes first is judged by the ids in it.
func recogniseJSON(head []byte) bool {
	dec := decoderOf(head)
	if _, err := dec.ReadToken(); err != nil {
		return false
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return false
		}
		if is, known := tells(name.String(), dec, head); known {
			return is
		}
	}
	return false
}

// tells whether a member says that its document is SPDX, or is not; known is
// false when it says neither. It reads the member's value.
func tells(name string, dec *jsontext.Decoder, head []byte) (is, known bool) {
	from := int(dec.InputOffset())
	value, err := dec.ReadValue()
	switch name {
	case "spdxVersion":
		return true, true
	case "SPDXID":
		return bytes.HasPrefix(value, anyID), err == nil
	case "@context":
		if err != nil {
			value = head[from:]
		}
		return context3.Match(value), true
	case "@graph":
		return bytes.Contains(head[from:], anyID3), true
	case "bomFormat", "document":
		return false, true
	case "sbom":
		return bytes.Contains(head[from:], anyID), true
	case "predicateType":
		return isPredicate(string(bytes.Trim(value, `"`))), true
	case "payload":
		return payloadTells(head[from:]), true
	case "dsseEnvelope":
		_, text, found := bytes.Cut(head[from:], []byte(`"payload"`))
		return found && payloadTells(text), found
	}
	return bytes.Contains(head[from:], anyID), err != nil
}

// payloadTells looks into the payload of an envelope, as far as it is there.
func payloadTells(text []byte) bool {
	text = bytes.TrimLeft(text, ": \t\r\n\"")
	if i := bytes.IndexByte(text, '"'); i >= 0 {
		text = text[:i]
	}
	text = text[:len(text)/4*4]
	body := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, _ := base64.StdEncoding.Decode(body, text) // what comes before a mistake is good enough
	return bytes.Contains(body[:n], predicate) || bytes.Contains(body[:n], anyID)
}
