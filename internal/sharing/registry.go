package sharing

import (
	"context"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/sharing/marking"
)

// span is from when to when something held, in microseconds on the clock by
// which entries are added; half open.
type span struct{ from, to int64 }

const endless = int64(1) << 62

type spans []span

func (s spans) at(t int64) bool {
	return slices.ContainsFunc(s, func(p span) bool { return p.from <= t && t < p.to })
}

// pair is two names, as an organisation in a community.
type pair struct{ a, b string }

// served is that an organisation is a client of another, in a community.
type served struct{ community, client, of string }

// granted is a right on a collection of a community.
type granted struct {
	community, collection string
	right                 Right
}

// registry is the communities as their documents tell, with their history: who
// belonged to them, and what was granted to whom, when.
type registry struct {
	facts       int64 // position of the facts that it was made from
	generation  int64 // grows when what it says changes
	communities map[string]*Community
	members     map[pair]spans // community, organisation
	clients     map[served]spans
	identities  map[pair]spans // identity, organisation
	claimed     map[string][]string
	grants      map[granted]map[string]spans
	turns       map[string][]int64 // by organisation, or Everyone: when something changes for it
}

// readRegistry makes a registry of the facts held.
func readRegistry(facts []ledger.Fact, epochs map[int64]int64) (*registry, error) {
	r := &registry{
		communities: map[string]*Community{}, members: map[pair]spans{}, clients: map[served]spans{}, identities: map[pair]spans{},
		claimed: map[string][]string{}, grants: map[granted]map[string]spans{}, turns: map[string][]int64{},
	}
	for i := range facts {
		if err := r.add(&facts[i], epochs); err != nil {
			return nil, err
		}
	}
	for p := range r.clients { // who is served by a member is let in and out with it
		r.turns[p.client] = append(r.turns[p.client], r.turns[p.of]...)
	}
	for who := range r.turns {
		slices.Sort(r.turns[who])
		r.turns[who] = slices.Compact(r.turns[who])
	}
	return r, nil
}

func (r *registry) add(f *ledger.Fact, epochs map[int64]int64) error {
	community := strings.TrimPrefix(f.Subject, "community:")
	held := span{from: max(epochs[f.KnownFrom], instant(f.ValidFrom)), to: instant(f.ValidTo)}
	if held.from >= held.to {
		held.to = held.from // over before it was known of
	}
	turn := func(who string) { r.turns[who] = append(r.turns[who], held.from, held.to) }
	switch f.Kind {
	case FactCommunity:
		c := &Community{}
		if err := f.Decode(c); err != nil {
			return err
		}
		r.communities[community] = c
	case FactMember:
		var m Membership
		if err := f.Decode(&m); err != nil {
			return err
		}
		key := pair{community, m.Organisation}
		r.members[key] = append(r.members[key], held)
		turn(m.Organisation)
	case FactClient:
		var c Clientship
		if err := f.Decode(&c); err != nil {
			return err
		}
		key := served{community, c.Client, c.Of}
		r.clients[key] = append(r.clients[key], held)
		turn(c.Client)
	case FactIdentity:
		var i Identity
		if err := f.Decode(&i); err != nil {
			return err
		}
		key := pair{i.Identity, i.Organisation}
		r.identities[key] = append(r.identities[key], held)
		r.claimed[i.Identity] = append(r.claimed[i.Identity], i.Organisation)
	case FactGrant:
		var g Grant
		if err := f.Decode(&g); err != nil {
			return err
		}
		key := granted{community, g.Collection, g.Right}
		if r.grants[key] == nil {
			r.grants[key] = map[string]spans{}
		}
		r.grants[key][g.Who] = append(r.grants[key][g.Who], held)
		turn(g.Who)
	}
	return nil
}

// instant is the first microsecond of a day; endless for Forever.
func instant(d access.Date) int64 {
	if d == access.Forever {
		return endless
	}
	return d.Time().UnixMicro()
}

// moment is the registry as it was at an instant: a [marking.Directory].
type moment struct {
	*registry
	t int64
}

func (r *registry) at(t int64) moment { return moment{r, t} }

// Member implements [marking.Directory].
func (m moment) Member(community, organisation string) bool {
	return m.members[pair{community, organisation}].at(m.t)
}

// Client implements [marking.Directory].
func (m moment) Client(community, organisation, of string) bool {
	return m.clients[served{community, organisation, of}].at(m.t)
}

// may reports whether a reader has a right on a collection.
func (m moment) may(right Right, reader access.Reader, community, collection string) bool {
	if reader.Operator {
		return true
	}
	for who, held := range m.grants[granted{community, collection, right}] {
		if held.at(m.t) && m.is(reader, who, community) {
			return true
		}
	}
	return false
}

