package spdx

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/software"
)

// stated is a value, or "" where SPDX's words for nothing stand.
func stated(s string) string {
	switch s = strings.TrimSpace(s); s {
	case "NOASSERTION", "NONE":
		return ""
	}
	return s
}

// agent reads "Organization: Name (mail)" and "Person: Name (mail)" (SPDX 2.3,
// sections 7.5 and 7.6). The address is dropped. A tool is no agent.
func agent(s string) (name string, person bool) {
	kind, rest, ok := strings.Cut(stated(s), ":")
	if !ok {
		return bare(kind), false
	}
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "organization", "organisation":
		return bare(rest), false
	case "person":
		return bare(rest), true
	case "tool":
		return "", false
	}
	return bare(stated(s)), false
}

// bare drops the mail address behind a name: in round brackets, as SPDX has it,
// or in angle ones, as packages do. A name that is nothing but an address is
// kept.
func bare(s string) string {
	s = strings.TrimSpace(s)
	for _, b := range []struct{ open, end string }{{"(", ")"}, {"<", ">"}} {
		i := strings.LastIndex(s, b.open)
		if i <= 0 || !strings.HasSuffix(s, b.end) {
			continue
		}
		if in := strings.TrimSpace(s[i+1 : len(s)-1]); in == "" || strings.Contains(in, "@") {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// toolVersion tells a tool's version: "name-version", as section 6.8 has it, or
// "name (version)".
var toolVersion = regexp.MustCompile(`^(.*?[^-\s])(?:-(v?\d+\.[\w.+~-]*)| \((v?\d[^()\s]*)\))$`)

// creator reads one of a document's creators (section 6.8).
func (d *draft) creator(s string) {
	s = strings.TrimSpace(s)
	if kind, name, ok := strings.Cut(s, ":"); ok && strings.EqualFold(strings.TrimSpace(kind), "tool") {
		if name = toolName(name); name != "" {
			d.bill.Tools = append(d.bill.Tools, name)
		}
		return
	}
	if name, _ := agent(s); name != "" {
		d.bill.Authors = append(d.bill.Authors, name)
	}
}

// toolName is a tool and its version, which SPDX has in one word, in two.
func toolName(name string) string {
	name = strings.TrimSpace(name)
	if m := toolVersion.FindStringSubmatch(name); m != nil {
		return m[1] + " " + m[2] + m[3]
	}
	return name
}

// algorithms are the digests of SPDX as CycloneDX writes them, or as SPDX does
// where CycloneDX has none.
var algorithms = map[string]string{
	"SHA1": "SHA-1", "SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512",
	"SHA3-224": "SHA3-224", "SHA3-256": "SHA3-256", "SHA3-384": "SHA3-384", "SHA3-512": "SHA3-512",
	"BLAKE2B-256": "BLAKE2b-256", "BLAKE2B-384": "BLAKE2b-384", "BLAKE2B-512": "BLAKE2b-512", "BLAKE3": "BLAKE3",
	"MD2": "MD2", "MD4": "MD4", "MD5": "MD5", "MD6": "MD6", "ADLER32": "ADLER32",
}

// sizes are the bytes of digests whose length is fixed.
var sizes = map[string]int{
	"SHA-1": 20, "SHA-224": 28, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64,
	"SHA3-224": 28, "SHA3-256": 32, "SHA3-384": 48, "SHA3-512": 64,
	"BLAKE2b-256": 32, "BLAKE2b-384": 48, "BLAKE2b-512": 64, "BLAKE3": 32, "MD2": 16, "MD4": 16, "MD5": 16, "ADLER32": 4,
}

// hashOf reads a digest; fault says what is wrong with it, or is "". A digest
// of zeros is what some tools write for none.
func hashOf(algorithm, value []byte) (h software.Hash, fault string) {
	known := algorithmOf(algorithm)
	value = bytes.TrimSpace(value)
	digits, zeros := 0, 0
	for _, c := range value {
		switch {
		case c == '0':
			zeros++
			digits++
		case c >= '1' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'f':
			digits++
		}
	}
	switch size := 2 * sizes[known]; {
	case known == "":
		return h, "unknown digest " + clip(algorithm)
	case digits != len(value) || digits == 0 || digits%2 == 1:
		return h, known + " is no hexadecimal number: " + clip(value)
	case size > 0 && digits != size:
		return h, known + " has another length: " + clip(value)
	case zeros == digits:
		return h, ""
	}
	return software.Hash{Algorithm: known, Value: strings.ToLower(string(value))}, ""
}

// algorithmOf is the algorithm of a digest, however it is spelt: SPDX 3 writes
// sha3_256 and blake2b256.
func algorithmOf(written []byte) string {
	if known := algorithms[string(written)]; known != "" {
		return known
	}
	upper := strings.ToUpper(strings.ReplaceAll(string(bytes.TrimSpace(written)), "_", "-"))
	if known := algorithms[upper]; known != "" {
		return known
	}
	upper = strings.Replace(strings.ReplaceAll(upper, "SHA-", "SHA"), "BLAKE2B", "BLAKE2B-", 1)
	return algorithms[upper]
}

// typeOf is what CycloneDX calls a primary purpose (section 7.24). It has no
// word for an archive, an installer or sources, which stay without one.
func typeOf(purpose string) string {
	switch strings.ToUpper(strings.ReplaceAll(purpose, "-", "_")) {
	case "APPLICATION", "EXECUTABLE":
		return "application"
	case "FRAMEWORK":
		return "framework"
	case "LIBRARY", "MODULE":
		return "library"
	case "CONTAINER":
		return "container"
	case "OPERATING_SYSTEM", "OPERATINGSYSTEM":
		return "operating-system"
	case "DEVICE":
		return "device"
	case "DEVICEDRIVER":
		return "device-driver"
	case "FIRMWARE":
		return "firmware"
	case "FILE":
		return "file"
	case "PLATFORM":
		return "platform"
	case "MODEL":
		return "machine-learning-model"
	case "DATA":
		return "data"
	}
	return ""
}

// guessType tells a component without a purpose: trivy says in its ids what a
// package stands for, and an image has a purl of its own type.
func guessType(id, purl string) string {
	for _, t := range []struct{ prefix, is string }{
		{"SPDXRef-ContainerImage-", "container"}, {"SPDXRef-OperatingSystem-", "operating-system"}, {"SPDXRef-Application-", "application"},
	} {
		if strings.HasPrefix(id, t.prefix) {
			return t.is
		}
	}
	if strings.HasPrefix(purl, "pkg:oci/") || strings.HasPrefix(purl, "pkg:docker/") {
		return "container"
	}
	return ""
}

// builtPackage is how trivy names the source package of a distribution's
// package in words.
const builtPackage = "built package from: "

// sourceOf is name@version of the source package that the words name, or "".
func sourceOf(words string) string {
	rest, ok := strings.CutPrefix(words, builtPackage)
	if !ok {
		return ""
	}
	name, version, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if version == "" {
		return name
	}
	return name + "@" + strings.TrimSpace(version)
}

var sbomType = regexp.MustCompile(`(?i)\bSBOM type:?\s+(design|source|build|analy[sz]ed|deployed|runtime)\b`)

// context notes the phases of life that a bill was made in, where a comment
// says so in the words of CISA's types of SBOM.
func (d *draft) context(comment string) {
	for _, m := range sbomType.FindAllStringSubmatch(comment, -1) {
		if c := strings.ToLower(m[1]); !slices.Contains(d.bill.Contexts, c) {
			d.bill.Contexts = append(d.bill.Contexts, c)
		}
	}
}

// licencesOf are a package's two statements on its licence.
func licencesOf(concluded, declared string) []software.Licence {
	concluded, declared = stated(concluded), stated(declared)
	if concluded == "" && declared == "" {
		return nil
	}
	out := make([]software.Licence, 0, 2)
	if declared != "" {
		out = append(out, software.Licence{Expression: declared, Acknowledged: "declared"})
	}
	if concluded != "" {
		out = append(out, software.Licence{Expression: concluded, Acknowledged: "concluded"})
	}
	return out
}

// A reference is a package's name in a system outside SPDX (section 7.21).
type reference struct{ kind, locator string }

// identifies tells the kinds of references that are read.
func identifies(kind []byte) bool {
	return bytes.HasSuffix(kind, []byte("purl")) || bytes.HasSuffix(kind, []byte("Type"))
}

// refer adds what a reference gives: a purl or a CPE. Kinds may be written as
// the URIs of annex F.
func refer(c *software.Component, r reference) {
	kind := r.kind
	if i := strings.LastIndexByte(kind, '/'); i >= 0 {
		kind = kind[i+1:]
	}
	r.locator = strings.TrimSpace(r.locator)
	switch {
	case r.locator == "":
	case strings.EqualFold(kind, "purl"):
		if c.PURL == "" {
			c.PURL = r.locator
		} else if c.PURL != r.locator {
			c.MorePURLs = append(c.MorePURLs, r.locator)
		}
	case strings.EqualFold(kind, "cpe23Type"), strings.EqualFold(kind, "cpe22Type"):
		c.CPEs = append(c.CPEs, r.locator)
	}
}

// record is a package of SPDX 2 as written in any encoding.
type record struct {
	software.Component
	supplier, originator, concluded, declared, purpose, source string
}

// component is the package as a component.
func (r *record) component() software.Component {
	c := r.Component
	c.Supplier, _ = agent(r.supplier)
	maker, person := agent(r.originator)
	if c.Maker = maker; person {
		c.Author = maker
	}
	c.Licences = licencesOf(r.concluded, r.declared)
	c.Copyright, c.Download = stated(c.Copyright), stated(c.Download)
	c.Version = stated(c.Version)
	if c.Type = typeOf(r.purpose); c.Type == "" && r.purpose == "" {
		c.Type = guessType(c.Ref, c.PURL)
	}
	c.Source = sourceOf(r.source)
	return c
}
