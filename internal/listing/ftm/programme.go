package ftm

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Programmes tells which collections hold the entries of which programmes. The
// zero value knows none.
type Programmes struct {
	byDataset map[string][]string // several where one collection has the entries of several lists
	byName    map[string]string   // by id and short names, in lower case
	weight    map[string]int
}

// NewProgrammes is what programmes say of the collections that have their
// entries, and of the names under which these know them.
func NewProgrammes(all []*listing.Programme) *Programmes {
	p := &Programmes{byDataset: map[string][]string{}, byName: map[string]string{}, weight: map[string]int{}}
	for _, of := range all {
		for _, d := range of.FTMDatasets {
			p.byDataset[d] = append(p.byDataset[d], of.ID)
		}
		for _, name := range append(slices.Clone(of.Also), of.ID, of.Title) {
			p.byName[strings.ToLower(name)] = of.ID
		}
		p.weight[of.ID] = weightOf(of)
	}
	for _, ids := range p.byDataset {
		slices.Sort(ids)
	}
	return p
}

// weightOf orders programmes by how much they forbid, the heaviest first.
func weightOf(p *listing.Programme) int {
	weights := map[listing.ConsequenceKind]int{listing.Blocking: 0, listing.Procurement: 1, listing.Export: 2}
	least := len(weights)
	for _, c := range p.Consequences {
		if w, ok := weights[c.Kind]; ok {
			least = min(least, w)
		}
	}
	return least
}

// named is the programme that a collection calls by name, "" for none.
func (p *Programmes) named(name string) string { return p.byName[strings.ToLower(name)] }

// of is the programmes whose entries a collection holds. A collection is also
// known by a short name of a programme.
func (p *Programmes) of(dataset string) []string {
	if ids := p.byDataset[dataset]; len(ids) > 0 {
		return ids
	}
	if id := p.named(dataset); id != "" {
		return []string{id}
	}
	return nil
}

// knows reports whether any of the collections holds entries of a programme.
func (p *Programmes) knows(datasets []string) bool {
	return slices.ContainsFunc(datasets, func(d string) bool { return len(p.of(d)) > 0 })
}

// unknown is the programme of a target on a list that no programme is for.
func unknown(dataset string) string { return "ftm-" + party.Slug(dataset) }

// sort puts programmes in the order of their weight, unknown ones last.
func (p *Programmes) sort(ids []string) {
	weigh := func(id string) int {
		if w, ok := p.weight[id]; ok {
			return w
		}
		return len(p.weight) + 10
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(weigh(a), weigh(b)), cmp.Compare(a, b)) })
}
