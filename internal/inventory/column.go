package inventory

import (
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/table"
)

// column is the names that one column goes by; the first is ours.
type column []string

// The columns. Case, spaces and punctuation of a name do not matter.
var (
	colAsOf = column{"as of", "published", "report date"}
	colFrom = column{"from", "valid from", "installed", "since"}
	colTo   = column{"to", "valid to", "removed", "until"}

	colOrganisation = column{"organisation", "organization", "agency"}
	colOrgName      = column{"organisation name", "organization name", "agency name"}
	colOrgContact   = column{"organisation contact", "organization contact", "agency contact"}

	colSystem      = column{"system", "system id"}
	colSystemName  = column{"system name"}
	colCriticality = column{"criticality", "fips199", "fips 199 level", "impact level"}
	colHighValue   = column{"hva", "high value", "high value asset"}
	colNSS         = column{"nss", "national security system"}
	colHosting     = column{"hosting"}
	colSystemOwner = column{"system owner", "owner"}
	colContact     = column{"contact", "system contact", "e-mail"}

	colAsset      = column{"asset", "asset id", "host id"}
	colKind       = column{"asset kind", "kind", "asset type"}
	colHostname   = column{"hostname", "host", "fqdn", "dns name"}
	colIP         = column{"ip", "ip address", "address", "addresses"}
	colMAC        = column{"mac", "mac address", "hardware address"}
	colOS         = column{"os", "operating system"}
	colModel      = column{"model"}
	colAssetMaker = column{"asset vendor", "manufacturer", "hardware vendor"}
	colFirstSeen  = column{"first seen", "first discovered"}
	colLastSeen   = column{"last seen", "last discovered"}
	colLastScan   = column{"last scan", "last vuln scan"}
	colAssetOwner = column{"asset owner"}

	colReach    = column{"exposure", "exposed"}
	colEvidence = column{"exposure evidence"}
	colSayer    = column{"exposure by", "exposure source"}
	colReached  = column{"exposure from"}
	colShut     = column{"exposure to"}

	colRelease     = column{"release", "release id", "digest", "sbom"}
	colPURL        = column{"purl", "package url"}
	colCPE         = column{"cpe", "cpe23"}
	colSoftware    = column{"software", "product", "software name", "name"}
	colVersion     = column{"version", "software version"}
	colVendor      = column{"vendor", "maker", "supplier", "publisher"}
	colEnvironment = column{"environment", "env"}
	colNote        = column{"note", "notes", "comment"}
)

func (c column) in(h table.Header) bool {
	return slices.ContainsFunc(c, func(name string) bool { return h.Has(name) })
}

// name is what the column is called in a table, as far as it has it.
func (c column) name(h table.Header) string {
	for _, name := range c {
		if h.Has(name) {
			return name
		}
	}
	return c[0]
}

func (c column) of(r table.Row) string { return r.Get(c...) }

func anyIn(h table.Header, columns ...column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.in(h) })
}

// leftOut is what becomes of a cell that cannot be read.
const leftOut = "it is left out"

// day reads a day. One that cannot be read is reported, and what becomes of it.
func (t *reader) day(r table.Row, c column, becomes string) (access.Date, bool) {
	text := c.of(r)
	if text == "" {
		return "", true
	}
	// Tools write a moment where we want its day.
	if len(text) > 10 && (text[10] == 'T' || text[10] == ' ') {
		text = text[:10]
	}
	d, err := access.ParseDate(text)
	if err != nil {
		t.warn(r, c, "%q is no day, want YYYY-MM-DD; %s", table.Clip(c.of(r)), becomes)
		return "", false
	}
	return d, true
}

// truth reads a yes or no.
func (t *reader) truth(r table.Row, c column) Truth {
	switch text := strings.ToLower(c.of(r)); text {
	case "", "?", "unknown", "n/a":
		return ""
	case "yes", "y", "true", "1", "x":
		return Yes
	case "no", "n", "false", "0":
		return No
	default:
		t.warn(r, c, "%q is neither yes nor no; %s", table.Clip(text), leftOut)
		return ""
	}
}

// criticality reads an impact level.
func (t *reader) criticality(r table.Row) Criticality {
	text := strings.ToLower(colCriticality.of(r))
	switch text {
	case "", "?", "unknown", "n/a":
		return ""
	case "low", "l":
		return Low
	case "moderate", "medium", "mod", "m":
		return Moderate
	case "high", "h":
		return High
	}
	t.warn(r, colCriticality, "%q is no impact level, want low, moderate or high; %s", table.Clip(text), leftOut)
	return ""
}

// reach reads who can reach an asset; "" where the row does not say. A word
// that is not understood is one of which nothing is known.
func (t *reader) reach(r table.Row) Reach {
	text := strings.ToLower(colReach.of(r))
	switch text {
	case "":
		return ""
	case "public", "internet", "external", "internet-facing", "yes", "true", "1":
		return Public
	case "internal", "private", "none", "no", "false", "0":
		return Internal
	case "unknown", "?", "n/a":
		return Unknown
	}
	t.warn(r, colReach, "%q is no exposure, want public, internal or unknown; it is taken as unknown", table.Clip(text))
	return Unknown
}

// addresses reads the addresses in a cell, which may be parted by semicolons,
// commas or spaces.
func (t *reader) addresses(r table.Row, c column, kind string) []string {
	var out []string
	for _, text := range strings.FieldsFunc(c.of(r), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		a := addressOf(kind, text)
		if a == "" {
			t.warn(r, c, "%q is no address of kind %s; %s", table.Clip(text), kind, leftOut)
			continue
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// word is a cell as a word of our own lists: lower case, hyphens for spaces.
func (c column) word(r table.Row) string {
	return strings.ReplaceAll(strings.ToLower(c.of(r)), " ", "-")
}
