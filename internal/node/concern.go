package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// operated is the source of what bills of materials and inventories tell, for
// one ask and one walk. The ask is resolved.
type operated struct {
	n   *Node
	ask access.Ask
	// loose is the names that somebody typed: what begins so is meant as well.
	// A name out of a document means only what is called just so.
	loose map[string]bool
	done  map[string]bool // releases, assets and systems that were looked at
}

// maxConcernedReleases bounds how many releases of one subject are looked at.
const maxConcernedReleases = 200_000

// Steps implements [concern.Source]. From a weakness or a package it brings only
// releases that run somewhere: the others lead nowhere.
func (o *operated) Steps(ctx context.Context, from []concern.Thing) ([]concern.Step, error) {
	var out []concern.Step
	by := map[concern.Kind][]concern.Thing{}
	for _, t := range from {
		by[t.Kind] = append(by[t.Kind], t)
	}
	for _, t := range append(by[concern.Weakness], o.fresh(by[concern.Package], concern.Package)...) {
		steps, err := o.contained(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	for _, t := range by[concern.Event] {
		steps, err := o.happened(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	for _, t := range slices.Concat(by[concern.Supplier], by[concern.Software], by[concern.Value]) {
		steps, err := o.named(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	for _, next := range []func(context.Context, []concern.Thing) ([]concern.Step, error){
		func(ctx context.Context, _ []concern.Thing) ([]concern.Step, error) {
			return o.running(ctx, o.fresh(by[concern.Release], concern.Release))
		},
		func(ctx context.Context, _ []concern.Thing) ([]concern.Step, error) {
			return o.addressed(ctx, by[concern.Value])
		},
		func(ctx context.Context, sofar []concern.Thing) ([]concern.Step, error) {
			return o.parts(ctx, o.fresh(append(sofar, by[concern.Asset]...), concern.Asset))
		},
		func(ctx context.Context, sofar []concern.Thing) ([]concern.Step, error) {
			return o.owned(ctx, o.fresh(append(sofar, by[concern.System]...), concern.System))
		},
	} {
		steps, err := next(ctx, ends(out))
		if err != nil {
			return nil, err
		}
		out = append(out, steps...)
	}
	return out, nil
}

// ends is what steps lead to.
func ends(steps []concern.Step) []concern.Thing {
	out := make([]concern.Thing, len(steps))
	for i := range steps {
		out[i] = steps[i].To
	}
	return out
}

// fresh is those of some things that are of a kind and were not looked at.
func (o *operated) fresh(things []concern.Thing, kind concern.Kind) []concern.Thing {
	var out []concern.Thing
	for _, t := range things {
		if k := string(kind) + " " + t.ID; t.Kind == kind && !o.done[k] {
			o.done[k] = true
			out = append(out, t)
		}
	}
	return out
}

func document(position int64) concern.Evidence { return concern.Evidence{Position: position} }

// contained is the steps from a weakness or a package to the releases that
// contain it and run somewhere, and from these to where.
func (o *operated) contained(ctx context.Context, t concern.Thing) ([]concern.Step, error) {
	q := impact.Query{PURL: t.ID}
	var says concern.Evidence
	if t.Kind == concern.Weakness {
		q = impact.Query{Advisory: t.ID}
		facts, err := o.n.Ledger.ByTerm(ctx, o.ask, []string{advisory.FactRecord, advisory.FactAlias}, []string{strings.ToUpper(t.ID)}, 1)
		if err != nil || len(facts) == 0 {
			return nil, err
		}
		says = document(facts[0].Document)
	}
	found, err := o.n.portfolio.Contains(ctx, o.ask, q, 0, maxConcernedReleases)
	if problem.KindOf(err) == problem.Invalid {
		return nil, nil // out of a document, and no purl
	}
	if err != nil || found.Releases == 0 {
		return nil, err
	}
	ids := make([]string, len(found.Page))
	for i := range found.Page {
		ids[i] = found.Page[i].Release
	}
	onward, titles, err := o.whereReleasesRun(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := onward
	for i := range found.Page {
		r, runs := titles[found.Page[i].Release]
		if !runs {
			continue
		}
		for _, c := range found.Page[i].Components {
			part := concern.Thing{Kind: concern.Package, ID: c.PURL}
			switch {
			case t.Kind == concern.Package:
				part = t
			case c.State == advisory.NotAffected:
				continue
			default:
				o.done[string(concern.Package)+" "+part.ID] = true // which releases have it follows right here
				out = append(out, concern.Step{From: t, Relation: "affects", To: part, Evidence: says, Why: stateWhy(&c)})
			}
			why := "directly"
			if !c.Direct {
				why = "indirectly"
			}
			if part.ID != c.PURL {
				why += ", as " + c.PURL
			}
			out = append(out, concern.Step{From: part, Relation: "is in", To: r.Thing, Evidence: r.evidence, Why: why})
		}
	}
	return out, nil
}

// stateWhy is what an advisory says of a component that it may be about.
func stateWhy(c *impact.Contained) string {
	why := ""
	if c.State == advisory.Unknown {
		why = "whether this version is concerned cannot be told"
	}
	if len(c.Fixed) > 0 {
		why = strings.TrimPrefix(why+"; fixed in "+strings.Join(c.Fixed[:min(len(c.Fixed), 3)], ", "), "; ")
	}
	return why
}

// titled is a release with what says that there is one.
type titled struct {
	concern.Thing
	evidence concern.Evidence
}

// whereReleasesRun is the steps from releases to where they run, and those of
// the releases that run anywhere.
func (o *operated) whereReleasesRun(ctx context.Context, ids []string) ([]concern.Step, map[string]titled, error) {
	terms, deployed, err := o.n.deployed(ctx, o.ask, ids)
	if err != nil || len(deployed) == 0 {
		return nil, nil, err
	}
	var running []string
	where := map[string][]inventory.Running{}
	for id, of := range terms {
		var facts []ledger.Fact
		for _, term := range of {
			facts = append(facts, deployed[term]...)
		}
		if runs := inventory.Deployments(facts, o.ask.At); len(runs) > 0 {
			where[id] = runs
			running = append(running, id)
		}
	}
	slices.Sort(running)
	about, err := o.n.Ledger.Said(ctx, o.ask, []string{software.FactRelease}, running...)
	if err != nil {
		return nil, nil, err
	}
	best := lastSaid(about, o.ask)
	out, titles := []concern.Step{}, map[string]titled{}
	for _, id := range running {
		t := titled{Thing: concern.Thing{Kind: concern.Release, ID: id}}
		if f := best[id]; f != nil {
			var told software.Release
			if err := f.Decode(&told); err != nil {
				return nil, nil, fmt.Errorf("release %s: %w", id, err)
			}
			t.Name, t.evidence = strings.TrimSpace(told.Name+" "+told.Version), document(f.Document)
		}
		titles[id] = t
		o.done[string(concern.Release)+" "+id] = true
		out = append(out, runSteps(t.Thing, where[id])...)
	}
	return out, titles, nil
}

// lastSaid is of each subject the fact that tells best.
func lastSaid(facts []ledger.Fact, ask access.Ask) map[string]*ledger.Fact {
	best := map[string]*ledger.Fact{}
	for i := range facts {
		f := &facts[i]
		if was := best[f.Subject]; was == nil || f.Newer(was, ask.At.Known) {
			best[f.Subject] = f
		}
	}
	return best
}

// runSteps is the steps from what runs to where it does.
func runSteps(from concern.Thing, running []inventory.Running) []concern.Step {
	out := make([]concern.Step, 0, len(running))
	for _, d := range running {
		s := concern.Step{From: from, Relation: "runs in", To: concern.Thing{Kind: concern.System, ID: d.System}}
		if d.Asset != "" {
			s.Relation, s.To = "runs on", concern.Thing{Kind: concern.Asset, ID: d.Asset}
		}
		if d.Fact != nil {
			s.Evidence = document(d.Fact.Document)
		}
		runs := cmp.Or(strings.TrimSpace(d.Name+" "+d.Version), d.PURL, d.CPE)
		s.Why = strings.TrimPrefix(strings.TrimSuffix(runs+", "+d.Environment, ", "), ", ")
		out = append(out, s)
	}
	return out
}

// running is the steps from releases to where they run.
func (o *operated) running(ctx context.Context, releases []concern.Thing) ([]concern.Step, error) {
	if len(releases) == 0 {
		return nil, nil
	}
	out, _, err := o.whereReleasesRun(ctx, idsOf(releases))
	return out, err
}

// named is the steps from a product, a supplier or a digest to the releases that
// are called so, and to where something of that name runs without a bill.
func (o *operated) named(ctx context.Context, t concern.Thing) ([]concern.Step, error) {
	name := t.ID
	if t.Kind == concern.Value {
		var ok bool
		if name, ok = strings.CutPrefix(name, "sha256:"); !ok {
			return nil, nil
		}
		name = "sha256:" + name
	}
	facts, err := o.facts(ctx, t, name)
	if err != nil {
		return nil, err
	}
	var out []concern.Step
	for i := range facts {
		f := &facts[i]
		if !f.StatedOn(o.ask.At.Known) || (f.Kind == software.FactSupplier) != (t.Kind == concern.Supplier) {
			continue
		}
		relation := "is"
		if t.Kind == concern.Supplier {
			relation = "supplies"
		}
		out = append(out, concern.Step{From: t, Relation: relation, To: concern.Thing{Kind: concern.Release, ID: f.Subject}, Evidence: document(f.Document)})
	}
	if t.Kind != concern.Software {
		return out, nil
	}
	return o.unbilled(ctx, t, name, out)
}

// unbilled adds to the steps from a product to its releases those to where
// something of its name runs that is none of these releases.
func (o *operated) unbilled(ctx context.Context, t concern.Thing, name string, releases []concern.Step) ([]concern.Step, error) {
	onward, _, err := o.whereReleasesRun(ctx, idsOf(ends(releases)))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for i := range onward {
		known[onward[i].To.ID+" "+onward[i].Why] = true
	}
	facts, err := o.deployedAs(ctx, name)
	if err != nil {
		return nil, err
	}
	out := append(releases, onward...)
	for _, s := range runSteps(t, inventory.Deployments(facts, o.ask.At)) {
		if !known[s.To.ID+" "+s.Why] {
			out = append(out, s)
		}
	}
	return out, nil
}

// deployedAs is the deployments of what is called so; of a name that somebody
// typed, in every version.
func (o *operated) deployedAs(ctx context.Context, name string) ([]ledger.Fact, error) {
	kinds := []string{inventory.FactDeployment, inventory.FactAlias}
	terms := []string{software.Term("name", name), software.Term("cpe", name)}
	switch {
	case strings.HasPrefix(name, "pkg:"):
		terms = []string{software.Term("purl", name)}
	case o.loose[name] && len(name) >= 3:
		return o.n.Ledger.ByPrefix(ctx, o.ask, kinds, terms[0], maxNamed)
	}
	return o.n.Ledger.ByTerm(ctx, o.ask, kinds, terms, maxNamed)
}

// facts is the facts of suppliers and releases that a name means.
func (o *operated) facts(ctx context.Context, t concern.Thing, name string) ([]ledger.Fact, error) {
	if o.loose[name] && !strings.HasPrefix(name, "pkg:") {
		return o.n.named(ctx, o.ask, name)
	}
	terms := []string{software.Term("name", name), software.Term("cpe", name), software.Term("digest", name)}
	switch {
	case t.Kind == concern.Value:
		terms = terms[2:]
	case strings.HasPrefix(name, "pkg:"):
		terms = []string{software.Term("purl", name)}
	}
	return o.n.Ledger.ByTerm(ctx, o.ask, []string{software.FactHandle}, terms, maxNamed)
}

// addressKinds is by which address an asset is looked up that a value is of.
var addressKinds = map[string]string{"ipv4-addr": "ip", "ipv6-addr": "ip", "domain-name": "host", "mac-addr": "mac"}

// addressed is the steps from addresses to the assets that have them.
func (o *operated) addressed(ctx context.Context, values []concern.Thing) ([]concern.Step, error) {
	of := map[string]concern.Thing{}
	for _, t := range values {
		kind, value, _ := strings.Cut(t.ID, ":")
		if term := inventory.AddressTerm(addressKinds[kind], value); term != "" {
			of[term] = t
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	terms := make([]string, 0, len(of))
	for term := range of {
		terms = append(terms, term)
	}
	slices.Sort(terms)
	facts, err := o.n.Ledger.ByTerm(ctx, o.ask, []string{inventory.FactAddress}, terms, 0)
	if err != nil || len(facts) == 0 {
		return nil, err
	}
	ids := make([]string, len(facts))
	for i := range facts {
		ids[i] = facts[i].Subject
	}
	slices.Sort(ids)
	about, err := o.n.Ledger.Said(ctx, o.ask, []string{inventory.FactAsset}, slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	assets := inventory.Assets(about, o.ask.At)
	var out []concern.Step
	for i := range facts {
		f := &facts[i]
		a, ok := assets[f.Subject]
		if ok && slices.Contains(addressTerms(&a), f.Term) {
			out = append(out, concern.Step{From: of[f.Term], Relation: "is the address of", To: concern.Thing{Kind: concern.Asset, ID: f.Subject}, Evidence: document(f.Document)})
		}
	}
	return out, nil
}

// addressTerms is what an asset is looked up by on a day.
func addressTerms(a *inventory.Asset) []string {
	var out []string
	for kind, values := range map[string][]string{"host": a.Hostnames, "ip": a.Addresses, "mac": a.MACs} {
		for _, v := range values {
			out = append(out, inventory.AddressTerm(kind, v))
		}
	}
	return out
}

// parts is the steps from assets to the systems that they are part of.
func (o *operated) parts(ctx context.Context, things []concern.Thing) ([]concern.Step, error) {
	ids := idsOf(things)
	if len(ids) == 0 {
		return nil, nil
	}
	about, err := o.n.Ledger.Said(ctx, o.ask, []string{inventory.FactAsset}, ids...)
	if err != nil {
		return nil, err
	}
	assets, best := inventory.Assets(about, o.ask.At), lastSaid(about, o.ask)
	var out []concern.Step
	for _, t := range things {
		a, ok := assets[t.ID]
		if !ok || a.System == "" {
			continue
		}
		if len(a.Hostnames) > 0 {
			t.Name = a.Hostnames[0]
		}
		out = append(out, concern.Step{From: t, Relation: "is part of", To: concern.Thing{Kind: concern.System, ID: a.System}, Evidence: document(best[t.ID].Document)})
	}
	return out, nil
}

// owned is the steps from systems to the organisations whose they are.
func (o *operated) owned(ctx context.Context, things []concern.Thing) ([]concern.Step, error) {
	ids := idsOf(things)
	if len(ids) == 0 {
		return nil, nil
	}
	about, err := o.n.Ledger.Said(ctx, o.ask, []string{inventory.FactSystem}, ids...)
	if err != nil {
		return nil, err
	}
	systems, best := inventory.Systems(about, o.ask.At), lastSaid(about, o.ask)
	var owners []string
	for _, s := range systems {
		owners = append(owners, s.Organisation)
	}
	slices.Sort(owners)
	names, err := o.n.organisations(ctx, o.ask, slices.Compact(owners))
	if err != nil {
		return nil, err
	}
	var out []concern.Step
	for _, t := range things {
		s, ok := systems[t.ID]
		if !ok || s.Organisation == "" {
			continue
		}
		t.Name = s.Name
		to := concern.Thing{Kind: concern.Organisation, ID: s.Organisation, Name: names[s.Organisation].Name}
		out = append(out, concern.Step{From: t, Relation: "belongs to", To: to, Evidence: document(best[t.ID].Document)})
	}
	return out, nil
}

// organisations is what inventories say of organisations, by id.
func (n *Node) organisations(ctx context.Context, ask access.Ask, ids []string) (map[string]inventory.Organisation, error) {
	facts, err := n.Ledger.Said(ctx, ask, []string{inventory.FactOrganisation}, ids...)
	if err != nil {
		return nil, err
	}
	return inventory.Organisations(facts, ask.At), nil
}

func idsOf(things []concern.Thing) []string {
	out := make([]string, len(things))
	for i := range things {
		out[i] = things[i].ID
	}
	return out
}
