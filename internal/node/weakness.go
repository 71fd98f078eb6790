package node

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/version"
)

// Weakness is what is held of one weakness at a moment, by whichever of its ids
// it was asked for.
type Weakness struct {
	ID         string              // as others know it best: its CVE id where it has one
	IDs        []string            // every id of it, CVE ids first
	Records    []AdvisoryRecord    // what advisories say, the packages' own databases first
	Exploited  *advisory.Exploited // nil when no catalogue held here has it
	EPSS       *findings.EPSS      // nil when no forecast is held
	Statements []advisory.VEX      // what makers, agencies and analysts say, newest first
}

// AdvisoryRecord is one advisory with what it says of packages.
type AdvisoryRecord struct {
	advisory.Record
	Severity *findings.Severity
	Affected []advisory.Affected
	Source   string // the series that it is from
	Document int64
	Stated   access.Date // since when it reads like this
}

// Weakness gathers what is held of a weakness; NotFound when nothing is.
func (n *Node) Weakness(ctx context.Context, ask access.Ask, id string) (*Weakness, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	id = strings.TrimSpace(id)
	if id == "" || len(id) > maxScreened {
		return nil, problem.New(problem.Invalid, "the id is %d bytes long: want 1 to %d, as CVE-2021-44228", len(id), maxScreened)
	}
	g := &gathered{ids: map[string]string{strings.ToUpper(id): id}, records: map[string]*AdvisoryRecord{}}
	for range 2 { // by the id asked for, then by all that the advisories found give
		if err := n.gather(ctx, ask, g); err != nil {
			return nil, err
		}
	}
	out := &Weakness{Records: []AdvisoryRecord{}, Statements: []advisory.VEX{}}
	for _, r := range g.records {
		out.Records = append(out.Records, *r)
	}
	slices.SortFunc(out.Records, func(a, b AdvisoryRecord) int {
		return cmp.Or(cmp.Compare(idRank(a.ID), idRank(b.ID)), strings.Compare(a.ID, b.ID))
	})
	if err := n.heardOf(ctx, ask, g, out); err != nil {
		return nil, err
	}
	if len(out.Records) == 0 && out.Exploited == nil && len(out.Statements) == 0 {
		return nil, problem.New(problem.NotFound, "no advisory held here speaks of %s, by what was published by %s", id, ask.At.Known)
	}
	out.name(g)
	return out, nil
}

// gathered is what was found of a weakness so far.
type gathered struct {
	ids     map[string]string // as written, by upper-cased
	records map[string]*AdvisoryRecord
}

// gather adds the advisories that have or name one of the ids.
func (n *Node) gather(ctx context.Context, ask access.Ask, g *gathered) error {
	found, err := n.Ledger.ByTerm(ctx, ask, []string{advisory.FactRecord, advisory.FactAlias}, slices.Sorted(maps.Keys(g.ids)), 0)
	if err != nil {
		return err
	}
	var subjects []string
	for i := range found {
		if found[i].StatedOn(ask.At.Known) && g.records[found[i].Subject] == nil {
			subjects = append(subjects, found[i].Subject)
		}
	}
	slices.Sort(subjects)
	said, err := n.Ledger.Said(ctx, ask, []string{advisory.FactRecord, advisory.FactAffected}, slices.Compact(subjects)...)
	if err != nil {
		return err
	}
	newest := map[string]*ledger.Fact{}
	for i := range said {
		f := &said[i]
		if f.Kind == advisory.FactRecord && f.StatedOn(ask.At.Known) && (newest[f.Subject] == nil || f.Newer(newest[f.Subject], ask.At.Known)) {
			newest[f.Subject] = f
		}
	}
	for id, f := range newest {
		r := &AdvisoryRecord{Source: f.Source, Document: f.Document, Stated: f.Published}
		if err := f.Decode(&r.Record); err != nil {
			return fmt.Errorf("advisory %s: %w", id, err)
		}
		g.records[id] = r
		for _, other := range append([]string{r.ID}, advisory.SameWeakness(r.Aliases, r.Upstream)...) {
			if _, ok := g.ids[strings.ToUpper(other)]; !ok {
				g.ids[strings.ToUpper(other)] = other
			}
		}
	}
	return g.affected(said, ask.At.Known)
}

