package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/posture"
	"countersign.dev/internal/problem"
)

// PostureAsk narrows what is asked about what is due.
type PostureAsk struct {
	access.Ask
	Organisation string          // id, with or without "organisation:"; "" for all that the reader may see
	States       []posture.State // none for all
	Offset       int
	Limit        int // 0 for all
}

// Due is by when one finding is to be fixed, with where it was found.
type Due struct {
	Finding string `json:"finding"` // as the scanner calls it, or else asset and weakness
	posture.Owed
	Weakness     string      `json:"weakness"`
	Asset        string      `json:"asset"`
	Hostname     string      `json:"hostname,omitempty"`
	System       string      `json:"system,omitempty"` // "" when no inventory has the asset
	SystemName   string      `json:"system_name,omitempty"`
	Organisation string      `json:"organisation,omitempty"`
	Exposure     string      `json:"exposure"` // "public", "internal" or "unknown"
	Found        access.Date `json:"found"`
	Remediated   access.Date `json:"remediated,omitempty"`
	Listed       access.Date `json:"listed,omitempty"`  // in the catalogue of weaknesses known to be exploited
	By           string      `json:"by,omitempty"`      // who found it: a scanner, or "bill of materials"
	Release      string      `json:"release,omitempty"` // whose bill of materials says so
	Evidence     []int64     `json:"evidence"`          // positions of the documents that it rests on
}

// PostureDue is what is owed as of a day.
type PostureDue struct {
	At       access.Date           `json:"at"`
	Known    access.Date           `json:"known"`
	Position int64                 `json:"position"`
	Total    int                   `json:"total"`
	States   map[posture.State]int `json:"states"` // of all, before the page
	Findings []Due                 `json:"findings"`
}

