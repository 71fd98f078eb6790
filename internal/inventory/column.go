package inventory

import (
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/table"
)

// column is what a cell of a row is about.
type column int

// The columns.
const (
	colAsOf column = iota
	colFrom
	colTo

	colOrganisation
	colOrgName
	colOrgContact

	colSystem
	colSystemName
	colCriticality
	colHighValue
	colNSS
	colHosting
	colSystemOwner
	colContact

	colAsset
	colKind
	colHostname
	colIP
	colMAC
	colOS
	colModel
	colAssetMaker
	colFirstSeen
	colLastSeen
	colLastScan
	colAssetOwner

	colReach
	colEvidence
	colSayer
	colReached
	colShut

	colRelease
	colPURL
	colCPE
	colSoftware
	colVersion
	colVendor
	colEnvironment
	colNote

	colFinding
	colWeakness
	colDetected
	colRemediated
	colFinder
)

// columnNames is the names that each column goes by; the first is ours. Case,
// spaces and punctuation do not matter.
var columnNames = [...][]string{
	colAsOf: {"as of", "published", "report date"},
	colFrom: {"from", "valid from", "installed", "since"},
	colTo:   {"to", "valid to", "removed", "until"},

	colOrganisation: {"organisation", "organization", "agency"},
	colOrgName:      {"organisation name", "organization name", "agency name"},
	colOrgContact:   {"organisation contact", "organization contact", "agency contact"},

	colSystem:      {"system", "system id"},
	colSystemName:  {"system name"},
	colCriticality: {"criticality", "fips199", "fips 199 level", "impact level"},
	colHighValue:   {"hva", "high value", "high value asset"},
	colNSS:         {"nss", "national security system"},
	colHosting:     {"hosting"},
	colSystemOwner: {"system owner", "owner"},
	colContact:     {"contact", "system contact", "e-mail"},

	colAsset:      {"asset", "asset id", "host id"},
	colKind:       {"asset kind", "kind", "asset type"},
	colHostname:   {"hostname", "host", "fqdn", "dns name"},
	colIP:         {"ip", "ip address", "address", "addresses"},
	colMAC:        {"mac", "mac address", "hardware address"},
	colOS:         {"os", "operating system"},
	colModel:      {"model"},
	colAssetMaker: {"asset vendor", "manufacturer", "hardware vendor"},
	colFirstSeen:  {"first seen", "first discovered"},
	colLastSeen:   {"last seen", "last discovered"},
	colLastScan:   {"last scan", "last vuln scan"},
	colAssetOwner: {"asset owner"},

	colReach:    {"exposure", "exposed"},
	colEvidence: {"exposure evidence"},
	colSayer:    {"exposure by", "exposure source"},
	colReached:  {"exposure from"},
	colShut:     {"exposure to"},

	colRelease:     {"release", "release id", "digest", "sbom"},
	colPURL:        {"purl", "package url"},
	colCPE:         {"cpe", "cpe23"},
	colSoftware:    {"software", "product", "software name", "name"},
	colVersion:     {"version", "software version"},
	colVendor:      {"vendor", "maker", "supplier", "publisher"},
	colEnvironment: {"environment", "env"},
	colNote:        {"note", "notes", "comment"},

	colFinding:    {"finding", "finding id"},
	colWeakness:   {"cve", "cve id", "weakness", "vulnerability"},
	colDetected:   {"detected", "first detected", "found", "first found"},
	colRemediated: {"remediated", "fixed", "mitigated", "closed"},
	colFinder:     {"scanner", "found by", "plugin"},
}

func (c column) in(h table.Header) bool { return c.name(h) != "" }

// name is what the column is called in a table, "" where it has none.
func (c column) name(h table.Header) string {
	for _, name := range columnNames[c] {
		if h.Has(name) {
			return name
		}
	}
	return ""
}

func anyIn(h table.Header, columns ...column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.in(h) })
}

// namesIn is what each column is called in a table.
func namesIn(h table.Header) []string {
	out := make([]string, len(columnNames))
	for c := range columnNames {
		out[c] = column(c).name(h)
	}
	return out
}

// cell is a row's text in a column, "" where the table has no such column.
func (t *reader) cell(r table.Row, c column) string {
	if name := t.names[c]; name != "" {
		return r.Get(name)
	}
	return ""
}

// word is a cell as a word of our own lists: lower case, hyphens for spaces.
func (t *reader) word(r table.Row, c column) string {
	return strings.ReplaceAll(strings.ToLower(t.cell(r, c)), " ", "-")
}

// leftOut is what becomes of a cell that cannot be read.
const leftOut = "it is left out"

// day reads a day. One that cannot be read is reported, and what becomes of it.
func (t *reader) day(r table.Row, c column, becomes string) (access.Date, bool) {
	text := t.cell(r, c)
	if text == "" {
		return "", true
	}
	// Tools write a moment where we want its day.
	if len(text) > 10 && (text[10] == 'T' || text[10] == ' ') {
		text = text[:10]
	}
	d, err := access.ParseDate(text)
	if err != nil {
		t.warn(r, c, "%q is no day, want YYYY-MM-DD; %s", table.Clip(t.cell(r, c)), becomes)
		return "", false
	}
	return d, true
}

// truth reads a yes or no.
func (t *reader) truth(r table.Row, c column) Truth {
	switch text := strings.ToLower(t.cell(r, c)); text {
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
	text := strings.ToLower(t.cell(r, colCriticality))
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
	text := strings.ToLower(t.cell(r, colReach))
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
	for _, text := range strings.FieldsFunc(t.cell(r, c), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
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
