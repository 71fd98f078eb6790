package spdx

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/software"
)

// noTime is written for a bill that does not say when it was made, since SPDX
// wants a time. It is read as none.
const noTime = "1970-01-01T00:00:00Z"

// Write writes a bill of any format as SPDX 2.3 in JSON that its schema accepts.
// Equal bills give equal bytes.
//
// A component without an id of the form of SPDX gets one. Not written is what
// SPDX 2.3 has no place for: links to other bills, of which it wants a digest;
// weaknesses; and those of CycloneDX's types and scopes that it has no word for.
// A kind of relation that SPDX 2.3 does not have stands in the comment of one of
// type OTHER, and is read from there.
func Write(w io.Writer, b *software.Bill) error {
	d := &writer{
		bill: b, ids: idsOf(b), refs: map[string]string{},
		enc: jsontext.NewEncoder(w, jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)),
	}
	d.document()
	if d.err != nil {
		return fmt.Errorf("write bill %s: %w", b.ID, d.err)
	}
	return nil
}

// writer writes one document, an item at a time. The first error stops it.
type writer struct {
	bill *software.Bill
	ids  []string          // of components
	refs map[string]string // names of licences that are not on SPDX's list, by their ids
	enc  *jsontext.Encoder
	err  error
}

func (d *writer) token(t jsontext.Token) {
	if d.err == nil {
		d.err = d.enc.WriteToken(t)
	}
}

func (d *writer) value(v any) {
	if d.err == nil {
		d.err = json.MarshalEncode(d.enc, v)
	}
}

// member writes a member of the document.
func (d *writer) member(name string, v any) {
	d.token(jsontext.String(name))
	d.value(v)
}

// array writes a member whose items content writes.
func (d *writer) array(name string, content func()) {
	d.token(jsontext.String(name))
	d.token(jsontext.BeginArray)
	content()
	d.token(jsontext.EndArray)
}

func (d *writer) document() {
	b := d.bill
	d.token(jsontext.BeginObject)
	d.member("spdxVersion", "SPDX-2.3")
	d.member("dataLicense", cmp.Or(b.Licence, "CC0-1.0"))
	d.member("SPDXID", documentID)
	d.member("name", cmp.Or(b.Name, rootName(b), "unnamed"))
	d.member("documentNamespace", namespace(b))
	d.member("creationInfo", writtenCreation{Created: timeOf(b.Created), Creators: creators(b), Comment: comment(b)})
	d.array("packages", func() {
		for i := range b.Components {
			d.value(d.pkg(i))
		}
	})
	d.array("relationships", d.relations)
	d.licences()
	d.token(jsontext.EndObject)
}

type writtenCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
	Comment  string   `json:"comment,omitempty"`
}

func rootName(b *software.Bill) string {
	c := b.RootComponent()
	if c == nil {
		return ""
	}
	return strings.TrimSuffix(c.Name+"-"+c.Version, "-")
}

// namespace is the document's URI: that of the bill, if it has one, else one in
// the form of section 6.5 that tells it by what it lists.
func namespace(b *software.Bill) string {
	if u, err := url.Parse(b.ID); err == nil && u.Scheme != "" && u.Fragment == "" {
		return b.ID
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", b.ID, b.Name, b.Created)
	for i := range b.Components {
		c := &b.Components[i]
		fmt.Fprintf(h, "%q %q %q %q\n", c.Ref, c.Name, c.Version, c.PURL)
	}
	return "https://spdx.org/spdxdocs/" + idText(cmp.Or(b.Name, "sbom")) + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// timeOf is a time as SPDX has it: UTC, in whole seconds (section 6.9).
func timeOf(s string) string {
	if s == "" {
		return noTime
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format("2006-01-02T15:04:05Z")
		}
	}
	return s
}

// creators are the tools and authors. A bill does not keep whether an author is
// a person; those that SPDX names are mostly organisations.
func creators(b *software.Bill) []string {
	var out []string
	for _, t := range b.Tools {
		joined := t
		if i := strings.LastIndexByte(t, ' '); i > 0 {
			joined = t[:i] + "-" + t[i+1:]
		}
		if toolName(joined) == t {
			t = joined
		}
		out = append(out, "Tool: "+t)
	}
	for _, a := range b.Authors {
		out = append(out, "Organization: "+a)
	}
	if out == nil {
		out = []string{"Tool: countersign"}
	}
	return out
}

// comment says the phases of life that the bill was made in, as they are read.
func comment(b *software.Bill) string {
	var lines []string
	for _, c := range b.Contexts {
		lines = append(lines, "SBOM Type: "+c)
	}
	return strings.Join(lines, "\n")
}

// idsOf gives each component an id (section 7.2): its own if that is one.
func idsOf(b *software.Bill) []string {
	ids, taken := make([]string, len(b.Components)), map[string]bool{documentID: true}
	for i := range b.Components {
		if ref := b.Components[i].Ref; isID(ref) && !taken[ref] {
			ids[i], taken[ref] = ref, true
		}
	}
	for i := range b.Components {
		if ids[i] != "" {
			continue
		}
		c := &b.Components[i]
		id := fmt.Sprintf("SPDXRef-%s-%d", idText(cmp.Or(c.Name, "package")), i)
		for taken[id] {
			id += "-" // ends, as each is longer than the one before
		}
		ids[i], taken[id] = id, true
	}
	return ids
}

const idPrefix = "SPDXRef-"

func isID(s string) bool {
	rest, ok := strings.CutPrefix(s, idPrefix)
	return ok && rest != "" && idText(rest) == rest
}

// idText is a text of the letters of ids: others become a hyphen.
func idText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '-'
	}, s)
}
