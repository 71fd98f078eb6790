package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/software/quality"
)

// KindRelease is the kind of a subject that is a release of a product.
const KindRelease party.Kind = "release"

// Software is what is held about a release, beside what is held about parties.
type Software struct {
	Release   Release         `json:"release,omitzero"`
	Findings  []Weakness      `json:"findings,omitzero"` // most urgent first
	Sources   []Source        `json:"sources,omitzero"`  // what is held of advisories, by ecosystem
	Suppliers []Supplier      `json:"suppliers,omitzero"`
	Licences  []LicenceUse    `json:"licences,omitzero"`
	Quality   *quality.Report `json:"quality,omitzero"` // null when no bill is held
	Bill      *software.Bill  `json:"-"`                // nil when none is held
}

// Release is a release as its newest bill describes it.
type Release struct {
	ID string `json:"id"`
	software.Release
	Held     bool       `json:"sbom"` // a bill of materials is held
	Evidence []Evidence `json:"evidence"`
}

// Weakness is a finding with the documents that it rests on.
type Weakness struct {
	findings.Finding
	Evidence []Evidence `json:"evidence"`
}

// Source is what is held of advisories for an ecosystem, with the documents.
type Source struct {
	findings.Source
	Evidence []Evidence `json:"evidence"`
}

// LicenceUse is one licence, as bills write it, and what has it.
type LicenceUse struct {
	Expression string `json:"expression"`
	Components int    `json:"components"`
	Example    string `json:"example"` // one of the components
}

// handlesOf is the releases that text may name, and whether text is of the
// form of something that only releases have.
func (b *Builder) handlesOf(ctx context.Context, ask access.Ask, text string) (ids []string, sure bool, err error) {
	kind := "name"
	switch {
	case strings.HasPrefix(text, "pkg:"):
		kind, sure = "purl", true
	case strings.HasPrefix(strings.ToLower(text), "cpe:"):
		kind, sure = "cpe", true
	case strings.HasPrefix(strings.ToLower(text), "sha256:"):
		kind, sure = "digest", true
	}
	term := software.Term(kind, text)
	if kind == "purl" {
		p, err := purl.Read(text)
		if err != nil {
			return nil, true, problem.New(problem.Invalid, "%s: %s", text, problem.Message(err))
		}
		text = p.String()
	}
	facts, err := b.Facts.ByTerm(ctx, ask, []string{software.FactHandle}, []string{term}, 0)
	if err != nil {
		return nil, sure, fmt.Errorf("releases called %q: %w", text, err)
	}
	for i := range facts {
		if !facts[i].StatedOn(ask.At.Known) {
			continue
		}
		if facts[i].Subject == text {
			return []string{text}, true, nil // named exactly, qualifiers and all
		}
		ids = append(ids, facts[i].Subject)
	}
	slices.Sort(ids)
	return slices.Compact(ids), sure, nil
}

// release builds the dossier of the release that text names; nil when it names
// none and is not of the form of a release's name. Where text is a purl or CPE
// of which no bill is held, what advisories say of itself is all there is.
func (b *Builder) release(ctx context.Context, ask access.Ask, text string, named bool) (*Dossier, error) {
	ids, sure, err := b.handlesOf(ctx, ask, text)
	if err != nil || !sure && !named {
		return nil, err
	}
	d := empty(text, ask.At)
	switch {
	case len(ids) > 1:
		return d, b.several(ctx, ask, d, ids)
	case len(ids) == 1:
		err = b.describe(ctx, ask, d, ids[0])
	case strings.HasPrefix(text, "pkg:") || strings.HasPrefix(strings.ToLower(text), "cpe:"):
		err = b.bare(ctx, ask, d, text)
	default:
		return nil, nil
	}
	if err != nil || d.Software == nil || !b.Labels {
		return d, err
	}
	return d, b.labelsOf(ctx, ask, d)
}

// several makes candidates of releases.
func (b *Builder) several(ctx context.Context, ask access.Ask, d *Dossier, ids []string) error {
	for _, id := range ids[:min(len(ids), maxCandidates)] {
		facts, err := b.Facts.BySubject(ctx, ask, id)
		if err != nil {
			return err
		}
		var r software.Release
		f := newestFact(facts, software.FactRelease, ask.At.Known)
		if f == nil {
			continue
		}
		if err := f.Decode(&r); err != nil {
			return fmt.Errorf("release %s: %w", id, err)
		}
		d.Audience = d.Audience.And(f.Audience)
		d.Candidates = append(d.Candidates, Candidate{ID: id, Name: join(r.Name, r.Version), Kind: KindRelease, Listings: []string{}, Why: "release, bill of " + cmp.Or(r.Created, string(f.Published))})
	}
	return nil
}

