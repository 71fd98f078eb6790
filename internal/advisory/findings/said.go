package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

// exploited is a catalogue entry with its fact.
type exploited struct {
	advisory.Exploited
	fact *ledger.Fact
}

// scores is a day's EPSS scores with their fact.
type scores struct {
	*advisory.ScoreTable
	fact *ledger.Fact
}

// said notes what a fact says of a weakness.
func (s *search) said(f *ledger.Fact) error {
	if !f.StatedOn(s.ask.At.Known) {
		return nil
	}
	switch f.Kind {
	case advisory.FactKEV:
		e := &exploited{fact: f}
		if err := f.Decode(&e.Exploited); err != nil {
			return fmt.Errorf("catalogue entry %s: %w", f.Subject, err)
		}
		if old := s.kev[f.Subject]; old == nil || f.Newer(old.fact, s.ask.At.Known) {
			s.kev[f.Subject] = e
		}
	case advisory.FactVEX:
		s.vex[f.Subject] = append(s.vex[f.Subject], f)
	}
	return nil
}

// readScores reads the newest EPSS scores.
func (s *search) readScores() error {
	found, err := s.facts.BySubject(s.ctx, s.ask, advisory.SubjectEPSS)
	if err != nil {
		return fmt.Errorf("EPSS scores: %w", err)
	}
	for i := range found {
		f := &found[i]
		if f.Kind != advisory.FactEPSS || !f.StatedOn(s.ask.At.Known) || s.epss != nil && !f.Newer(s.epss.fact, s.ask.At.Known) {
			continue
		}
		var packed advisory.Scores
		if err := f.Decode(&packed); err != nil {
			return fmt.Errorf("EPSS scores: %w", err)
		}
		table, err := packed.Open()
		if err != nil {
			return fmt.Errorf("EPSS scores: %w", err)
		}
		s.epss = &scores{table, f}
	}
	return nil
}

// weigh adds what is said of the weakness beside advisories.
func (s *search) weigh(f *Finding, ids []string) {
	for _, id := range ids {
		if e := s.kev[id]; e != nil && f.KEV == nil {
			f.KEV = &KEV{CVE: id, Added: e.Added, Due: e.Due, Ransomware: e.Ransomware, Action: e.Action}
			f.Rests = append(f.Rests, e.fact)
		}
		if s.epss == nil {
			continue
		}
		if score, percentile, ok := s.epss.Lookup(id); ok && (f.EPSS == nil || score > f.EPSS.Score) {
			if f.EPSS == nil {
				f.Rests = append(f.Rests, s.epss.fact)
			}
			f.EPSS = &EPSS{CVE: id, Score: score, Percentile: percentile, Date: string(s.epss.fact.Published)}
		}
	}
	s.argue(f, ids)
}

// sources tells, for each ecosystem that components are of, what is held, and
// what is held of exploitation. The release itself, which no ecosystem has, does
// not count.
func (s *search) sources(components []Component) ([]Source, error) {
	counted := map[string]*Source{}
	for i := range components {
		p, err := purl.Read(components[i].Identity)
		if err != nil {
			continue
		}
		name := "pkg:" + p.Type
		if packages, _ := ecosystem.Of(p); len(packages) > 0 {
			name, _, _ = strings.Cut(packages[0].Ecosystem, ":")
		} else if components[i].Identity == s.target.ID && len(components) > 1 {
			continue
		}
		if counted[name] == nil {
			counted[name] = &Source{Kind: SourceAdvisories, Ecosystem: name}
		}
		counted[name].Components++
	}
	for name, kind := range map[string]string{advisory.FeedKEV: SourceExploited, advisory.FeedEPSS: SourceLikelihood} {
		counted[name] = &Source{Kind: kind, Ecosystem: name, Components: len(components)}
	}
	terms := map[string]*Source{}
	for name, src := range counted {
		terms[advisory.FeedTerm(name)] = src
	}
	feeds, err := s.facts.ByTerm(s.ctx, s.ask, []string{advisory.FactFeed}, sortedKeys(terms), 0)
	if err != nil {
		return nil, fmt.Errorf("advisory sources: %w", err)
	}
	for i := range feeds {
		f := &feeds[i]
		src := terms[f.Term]
		if src == nil || !f.StatedOn(s.ask.At.Known) {
			continue
		}
		var feed advisory.Feed
		if err := f.Decode(&feed); err != nil {
			return nil, fmt.Errorf("advisory source %s: %w", f.Subject, err)
		}
		src.Held, src.Newest = true, max(src.Newest, min(newest(f, feed), s.ask.At.Known))
		src.Rests = append(src.Rests, f)
	}
	out := []Source{}
	for _, name := range sortedKeys(counted) {
		out = append(out, *counted[name])
	}
	slices.SortStableFunc(out, func(a, b Source) int { return cmp.Compare(a.Kind, b.Kind) })
	return out, nil
}

// newest is how fresh a source is: the day of its newest record where it says,
// else the day it was published or handed in.
func newest(f *ledger.Fact, feed advisory.Feed) access.Date {
	return cmp.Or(advisory.DayOf(feed.Newest), f.Published)
}
