package findings

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/version"
)

// Target is the release that is asked about, as VEX statements may name it.
type Target struct {
	ID      string   // its purl
	Names   []string // by which products are named without one
	Version string
	CPEs    []string
	Digests []string // "sha256:…"
	Makers  []string // who makes and supplies it
}

// Find works out what applies to components of a release at the ask's moment.
func Find(ctx context.Context, facts Facts, ask access.Ask, target Target, components []Component) (*Result, error) {
	s := &search{ctx: ctx, facts: facts, ask: ask, target: target}
	matched, err := s.match(components)
	if err != nil {
		return nil, err
	}
	if err := s.describe(matched); err != nil {
		return nil, err
	}
	out := &Result{Findings: []Finding{}}
	for _, m := range s.join(matched) {
		out.Findings = append(out.Findings, s.finding(m))
	}
	slices.SortFunc(out.Findings, urgency)
	if out.Sources, err = s.sources(components); err != nil {
		return nil, err
	}
	for i := range out.Sources {
		src := &out.Sources[i]
		src.Partial = !src.Held && slices.ContainsFunc(matched, func(m match) bool { return family(m.affected) == src.Ecosystem })
	}
	out.Rests = s.rests
	return out, nil
}

// search is one run of Find.
type search struct {
	ctx    context.Context
	facts  Facts
	ask    access.Ask
	target Target

	records map[string]*record // by advisory id
	kev     map[string]*exploited
	vex     map[string][]*ledger.Fact // by weakness id
	epss    *scores
	rests   []*ledger.Fact
}

// record is an advisory with the ids of its weakness.
type record struct {
	advisory.Record
	fact *ledger.Fact
	ids  []string // of the weakness, upper-cased, its own first

	about []string // and of every weakness that it is about
}

// match is an advisory that speaks of a component and does not say that its
// version is sound.
type match struct {
	component *Component
	affected  *advisory.Affected
	key       advisory.Key
	judged    advisory.Judgement
	fact      *ledger.Fact
}

// maxKeyed bounds how many names are looked up at once.
const maxKeyed = 2000

// match looks up and judges every component.
func (s *search) match(components []Component) ([]match, error) {
	type use struct {
		component *Component
		key       advisory.Key
	}
	uses := map[string][]use{}
	for i := range components {
		c := &components[i]
		for _, k := range advisory.KeysOf(c.Identity, c.CPEs) {
			uses[k.Term] = append(uses[k.Term], use{c, k})
		}
	}
	var out []match
	for terms := range slices.Chunk(sortedKeys(uses), maxKeyed) {
		found, err := s.facts.ByTerm(s.ctx, s.ask, []string{advisory.FactAffected}, terms, 0)
		if err != nil {
			return nil, fmt.Errorf("advisories: %w", err)
		}
		for i := range found {
			f := &found[i]
			if !f.StatedOn(s.ask.At.Known) {
				continue
			}
			var a advisory.Affected
			if err := f.Decode(&a); err != nil {
				return nil, fmt.Errorf("advisory %s: %w", f.Subject, err)
			}
			prepared := a.Prepare()
			for _, u := range uses[f.Term] {
				judged := prepared.Judge(version.Version{}, u.key.Version)
				if judged.State != advisory.NotAffected {
					out = append(out, match{u.component, &a, u.key, judged, f})
				}
			}
		}
	}
	return out, nil
}

// describe reads the advisories that matched and what is said of their
// weaknesses.
func (s *search) describe(matched []match) error {
	s.records, s.kev, s.vex = map[string]*record{}, map[string]*exploited{}, map[string][]*ledger.Fact{}
	ids := map[string]bool{}
	for _, m := range matched {
		ids[m.affected.Advisory] = true
	}
	found, err := s.facts.BySubject(s.ctx, s.ask, sortedKeys(ids)...)
	if err != nil {
		return fmt.Errorf("advisories: %w", err)
	}
	others := map[string]bool{}
	for i := range found {
		if f := &found[i]; f.Kind == advisory.FactRecord && f.StatedOn(s.ask.At.Known) {
			if err := s.record(f); err != nil {
				return err
			}
		}
	}
	for id := range ids {
		others[strings.ToUpper(id)] = true
		if r := s.records[id]; r != nil {
			for _, other := range r.about {
				others[other] = true
			}
		}
	}
	if len(others) == 0 {
		return nil
	}
	said, err := s.facts.BySubject(s.ctx, s.ask, sortedKeys(others)...)
	if err != nil {
		return fmt.Errorf("what is said of weaknesses: %w", err)
	}
	for i := range said {
		if err := s.said(&said[i]); err != nil {
			return err
		}
	}
	return s.readScores()
}

