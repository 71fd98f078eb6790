package impact

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/version"
)

// Advice is one advisory as its source states it.
type Advice struct {
	Record   advisory.Record
	Affected []advisory.Affected
}

// Scan works out what concerns each release of a portfolio by looking at every
// component and every advisory about it. It calls visit in the order in which
// the releases come. It shares nothing with [Index] but the judgement of a
// version: it is what the index is compared with.
func Scan(ctx context.Context, bills iter.Seq2[string, software.Contents], advices []Advice, visit func(*Found) error) error {
	s := scanner{byTerm: map[string][]rule{}, known: map[string][]Finding{}}
	for i := range advices {
		if advices[i].Record.Withdrawn != "" {
			continue
		}
		for j := range advices[i].Affected {
			a := &advices[i].Affected[j]
			term := advisory.TermOf(a)
			s.byTerm[term] = append(s.byTerm[term], rule{&advices[i].Record, a.Prepare()})
		}
	}
	for release, contents := range bills {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := s.scan(release, contents)
		if err != nil {
			return fmt.Errorf("contents of %s: %w", release, err)
		}
		if err := visit(found); err != nil {
			return err
		}
	}
	return nil
}

// scanner looks at releases one after another.
type scanner struct {
	byTerm map[string][]rule
	known  map[string][]Finding // by component: portfolios have the same ones again and again
}

// rule is one affected package with the advisory that names it.
type rule struct {
	record   *advisory.Record
	affected *advisory.Prepared
}

func (s *scanner) scan(release string, contents software.Contents) (*Found, error) {
	out := &Found{Release: release, Findings: []Finding{}}
	err := contents.Unpack(func(purl []byte, direct bool) error {
		out.Components++
		found, ok := s.known[string(purl)]
		if !ok {
			found = s.component(string(purl))
			s.known[string(purl)] = found
		}
		for _, f := range found {
			f.Direct = direct
			out.Findings = append(out.Findings, f)
		}
		return nil
	})
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Advisory, b.Advisory))
	})
	return out, err
}

// claim is what one rule says of one component.
type claim struct {
	id     string
	ids    []string
	judged advisory.Judgement
	weak   bool
}

// component compares one component with all that is said of its package, and
// puts together what is said of one weakness.
func (s *scanner) component(identity string) []Finding {
	var groups [][]claim
	for _, key := range advisory.KeysOf(identity, nil) {
		for _, r := range s.byTerm[key.Term] {
			j := r.affected.Judge(version.Version{}, key.Version)
			if j.State == advisory.NotAffected {
				continue
			}
			group := []claim{{r.record.ID, slices.Concat([]string{r.record.ID}, advisory.SameWeakness(r.record.Aliases, r.record.Upstream)), j, key.Weak}}
			var apart [][]claim
			for _, g := range groups {
				if shareID(g, group[:1]) {
					group = append(group, g...)
				} else {
					apart = append(apart, g)
				}
			}
			groups = append(apart, group)
		}
	}
	var out []Finding
	for _, g := range groups {
		out = append(out, summed(identity, g))
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.Advisory, b.Advisory) })
	return out
}

// shareID reports whether an id of any claim in g is one of any in h.
func shareID(g, h []claim) bool {
	for _, a := range g {
		for _, b := range h {
			for _, i := range a.ids {
				if slices.ContainsFunc(b.ids, func(j string) bool { return strings.EqualFold(i, j) }) {
					return true
				}
			}
		}
	}
	return false
}

// summed is the finding that claims about one weakness make.
func summed(identity string, claims []claim) Finding {
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(advisory.Rank(a.id), advisory.Rank(b.id)), strings.Compare(a.id, b.id), slices.Compare(a.judged.Fixed, b.judged.Fixed))
	})
	f := Finding{Component: identity, Advisory: claims[0].id, Aliases: []string{}, State: advisory.Unknown, Fixed: []string{}, Weak: true}
	for _, c := range claims {
		f.Weak = f.Weak && c.weak
		if c.judged.State == advisory.IsAffected {
			f.State = advisory.IsAffected
		}
		for _, v := range c.judged.Fixed {
			if !slices.Contains(f.Fixed, v) {
				f.Fixed = append(f.Fixed, v)
			}
		}
		for _, id := range c.ids {
			same := func(s string) bool { return strings.EqualFold(s, id) }
			if !same(f.Advisory) && !slices.ContainsFunc(f.Aliases, same) {
				f.Aliases = append(f.Aliases, id)
			}
		}
	}
	slices.Sort(f.Aliases)
	return f
}