// affected adds what the records say of packages, by the record's own source.
func (g *gathered) affected(said []ledger.Fact, known access.Date) error {
	for i := range said {
		f := &said[i]
		r := g.records[f.Subject]
		if f.Kind != advisory.FactAffected || !f.StatedOn(known) || r == nil || r.Source != f.Source {
			continue
		}
		var a advisory.Affected
		if err := f.Decode(&a); err != nil {
			return fmt.Errorf("advisory %s: %w", f.Subject, err)
		}
		r.Affected = append(r.Affected, a)
	}
	for _, r := range g.records {
		ratings := slices.Clone(r.Severities)
		for i := range r.Affected {
			ratings = append(ratings, r.Affected[i].Severities...)
		}
		r.Severity = rated(ratings)
		slices.SortFunc(r.Affected, func(a, b advisory.Affected) int {
			return cmp.Or(strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(a.Name, b.Name))
		})
	}
	return nil
}

// heardOf adds what is said of the weakness beside advisories.
func (n *Node) heardOf(ctx context.Context, ask access.Ask, g *gathered, out *Weakness) error {
	said, err := n.Ledger.Said(ctx, ask, []string{advisory.FactKEV, advisory.FactVEX}, slices.Sorted(maps.Keys(g.ids))...)
	if err != nil {
		return err
	}
	var kev *ledger.Fact
	for i := range said {
		f := &said[i]
		if !f.StatedOn(ask.At.Known) {
			continue
		}
		switch {
		case f.Kind == advisory.FactKEV && (kev == nil || f.Newer(kev, ask.At.Known)):
			kev, out.Exploited = f, &advisory.Exploited{}
			if err := f.Decode(out.Exploited); err != nil {
				return fmt.Errorf("catalogue entry %s: %w", f.Subject, err)
			}
		case f.Kind == advisory.FactVEX:
			var v advisory.VEX
			if err := f.Decode(&v); err != nil {
				return fmt.Errorf("statement about %s: %w", f.Subject, err)
			}
			out.Statements = append(out.Statements, v)
		}
	}
	slices.SortFunc(out.Statements, func(a, b advisory.VEX) int {
		return cmp.Or(strings.Compare(b.Issued, a.Issued), strings.Compare(a.Product+a.Component, b.Product+b.Component))
	})
	out.EPSS, err = n.forecast(ctx, ask, slices.Sorted(maps.Keys(g.ids)))
	return err
}

// forecast is the newest EPSS score of a weakness; nil when none is held.
func (n *Node) forecast(ctx context.Context, ask access.Ask, ids []string) (*findings.EPSS, error) {
	facts, err := n.Ledger.Said(ctx, ask, []string{advisory.FactEPSS}, advisory.SubjectEPSS)
	if err != nil {
		return nil, err
	}
	var newest *ledger.Fact
	for i := range facts {
		if f := &facts[i]; f.StatedOn(ask.At.Known) && (newest == nil || f.Newer(newest, ask.At.Known)) {
			newest = f
		}
	}
	if newest == nil {
		return nil, nil
	}
	var packed advisory.Scores
	if err := newest.Decode(&packed); err != nil {
		return nil, fmt.Errorf("EPSS scores: %w", err)
	}
	table, err := packed.Open()
	if err != nil {
		return nil, fmt.Errorf("EPSS scores: %w", err)
	}
	for _, id := range ids {
		if score, percentile, ok := table.Lookup(id); ok {
			return &findings.EPSS{CVE: id, Score: score, Percentile: percentile, Date: string(newest.Published)}, nil
		}
	}
	return nil, nil
}

// name says how the weakness is called: by its CVE id where it has one, else as
// the first of the advisories does.
func (w *Weakness) name(g *gathered) {
	w.IDs = slices.SortedFunc(maps.Values(g.ids), func(a, b string) int {
		return cmp.Or(cmp.Compare(idRank(b), idRank(a)), strings.Compare(a, b))
	})
	w.ID = w.IDs[0]
	if idRank(w.ID) == 0 && len(w.Records) > 0 {
		w.ID = w.Records[0].ID
	}
}

// idRank is how far an id is from the package's own database: CVE ids, which
// everybody knows, come last.
func idRank(id string) int {
	switch {
	case strings.HasPrefix(id, "CVE-"):
		return 2
	case strings.HasPrefix(id, "GHSA-"):
		return 1
	}
	return 0
}

