package node

import (
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// JoinShared decides whether two shared objects are one thing under two ids, for
// the organisations of whoever decides. The objects stay as they are: the
// decision is a document beside them, the later one on a pair counts, and
// [party.JoinOpen] takes back whichever there is. Both must be of one type, and
// such that whoever decides may see them. An object that is for persons alone is
// refused, because the decision names it to a whole organisation.
func (n *Node) JoinShared(ctx context.Context, by access.Reader, a, b string, v party.Verdict, reason string) (*JoinDecision, error) {
	switch {
	case !by.MayWrite():
		return nil, problem.New(problem.Denied, "%s may not decide what is the same; ask for a role other than reader", by.Member)
	case len(by.Organisations) == 0:
		return nil, problem.New(problem.Denied, "%s decides for no organisation", by.Member)
	}
	ask, err := n.Ledger.Resolve(ctx, access.Ask{Reader: by})
	if err != nil {
		return nil, err
	}
	var types []string
	for _, id := range []string{a, b} {
		seen, err := n.shared.Object(ctx, ask, id)
		if err != nil {
			return nil, err
		}
		for i := range seen {
			if seen[i].Marking == "TLP:RED" {
				return nil, problem.New(problem.Denied, "%s is TLP:RED, for persons alone; a decision would name it to your organisation", id)
			}
		}
		types = append(types, seen[0].Type)
	}
	if types[0] != types[1] {
		return nil, problem.New(problem.Invalid, "%s and %s: a thing of type %s is none of type %s", a, b, types[0], types[1])
	}
	decided, err := party.NewJoin(a, b, v, reason)
	if err != nil {
		return nil, err
	}
	return n.recordJoin(ctx, ask, decided, askers(by))
}

// sharedJoins is what is decided about a shared object and others, as far as the
// ask reaches: the latest on each pair. What was taken back is not there.
func (n *Node) sharedJoins(ctx context.Context, ask access.Ask, id string) (map[string]JoinDecision, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.BySubject(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	var sources []string
	for i := range facts {
		if facts[i].Kind == party.FactLink && strings.HasPrefix(facts[i].Source, party.JoinSource) {
			sources = append(sources, facts[i].Source)
		}
	}
	slices.Sort(sources)
	out := map[string]JoinDecision{}
	for _, source := range slices.Compact(sources) {
		all, err := n.joinsIn(ctx, ask, source)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 || !all[0].InForce {
			continue
		}
		other := all[0].A
		if other == id {
			other = all[0].B
		}
		out[other] = all[0]
	}
	return out, nil
}

// SharedSame is a shared object that is decided to be the same as another.
type SharedSame struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Verdict  party.Verdict `json:"verdict"` // "same" or "apart"
	Reason   string        `json:"reason"`
	Actor    string        `json:"actor"`
	Date     access.Date   `json:"date"`
	Position int64         `json:"position"` // of the decision
}

// tellSame fills in what is decided about an object, and which others seem to be
// the same and are undecided. What the reader may not see is in neither.
func (n *Node) tellSame(ctx context.Context, ask access.Ask, o *SharedObject) error {
	decided, err := n.sharedJoins(ctx, ask, o.ID)
	if err != nil {
		return err
	}
	others := make([]string, 0, len(decided))
	for id := range decided {
		others = append(others, id)
	}
	slices.Sort(others)
	visible, err := n.finding.Versions(ctx, others, n.keepFor(ask))
	if err != nil {
		return err
	}
	o.Same, o.Alike = []SharedSame{}, []SharedAlike{}
	for _, id := range others {
		if h, ok := visible[id]; ok {
			d := decided[id]
			o.Same = append(o.Same, SharedSame{id, h.Name, d.Verdict, d.Reason, d.Actor, d.Date, d.Position})
		}
	}
	alike, err := n.finding.Alike(ctx, o.ID, n.keepFor(ask))
	if err != nil {
		return err
	}
	for _, a := range alike {
		if _, ok := decided[a.ID]; !ok {
			o.Alike = append(o.Alike, SharedAlike{a.ID, a.Name, a.Because})
		}
	}
	return nil
}
