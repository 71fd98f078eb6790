package catalogue

import (
	"bytes"
	"fmt"
	"strings"
)

// YAML is the profile in the form that [ParseProfile] reads: the file it was
// read from, or what [EncodeProfile] writes when it came in another form.
func (p *Profile) YAML() []byte {
	if p.yaml {
		return p.Bytes()
	}
	return EncodeProfile(p)
}

// EncodeProfile writes a profile in the form that [ParseProfile] reads. The same
// profile gives the same bytes.
func EncodeProfile(p *Profile) []byte {
	var b bytes.Buffer
	member := func(indent, key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, key, quoted(value))
		}
	}
	fmt.Fprintf(&b, "countersign: %s\n", ProfileFormat)
	for _, f := range [][2]string{
		{"profile", p.ID}, {"title", p.Title}, {"version", p.Version}, {"purpose", p.Purpose}, {"basis", p.Basis}, {"source", p.Source},
		{"note", p.Note}, {"verification", p.Verification},
	} {
		member("", f[0], f[1])
	}
	if p.From != "" {
		b.WriteString("duty:\n")
		member("  ", "from", string(p.From))
		member("  ", "until", string(p.Until))
	}
	if len(p.Tiers) > 0 {
		b.WriteString("tiers:\n")
	}
	for _, t := range p.Tiers {
		fmt.Fprintf(&b, "  - tier: %d\n", t.Number)
		member("    ", "title", t.Title)
		member("    ", "statement", t.Statement)
	}
	if len(p.Features) > 0 {
		b.WriteString("features:\n")
	}
	for _, code := range SortedCodes(p.Features) {
		member("  ", quoted(code), p.Features[code])
	}
	b.WriteString("select:\n")
	for i := range p.Asks {
		encodeAsk(&b, &p.Asks[i])
	}
	return b.Bytes()
}

func encodeAsk(b *bytes.Buffer, a *Ask) {
	fmt.Fprintf(b, "  - catalogue: %s\n", quoted(a.Catalogue))
	if a.Tier > 0 {
		fmt.Fprintf(b, "    tier: %d\n", a.Tier)
	}
	if a.All {
		b.WriteString("    all: true\n")
	}
	for _, l := range []struct {
		key    string
		values []string
	}{
		{"controls", a.Controls}, {"branches", a.Branches}, {"kinds", a.Kinds}, {"status", a.Status}, {"except", a.Except}, {"when", a.When},
	} {
		if len(l.values) == 0 {
			continue
		}
		all := make([]string, len(l.values))
		for i, v := range l.values {
			all[i] = quoted(v)
		}
		fmt.Fprintf(b, "    %s: [%s]\n", l.key, strings.Join(all, ", "))
	}
	fmt.Fprintf(b, "    ask: %s\n", map[bool]string{true: "required", false: "recommended"}[a.Required])
	for _, f := range [][2]string{{"method", a.Method}, {"automatic", a.Automatic}, {"because", a.Because}} {
		if f[1] != "" {
			fmt.Fprintf(b, "    %s: %s\n", f[0], quoted(f[1]))
		}
	}
}
