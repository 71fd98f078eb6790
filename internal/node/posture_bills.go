package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// byBill is who found what nobody scanned for.
const byBill = "bill of materials"

// billed is what the bills of materials of releases that run on the ask's day say:
// the weaknesses that concern them, after what is said against that (VEX), on every
// asset that they run on. A weakness counts as found there since it was published
// and the release ran.
func (n *Node) billed(ctx context.Context, ask access.Ask, organisation string) ([]found, error) {
	running, err := n.runningOn(ctx, ask, organisation)
	if err != nil || len(running) == 0 {
		return nil, err
	}
	var out []found
	for _, release := range slices.Sorted(maps.Keys(running)) {
		d, err := n.builder.Build(ctx, ask, release)
		if err != nil {
			return nil, err
		}
		if d.Software == nil {
			continue
		}
		for i := range d.Software.Findings {
			w := &d.Software.Findings[i]
			cve := cveOf(&w.Finding)
			if cve == "" || w.State != advisory.IsAffected || w.Weak || !w.Open() {
				continue
			}
			for _, r := range running[release] {
				out = append(out, billedOn(&r, release, cve, w))
			}
		}
	}
	return out, nil
}

func billedOn(r *inventory.Running, release, cve string, w *dossier.Weakness) found {
	f := found{
		Finding: inventory.Finding{Weakness: cve, Detected: max(r.From, access.Date(advisory.DayOf(w.Published))), By: byBill},
		asset:   cmp.Or(r.Asset, r.System), release: release,
	}
	if r.Fact != nil {
		f.document = r.Fact.Document
	}
	for _, e := range w.Evidence {
		f.rests = append(f.rests, e.Document)
	}
	return f
}

// cveOf is the CVE of a finding; that which is exploited, where one is.
func cveOf(f *findings.Finding) string {
	if f.KEV != nil {
		return strings.ToUpper(f.KEV.CVE)
	}
	for _, id := range append([]string{f.Advisory}, f.Aliases...) {
		if advisory.IsCVE(id) {
			return strings.ToUpper(id)
		}
	}
	return ""
}

// runningOn is where releases with bills run on the ask's day, by release.
func (n *Node) runningOn(ctx context.Context, ask access.Ask, organisation string) (map[string][]inventory.Running, error) {
	out := map[string][]inventory.Running{}
	err := n.Ledger.Sight(ctx, ask.Reader, func(s *ledger.Sight) error {
		systems, err := systemsOf(ctx, s, ask, organisation)
		if err != nil {
			return err
		}
		var facts []ledger.Fact
		for part := range slices.Chunk(systems, chunk) {
			more, err := s.Said(ctx, ask, []string{inventory.FactDeployment}, part...)
			if err != nil {
				return err
			}
			facts = append(facts, more...)
		}
		all := inventory.Deployments(facts, ask.At)
		var terms []string
		for i := range all {
			terms = append(terms, all[i].Terms()...)
		}
		slices.Sort(terms)
		handles, err := s.ByTerm(ctx, ask, []string{software.FactHandle}, slices.Compact(terms), 0)
		if err != nil {
			return err
		}
		releases := map[string]string{} // by term
		for i := range handles {
			if handles[i].StatedOn(ask.At.Known) {
				releases[handles[i].Term] = handles[i].Subject
			}
		}
		for i := range all {
			for _, term := range all[i].Terms() {
				if id := releases[term]; id != "" {
					out[id] = append(out[id], all[i])
					break // by its surest name
				}
			}
		}
		return nil
	})
	return out, err
}

// systemsOf is the ids of an organisation's systems, or of all when it is "".
func systemsOf(ctx context.Context, s *ledger.Sight, ask access.Ask, organisation string) ([]string, error) {
	facts, err := s.ByPrefix(ctx, ask, []string{inventory.FactSystem}, "name:", 0)
	if err != nil {
		return nil, err
	}
	var out []string
	for id, system := range firstThen(inventory.Systems, facts, ask.At) {
		if organisation == "" || system.Organisation == organisation {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}