func join(name, version string) string { return strings.TrimSpace(name + " " + version) }

// newestFact is the fact of a kind that tells best on a day; nil when none had
// been published.
func newestFact(facts []ledger.Fact, kind string, known access.Date) *ledger.Fact {
	var best *ledger.Fact
	for i := range facts {
		f := &facts[i]
		if f.Kind == kind && f.PublishedBy(known) && (best == nil || f.Newer(best, known)) {
			best = f
		}
	}
	return best
}

// describe fills the dossier of a release that a bill is held of.
func (b *Builder) describe(ctx context.Context, ask access.Ask, d *Dossier, id string) error {
	facts, err := b.Facts.BySubject(ctx, ask, id)
	if err != nil {
		return fmt.Errorf("release %s: %w", id, err)
	}
	told, packed := newestFact(facts, software.FactRelease, ask.At.Known), newestFact(facts, software.FactBill, ask.At.Known)
	if told == nil || packed == nil {
		return nil
	}
	s := &Software{Release: Release{ID: id, Held: true}, Findings: []Weakness{}, Sources: []Source{}, Suppliers: []Supplier{}, Licences: []LicenceUse{}}
	if err := told.Decode(&s.Release.Release); err != nil {
		return fmt.Errorf("release %s: %w", id, err)
	}
	var p software.PackedBill
	if err := packed.Decode(&p); err != nil {
		return fmt.Errorf("bill of %s: %w", id, err)
	}
	if s.Bill, err = p.Unpack(); err != nil {
		return fmt.Errorf("bill of %s: %w", id, err)
	}
	d.Subject = Subject{ID: id, Name: join(s.Release.Name, s.Release.Version), Kind: KindRelease}
	d.Software = s
	r := &rests{b: b, ctx: ctx, ask: ask}
	r.note(told, packed)
	s.Licences = licencesOf(s.Bill)
	if err := b.weaknesses(ctx, ask, s, componentsOf(s.Bill, id), r); err != nil {
		return err
	}
	if s.Quality, err = qualityOf(s, ask.At.Date); err != nil {
		return err
	}
	if s.Suppliers, err = b.suppliersOf(ctx, ask, s, r); err != nil {
		return err
	}
	return r.settle(d, told)
}

// qualityOf is how good the bill is on a day, by the catalogues that the
// product ships.
func qualityOf(s *Software, on access.Date) (*quality.Report, error) {
	catalogues, err := quality.Shipped()
	if err != nil {
		return nil, err
	}
	return quality.Assess(s.Bill, catalogues, quality.Env{Day: on, Source: func(ecosystem string) bool {
		family, _, _ := strings.Cut(ecosystem, ":")
		return slices.ContainsFunc(s.Sources, func(src Source) bool { return src.Held && src.Ecosystem == family })
	}}), nil
}

// bare fills the dossier of a purl or CPE that no bill is held of.
func (b *Builder) bare(ctx context.Context, ask access.Ask, d *Dossier, text string) error {
	s := &Software{Release: Release{ID: text, Evidence: []Evidence{}}, Findings: []Weakness{}, Sources: []Source{}, Suppliers: []Supplier{}, Licences: []LicenceUse{}}
	c := findings.Component{Identity: text, Direct: true}
	if p, err := purl.Read(text); err == nil {
		c.Identity, c.Name, c.Version = p.String(), p.Name, p.Version
		if p.Namespace != "" {
			c.Name = p.Namespace + "/" + p.Name
		}
		s.Release.PURL = c.Identity
	}
	s.Release.ID, s.Release.Name, s.Release.Version = c.Identity, cmp.Or(c.Name, text), c.Version
	d.Subject = Subject{ID: c.Identity, Name: join(s.Release.Name, c.Version), Kind: KindRelease}
	d.Software = s
	r := &rests{b: b, ctx: ctx, ask: ask}
	if err := b.weaknesses(ctx, ask, s, []findings.Component{c}, r); err != nil {
		return err
	}
	return r.settle(d, nil)
}