// record reads an advisory; of several sources that have it, the newest
// counts.
func (s *search) record(f *ledger.Fact) error {
	r := &record{fact: f}
	if err := f.Decode(&r.Record); err != nil {
		return fmt.Errorf("advisory %s: %w", f.Subject, err)
	}
	if old := s.records[f.Subject]; old != nil && !f.Newer(old.fact, s.ask.At.Known) {
		return nil
	}
	r.ids = append(r.ids, strings.ToUpper(r.ID))
	for _, id := range advisory.SameWeakness(r.Aliases, r.Upstream) {
		r.ids = append(r.ids, strings.ToUpper(id))
	}
	r.about = slices.Clone(r.ids)
	for _, id := range r.Upstream {
		if id = strings.ToUpper(id); !slices.Contains(r.about, id) {
			r.about = append(r.about, id)
		}
	}
	s.records[f.Subject] = r
	return nil
}

// withdrawn reports whether the advisory was taken back by the known day.
func (s *search) withdrawn(r *record) bool {
	return r.Withdrawn != "" && r.Withdrawn[:min(len(r.Withdrawn), len("2006-01-02"))] <= string(s.ask.At.Known)
}

// joined is the matches of one component that are about one weakness.
type joined struct {
	matches []match
	ids     []string // of the weakness, upper-cased and sorted
}

// join puts together the matches of each component whose advisories share an
// id.
func (s *search) join(matched []match) []joined {
	groups := map[*Component][]joined{}
	var order []*Component
	for _, m := range matched {
		r := s.records[m.affected.Advisory]
		if r != nil && s.withdrawn(r) {
			continue
		}
		ids := []string{strings.ToUpper(m.affected.Advisory)}
		if r != nil {
			ids = r.ids
		}
		now := joined{matches: []match{m}, ids: slices.Clone(ids)}
		var rest []joined
		if groups[m.component] == nil {
			order = append(order, m.component)
		}
		for _, g := range groups[m.component] {
			if slices.ContainsFunc(g.ids, func(id string) bool { return slices.Contains(now.ids, id) }) {
				now.matches = append(slices.Clone(g.matches), now.matches...)
				now.ids = append(now.ids, g.ids...)
			} else {
				rest = append(rest, g)
			}
		}
		groups[m.component] = append(rest, now)
	}
	var out []joined
	for _, c := range order {
		for _, g := range groups[c] {
			slices.Sort(g.ids)
			g.ids = slices.Compact(g.ids)
			out = append(out, g)
		}
	}
	return out
}

// finding makes the finding of what was joined.
func (s *search) finding(g joined) Finding {
	slices.SortFunc(g.matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(advisory.Rank(a.affected.Advisory), advisory.Rank(b.affected.Advisory)), cmp.Compare(a.affected.Advisory, b.affected.Advisory), cmp.Compare(a.fact.ID, b.fact.ID))
	})
	first := g.matches[0]
	c := first.component
	f := Finding{
		Component: cmp.Or(c.Written, c.Identity), Identity: c.Identity, Name: c.Name, Version: c.Version, Direct: c.Direct, Weak: true,
		own: c.Identity == s.target.ID, Advisory: first.affected.Advisory, State: advisory.Unknown, Fixed: []string{}, Aliases: []string{},
	}
	for _, m := range g.matches {
		f.Weak = f.Weak && m.key.Weak
		if m.judged.State == advisory.IsAffected {
			f.State = advisory.IsAffected
		}
		for _, v := range m.judged.Fixed {
			if !slices.Contains(f.Fixed, v) {
				f.Fixed = append(f.Fixed, v)
			}
		}
		f.Rests = append(f.Rests, m.fact)
		f.Severity = worse(f.Severity, severityOf(m.affected.Severities))
		if r := s.records[m.affected.Advisory]; r != nil {
			f.describe(r)
			f.Severity = worse(f.Severity, severityOf(r.Severities))
		}
	}
	if f.State == advisory.Unknown {
		f.Why = first.judged.Why
	}
	s.name(&f, g)
	s.weigh(&f, s.about(g))
	s.rests = append(s.rests, f.Rests...)
	return f
}