// PostureDue is by when everything that scanners found is to be fixed, under the
// directives that count, and where that stands on a day: by what was held and
// published by the ask. Of a weakness that is listed what the catalogue said on the
// day counts, so a past day has its own due days.
func (n *Node) PostureDue(ctx context.Context, ask PostureAsk) (*PostureDue, error) {
	resolved, err := n.Ledger.Resolve(ctx, ask.Ask)
	if err != nil {
		return nil, err
	}
	ask.Ask = resolved
	if ask.Offset < 0 || ask.Limit < 0 {
		return nil, problem.New(problem.Invalid, "offset %d, limit %d: want 0 or more", ask.Offset, ask.Limit)
	}
	directives, err := n.Directives(ctx, ask.Ask)
	if err != nil {
		return nil, err
	}
	organisation := ask.Organisation
	if organisation != "" && !strings.HasPrefix(organisation, organisationPrefix) {
		organisation = inventory.OrganisationID(organisation)
	}
	billed, err := n.billed(ctx, ask.Ask, organisation)
	if err != nil {
		return nil, err
	}
	var fleet *fleet
	err = n.Ledger.Sight(ctx, ask.Reader, func(s *ledger.Sight) error {
		fleet, err = readFleet(ctx, s, ask.Ask, organisation, billed)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &PostureDue{At: ask.At.Date, Known: ask.At.Known, Position: ask.At.Position, States: map[posture.State]int{}, Findings: []Due{}}
	var all []*Due // by pointer: they are sorted, and large
	for i := range fleet.findings {
		f, d := fleet.finding(&fleet.findings[i])
		if !f.Began(ask.At.Date) {
			continue
		}
		if organisation != "" && d.Organisation != organisation {
			continue
		}
		d.Owed = posture.Judge(f, directives, ask.At.Date)
		if d.System == "" {
			d.Incomplete, d.Assumed = true, append(d.Assumed, "no inventory has the asset, so whose it is is not known")
		}
		if len(ask.States) > 0 && !slices.Contains(ask.States, d.State) {
			continue
		}
		out.States[d.State]++
		all = append(all, d)
	}
	out.Total = len(all)
	slices.SortFunc(all, func(a, b *Due) int {
		return cmp.Or(strings.Compare(a.Finding, b.Finding), strings.Compare(a.Asset, b.Asset), strings.Compare(a.Weakness, b.Weakness), strings.Compare(string(a.Found), string(b.Found)))
	})
	all = all[min(ask.Offset, len(all)):]
	if ask.Limit > 0 {
		all = all[:min(ask.Limit, len(all))]
	}
	out.Findings = make([]Due, len(all))
	for i, d := range all {
		out.Findings[i] = *d
	}
	return out, nil
}

// found is a finding with the fact that says so.
type found struct {
	inventory.Finding
	asset    string // or system, where a release runs on no asset that is named
	document int64
	release  string  // whose bill says so; "" for a scanner's
	rests    []int64 // further documents
}

// fleet is what is held of the assets on which something was found.
type fleet struct {
	at       access.At
	findings []found
	assets   map[string]inventory.Asset
	systems  map[string]inventory.System
	about    map[string][]ledger.Fact // by subject: of assets and systems
	rests    map[string][]int64       // by subject: the documents that it rests on
	listed   map[string]latest[advisory.Exploited]
	assessed map[string]latest[advisory.Assessed]
}

// latest is the body that counts of a subject, with its document.
type latest[T any] struct {
	body     T
	fact     ledger.Fact
	document int64
}

// systemPrefix is what the ids of systems begin with.
const systemPrefix = "system:"

// chunk is how many subjects are asked about at once.
const chunk = 500

// readFleet reads what is held of everything that was found, or of what was found at
// one organisation. What scanners found stands before what bills say of the same.
func readFleet(ctx context.Context, s *ledger.Sight, ask access.Ask, organisation string, billed []found) (*fleet, error) {
	x := &fleet{at: ask.At, about: map[string][]ledger.Fact{}, rests: map[string][]int64{}, listed: map[string]latest[advisory.Exploited]{}, assessed: map[string]latest[advisory.Assessed]{}}
	facts, err := foundAt(ctx, s, ask, organisation)
	if err != nil {
		return nil, err
	}
	if err := x.takeFindings(facts); err != nil {
		return nil, err
	}
	x.takeBilled(billed)
	if facts, err = s.ByPrefix(ctx, ask, []string{advisory.FactKEV, advisory.FactSSVC}, "CVE-", 0); err != nil {
		return nil, err
	}
	for i := range facts {
		f := &facts[i]
		if f.Kind == advisory.FactKEV && ask.At.Date < f.ValidTo {
			err = keepLatest(x.listed, f, ask.At)
		} else if f.Kind == advisory.FactSSVC {
			err = keepLatest(x.assessed, f, ask.At)
		}
		if err != nil {
			return nil, err
		}
	}
	return x, x.readPlaces(ctx, s, ask)
}

// foundAt is what was found at an organisation, everywhere when it is "": by its
// systems and their assets, so that one of many costs no more than it has.
func foundAt(ctx context.Context, s *ledger.Sight, ask access.Ask, organisation string) ([]ledger.Fact, error) {
	if organisation == "" {
		return s.ByPrefix(ctx, ask, []string{inventory.FactFinding}, "CVE-", 0)
	}
	systems, err := systemsOf(ctx, s, ask, organisation)
	if err != nil {
		return nil, err
	}
	facts, err := s.ByTerm(ctx, ask, []string{inventory.FactAsset}, systems, 0)
	if err != nil {
		return nil, err
	}
	assets := map[string]bool{}
	for i := range facts {
		assets[facts[i].Subject] = true
	}
	var out []ledger.Fact
	for part := range slices.Chunk(slices.Sorted(maps.Keys(assets)), chunk) {
		facts, err := s.Said(ctx, ask, []string{inventory.FactFinding}, part...)
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
	}
	return out, nil
}

// takeFindings keeps of each finding the latest that was said of it.
func (x *fleet) takeFindings(facts []ledger.Fact) error {
	type name struct{ source, subject, key string }
	best := map[name]*ledger.Fact{}
	var order []name
	for i := range facts {
		f := &facts[i]
		if x.at.Date >= f.ValidTo {
			continue // its source states it no more
		}
		k := name{f.Source, f.Subject, f.Key}
		switch old := best[k]; {
		case old == nil:
			order = append(order, k)
			best[k] = f
		case f.Newer(old, x.at.Known):
			best[k] = f
		}
	}
	for _, k := range order {
		f := best[k]
		each := found{asset: f.Subject, document: f.Document}
		if err := f.Decode(&each.Finding); err != nil {
			return err
		}
		x.findings = append(x.findings, each)
	}
	return nil
}

// takeBilled adds what bills say that no scanner found.
func (x *fleet) takeBilled(billed []found) {
	type place struct{ asset, weakness string }
	there := map[place]bool{}
	for i := range x.findings {
		there[place{x.findings[i].asset, x.findings[i].Weakness}] = true
	}
	for _, f := range billed {
		if p := (place{f.asset, f.Weakness}); !there[p] {
			there[p] = true
			x.findings = append(x.findings, f)
		}
	}
}

// keepLatest keeps of a subject the fact that its source stated on the day, or else
// the one that was stated last: catalogues are rewritten without telling, and what
// they said on the day is what was owed.
func keepLatest[T any](into map[string]latest[T], f *ledger.Fact, at access.At) error {
	if old, ok := into[f.Subject]; ok && !f.Newer(&old.fact, at.Date) {
		return nil
	}
	l := latest[T]{fact: *f, document: f.Document}
	if err := f.Decode(&l.body); err != nil {
		return err
	}
	into[f.Subject] = l
	return nil
}

// readPlaces reads what is held of the assets and their systems.
func (x *fleet) readPlaces(ctx context.Context, s *ledger.Sight, ask access.Ask) error {
	assets := map[string]bool{}
	for i := range x.findings {
		assets[x.findings[i].asset] = true
	}
	facts, err := x.said(ctx, s, ask, []string{inventory.FactAsset, inventory.FactExposure}, assets)
	if err != nil {
		return err
	}
	x.assets = firstThen(inventory.Assets, facts, ask.At)
	systems := map[string]bool{}
	for _, a := range x.assets {
		systems[a.System] = true
	}
	for i := range x.findings {
		if strings.HasPrefix(x.findings[i].asset, systemPrefix) {
			systems[x.findings[i].asset] = true
		}
	}
	if facts, err = x.said(ctx, s, ask, []string{inventory.FactSystem, inventory.FactExposure}, systems); err != nil {
		return err
	}
	x.systems = firstThen(inventory.Systems, facts, ask.At)
	return nil
}

func (x *fleet) said(ctx context.Context, s *ledger.Sight, ask access.Ask, kinds []string, subjects map[string]bool) (all []ledger.Fact, err error) {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(subjects)), chunk) {
		facts, err := s.Said(ctx, ask, kinds, part...)
		if err != nil {
			return nil, err
		}
		for i := range facts {
			x.about[facts[i].Subject] = append(x.about[facts[i].Subject], facts[i])
		}
		all = append(all, facts...)
	}
	return all, nil
}

