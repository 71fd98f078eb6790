package node

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// heldCriteria is a catalogue or a profile that the ledger holds; the other is nil.
type heldCriteria struct {
	catalogue *catalogue.Catalogue
	profile   *catalogue.Profile
}

// Catalogues is the catalogues and profiles for the ask: those of the product,
// and in their place or beside them those that the ledger holds. One that does
// not fit the others is left out and told in the log: it was admitted when it
// did, and what it leads to was withdrawn or replaced since.
func (n *Node) Catalogues(ctx context.Context, ask access.Ask) (*catalogue.Set, error) {
	shipped, err := catalogue.Shipped()
	if err != nil {
		return nil, err
	}
	if ask, err = n.Ledger.Resolve(ctx, ask); err != nil {
		return nil, err
	}
	facts, err := n.criteriaFacts(ctx, ask)
	if err != nil || len(facts) == 0 {
		return shipped, err
	}
	var key strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&key, "%d ", f.ID)
	}
	n.rules.mu.Lock()
	set := n.rules.sets[key.String()]
	n.rules.mu.Unlock()
	if set != nil {
		return set, nil
	}
	var held []*heldCriteria
	for _, f := range facts {
		h, err := n.heldCriteria(ctx, ask, f)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			n.log.Warn("criteria cannot be read and are left out", "id", f.Key, "position", f.Document, "error", err)
			continue
		}
		held = append(held, h)
	}
	set, left := laidOver(shipped, held)
	for _, err := range left {
		n.log.Warn("criteria do not fit the others and are left out", "error", err)
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	if len(n.rules.sets) >= maxRecent || n.rules.sets == nil {
		n.rules.sets = map[string]*catalogue.Set{}
	}
	n.rules.sets[key.String()] = set
	return set, nil
}