// describe takes over what an advisory says of the weakness as a whole.
func (f *Finding) describe(r *record) {
	if f.Summary == "" {
		f.Summary = firstLine(cmp.Or(r.Summary, r.Details))
	}
	f.Published = cmp.Or(f.Published, r.Published)
	f.Malicious = f.Malicious || r.Malicious
	if f.URL == "" && len(r.References) > 0 {
		f.URL = r.References[0].URL
	}
	if !slices.Contains(f.Rests, r.fact) {
		f.Rests = append(f.Rests, r.fact)
	}
}

// name gives the other ids of the weakness, as their sources write them.
func (s *search) name(f *Finding, g joined) {
	written := map[string]string{}
	for _, m := range g.matches {
		written[strings.ToUpper(m.affected.Advisory)] = m.affected.Advisory
		if r := s.records[m.affected.Advisory]; r != nil {
			for _, id := range advisory.SameWeakness(r.Aliases, r.Upstream) {
				written[strings.ToUpper(id)] = id
			}
		}
	}
	for _, id := range g.ids {
		if as := cmp.Or(written[id], id); as != f.Advisory {
			f.Aliases = append(f.Aliases, as)
		}
	}
}

// about is the ids of every weakness that the joined advisories are about,
// sorted.
func (s *search) about(g joined) []string {
	out := slices.Clone(g.ids)
	for _, m := range g.matches {
		if r := s.records[m.affected.Advisory]; r != nil {
			out = append(out, r.about...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// family is the ecosystem of an affected package, without its release.
func family(a *advisory.Affected) string {
	name, _, _ := strings.Cut(a.Ecosystem, ":")
	return name
}

// maxSummary bounds a finding's summary, in bytes.
const maxSummary = 300

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if len(s) > maxSummary {
		s = strings.ToValidUTF8(s[:maxSummary], "") + "…"
	}
	return s
}

// ratingOrder is which kind of rating counts before which.
var ratingOrder = map[string]int{"CVSS_V4": 1, "CVSS_V3": 2, "CVSS_V2": 3, "word": 4}

// worse is the more severe of two ratings, of which either may be nil: where
// several rate one weakness, nobody can make it harmless by rating it low.
func worse(a, b *Severity) *Severity {
	switch {
	case a == nil:
		return b
	case b == nil || a.weight() >= b.weight():
		return a
	}
	return b
}

// wordWeights are the lowest scores that the words stand for (CVSS v3.1, section
// 5).
var wordWeights = map[string]float64{"low": 0.1, "medium": 4, "high": 7, "critical": 9}

func (s *Severity) weight() float64 { return max(s.Score, wordWeights[strings.ToLower(s.Word)]) }

// severityOf is the rating that counts of those that one source gives: of the
// best kind that is there, the highest.
func severityOf(ratings []advisory.Severity) *Severity {
	var best *advisory.Severity
	for i := range ratings {
		r := &ratings[i]
		if r.Word == "" && r.Score == 0 {
			continue
		}
		if best == nil || ratingOrder[r.Type] < ratingOrder[best.Type] || ratingOrder[r.Type] == ratingOrder[best.Type] && r.Score > best.Score {
			best = r
		}
	}
	if best == nil {
		return nil
	}
	return &Severity{Word: best.Word, Score: best.Score, Vector: best.Vector}
}

// urgency orders findings: exploited ones first, then by likelihood and
// severity, known before unknown, open before answered.
func urgency(a, b Finding) int {
	flag := func(v bool) int {
		if v {
			return 0
		}
		return 1
	}
	score := func(f *Finding) float64 {
		if f.Severity == nil {
			return 0
		}
		return f.Severity.Score
	}
	likely := func(f *Finding) float64 {
		if f.EPSS == nil {
			return 0
		}
		return f.EPSS.Score
	}
	return cmp.Or(
		cmp.Compare(flag(a.Open()), flag(b.Open())),
		cmp.Compare(flag(a.State == advisory.IsAffected), flag(b.State == advisory.IsAffected)),
		cmp.Compare(flag(a.KEV != nil || a.Malicious), flag(b.KEV != nil || b.Malicious)),
		-cmp.Compare(score(&a), score(&b)), -cmp.Compare(likely(&a), likely(&b)),
		cmp.Compare(a.Component, b.Component), cmp.Compare(a.Advisory, b.Advisory),
	)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
