package quality

import (
	"cmp"
	"maps"
	"slices"

	"countersign.dev/internal/software"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
	order "countersign.dev/internal/software/version"
)

// Reason is why advisories cannot be matched with a component.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	NoIdentity        Reason = "no_identity" // neither purl nor CPE
	OnlyCPE           Reason = "only_cpe"    // matched by product name, which is weaker
	UnreadablePURL    Reason = "unreadable_purl"
	NoEcosystem       Reason = "no_ecosystem" // no advisories know packages of its type
	NoVersion         Reason = "no_version"
	UnreadableVersion Reason = "unreadable_version"
	NoSource          Reason = "no_source" // no advisories are held for its ecosystem
)

// mends are in the order in which gaps are reported.
var mends = []struct {
	reason Reason
	mend   string
}{
	{NoIdentity, "give each component a purl"},
	{OnlyCPE, "give each component a purl; a CPE names a product, and finds too much or too little"},
	{UnreadablePURL, "write it as pkg:type/namespace/name@version, percent-encoded (ECMA-427)"},
	{NoEcosystem, "take a purl of the package's own registry where it has one; of generic, oci and the like no advisory speaks"},
	{NoVersion, "give each component its version"},
	{UnreadableVersion, "give the version as its ecosystem orders it; build from a tag, as \"(devel)\" and branch names match nothing"},
	{NoSource, "import advisories for its ecosystem"},
}

// matchability says how much of the bill advisories can be matched with.
func (s *sheet) matchability() MatchabilityReport {
	m := &matcher{sheet: s, ecosystems: map[string]*EcosystemCount{}, gaps: map[Reason]*Gap{}}
	r := MatchabilityReport{Ecosystems: []EcosystemCount{}, Gaps: []Gap{}}
	for _, i := range s.counted {
		c := &s.bill.Components[i]
		if int(i) == s.bill.Root || c.Type == "operating-system" && c.PURL == "" {
			continue
		}
		r.Components++
		reason := m.reason(c)
		if reason == "" || reason == NoSource {
			r.Readable++
		}
		if reason == "" {
			r.Sourced++
		} else {
			m.gap(reason, int(i))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.ecosystems)) {
		if e := m.ecosystems[name]; e.Components > 0 {
			r.Ecosystems = append(r.Ecosystems, *e)
		}
	}
	slices.SortStableFunc(r.Ecosystems, func(a, b EcosystemCount) int { return cmp.Compare(b.Components, a.Components) })
	for _, x := range mends {
		if g := m.gaps[x.reason]; g != nil {
			g.Mend = x.mend
			r.Gaps = append(r.Gaps, *g)
		}
	}
	if r.Components > 0 {
		r.Percent = percent(r.Sourced, r.Components)
		r.Grade = gradeOf(r.Percent)
	}
	return r
}

type matcher struct {
	*sheet
	ecosystems map[string]*EcosystemCount
	gaps       map[Reason]*Gap
}

func (m *matcher) gap(reason Reason, i int) {
	g := m.gaps[reason]
	if g == nil {
		g = &Gap{Reason: reason}
		m.gaps[reason] = g
	}
	if g.Components++; len(g.At) < m.env.Places {
		g.At = append(g.At, m.place(i, ""))
	}
}

// reason is why a component cannot be matched, "" when it can. Of several
// purls the one that does best counts.
func (m *matcher) reason(c *software.Component) Reason {
	if c.PURL == "" && len(c.MorePURLs) == 0 {
		if len(c.CPEs) > 0 {
			return OnlyCPE
		}
		return NoIdentity
	}
	best := m.ofPURL(c.PURL, c.Version)
	for _, more := range c.MorePURLs {
		if best == "" {
			break
		}
		if r := m.ofPURL(more, c.Version); rank(r) > rank(best) {
			best = r
		}
	}
	return best
}

// rank orders reasons by how far a component got before it failed.
func rank(r Reason) int {
	for i, x := range mends {
		if x.reason == r {
			return i
		}
	}
	return len(mends)
}

// ofPURL is why a purl cannot be matched. version is the component's own, for a
// purl that has none.
func (m *matcher) ofPURL(text, version string) Reason {
	if text == "" {
		return NoIdentity
	}
	p, err := purl.Read(text)
	if err != nil {
		return UnreadablePURL
	}
	if p.Version == "" {
		p.Version = version
	}
	packages, at := ecosystem.Of(p)
	if len(packages) == 0 {
		return NoEcosystem
	}
	if told(at) != present {
		return NoVersion
	}
	return m.inEcosystems(packages, at)
}

// inEcosystems looks for one that can read the version and has advisories.
func (m *matcher) inEcosystems(packages []ecosystem.Package, version string) Reason {
	var first *EcosystemCount
	for i := range packages {
		if i > 0 && packages[i].Ecosystem == packages[i-1].Ecosystem {
			continue // by another name: a distribution's source and binary package
		}
		if _, err := order.Parse(packages[i].Ecosystem, version); err != nil {
			continue
		}
		e := m.count(packages[i].Ecosystem)
		if e.Held {
			e.Components++
			return ""
		}
		if first == nil {
			first = e
		}
	}
	if first == nil {
		return UnreadableVersion
	}
	first.Components++
	return NoSource
}

// count is where components of an ecosystem are counted.
func (m *matcher) count(name string) *EcosystemCount {
	e := m.ecosystems[name]
	if e == nil {
		e = &EcosystemCount{Ecosystem: name, Held: m.env.Source != nil && m.env.Source(name)}
		m.ecosystems[name] = e
	}
	return e
}