// is reports whether a reader is who is meant by a word of a collection's
// grants.
func (m moment) is(reader access.Reader, who, community string) bool {
	switch who {
	case Everyone:
		return reader.Member != ""
	case Members:
		return slices.ContainsFunc(reader.Organisations, func(o string) bool { return m.Member(community, o) })
	}
	return slices.Contains(reader.Organisations, who)
}

// concerns reports whether a reader has anything to do with a community, and so
// may know that it exists.
func (m moment) concerns(reader access.Reader, c *Community) bool {
	if reader.Operator || slices.Contains(reader.Organisations, c.Home) || m.is(reader, Members, c.ID) {
		return true
	}
	return slices.ContainsFunc(c.Collections, func(f Folder) bool {
		return m.may(ToRead, reader, c.ID, f.ID) || m.may(ToWrite, reader, c.ID, f.ID)
	})
}

// speaks reports whether an organisation speaks as an identity, and whether
// anybody does.
func (m moment) speaks(organisation, identity string) (it, anybody bool) {
	for _, o := range m.claimed[identity] {
		if m.identities[pair{identity, o}].at(m.t) {
			anybody = true
			it = it || o == organisation
		}
	}
	return it, anybody
}

// sees reports whether a reader sees what a rule allows in a collection. What it
// shared itself it sees without a right on the collection.
func (m moment) sees(reader access.Reader, rule *marking.Rule, collection string) marking.Answer {
	a := marking.May(reader, *rule, m)
	if a.Allowed && a.Code != codeSource && !m.may(ToRead, reader, rule.Community, collection) {
		return marking.Answer{Code: codeNoRead, Why: "the collection is not open to the organisations that the reader belongs to"}
	}
	return a
}

// The codes of answers that this package looks at or gives.
const (
	codeSource = "source"
	codeNoRead = "no_read"
)

// turnsOf is the instants at which something changed for a reader, up to t, and
// the first after it.
func (r *registry) turnsOf(reader access.Reader, t int64) (past []int64, next int64) {
	next = endless
	for _, who := range slices.Concat(reader.Organisations, []string{Everyone, Members}) {
		for _, turn := range r.turns[who] {
			if turn > t {
				next = min(next, turn)
				break
			}
			past = append(past, turn)
		}
	}
	slices.Sort(past)
	return slices.Compact(past), next
}

// since is from when on a reader, who sees what a rule allows at t, has been
// seeing it without a break; false when it does not see it.
func (r *registry) since(reader access.Reader, rule *marking.Rule, collection string, past []int64, t int64) (int64, bool) {
	if !r.at(t).sees(reader, rule, collection).Allowed {
		return 0, false
	}
	from := int64(0)
	for _, turn := range slices.Backward(past) {
		if !r.at(turn).sees(reader, rule, collection).Allowed {
			return from, true
		}
		from = turn
	}
	if r.at(0).sees(reader, rule, collection).Allowed {
		return 0, true
	}
	return from, true
}

// registryNow is the registry as of the newest facts. It is read again only when
// facts changed.
func (s *Store) registryNow(ctx context.Context) (*registry, error) {
	head, err := s.ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	s.registering.Lock()
	defer s.registering.Unlock()
	if s.registry != nil && s.registry.facts >= head.FactsPosition {
		return s.registry, nil
	}
	facts, err := s.ledger.ByDocumentKind(ctx, access.Ask{Reader: access.Operator, At: access.At{Date: access.DateOf(s.now()), Known: access.DateOf(s.now()), Position: head.Position}}, KindCommunity)
	if err != nil {
		return nil, err
	}
	epochs, err := s.epochs(ctx)
	if err != nil {
		return nil, err
	}
	r, err := readRegistry(facts, epochs)
	if err != nil {
		return nil, err
	}
	r.facts, r.generation = head.FactsPosition, 1
	if s.registry != nil {
		r.generation = s.registry.generation
		if !same(s.factIDs, facts) {
			r.generation++
		}
	}
	s.registry, s.factIDs = r, idsOf(facts)
	return r, nil
}

func idsOf(facts []ledger.Fact) []int64 {
	ids := make([]int64, len(facts))
	for i := range facts {
		ids[i] = facts[i].ID
	}
	return ids
}

func same(ids []int64, facts []ledger.Fact) bool { return slices.Equal(ids, idsOf(facts)) }

// micros is now, on the clock of entries.
func (s *Store) micros() int64 { return s.now().UnixMicro() }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// Served reports whether an organisation is a client of a member of a community.
func (m moment) Served(community, organisation string) bool {
	for p, held := range m.clients {
		if p.community == community && p.client == organisation && held.at(m.t) && m.Member(community, p.of) {
			return true
		}
	}
	return false
}
