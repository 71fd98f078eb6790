package dossier

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Bounds of the way up from a subject to its owners. What lies beyond them is
// said not to have been looked at, and leaves the subject undetermined where
// it could matter.
const (
	maxOwners    = 2000  // parties
	maxInterests = 20000 // in them
	maxResolved  = 25    // owners looked up at once
	maxHoldings  = 500   // told of what the subject holds itself
)

// circle is the parties around the subject: its owners, theirs, and so on, with
// the interests between them. It is read once; what becomes of it on a day is
// worked out by [circle.on].
type circle struct {
	subject   string
	parties   map[string]*owner
	of        map[string]string // the party of each entry or id
	interests map[cell][]interest
	cells     []cell // in order
	down      []interest
	open      map[string]string // parties whose owners were not looked at, with why
	source    *source           // for evidence
}

// cell names an interest among those of its series; of several facts in one
// cell, at most one holds by what had been published on a day.
type cell struct {
	source, part, subject, key string
	audience                   access.Audience
}

// interest is one fact about who holds what in whom.
type interest struct {
	stated[party.Interest]
	holder, held string // parties
}

// owner is a party in the circle.
type owner struct {
	id, name string
	nodes    []*node
	doubles  []*node // listed entries that bear its name or number and were not taken to be it
	why      map[string]string
	named    string // the double that a table means by its name, see [meant]; "" for none

	lives, near func(known access.Date) *timeline // of the listings of nodes, and of doubles
}

// circleOf reads the parties around the cluster that a dossier is about; nil
// when it neither is held nor holds.
func (b *Builder) circleOf(ctx context.Context, ask access.Ask, d *Dossier, c *cluster) (*circle, error) {
	out := &circle{
		subject: c.id(), parties: map[string]*owner{}, of: map[string]string{},
		interests: map[cell][]interest{}, open: map[string]string{},
	}
	ids := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		ids[i] = n.id
	}
	down, err := b.Facts.ByTerm(ctx, ask, []string{party.FactInterest}, ids, maxHoldings)
	if err != nil {
		return nil, fmt.Errorf("interests of %s: %w", c.id(), err)
	}
	for i := range down {
		d.Audience = d.Audience.And(down[i].Audience)
		if err := out.holds(&down[i]); err != nil {
			return nil, err
		}
	}
	next, err := out.include(c, nil)
	if err != nil {
		return nil, err
	}
	if len(next) == 0 && len(out.down) == 0 {
		return nil, nil
	}
	for len(next) > 0 {
		if next, err = b.climb(ctx, ask, d, out, next); err != nil {
			return nil, err
		}
	}
	out.resolve()
	return out, b.furnish(ctx, ask, d, out)
}

// holds notes an interest of the subject's.
func (c *circle) holds(f *ledger.Fact) error {
	i := interest{held: f.Subject, holder: c.subject}
	i.fact = f
	if err := f.Decode(&i.value); err != nil {
		return fmt.Errorf("fact %d, %s of %s: %w", f.ID, f.Kind, f.Subject, err)
	}
	c.down = append(c.down, i)
	return nil
}

// include takes a party into the circle, with the interests in it, and returns
// the ids of those who hold them.
func (c *circle) include(k *cluster, doubles map[*node]string) ([]string, error) {
	o := &owner{id: k.id(), name: k.subject().Name, nodes: k.nodes, why: map[string]string{}}
	for n, why := range doubles {
		o.doubles = append(o.doubles, n)
		o.why[n.id] = why
	}
	o.named = meant(k, o.doubles)
	slices.SortFunc(o.doubles, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	c.parties[o.id] = o
	var holders []string
	for _, n := range k.nodes {
		c.of[n.id] = o.id
		for _, f := range n.facts {
			if f.Kind != party.FactInterest {
				continue
			}
			if len(c.cells) >= maxInterests {
				c.open[o.id] = fmt.Sprintf("more than %d interests lead to the subject; the rest was not looked at", maxInterests)
				continue
			}
			i := interest{held: o.id}
			i.fact = f
			if err := n.decode(f, &i.value); err != nil {
				return nil, err
			}
			at := cell{f.Source, f.Part, f.Subject, f.Key, f.Audience}
			if c.interests[at] == nil {
				c.cells = append(c.cells, at)
			}
			c.interests[at] = append(c.interests[at], i)
			holders = append(holders, i.value.Holder)
		}
	}
	c.of[o.id] = o.id
	return holders, nil
}

// climb takes the parties into the circle that these ids belong to, and
// returns the ids of those who hold interests in them.
func (b *Builder) climb(ctx context.Context, ask access.Ask, d *Dossier, c *circle, ids []string) ([]string, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return c.of[id] != "" })
	var next []string
	for some := range slices.Chunk(ids, maxResolved) {
		if len(c.parties) >= maxOwners {
			c.leave(some)
			continue
		}
		above, err := b.ascend(ctx, ask, d, c, some)
		if err != nil {
			return nil, err
		}
		next = append(next, above...)
	}
	return next, nil
}