// firstThen is what inventories have of a day, and of what they have nothing then
// the first that they have later: an inventory that does not say since when it is so
// says nothing of the days before it, and to take what it has for absent would take
// silence for compliance.
func firstThen[T any](read func([]ledger.Fact, access.At) map[string]T, facts []ledger.Fact, at access.At) map[string]T {
	out := read(facts, at)
	at.Date = max(at.Date, at.Known)
	for id, later := range read(facts, at) {
		if _, ok := out[id]; !ok {
			out[id] = later
		}
	}
	return out
}

// reach is who can reach an asset: as is said of it, or else of its system.
func (x *fleet) reach(asset, system string) (inventory.Reach, []*ledger.Fact) {
	later := x.at
	later.Date = max(later.Date, later.Known)
	for _, at := range []access.At{x.at, later} {
		for _, subject := range []string{asset, system} {
			if reach, facts := inventory.Reached(x.about[subject], subject, at); reach != "" {
				return reach, facts
			}
		}
	}
	return inventory.Unknown, nil
}

// behind is the documents that what a subject is rests on, in the order of
// [firstThen]. They are looked up once: many findings are of one system.
func (x *fleet) behind(subject string) []int64 {
	if out, ok := x.rests[subject]; ok {
		return out
	}
	later := x.at
	later.Date = max(later.Date, later.Known)
	facts := inventory.Behind(x.about[subject], subject, x.at)
	if len(facts) == 0 {
		facts = inventory.Behind(x.about[subject], subject, later)
	}
	var out []int64
	for _, f := range facts {
		out = append(out, f.Document)
	}
	x.rests[subject] = out
	return out
}

// finding is what decides of a finding, and what there is to say of it.
func (x *fleet) finding(f *found) (*posture.Finding, *Due) {
	asset, known := x.assets[f.asset]
	if strings.HasPrefix(f.asset, systemPrefix) {
		asset.System = f.asset
	}
	system := x.systems[asset.System]
	reach, said := x.reach(f.asset, asset.System)
	p := &posture.Finding{Found: f.Detected, Remediated: f.Remediated}
	d := &Due{
		Finding: cmp.Or(f.ID, f.asset+" "+f.Weakness), Weakness: f.Weakness, Asset: f.asset, System: asset.System, SystemName: system.Name,
		Organisation: system.Organisation, Exposure: string(reach), Found: f.Detected, Remediated: f.Remediated, By: f.By, Release: f.release,
		Evidence: append([]int64{f.document}, f.rests...),
	}
	if known && len(asset.Hostnames) > 0 {
		d.Hostname = asset.Hostnames[0]
	}
	switch reach {
	case inventory.Public:
		p.Exposed = "yes"
	case inventory.Internal:
		p.Exposed = "no"
	}
	for _, fact := range said {
		d.Evidence = append(d.Evidence, fact.Document)
	}
	for _, subject := range []string{f.asset, asset.System} {
		d.Evidence = append(d.Evidence, x.behind(subject)...)
	}
	if system.NSS == inventory.Yes {
		p.Spared = append(p.Spared, "nss")
	}
	if l, ok := x.listed[f.Weakness]; ok && access.Date(l.body.Added) <= x.at.Date {
		p.Listed, p.Catalogue, p.Forensic = access.Date(l.body.Added), access.Date(l.body.Due), l.body.Forensic
		d.Listed = p.Listed
		d.Evidence = append(d.Evidence, l.document)
	}
	if a, ok := x.assessed[f.Weakness]; ok {
		p.Automatable, p.Impact = a.body.Automatable, a.body.Impact
		d.Evidence = append(d.Evidence, a.document)
	}
	slices.Sort(d.Evidence)
	d.Evidence = slices.Compact(d.Evidence)
	return p, d
}
