package catalogue

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the catalogue in the form that [Parse] reads: the file it was read
// from, or what [Encode] writes when it came in another form.
func (c *Catalogue) YAML() []byte {
	if c.yaml {
		return c.Bytes()
	}
	return Encode(c)
}

// Encode writes a catalogue in the form that [Parse] reads, a line for each
// control. The same catalogue gives the same bytes.
func Encode(c *Catalogue) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "countersign: %s\n", Format)
	for _, f := range []struct{ key, text string }{
		{"catalogue", c.ID}, {"title", c.Title}, {"version", c.Version}, {"state", c.State}, {"source", c.Source},
		{"license_note", c.LicenceNote}, {"id_note", c.IDNote}, {"lifecycle_note", c.LifecycleNote}, {"verification", c.Verification},
	} {
		if f.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.key, quoted(f.text))
		}
	}
	for _, m := range []struct {
		key   string
		table map[string]string
	}{
		{"kinds", c.Kinds}, {"status_codes", c.StatusCodes}, {"evidence_forms", c.EvidenceForms},
		{"conditions", c.Conditions}, {"features", c.Features},
	} {
		if len(m.table) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", m.key)
		for _, code := range SortedCodes(m.table) {
			fmt.Fprintf(&b, "  %s: %s\n", quoted(code), quoted(m.table[code]))
		}
	}
	b.WriteString("controls:\n")
	for i := range c.Controls {
		encodeControl(&b, &c.Controls[i])
	}
	return b.Bytes()
}

func encodeControl(b *bytes.Buffer, ctl *Control) {
	var members []string
	text := func(key, value string) {
		if value != "" {
			members = append(members, key+": "+quoted(value))
		}
	}
	list := func(key string, values []string) {
		if len(values) == 0 {
			return
		}
		all := make([]string, len(values))
		for i, v := range values {
			all[i] = quoted(v)
		}
		members = append(members, key+": ["+strings.Join(all, ", ")+"]")
	}
	text("id", ctl.ID)
	text("kind", ctl.Kind)
	text("side", ctl.Side)
	text("title", ctl.Title)
	text("statement", ctl.Statement)
	text("clause", ctl.Clause)
	text("status", ctl.Status)
	text("level", ctl.Level)
	text("applicability", ctl.Applicability)
	list("ssdf", ctl.SSDF)
	text("ssdf_inherit", ctl.SSDFInherit)
	text("eo14028", ctl.EO14028)
	list("etsi_en_303_645", ctl.ETSI)
	list("conditions", ctl.Conditions)
	list("features", ctl.Features)
	text("v2_1_1_id", ctl.V211ID)
	text("verify", ctl.Verify)
	text("check", ctl.Check)
	list("with", ctl.With)
	if ctl.TakesUnknown {
		members = append(members, "unknown: accepted")
	}
	text("untested", ctl.Untested)
	text("mend", ctl.Mend)
	if ctl.Parent == "" {
		members = append(members, "parent: null")
	}
	text("parent", ctl.Parent)
	fmt.Fprintf(b, "- {%s}\n", strings.Join(members, ", "))
}

// quoted is a text as a double-quoted scalar of YAML.
func quoted(s string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
	b, err := yaml.Marshal(&n)
	if err != nil { // of a single scalar there is none
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSpace(string(b))
}

// SortedCodes is the codes of a table in the order of the publications: short
// ones first, a to z before aa.
func SortedCodes(table map[string]string) []string {
	return slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}
