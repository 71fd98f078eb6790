package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// Impact is who is concerned by something on a day: which releases contain it,
// and which systems run these.
type Impact struct {
	Subject  string      `json:"subject"`
	Kind     string      `json:"kind"` // "weakness", "package", "supplier" or "release"; of what is no software see [Node.ImpactWhole]
	At       access.Date `json:"at"`
	Known    access.Date `json:"known"`
	Position int64       `json:"position"`

	Total    int               `json:"total"`    // releases
	Affected int               `json:"affected"` // of them, those that a weakness concerns for certain; 0 unless one was asked about
	Versions []impact.Version  `json:"versions"` // of the package, most releases first
	Releases []ImpactedRelease `json:"releases"` // one page of them, by id
	// Unmatched is deployments of something of that name that no bill is held
	// of: what runs in them is not known.
	Unmatched []ImpactedSystem `json:"unmatched"`
}

// ImpactedRelease is a release that contains what was asked for.
type ImpactedRelease struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Version    string             `json:"version"`
	Supplier   string             `json:"supplier,omitempty"`
	Components []impact.Contained `json:"components"`
	Systems    []ImpactedSystem   `json:"systems"`
}

// ImpactedSystem is a system in which it runs.
type ImpactedSystem struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Organisation string                `json:"organisation,omitempty"`
	Criticality  inventory.Criticality `json:"criticality,omitempty"`
	Asset        string                `json:"asset,omitempty"`
	Runs         string                `json:"runs"` // as the inventory calls it
	Environment  string                `json:"environment,omitempty"`
	From         access.Date           `json:"from,omitempty"`
	To           access.Date           `json:"to,omitempty"`
	Document     int64                 `json:"document"`
}

// The limits of a page of an impact.
const (
	defaultImpact = 50
	maxImpact     = 1000
)

// Impact is who is concerned by a weakness (its id), a package or version (a
// purl), a supplier or a release (a name, a purl or CPE of a product).
func (n *Node) Impact(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*Impact, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	if subject, err = checkImpactSubject(subject); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultImpact
	}
	offset, limit = max(offset, 0), min(limit, maxImpact)
	out := emptyImpact(ask, subject)
	if err := n.concerned(ctx, ask, out, offset, limit); err != nil {
		return nil, err
	}
	return out, n.describe(ctx, ask, out)
}

func emptyImpact(ask access.Ask, subject string) *Impact {
	return &Impact{
		Subject: subject, At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position,
		Versions: []impact.Version{}, Releases: []ImpactedRelease{}, Unmatched: []ImpactedSystem{},
	}
}

// weaknessForms is what ids of weaknesses begin with.
var weaknessForms = []string{"CVE-", "GHSA-", "GO-", "RUSTSEC-", "PYSEC-", "OSV-", "MAL-", "BIT-", "DSA-", "DLA-", "USN-", "RHSA-", "ALPINE-", "DEBIAN-", "UBUNTU-"}

// concerned finds the releases that contain the subject.
func (n *Node) concerned(ctx context.Context, ask access.Ask, out *Impact, offset, limit int) error {
	q := impact.Query{}
	switch {
	case isWeakness(out.Subject):
		out.Kind, q.Advisory = "weakness", out.Subject
		known, err := n.isAdvisory(ctx, ask, out.Subject)
		if err == nil && !known {
			err = noAdvisory(out.Subject)
		}
		if err != nil {
			return err
		}
	case strings.HasPrefix(out.Subject, "pkg:"):
		out.Kind, q.PURL = "package", out.Subject
	default:
		known, err := n.isAdvisory(ctx, ask, out.Subject)
		if err != nil {
			return err
		}
		if !known {
			return n.ofName(ctx, ask, out, offset, limit)
		}
		out.Kind, q.Advisory = "weakness", out.Subject
	}
	found, err := n.portfolio.Contains(ctx, ask, q, offset, limit)
	if err != nil {
		return err
	}
	out.Total, out.Affected = found.Releases, found.Affected
	out.Versions = append(out.Versions, found.Versions...)
	for _, c := range found.Page {
		out.Releases = append(out.Releases, ImpactedRelease{ID: c.Release, Components: c.Components, Systems: []ImpactedSystem{}})
	}
	return nil
}