// leave notes parties whose owners are not looked at.
func (c *circle) leave(ids []string) {
	for _, id := range ids {
		c.of[id] = id
		c.parties[id] = &owner{id: id, name: id}
		c.open[id] = fmt.Sprintf("more than %d parties lead to the subject; the rest was not looked at", maxOwners)
	}
}

// ascend is climb for as many ids as can be resolved at once. Where their
// surroundings are too many to be read together, it goes on with fewer.
func (b *Builder) ascend(ctx context.Context, ask access.Ask, d *Dossier, c *circle, ids []string) ([]string, error) {
	g, err := explore(ctx, b.Facts, ask, ids, true)
	if err != nil {
		return nil, err
	}
	if len(g.nodes) >= maxNodes && len(ids) > 1 {
		left, err := b.ascend(ctx, ask, d, c, ids[:len(ids)/2])
		if err != nil {
			return nil, err
		}
		right, err := b.ascend(ctx, ask, d, c, ids[len(ids)/2:])
		return append(left, right...), err
	}
	p := g.partition()
	var next []string
	for _, id := range ids {
		k := p.cluster(id)
		if c.joins(k, id) {
			continue
		}
		doubles, err := g.doubles(ctx, k)
		if err != nil {
			return nil, err
		}
		holders, err := c.include(k, doubles)
		if err != nil {
			return nil, err
		}
		next = append(next, holders...)
	}
	d.Audience = d.Audience.And(g.audience)
	return next, nil
}

// joins reports whether a party is in the circle already, under whichever id.
func (c *circle) joins(k *cluster, id string) bool {
	for _, n := range k.nodes {
		if known := c.of[n.id]; known != "" {
			c.of[id] = known
			return true
		}
	}
	return false
}

