package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"
	"path"
	"strings"
	"unicode"

	"countersign.dev/internal/software"
)

// SystemID is what a system is called whose own id an inventory writes so;
// "" when the text has no letter or digit.
func SystemID(inventory, id string) string { return idOf("system:", inventory, id) }

// AssetID is what an asset is called, as [SystemID] is for systems.
func AssetID(inventory, id string) string { return idOf("asset:", inventory, id) }

// OrganisationID is what an organisation is called that goes by this name or
// short name: "organisation:treasury".
func OrganisationID(name string) string {
	if s := slug(name); s != "" {
		return "organisation:" + s
	}
	return ""
}

func idOf(prefix, inventory, id string) string {
	id = strings.TrimSpace(id)
	if strings.HasPrefix(id, prefix) {
		id = id[len(prefix):]
	}
	if of, own, named := strings.Cut(id, "/"); named && slug(of) != "" && slug(own) != "" {
		inventory, id = of, own
	}
	own := slug(id)
	if own == "" {
		return ""
	}
	return prefix + slug(inventory) + "/" + own
}

// maxSlug is how many bytes of an id are kept as they are.
const maxSlug = 120

// slug is text as it stands in an id: lower-case letters and digits, single
// hyphens for anything else. Spellings that differ in no more than that are one
// id. A very long one ends in a digest of the whole.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
	}
	out := b.String()
	if len(out) <= maxSlug {
		return out
	}
	sum := sha256.Sum256([]byte(out))
	return strings.ToValidUTF8(out[:maxSlug-17], "") + "-" + hex.EncodeToString(sum[:8])
}

// Source is the inventory that a file belongs to, by its name. What the file
// covers may follow the inventory's name, and so may the day:
// "treasury-assets.csv" and "treasury.2026-01-31.csv" are of
// "inventory/treasury". "systems.csv" and "assets.csv" alone are of
// "inventory/local".
func Source(name string) string {
	stem := path.Base(strings.ReplaceAll(name, `\`, "/"))
	for {
		ext := path.Ext(stem)
		if ext == "" || ext == stem {
			break
		}
		stem = strings.TrimSuffix(stem, ext)
	}
	s := slug(stem)
	for _, part := range parts {
		if of, ok := strings.CutSuffix(s, part); ok && (of == "" || strings.HasSuffix(of, "-")) {
			s = of
			break
		}
	}
	return "inventory/" + inventoryOf(s)
}

// inventoryOf is the inventory of a source, as it stands in ids.
func inventoryOf(source string) string {
	return cmp.Or(slug(strings.TrimPrefix(source, "inventory/")), "local")
}

// NameTerm is what systems and organisations are looked up by.
func NameTerm(name string) string { return software.Term("name", name) }

// Terms is what a deployed release is looked up by, the surest first: the terms
// of package software for its digest, purl, CPE, and name with version. They
// are none for one of which nothing is said.
func (d *Deployment) Terms() []string {
	var out []string
	add := func(kind, value string) {
		if value == "" {
			return
		}
		if t := software.Term(kind, value); t != "" && len(t) <= maxTerm {
			out = append(out, t)
		}
	}
	add("digest", d.Release)
	add("purl", d.PURL)
	add("cpe", d.CPE)
	if d.Name != "" {
		add("name", strings.TrimSpace(d.Name+" "+d.Version))
	}
	return out
}

// maxTerm bounds what is looked up by, in bytes.
const maxTerm = 1000

// AddressTerm is what an asset is looked up by that has this address, which is
// of kind "host", "ip" or "mac"; "" when it is no address of that kind. Of a
// MAC address, the term begins with that of its prefix, so that all devices of
// one assignment can be asked for.
func AddressTerm(kind, value string) string {
	value = addressOf(kind, value)
	if value == "" {
		return ""
	}
	return kind + ":" + value
}

// addressOf is an address in the one form that it is kept in, or "".
func addressOf(kind, value string) string {
	value = strings.TrimSpace(value)
	switch kind {
	case "ip":
		a, err := netip.ParseAddr(value)
		if err != nil || a.Zone() != "" {
			return ""
		}
		return a.Unmap().String()
	case "mac":
		m, err := net.ParseMAC(value)
		if err != nil || len(m) != 6 && len(m) != 8 {
			return ""
		}
		return m.String()
	case "host":
		value = strings.ToLower(strings.TrimSuffix(value, "."))
		if value == "" || len(value) > 253 || strings.ContainsFunc(value, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || r == '/' || r == ':'
		}) {
			return ""
		}
		return value
	}
	return ""
}
