package vex

import (
	"encoding/hex"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// Sort is which sort of name something goes by.
type Sort int

// The sorts of names.
const (
	ByName Sort = iota
	ByPURL
	ByCPE
	ByDigest // "sha256:…"
)

// SortOf tells by which sort of name a product or component is called.
func SortOf(id string) Sort { return identify(id).sort }

// identity is what a product or component is called by, read once.
type identity struct {
	sort Sort
	purl purl.PURL
	cpe  cpe
	text string // the digest, or the folded name
}

// digestLengths are how many hexadecimal digits a digest has, by the name of
// its algorithm as digests of releases write it.
var digestLengths = map[string]int{"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}

// identify reads a purl, CPE, digest ("sha256:…") or, when it is none of these,
// a name.
func identify(id string) identity {
	id = strings.TrimSpace(id)
	if hasPrefixFold(id, "pkg:") {
		if p, err := purl.Read(id); err == nil {
			return identity{sort: ByPURL, purl: p}
		}
	}
	if c, ok := parseCPE(id); ok {
		return identity{sort: ByCPE, cpe: c}
	}
	if d, ok := digest(id); ok {
		return identity{sort: ByDigest, text: d}
	}
	return identity{sort: ByName, text: software.Fold(id)}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// digest is the one spelling of a digest; false for what is none.
func digest(s string) (string, bool) {
	algorithm, value, ok := strings.Cut(strings.ToLower(s), ":")
	if !ok || digestLengths[algorithm] == 0 || len(value) != digestLengths[algorithm] {
		return "", false
	}
	if _, err := hex.DecodeString(value); err != nil {
		return "", false
	}
	return algorithm + ":" + value, true
}

// Digest is how a hash of a file is written as a product's digest; "" for
// algorithms that identify nothing, or a value that is none of theirs.
// Algorithms are understood as SPDX, CycloneDX, CSAF and OpenVEX write them.
func Digest(algorithm, value string) string {
	algorithm = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(algorithm)), "-", "")
	d, _ := digest(algorithm + ":" + strings.TrimSpace(value))
	if algorithm == "md5" || algorithm == "sha1" {
		return "" // whoever wants two files of one such hash can make them
	}
	return d
}

// ProductTerm is what statements about a product are looked up by: of a purl
// the package, of a CPE vendor and product, else the digest or folded name. It
// is "" for an id without a letter or digit.
func ProductTerm(id string) string {
	is := identify(id)
	switch is.sort {
	case ByPURL:
		return advisory.PURLTerm(is.purl)
	case ByCPE:
		return is.cpe.Term()
	case ByDigest:
		return is.text
	}
	if is.text == "" {
		return ""
	}
	return "name:" + is.text
}

// cpe is a CPE with the attributes that narrow it down further.
type cpe struct {
	advisory.CPE
	rest []string // language, edition and the others, in their order
}

// parseCPE reads a CPE in either form.
func parseCPE(s string) (cpe, bool) {
	c, ok := advisory.ParseCPE(s)
	if !ok {
		return cpe{}, false
	}
	out := cpe{CPE: c}
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.ReplaceAll(s, `\:`, "\x00") // a colon that separates nothing
	fields := strings.Split(strings.TrimPrefix(strings.TrimPrefix(s, "cpe:2.3:"), "cpe:/"), ":")
	const named = 5 // part, vendor, product, version, update
	if len(fields) >= named && fields[named-1] == "-" {
		out.Update = "-"
	}
	for i := named; i < len(fields); i++ {
		f := fields[i]
		if f == "*" || f == "-" {
			f = ""
		}
		out.rest = append(out.rest, f)
	}
	return out, true
}

// within reports whether everything that c says is also said by other; exact,
// whether that includes a version.
func (c *cpe) within(other *cpe) (ok, exact bool) {
	same := func(mine, theirs string) bool {
		return mine == "" || mine == theirs || mine == "-" && theirs == "" // of no update, and of none that is told
	}
	if c.Vendor != other.Vendor || c.Product != other.Product || !same(c.Part, other.Part) ||
		!same(c.Version, other.Version) || !same(c.Update, other.Update) {
		return false, false
	}
	for i, mine := range c.rest {
		theirs := ""
		if i < len(other.rest) {
			theirs = other.rest[i]
		}
		if !same(mine, theirs) {
			return false, false
		}
	}
	return true, c.Version != ""
}

// CPEHasVersion reports whether a CPE names one version.
func CPEHasVersion(s string) bool {
	c, ok := advisory.ParseCPE(s)
	return ok && c.Version != ""
}