// componentsOf is what advisories are asked about: everything that the bill
// can name, and the release itself.
func componentsOf(bill *software.Bill, id string) []findings.Component {
	direct := map[int]bool{}
	for _, e := range bill.Edges {
		if e.From == bill.Root && e.Kind == "" {
			direct[e.To] = true
		}
	}
	seen := map[string]int{}
	var out []findings.Component
	for i := range bill.Components {
		c := &bill.Components[i]
		found := findings.Component{Identity: c.Identity(), Name: c.Name, Version: c.Version, Direct: direct[i] || i == bill.Root}
		if c.Group != "" {
			found.Name = c.Group + "/" + c.Name
		}
		if strings.HasPrefix(found.Identity, "pkg:") {
			found.Written = strings.TrimSpace(c.PURL)
		}
		if i == bill.Root {
			found.CPEs = bill.RootCPEs()
			found.Identity = id
		}
		if found.Identity == "" {
			continue
		}
		if at, twice := seen[found.Identity]; twice {
			out[at].Direct = out[at].Direct || found.Direct
			continue
		}
		seen[found.Identity] = len(out)
		out = append(out, found)
	}
	return out
}

// licencesOf counts licences as the bill writes them.
func licencesOf(bill *software.Bill) []LicenceUse {
	uses := map[string]*LicenceUse{}
	for i := range bill.Components {
		c := &bill.Components[i]
		for _, l := range c.Licences {
			text := cmp.Or(l.Expression, l.Name)
			if text == "" {
				continue
			}
			if uses[text] == nil {
				uses[text] = &LicenceUse{Expression: text, Example: cmp.Or(c.Identity(), c.Name)}
			}
			uses[text].Components++
		}
	}
	out := []LicenceUse{}
	for _, u := range uses {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b LicenceUse) int {
		return cmp.Or(-cmp.Compare(a.Components, b.Components), cmp.Compare(a.Expression, b.Expression))
	})
	return out
}

// weaknesses finds what applies to the components.
func (b *Builder) weaknesses(ctx context.Context, ask access.Ask, s *Software, components []findings.Component, r *rests) error {
	target := findings.Target{ID: s.Release.ID, Names: []string{s.Release.Name, join(s.Release.Name, s.Release.Version)}, Version: s.Release.Version, CPEs: s.Release.CPEs, Makers: []string{s.Release.Supplier, s.Release.Maker}}
	for _, h := range s.Release.Hashes {
		if h.Algorithm == "SHA-256" {
			target.Digests = append(target.Digests, "sha256:"+strings.ToLower(h.Value))
		}
	}
	found, err := findings.Find(ctx, b.Facts, ask, target, components)
	if err != nil {
		return fmt.Errorf("findings of %s: %w", s.Release.ID, err)
	}
	for _, src := range found.Sources {
		s.Sources = append(s.Sources, Source{Source: src, Evidence: []Evidence{}})
		r.note(src.Rests...)
	}
	for _, f := range found.Findings {
		s.Findings = append(s.Findings, Weakness{Finding: f, Evidence: []Evidence{}})
		r.note(f.Rests...)
	}
	r.note(found.Rests...)
	return nil
}

// rests gathers the facts that a dossier rests on, to describe their documents
// at once and to see it only by those who may see them all.
type rests struct {
	b     *Builder
	ctx   context.Context
	ask   access.Ask
	facts []*ledger.Fact

	parties access.Audience // who may see what is said of suppliers
}

func (r *rests) note(facts ...*ledger.Fact) { r.facts = append(r.facts, facts...) }

// documents describes the documents of the facts, and narrows who may see the
// dossier to those who may see them.
func (r *rests) documents(d *Dossier) (*source, error) {
	d.Audience = d.Audience.And(r.parties)
	var positions []int64
	for _, f := range r.facts {
		d.Audience = d.Audience.And(f.Audience)
		if f.Document > 0 { // a file that is only shown has no place in the ledger
			positions = append(positions, f.Document)
		}
	}
	slices.Sort(positions)
	entries, err := r.b.Facts.Documents(r.ctx, r.ask, slices.Compact(positions)...)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	s := &source{documents: map[int64]*ledger.Entry{}}
	for i := range entries {
		s.documents[entries[i].Position] = &entries[i]
	}
	return s, nil
}

// settle describes the documents and points the findings to them.
func (r *rests) settle(d *Dossier, told *ledger.Fact) error {
	s, err := r.documents(d)
	if err != nil {
		return err
	}
	d.Software.Release.Evidence = []Evidence{}
	if told != nil {
		d.Software.Release.Evidence = append(d.Software.Release.Evidence, s.evidence(told, "bill of materials", ""))
	}
	for i := range d.Software.Findings {
		w := &d.Software.Findings[i]
		for _, f := range w.Rests {
			w.Evidence = append(w.Evidence, s.evidence(f, strings.TrimPrefix(f.Kind, "advisory."), ""))
		}
	}
	for i := range d.Software.Sources {
		src := &d.Software.Sources[i]
		for _, f := range src.Rests {
			src.Evidence = append(src.Evidence, s.evidence(f, "held", ""))
		}
	}
	return nil
}
