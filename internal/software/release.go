package software

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"

	"countersign.dev/internal/software/purl"
)

// The kinds of facts about a release, beside [FactContents] and [FactBill].
const (
	// FactRelease is about a release's id, see [ReleaseID]: a [Release].
	FactRelease = "software.release"
	// FactHandle is about a release; its term is something that it is found by,
	// see [Term]. Its body is a [Handle].
	FactHandle = "software.handle"
	// FactSupplier is about a release; its term is the folded name of somebody
	// whose components it has. Its body is a [Supplier].
	FactSupplier = "software.supplier"
)

// Release is one version of a product, as its bill describes it.
type Release struct {
	Name      string    `json:"name"`
	Version   string    `json:"version,omitempty"`
	Type      string    `json:"type,omitempty"` // as of [Component]
	PURL      string    `json:"purl,omitempty"` // canonical; "" when the bill gives none
	CPEs      []string  `json:"cpes,omitempty"`
	Hashes    []Hash    `json:"hashes,omitempty"`
	Supplier  string    `json:"supplier,omitempty"`
	Maker     string    `json:"maker,omitempty"`
	Licences  []Licence `json:"licences,omitempty"`
	EndOfLife string    `json:"end_of_life,omitempty"` // day

	Format     string   `json:"format"`         // of the bill, as "SPDX 2.3"
	Bill       string   `json:"bill,omitempty"` // its id
	Created    string   `json:"created,omitempty"`
	Tools      []string `json:"tools,omitempty"`
	Authors    []string `json:"authors,omitempty"`
	Complete   string   `json:"complete,omitempty"`
	Signed     bool     `json:"signed,omitempty"`
	Components int      `json:"components"` // without the release itself
	Relations  int      `json:"relations"`
	Unnamed    int      `json:"unnamed,omitempty"` // components that neither a readable purl nor a CPE identifies
	Broken     int      `json:"broken,omitempty"`  // parts that could not be read
}

// Handle is something that a release is found by.
type Handle struct {
	Kind  string `json:"kind"` // "purl", "cpe", "digest", "name"
	Value string `json:"value"`
}

// Supplier is somebody whose components a release has.
type Supplier struct {
	Name       string `json:"name"`
	Role       string `json:"role"` // "supplier", "maker", "publisher", "author"; of the release itself "release supplier" or "release maker"
	Components int    `json:"components"`
}

// ReleaseID is what a bill's release is called by here: a purl, its own where
// the bill gives one, else one of type generic made of its name and version.
// A bill that gives no version is of a release of its own, told by the bill's
// id or else by its bytes: nobody can say that two such are the same.
func ReleaseID(b *Bill, digest string) string {
	c := b.RootComponent()
	name, version := b.Name, ""
	if c != nil {
		if p, err := purl.Read(c.PURL); err == nil {
			if p.Version == "" {
				p.Version = c.Version
			}
			if p.Version != "" {
				return p.String()
			}
		}
		version = c.Version
		if c.Name != "" {
			name = c.Name
			if c.Group != "" {
				name = c.Group + "/" + name
			}
		}
	}
	if version == "" {
		name, version = atDigest(name)
	}
	p := purl.PURL{Type: "generic", Version: version}
	name = strings.Trim(strings.TrimSpace(name), "/")
	if name == "" {
		name = "unnamed"
	}
	p.Namespace, p.Name = path.Split(name)
	p.Namespace = strings.Trim(p.Namespace, "/")
	if version == "" {
		seed := b.ID
		if seed == "" {
			seed = digest
		}
		sum := sha256.Sum256([]byte(seed))
		p.Qualifiers = []purl.Qualifier{{Key: "bill", Value: hex.EncodeToString(sum[:6])}}
	}
	return p.String()
}

// atDigest takes the digest off a name, as images are called.
func atDigest(name string) (bare, digest string) {
	bare, digest, ok := strings.Cut(name, "@sha256:")
	if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
		return name, ""
	}
	return bare, "sha256:" + digest
}

// Fold is text as releases and suppliers are found by: lower-case, with single
// spaces and without other control characters.
func Fold(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// Term is what a handle is looked up by. A purl is compared without its
// qualifiers, whatever they say of where it was fetched; names are written with
// hyphens by some and with spaces by others.
func Term(kind, value string) string {
	switch kind {
	case "purl":
		p, err := purl.Read(value)
		if err != nil {
			return ""
		}
		p.Qualifiers, p.Subpath = nil, ""
		return "purl:" + strings.ToLower(p.String())
	case "cpe":
		return strings.ToLower(value)
	case "digest":
		return strings.ToLower(value)
	}
	return "name:" + Fold(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return ' '
		}
		return r
	}, value))
}