// ratingRank puts the newest scale first.
var ratingRank = map[string]int{advisory.CVSSv4: 0, advisory.CVSSv3: 1, advisory.CVSSv2: 2, advisory.InWord: 3}

// rated is the rating that counts, as findings have it: the newest scale's, and
// of that the highest.
func rated(ratings []advisory.Severity) *findings.Severity {
	ratings = slices.DeleteFunc(slices.Clone(ratings), func(r advisory.Severity) bool { return r.Word == "" && r.Score == 0 })
	if len(ratings) == 0 {
		return nil
	}
	best := slices.MinFunc(ratings, func(a, b advisory.Severity) int {
		return cmp.Or(cmp.Compare(ratingRank[a.Type], ratingRank[b.Type]), cmp.Compare(b.Score, a.Score))
	})
	return &findings.Severity{Word: best.Word, Score: best.Score, Vector: best.Vector}
}

// PackageAdvisory is an advisory about a package, with what it means for some
// of its versions.
type PackageAdvisory struct {
	AdvisoryRecord
	Judged []advisory.Judgement // in the order of the versions
}

// Advisories is what advisories say of the package of a purl, and what that
// means for versions of it, written as its ecosystem writes them. Withdrawn
// ones are left out.
func (n *Node) Advisories(ctx context.Context, ask access.Ask, purl string, versions []string) ([]PackageAdvisory, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	var terms []string
	for _, k := range advisory.KeysOf(purl, nil) {
		terms = append(terms, k.Term)
	}
	slices.Sort(terms)
	found, err := n.Ledger.ByTerm(ctx, ask, []string{advisory.FactAffected}, slices.Compact(terms), 0)
	if err != nil {
		return nil, err
	}
	of := map[string]*PackageAdvisory{}
	for i := range found {
		f := &found[i]
		if !f.StatedOn(ask.At.Known) {
			continue
		}
		var a advisory.Affected
		if err := f.Decode(&a); err != nil {
			return nil, fmt.Errorf("advisory %s: %w", f.Subject, err)
		}
		p := of[f.Subject]
		if p == nil {
			p = &PackageAdvisory{Judged: make([]advisory.Judgement, len(versions))}
			of[f.Subject] = p
		}
		p.Affected = append(p.Affected, a)
		p.judge(&a, versions)
	}
	return n.recordsOf(ctx, ask, of)
}

// judge adds what a means for the versions; the gravest counts.
func (p *PackageAdvisory) judge(a *advisory.Affected, versions []string) {
	prepared := a.Prepare()
	for i, v := range versions {
		j := prepared.Judge(version.Version{}, v)
		if was := p.Judged[i].State; was == "" || was == advisory.NotAffected || was == advisory.Unknown && j.State == advisory.IsAffected {
			p.Judged[i] = j
		}
	}
}

// recordsOf adds the records to what was found, and leaves out what was
// withdrawn.
func (n *Node) recordsOf(ctx context.Context, ask access.Ask, of map[string]*PackageAdvisory) ([]PackageAdvisory, error) {
	facts, err := n.Ledger.Said(ctx, ask, []string{advisory.FactRecord}, slices.Sorted(maps.Keys(of))...)
	if err != nil {
		return nil, err
	}
	newest := map[string]*ledger.Fact{}
	for i := range facts {
		if f := &facts[i]; f.StatedOn(ask.At.Known) && (newest[f.Subject] == nil || f.Newer(newest[f.Subject], ask.At.Known)) {
			newest[f.Subject] = f
		}
	}
	out := []PackageAdvisory{}
	for id, p := range of {
		p.ID = id
		if f := newest[id]; f != nil {
			p.Source, p.Document, p.Stated = f.Source, f.Document, f.Published
			if err := f.Decode(&p.Record); err != nil {
				return nil, fmt.Errorf("advisory %s: %w", id, err)
			}
		}
		if w := advisory.DayOf(p.Withdrawn); w != "" && w <= ask.At.Known {
			continue
		}
		ratings := slices.Clone(p.Severities)
		for i := range p.Affected {
			ratings = append(ratings, p.Affected[i].Severities...)
		}
		p.Severity = rated(ratings)
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b PackageAdvisory) int {
		return cmp.Or(strings.Compare(b.Published, a.Published), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}
