package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/ledger"
)

// Portfolio is every release of which a bill is held, with what concerns it
// now. Statements (VEX) are not weighed: that is for the release's own answer.
type Portfolio struct {
	Position int64
	Releases []PortfolioRelease // those of most concern first
	// Known counts, by month ("2021-12"), the advisories that concern a release
	// now by when they were published, one for each finding.
	Known map[string]int
}

// PortfolioRelease is one release of a portfolio.
type PortfolioRelease struct {
	ID, Name, Version, Supplier string
	Components                  int
	Malicious                   int
	Critical, High, Medium, Low int
	Unrated                     int
	Exploited                   int // of all these
	Unknown                     int // cannot be told
	Fixable                     int
	Stated                      int // findings that somebody says something about, of this release
}

// Open is how many findings are certain.
func (r *PortfolioRelease) Open() int {
	return r.Malicious + r.Critical + r.High + r.Medium + r.Low + r.Unrated
}

// Portfolio is what concerns the releases that the ask's reader may see, as of
// now: whatever day the ask names, it is not asked.
func (n *Node) Portfolio(ctx context.Context, ask access.Ask) (*Portfolio, error) {
	ask.At = access.At{Position: access.Now}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	c := &census{node: n, ask: ask, weaknesses: map[string]*heldWeakness{}, out: &Portfolio{Position: ask.At.Position, Releases: []PortfolioRelease{}, Known: map[string]int{}}}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	return c.out, nil
}

// census counts a portfolio.
type census struct {
	node       *Node
	ask        access.Ask
	weaknesses map[string]*heldWeakness // by advisory
	out        *Portfolio
	open       []counted
}

// heldWeakness is what is held of an advisory that concerns some release.
type heldWeakness struct {
	ids       []string // of its weakness, upper-cased
	word      string
	malicious bool
	exploited bool
	month     string
	stated    map[string]bool // terms of the products that somebody speaks of
}

// counted is one finding until its advisory has been looked up.
type counted struct {
	release int
	concern *heldWeakness
	unknown bool
	fixable bool
}

func (c *census) take(ctx context.Context) error {
	err := c.node.portfolio.Each(ctx, c.ask, func(f *impact.Found) error {
		for i := range f.Findings {
			c.note(len(c.out.Releases), &f.Findings[i])
		}
		c.out.Releases = append(c.out.Releases, PortfolioRelease{ID: f.Release, Components: f.Components})
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.describe(ctx); err != nil {
		return err
	}
	if err := c.rate(ctx); err != nil {
		return err
	}
	for _, f := range c.open {
		c.count(f)
	}
	slices.SortStableFunc(c.out.Releases, func(a, b PortfolioRelease) int {
		return cmp.Or(
			cmp.Compare(b.Malicious, a.Malicious), cmp.Compare(b.Exploited, a.Exploited), cmp.Compare(b.Critical, a.Critical),
			cmp.Compare(b.High, a.High), cmp.Compare(b.Open(), a.Open()), cmp.Compare(b.Unknown, a.Unknown), strings.Compare(a.ID, b.ID))
	})
	return nil
}

// note remembers a finding of a release, by its place.
func (c *census) note(release int, f *impact.Finding) {
	w := c.weaknesses[f.Advisory]
	if w == nil {
		w = &heldWeakness{}
		for _, id := range append([]string{f.Advisory}, f.Aliases...) {
			w.ids = append(w.ids, strings.ToUpper(id))
		}
		c.weaknesses[f.Advisory] = w
	}
	c.open = append(c.open, counted{release, w, f.State == advisory.Unknown, len(f.Fixed) > 0})
}

// maxAsked bounds how many subjects are looked up at once.
const maxAsked = 2000

// describe says how the releases are called.
func (c *census) describe(ctx context.Context) error {
	ids := make([]string, len(c.out.Releases))
	for i := range c.out.Releases {
		ids[i] = c.out.Releases[i].ID
	}
	titles, err := c.node.titles(ctx, c.ask, ids)
	if err != nil {
		return err
	}
	for i, t := range titles {
		r := &c.out.Releases[i]
		r.Name, r.Version, r.Supplier = t.Name, t.Version, t.Supplier
	}
	return nil
}

// rate looks up what is held of the advisories and of their weaknesses.
func (c *census) rate(ctx context.Context) error {
	byID := map[string][]*heldWeakness{}
	var advisories []string
	for id, w := range c.weaknesses {
		advisories = append(advisories, id)
		for _, each := range w.ids {
			byID[each] = append(byID[each], w)
		}
	}
	for chunk := range slices.Chunk(advisories, maxAsked) {
		facts, err := c.node.Ledger.Said(ctx, c.ask, []string{advisory.FactRecord}, chunk...)
		if err != nil {
			return err
		}
		if err := c.records(facts); err != nil {
			return err
		}
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	for chunk := range slices.Chunk(ids, maxAsked) {
		facts, err := c.node.Ledger.Said(ctx, c.ask, []string{advisory.FactKEV, advisory.FactVEX}, chunk...)
		if err != nil {
			return err
		}
		for i := range facts {
			f := &facts[i]
			if !f.StatedOn(c.ask.At.Known) {
				continue
			}
			for _, w := range byID[f.Subject] {
				w.heard(f)
			}
		}
	}
	return nil
}

// heard notes what is said of a weakness beside its advisories.
func (w *heldWeakness) heard(f *ledger.Fact) {
	if f.Kind == advisory.FactKEV {
		w.exploited = true
		return
	}
	if w.stated == nil {
		w.stated = map[string]bool{}
	}
	w.stated[f.Term] = true
}

// records reads the advisories themselves; of several sources that have one,
// the newest counts.
func (c *census) records(facts []ledger.Fact) error {
	newest := map[string]*ledger.Fact{}
	for i := range facts {
		f := &facts[i]
		if f.StatedOn(c.ask.At.Known) && (newest[f.Subject] == nil || f.Newer(newest[f.Subject], c.ask.At.Known)) {
			newest[f.Subject] = f
		}
	}
	for id, f := range newest {
		var r advisory.Record
		if err := f.Decode(&r); err != nil {
			return fmt.Errorf("advisory %s: %w", id, err)
		}
		w := c.weaknesses[id]
		w.malicious = r.Malicious
		if s := rated(r.Severities); s != nil {
			w.word = strings.ToLower(s.Word)
		}
		day := cmp.Or(advisory.DayOf(r.Published), f.Published)
		w.month = string(day[:min(len(day), len("2006-01"))])
	}
	return nil
}

// count adds a finding to its release.
func (c *census) count(f counted) {
	r, w := &c.out.Releases[f.release], f.concern
	if w.stated[vex.ProductTerm(r.ID)] || w.stated[vex.ProductTerm(r.Name)] {
		r.Stated++
	}
	if f.unknown {
		r.Unknown++
		return
	}
	c.out.Known[w.month]++
	if w.exploited {
		r.Exploited++
	}
	if f.fixable {
		r.Fixable++
	}
	switch {
	case w.malicious:
		r.Malicious++
	case w.word == "critical":
		r.Critical++
	case w.word == "high":
		r.High++
	case w.word == "medium":
		r.Medium++
	case w.word == "low":
		r.Low++
	default:
		r.Unrated++
	}
}