// criteriaFacts is the facts that hold criteria: catalogues, which profiles pick
// from, then profiles, each in the order in which they came. Documents that were
// withdrawn can no longer be gone by.
func (n *Node) criteriaFacts(ctx context.Context, ask access.Ask) ([]*ledger.Fact, error) {
	var out []*ledger.Fact
	var positions []int64
	for _, kind := range []string{factCatalogue, factProfile} {
		facts, err := n.ruleFacts(ctx, ask, kind)
		if err != nil {
			return nil, err
		}
		for _, f := range slices.SortedFunc(maps.Values(facts), func(a, b *ledger.Fact) int { return cmp.Compare(a.ID, b.ID) }) {
			out, positions = append(out, f), append(positions, f.Document)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	entries, err := n.Ledger.Documents(ctx, ask, positions...)
	if err != nil {
		return nil, err
	}
	gone := map[int64]bool{}
	for i := range entries {
		gone[entries[i].Position] = entries[i].Withdrawn != ""
	}
	return slices.DeleteFunc(out, func(f *ledger.Fact) bool { return gone[f.Document] }), nil
}

// heldCriteria reads the document that a fact is of.
func (n *Node) heldCriteria(ctx context.Context, ask access.Ask, f *ledger.Fact) (*heldCriteria, error) {
	n.rules.mu.Lock()
	h := n.rules.criteria[f.ID]
	n.rules.mu.Unlock()
	if h != nil {
		return h, nil
	}
	b, err := n.Ledger.Body(ctx, ask, f.Document)
	if err != nil {
		return nil, err
	}
	if h, err = parseCriteria(b); err != nil {
		return nil, err
	}
	n.rules.mu.Lock()
	defer n.rules.mu.Unlock()
	if n.rules.criteria == nil {
		n.rules.criteria = map[int64]*heldCriteria{}
	}
	n.rules.criteria[f.ID] = h
	return h, nil
}

func parseCriteria(b []byte) (*heldCriteria, error) {
	read, _, err := oscal.ReadAny(b)
	if err != nil {
		return nil, err
	}
	h := &heldCriteria{}
	switch read := read.(type) {
	case *catalogue.Catalogue:
		h.catalogue = read
	case *catalogue.Profile:
		h.profile = read
	}
	return h, nil
}

// laidOver is a set with criteria in the place of those of the same id, or beside
// them. What does not fit is left out, with the reason.
func laidOver(under *catalogue.Set, held []*heldCriteria) (set *catalogue.Set, left []error) {
	if set, err := over(under, held); err == nil {
		return set, nil
	}
	set = under
	var sound []*heldCriteria
	for _, h := range held {
		next, err := over(under, append(sound, h))
		if err != nil {
			left = append(left, err)
			continue
		}
		set, sound = next, append(sound, h)
	}
	return set, left
}

func over(under *catalogue.Set, held []*heldCriteria) (*catalogue.Set, error) {
	cs, ps := map[string]*catalogue.Catalogue{}, map[string]*catalogue.Profile{}
	for _, c := range under.Catalogues() {
		cs[c.ID] = c
	}
	for _, p := range under.Profiles() {
		ps[p.ID] = p
	}
	for _, h := range held {
		if h.catalogue != nil {
			cs[h.catalogue.ID] = h.catalogue
		} else {
			ps[h.profile.ID] = h.profile
		}
	}
	return catalogue.NewSet(slices.Collect(maps.Values(cs)), slices.Collect(maps.Values(ps)))
}

// cataloguesFirst puts editions in an order in which profiles come after the
// catalogues that they pick from.
func cataloguesFirst(editions []intake.Edition) []intake.Edition {
	rank := func(e intake.Edition) int {
		switch e.Files[0].Reading.Kind {
		case catalogue.KindCatalogue:
			return 0
		case catalogue.KindProfile:
			return 2
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(editions), func(a, b intake.Edition) int { return rank(a) - rank(b) })
}

// admitCriteria refuses a catalogue or profile that does not fit those that its
// audience sees already: a profile that picks what no catalogue has, or a
// catalogue that lacks what a profile picks. What is held already is admitted.
func (n *Node) admitCriteria(ctx context.Context, r *ledger.Reading, b []byte, audience access.Audience, by access.Reader) error {
	if r.Kind != catalogue.KindCatalogue && r.Kind != catalogue.KindProfile {
		return nil
	}
	digest := ledger.Digest(b)
	held, err := n.Ledger.Holds(ctx, audience, []string{digest})
	if err != nil || held[digest] {
		return err
	}
	if audience.IsPublic() {
		by = access.Anonymous // what is for everybody stands without what is not
	}
	set, err := n.Catalogues(ctx, access.Ask{Reader: by, At: access.At{Position: access.Now}})
	if err != nil {
		return err
	}
	h, err := parseCriteria(b)
	if err != nil {
		return err
	}
	if _, err = over(set, []*heldCriteria{h}); err != nil {
		return problem.New(problem.Conflict, "does not fit the criteria that are held: %w; import what it picks from first, or give it an id of its own", err)
	}
	return nil
}

// criteriaOf is the criteria that labels of an authority go by at a moment: what
// everybody sees and what the authority keeps for itself. It does not depend on
// who asks, so that nobody judges by rules that only it has.
func (n *Node) criteriaOf(ctx context.Context, at access.At, authority string) (*catalogue.Set, error) {
	return n.Catalogues(ctx, access.Ask{Reader: access.Reader{Organisations: []string{authority}}, At: at})
}

// Criteria is the catalogues and profiles that labels of a scheme go by at the
// ask's moment, whoever asks.
func (n *Node) Criteria(ctx context.Context, ask access.Ask, s *label.Scheme) (*catalogue.Set, error) {
	authority, err := n.authority(ctx, s)
	if err != nil {
		return nil, err
	}
	return n.criteriaOf(ctx, ask.At, authority)
}

// LabelCriteria is the catalogues and profiles as they were when a label's
// document, as it stands for the ask, was signed: what it names is in them,
// whatever has been replaced since.
func (n *Node) LabelCriteria(ctx context.Context, ask access.Ask, id string) (*catalogue.Set, error) {
	s, err := n.Label(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	if s.Document == "" {
		return nil, problem.New(problem.NotFound, "label %s was not issued", s.Label)
	}
	if ask, err = n.Ledger.Resolve(ctx, ask); err != nil {
		return nil, err
	}
	e, err := n.Ledger.ByDigest(ctx, ask, s.Document)
	if err != nil {
		return nil, err
	}
	ask.At.Position = e.Position
	return n.Criteria(ctx, ask, s.Scheme)
}
