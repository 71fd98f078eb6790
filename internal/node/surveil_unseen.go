package node

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance"
)

// UnseenRisk is something against a release of a label that its reader may see
// and that brought no event about, because the public may not see the bill of
// materials it follows from. What to make of it is for a person of the authority.
type UnseenRisk struct {
	Label   string        `json:"label"`
	Product string        `json:"product"`
	Release string        `json:"release"` // its purl
	Trigger label.Trigger `json:"trigger"` // exploited or malicious
	ID      string        `json:"weakness"`
	Since   access.Date   `json:"since"`
	Due     access.Date   `json:"due"` // by which the scheme would have it remedied
	Rule    string        `json:"rule"`
	Reason  string        `json:"reason"`
}

// UnseenRisks is what stands against releases of labels as the ask's reader may
// see it, now, without a ground or a warning that tells of it; by label. It goes
// through the whole portfolio once.
func (n *Node) UnseenRisks(ctx context.Context, ask access.Ask) ([]UnseenRisk, error) {
	ask, err := n.caughtUp(ctx, n.moment(ask))
	if err != nil {
		return nil, err
	}
	all, err := n.Schemes(ctx, ask)
	if err != nil {
		return nil, err
	}
	s := &surveyor{node: n, reader: ask.Reader, upstream: map[string][]string{}}
	_, grave, err := s.survey(ctx, ask.At)
	if err != nil {
		return nil, err
	}
	of := map[string][]label.State{} // by release
	for _, release := range grave {
		of[release] = nil
	}
	n.labels.Each(func(st *label.State) bool {
		if st.Status != label.StatusActive && st.Status != label.StatusSuspended {
			return true
		}
		for _, r := range st.Terms.Releases {
			if _, ok := of[r.PURL]; ok {
				of[r.PURL] = append(of[r.PURL], *st)
			}
		}
		return true
	})
	out := []UnseenRisk{}
	for _, release := range slices.Sorted(maps.Keys(of)) {
		if len(of[release]) == 0 {
			continue
		}
		o, err := s.release(ctx, surveillance.Concern{Kind: surveillance.OfRelease, Name: release}, nil, ask.At, directly)
		if err != nil {
			return nil, fmt.Errorf("release %s: %w", release, err)
		}
		for i := range of[release] {
			st := &of[release][i]
			out = append(out, unseen(st, all[st.Terms.Scheme], release, o)...)
		}
	}
	slices.SortFunc(out, func(a, b UnseenRisk) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Release, b.Release), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// unseen is what an outcome has against a label that no event tells of.
func unseen(st *label.State, s *label.Scheme, release string, o *surveillance.Outcome) (out []UnseenRisk) {
	if s == nil {
		return nil
	}
	for _, c := range o.Causes {
		rule, ok := s.Rule(c.On)
		ground := surveillance.ReleaseGround(c.On, c.ID, release)
		told := slices.ContainsFunc(slices.Concat(st.Grounds, st.Warnings), func(g label.Ground) bool { return g.ID == ground })
		if !ok || told {
			continue
		}
		since := max(c.Since, st.Terms.Authorised)
		out = append(out, UnseenRisk{
			Label: st.Label, Product: st.Terms.Product, Release: release, Trigger: c.On, ID: c.ID,
			Since: since, Due: since.AddDays(rule.Days), Rule: rule.ID, Reason: c.Reason,
		})
	}
	return out
}