// doubles is the listed entries that are near a party and were not taken to be
// it, with why: whether they are is for somebody to find out.
func (g *graph) doubles(ctx context.Context, k *cluster) (map[*node]string, error) {
	found := g.near(k)
	var missing []string
	for _, id := range slices.Sorted(maps.Keys(found)) {
		if g.nodes[id] == nil && len(missing) < maxApart {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		if _, err := g.load(ctx, missing); err != nil {
			return nil, err
		}
	}
	out := map[*node]string{}
	for id, near := range found {
		if n := g.nodes[id]; n != nil && n.listed() {
			out[n] = near.why
		}
	}
	return out, nil
}

// mention reports whether a party is nothing but a name in a table that does
// not say whether it is one of a person, and which names it has.
func (k *cluster) mention() (names map[string]bool, ok bool) {
	names = map[string]bool{}
	for _, n := range k.nodes {
		if n.list != "" || n.listed() || len(n.identifiers) > 0 {
			return nil, false
		}
		for _, f := range n.facts {
			switch {
			case f.Kind == party.FactName:
				names[f.Term] = true
			case f.Kind == party.FactCore && f.Key == party.KeyAnyKind:
				ok = true
			}
		}
	}
	return names, ok
}

// meant is the listed person whom a table means by a name, where that is written
// just as the list writes it, and no other listed person's. A table that says no
// more of an owner was made from the list, or by somebody who had to think of
// it; where it says that the owner is a person, or writes the name otherwise,
// they stay two that may be one.
func meant(k *cluster, doubles []*node) string {
	names, ok := k.mention()
	found := ""
	for _, n := range doubles {
		for _, s := range n.names {
			if !ok || s.value.Quality != party.Primary || !names[s.fact.Term] || found == n.id {
				continue
			}
			if found != "" {
				return ""
			}
			found = n.id
		}
	}
	return found
}

// resolve finds the party that holds each interest.
func (c *circle) resolve() {
	for at, facts := range c.interests {
		for i := range facts {
			facts[i].holder = cmp.Or(c.of[facts[i].value.Holder], facts[i].value.Holder)
			if o := c.parties[facts[i].holder]; o != nil && o.name == o.id {
				o.name = cmp.Or(facts[i].value.HolderName, o.name)
			}
		}
		slices.SortFunc(facts, func(a, b interest) int {
			return cmp.Or(cmp.Compare(a.fact.Published, b.fact.Published), cmp.Compare(a.fact.ID, b.fact.ID))
		})
		c.interests[at] = facts
	}
	slices.SortFunc(c.cells, func(a, b cell) int { return cmp.Compare(c.interests[a][0].fact.ID, c.interests[b][0].fact.ID) })
}

// furnish reads what is needed to fold the owners' listings, and to point to
// the evidence for all.
func (b *Builder) furnish(ctx context.Context, ask access.Ask, d *Dossier, c *circle) error {
	var all []*node
	told := &node{}
	for _, o := range c.parties {
		all = append(append(all, o.nodes...), o.doubles...)
	}
	for _, i := range c.down {
		told.facts = append(told.facts, i.fact)
	}
	var listed []*node
	for _, n := range all {
		if n.listed() {
			listed = append(listed, n)
			continue
		}
		for _, f := range n.facts {
			if f.Kind == party.FactInterest {
				told.facts = append(told.facts, f)
			}
		}
	}
	documents, err := b.documents(ctx, ask, append(listed, told))
	if err != nil {
		return err
	}
	series, err := b.series(ctx, ask, listed)
	if err != nil {
		return err
	}
	s := &source{documents: documents, series: series, programmes: d.source.programmes}
	c.source = s
	for _, o := range c.parties {
		if o.lives, err = s.lives(o.nodes, ask.At.Known); err != nil {
			return err
		}
		if o.near, err = s.lives(o.doubles, ask.At.Known); err != nil {
			return err
		}
	}
	return nil
}

// lives is the listings of some nodes as told by what had been published by
// any day up to the known one. The result may be called by several at once.
func (s *source) lives(nodes []*node, known access.Date) (func(access.Date) *timeline, error) {
	own := *s
	own.nodes = slices.DeleteFunc(slices.Clone(nodes), func(n *node) bool { return !n.listed() })
	if len(own.nodes) == 0 {
		return func(k access.Date) *timeline { return &timeline{known: k} }, nil
	}
	first, err := own.timeline(known)
	if err != nil {
		return nil, err
	}
	if err := own.readable(known); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	held := map[access.Date]*timeline{known: first}
	return func(k access.Date) *timeline {
		mu.Lock()
		defer mu.Unlock()
		if held[k] == nil {
			t, err := own.timeline(k)
			must(err)
			held[k] = t
		}
		return held[k]
	}, nil
}

// stood is the fact of one cell, sorted by publication, that its source stated
// on date by what had been published by then; nil where it had stopped stating
// any. A day before the first edition is answered from that, because an
// interest carries days of its own.
func stood(facts []interest, date, known access.Date) *interest {
	day := min(date, known)
	begun := false
	for i := range facts {
		if facts[i].fact.StatedOn(day) {
			return &facts[i]
		}
		begun = begun || facts[i].fact.PublishedBy(day)
	}
	if begun || !facts[0].fact.PublishedBy(known) {
		return nil
	}
	return &facts[0]
}

// runs reports whether an interest is held on a date.
func (i *interest) runs(date access.Date) bool {
	return i.fact.Basis == ledger.FirstSeen || i.fact.ValidFrom <= date && date < i.fact.ValidTo
}

// days is the days on which what the circle says can change, by what had been
// published by the known day.
func (c *circle) days(known access.Date) []access.Date {
	var out []access.Date
	turns := func(list []interest) {
		for _, i := range list {
			if i.fact.PublishedBy(known) {
				out = append(out, i.fact.ValidFrom, i.fact.ValidTo)
			}
		}
	}
	turns(c.down)
	for _, at := range c.cells {
		turns(c.interests[at])
	}
	for _, o := range c.parties {
		for _, t := range []*timeline{o.lives(known), o.near(known)} {
			for _, l := range t.lives {
				out = append(out, l.programme.Dates(l.events)...)
			}
		}
	}
	for _, s := range affiliatesSteps(c.source.programmes, known) {
		out = append(out, s.From)
	}
	return slices.DeleteFunc(out, func(d access.Date) bool { return d == "" || d >= access.Forever })
}

// affiliatesSteps is the life of the Affiliates Rule as far as it was public on
// the known day.
func affiliatesSteps(programmes map[string]*listing.Programme, known access.Date) []listing.Step {
	p := programmes[entityList]
	if p == nil {
		return nil
	}
	for _, r := range p.AsKnown(known).Consequences {
		if r.Kind == listing.AffiliateExport {
			return r.Validity
		}
	}
	return nil
}
