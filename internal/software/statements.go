package software

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

// Reading is what the ledger keeps of a bill whose bytes have the digest. A
// bill is one edition of its release's series: a later one takes its place from
// the day on which it was created.
func Reading(b *Bill, digest string) (*ledger.Reading, error) {
	id := ReleaseID(b, digest)
	out := &ledger.Reading{
		Kind: "software.sbom", Source: "sbom/" + id, Mode: ledger.Snapshot, Published: DayOf(b.Created),
		Rows: len(b.Components), Warnings: b.Broken,
	}
	list := b.inventory(id)
	contents, err := Pack(list.purls, list.direct)
	if err != nil {
		return nil, fmt.Errorf("contents of %s: %w", id, err)
	}
	packed, err := PackBill(b)
	if err != nil {
		return nil, err
	}
	out.Statements = []ledger.Statement{
		{Kind: FactRelease, Subject: id, Body: b.release(list.unnamed)},
		{Kind: FactContents, Subject: id, Body: contents},
		{Kind: FactBill, Subject: id, Body: packed},
	}
	out.Statements = append(out.Statements, b.handles(id, digest)...)
	out.Statements = append(out.Statements, b.suppliers(id)...)
	return out, nil
}

// DayOf is the day of a time as RFC 3339 writes it; "" for anything else.
func DayOf(t string) access.Date {
	if len(t) < len("2006-01-02") {
		return ""
	}
	d, err := access.ParseDate(t[:len("2006-01-02")])
	if err != nil {
		return ""
	}
	return d
}

// inventory is the identities of a bill's components.
type inventory struct {
	purls   []string // canonical and sorted; CPEs of components without a purl
	direct  []bool
	unnamed int
}

// inventory lists what the release has by its identities, and the release
// itself, by its id, as the first among them: an advisory may be about it.
func (b *Bill) inventory(id string) inventory {
	direct := make([]bool, len(b.Components))
	for _, e := range b.Edges {
		if e.From == b.Root && e.Kind == "" && e.To >= 0 && e.To < len(direct) {
			direct[e.To] = true
		}
	}
	var out inventory
	seen := map[string]bool{id: true}
	for i := range b.Components {
		if i == b.Root {
			continue
		}
		name := b.Components[i].Identity()
		if name == "" {
			if b.Components[i].Type != "file" {
				out.unnamed++
			}
			continue
		}
		seen[name] = seen[name] || direct[i]
	}
	seen[id] = true
	for _, cpe := range b.RootCPEs() {
		seen[cpe] = true
	}
	for name := range seen {
		out.purls = append(out.purls, name)
	}
	slices.Sort(out.purls)
	for _, name := range out.purls {
		out.direct = append(out.direct, seen[name])
	}
	return out
}

// Identity is what a component is known by everywhere: its canonical purl,
// completed by what the bill says beside it of version and source package, or
// its first CPE where it has no readable purl; "" when it has neither.
func (c *Component) Identity() string {
	if p, err := purl.Read(c.PURL); err == nil {
		return ecosystem.Complete(p, c.Version, c.Source).String()
	}
	if cpes := readable(c.CPEs); len(cpes) > 0 {
		return cpes[0]
	}
	return ""
}

// RootCPEs is the CPEs of the release itself, beside its purl: makers of
// products are written about by these. Those of components that have a purl are
// left out, since tools guess them, several for each.
func (b *Bill) RootCPEs() []string {
	c := b.RootComponent()
	if c == nil {
		return nil
	}
	return readable(c.CPEs)
}

// maxCPE bounds a CPE, in bytes.
const maxCPE = 1000

// readable is the CPEs in the form that they are compared in.
func readable(cpes []string) []string {
	var out []string
	for _, cpe := range cpes {
		if cpe = strings.ToLower(strings.TrimSpace(cpe)); strings.HasPrefix(cpe, "cpe:") && len(cpe) <= maxCPE && !strings.ContainsAny(cpe, "\n\r") {
			out = append(out, cpe)
		}
	}
	return out
}

// release describes what the bill is about.
func (b *Bill) release(unnamed int) *Release {
	r := &Release{
		Name: b.Name, Supplier: b.Supplier, Format: strings.TrimSpace(b.Format + " " + b.Version), Bill: b.ID,
		Created: b.Created, Tools: b.Tools, Authors: b.Authors, Complete: b.Complete, Signed: b.Signed,
		Components: len(b.Components), Relations: len(b.Edges), Unnamed: unnamed, Broken: len(b.Broken),
	}
	c := b.RootComponent()
	if c == nil {
		r.Name, r.Version = atDigest(r.Name)
		return r
	}
	r.Components--
	r.Name, r.Version, r.Type = cmp.Or(c.Name, r.Name), c.Version, c.Type
	if p, err := purl.Read(c.PURL); err == nil {
		r.PURL = p.String()
	}
	r.CPEs, r.Hashes, r.Licences, r.EndOfLife = c.CPEs, c.Hashes, c.Licences, string(DayOf(c.EndOfLife))
	r.Supplier, r.Maker = cmp.Or(c.Supplier, r.Supplier), cmp.Or(c.Maker, c.Publisher, c.Author)
	return r
}

// handles is what the release is found by.
func (b *Bill) handles(id, digest string) []ledger.Statement {
	var out []ledger.Statement
	seen := map[string]bool{}
	add := func(kind, value string) {
		term := Term(kind, value)
		if term == "" || seen[term] || value == "" || len(term) > maxTerm {
			return
		}
		seen[term] = true
		out = append(out, ledger.Statement{Kind: FactHandle, Subject: id, Key: term, Term: term, Body: Handle{kind, value}})
	}
	add("purl", id)
	add("digest", digest)
	add("name", b.Name)
	c := b.RootComponent()
	if c == nil {
		return out
	}
	add("purl", c.PURL)
	for _, cpe := range c.CPEs {
		add("cpe", cpe)
	}
	for _, h := range c.Hashes {
		if h.Algorithm == "SHA-256" {
			add("digest", "sha256:"+h.Value)
		}
	}
	add("name", c.Name)
	if c.Version != "" {
		add("name", c.Name+" "+c.Version)
		add("name", c.Name+"@"+c.Version)
		if c.Group != "" {
			add("name", c.Group+"/"+c.Name+"@"+c.Version)
		}
	}
	return out
}

// maxTerm bounds what is looked up by, in bytes.
const maxTerm = 1000

// suppliers is whose components the release has.
func (b *Bill) suppliers(id string) []ledger.Statement {
	type who struct{ term, role string }
	found := map[who]*Supplier{}
	add := func(name, role string) {
		term := Fold(name)
		if term == "" || len(term) > maxTerm {
			return
		}
		s := found[who{term, role}]
		if s == nil {
			s = &Supplier{Name: name, Role: role}
			found[who{term, role}] = s
		}
		s.Components++
	}
	for i := range b.Components {
		c := &b.Components[i]
		prefix := ""
		if i == b.Root {
			prefix = "release "
		}
		add(c.Supplier, prefix+"supplier")
		add(c.Maker, prefix+"maker")
		add(c.Publisher, prefix+"publisher")
	}
	if c := b.RootComponent(); c == nil || c.Supplier == "" {
		add(b.Supplier, "release supplier")
	}
	var out []ledger.Statement
	for w, s := range found {
		out = append(out, ledger.Statement{Kind: FactSupplier, Subject: id, Key: w.role + ":" + w.term, Term: w.term, Body: *s})
	}
	slices.SortFunc(out, func(a, b ledger.Statement) int { return strings.Compare(a.Key, b.Key) })
	return out
}