// isAdvisory reports whether an advisory of that id is held.
func (n *Node) isAdvisory(ctx context.Context, ask access.Ask, id string) (bool, error) {
	facts, err := n.Ledger.ByTerm(ctx, ask, []string{advisory.FactRecord, advisory.FactAlias}, []string{strings.ToUpper(id)}, 1)
	return len(facts) > 0, err
}

// ofName finds the releases of a supplier, or of a product by its name, CPE or
// digest.
func (n *Node) ofName(ctx context.Context, ask access.Ask, out *Impact, offset, limit int) error {
	facts, err := n.named(ctx, ask, out.Subject)
	if err != nil {
		return err
	}
	out.Kind = "release"
	var ids []string
	for i := range facts {
		if !facts[i].StatedOn(ask.At.Known) {
			continue
		}
		if facts[i].Kind == software.FactSupplier {
			out.Kind = "supplier"
		}
		ids = append(ids, facts[i].Subject)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out.Total = len(ids)
	for _, id := range ids[min(offset, len(ids)):min(offset+limit, len(ids))] {
		out.Releases = append(out.Releases, ImpactedRelease{ID: id, Components: []impact.Contained{}, Systems: []ImpactedSystem{}})
	}
	return n.unmatched(ctx, ask, out, ids)
}

// maxNamed bounds how many facts a name leads to.
const maxNamed = 10_000

// named is the facts of suppliers and products that a name means: those that are
// called just so, or else those whose names begin so; of a CPE those that it
// covers, with what stands open in it left out at its end.
func (n *Node) named(ctx context.Context, ask access.Ask, name string) ([]ledger.Fact, error) {
	kinds := []string{software.FactSupplier, software.FactHandle}
	if strings.HasPrefix(strings.ToLower(name), "cpe:") {
		open := strings.TrimRight(software.Term("cpe", name), ":*")
		return n.Ledger.ByPrefix(ctx, ask, kinds[1:], open, maxNamed)
	}
	facts, err := n.Ledger.ByTerm(ctx, ask, kinds, []string{software.Fold(name), software.Term("name", name)}, maxNamed)
	if err != nil || len(facts) > 0 || len(name) < 3 {
		return facts, err
	}
	for i, begin := range []string{software.Fold(name), software.Term("name", name)} {
		more, err := n.Ledger.ByPrefix(ctx, ask, kinds[i:i+1], begin, maxNamed)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

// unmatched adds the deployments of what is called so and has no bill.
func (n *Node) unmatched(ctx context.Context, ask access.Ask, out *Impact, ids []string) error {
	terms := []string{software.Term("name", out.Subject), software.Term("cpe", out.Subject)}
	facts, err := n.Ledger.ByTerm(ctx, ask, []string{inventory.FactDeployment, inventory.FactAlias}, terms, 0)
	if err != nil || len(ids) > 0 {
		return err
	}
	out.Unmatched, err = n.runningIn(ctx, ask, facts)
	return err
}

// describe adds to the page what the releases are, and who runs them.
func (n *Node) describe(ctx context.Context, ask access.Ask, out *Impact) error {
	if len(out.Releases) == 0 {
		return nil
	}
	ids := make([]string, len(out.Releases))
	for i := range out.Releases {
		ids[i] = out.Releases[i].ID
	}
	terms, deployed, err := n.deployed(ctx, ask, ids)
	if err != nil {
		return err
	}
	titles, err := n.titles(ctx, ask, ids)
	if err != nil {
		return err
	}
	for i := range out.Releases {
		r := &out.Releases[i]
		r.Name, r.Version, r.Supplier = titles[i].Name, titles[i].Version, titles[i].Supplier
		var of []ledger.Fact
		for _, term := range terms[r.ID] {
			of = append(of, deployed[term]...)
		}
		if r.Systems, err = n.runningIn(ctx, ask, of); err != nil {
			return err
		}
	}
	return nil
}

// titles is what releases are called, one for each id: as the index has it
// where there is one, else from the store, so that a question about a few
// releases does not build an index of all.
func (n *Node) titles(ctx context.Context, ask access.Ask, ids []string) ([]impact.Title, error) {
	if n.portfolio.Position() > 0 {
		return n.portfolio.Titles(ctx, ask, ids)
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{software.FactRelease}, ids...)
	if err != nil {
		return nil, err
	}
	best := map[string]*ledger.Fact{}
	for i := range facts {
		f := &facts[i]
		if was := best[f.Subject]; was == nil || f.Newer(was, ask.At.Known) {
			best[f.Subject] = f
		}
	}
	out := make([]impact.Title, len(ids))
	for i, id := range ids {
		f := best[id]
		if f == nil {
			continue
		}
		var told software.Release
		if err := f.Decode(&told); err != nil {
			return nil, fmt.Errorf("release %s: %w", id, err)
		}
		out[i] = impact.Title{Name: told.Name, Version: told.Version, Supplier: told.Supplier}
	}
	return out, nil
}

// deployed is the facts about deployments of some releases by term, and the
// terms of each release. Where nothing is deployed nobody is asked.
func (n *Node) deployed(ctx context.Context, ask access.Ask, ids []string) (terms map[string][]string, by map[string][]ledger.Fact, err error) {
	indexed := n.portfolio.Position() >= ask.At.Position
	if indexed && !n.portfolio.AnyDeployed() {
		return nil, nil, nil
	}
	handles, err := n.handles(ctx, ask, ids, indexed)
	if err != nil {
		return nil, nil, err
	}
	terms = map[string][]string{}
	var all []string
	for i := range handles {
		if f := &handles[i]; f.StatedOn(ask.At.Known) {
			terms[f.Subject] = append(terms[f.Subject], f.Term)
			all = append(all, f.Term)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); indexed {
		all = n.portfolio.Deployed(all)
	}
	facts, err := n.Ledger.ByTerm(ctx, ask, []string{inventory.FactDeployment, inventory.FactAlias}, all, 0)
	if err != nil {
		return nil, nil, err
	}
	by = map[string][]ledger.Fact{}
	for _, f := range facts {
		by[f.Term] = append(by[f.Term], f)
	}
	return terms, by, nil
}

// manyReleases is from how many releases on it is quicker to ask whose the terms
// of deployments are than by which terms the releases go.
const manyReleases = 500

// handles is the facts about what some releases are found by; where the index
// knows what was ever deployed, perhaps only those that this is about.
func (n *Node) handles(ctx context.Context, ask access.Ask, ids []string, indexed bool) ([]ledger.Fact, error) {
	if indexed && len(ids) >= manyReleases {
		if deployed, ok := n.portfolio.AllDeployed(4 * len(ids)); ok {
			return n.handlesWith(ctx, ask, ids, deployed)
		}
	}
	return n.Ledger.Said(ctx, ask, []string{software.FactHandle}, ids...)
}

// handlesWith is the facts about what some releases are found by, of those terms
// alone.
func (n *Node) handlesWith(ctx context.Context, ask access.Ask, ids, deployed []string) ([]ledger.Fact, error) {
	slices.Sort(deployed)
	facts, err := n.Ledger.ByTerm(ctx, ask, []string{software.FactHandle}, deployed, 0)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	return slices.DeleteFunc(facts, func(f ledger.Fact) bool { return !asked[f.Subject] }), nil
}

// runningIn is the systems that deployments run in on the asked day.
func (n *Node) runningIn(ctx context.Context, ask access.Ask, facts []ledger.Fact) ([]ImpactedSystem, error) {
	out := []ImpactedSystem{}
	deployments := inventory.Deployments(facts, ask.At)
	if len(deployments) == 0 {
		return out, nil
	}
	var ids []string
	for _, d := range deployments {
		ids = append(ids, d.System)
	}
	slices.Sort(ids)
	about, err := n.Ledger.BySubject(ctx, ask, slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	systems := inventory.Systems(about, ask.At)
	for _, d := range deployments {
		s := systems[d.System]
		runs := strings.TrimSpace(d.Name + " " + d.Version)
		if runs == "" {
			runs = d.PURL + d.CPE
		}
		shown := ImpactedSystem{
			ID: d.System, Name: s.Name, Organisation: s.Organisation, Criticality: s.Criticality, Asset: d.Asset, Runs: runs, Environment: d.Environment, From: d.From,
		}
		if d.To < access.Forever {
			shown.To = d.To
		}
		if d.Fact != nil {
			shown.Document = d.Fact.Document
		}
		if !slices.Contains(out, shown) {
			out = append(out, shown)
		}
	}
	return out, nil
}
