package ownership

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/party"
)

// Edge is everything stated of one holder's interest in one party, as a
// finding tells it.
type Edge struct {
	Holder, Held string
	Economic     *Range // nil where no source states a share of capital
	Voting       *Range
	Control      party.Control
	Interests    []int // those of the graph that it consists of, by index
	Contradicted bool  // sources state different shares of capital
}

// Decider is something that is not known and on which the state depends.
type Decider struct {
	Edge   *Edge   // a stake, or
	Party  string  // a party of whom it is open whether it is listed
	Why    string  // what is open, in words
	Blocks Percent // the share from which on the stake alone decides; 0 where it does not alone
}

// Finding is what a rule makes of one party, and why.
type Finding struct {
	State  State
	Why    string
	Known  bool  // some interest in the party is stated, or it is listed
	Listed bool  // the party is blocked by its own listing
	Total  Range // held by reached parties together

	// Proof is, for a blocked party, stakes that suffice: of each party in it
	// enough stakes of holders that are listed or proved themselves. It begins
	// with the stakes in the party; no holder's own stakes rest on the party's.
	// For a flagged one it is the interests that raise the flag.
	Proof []Edge

	// Decides is, for an undetermined party, what each decides it alone; or,
	// where nothing does, things that do together.
	Decides  []Decider
	Together bool
}

// Finding tells of one party what the rule makes of it.
func (s *Solution) Finding(id string) Finding {
	f := Finding{State: s.State(id)}
	i, ok := s.network.index[id]
	if !ok {
		f.Why = "no interest in it is known"
		return f
	}
	f.Known = len(s.network.in[i]) > 0 || s.network.seeds[i] != NotListed
	f.Listed = s.network.seeds[i] == IsListed
	f.Total = Range{s.least.sum[i], s.most.sum[i]}
	switch f.State {
	case Blocked:
		s.blocked(i, &f)
	case Undetermined:
		f.Decides, f.Together = s.decides(i)
		f.Why = s.open(&f)
	case Flagged:
		f.Proof = s.flags(i)
		f.Why = s.flaggedWhy(i, f.Proof)
	case NotBlocked:
		f.Why = s.notBlocked(i, &f)
	}
	if held := s.Held(id); held.Min > Whole {
		f.Why += fmt.Sprintf("; the shares stated in it come to %s %%, which cannot all be true", held.Min)
	}
	return f
}

func (s *Solution) blocked(i int, f *Finding) {
	if f.Listed {
		f.Why = "it is listed itself"
		return
	}
	proof := s.proof(i, s.least, func(e *edge) Percent { return e.economic.Min })
	var direct []string
	sum := Percent(0)
	for _, e := range proof {
		edge := &s.network.edges[e]
		if edge.held == i {
			direct = append(direct, s.called(s.network.ids[edge.holder]))
			sum = sum.plus(edge.economic.Min)
		}
		f.Proof = append(f.Proof, s.edge(e))
	}
	f.Why = fmt.Sprintf("%s %% is held by %s", least(sum), enumerate(direct))
}

// least is a share that may be more, no more than the whole.
func least(p Percent) string { return min(p, Whole).String() }

// proof is the edges that bring a party and its holders over the threshold in
// a closure, the party's own first. Each step takes the largest stakes first,
// of holders that were reached before, so that it is well founded.
func (s *Solution) proof(i int, c *closure, share func(*edge) Percent) []int {
	var out []int
	done := map[int]bool{i: true}
	queue := []int{i}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if c.seeded(at) {
			continue
		}
		for _, e := range s.suffice(at, c, share) {
			out = append(out, e)
			if h := s.network.edges[e].holder; !done[h] {
				done[h] = true
				queue = append(queue, h)
			}
		}
	}
	return out
}

// seeded reports whether a party is in the closure without anybody's stakes.
func (c *closure) seeded(i int) bool { return c.rank[i] <= c.seeds }

// suffice is stakes in a party that come to half of it.
func (s *Solution) suffice(i int, c *closure, share func(*edge) Percent) []int {
	var may []int
	for _, e := range s.network.in[i] {
		edge := &s.network.edges[e]
		if edge.owns && c.has(edge.holder) && c.rank[edge.holder] < c.rank[i] && share(edge) > 0 {
			may = append(may, e)
		}
	}
	slices.SortStableFunc(may, func(a, b int) int {
		return cmp.Compare(share(&s.network.edges[b]), share(&s.network.edges[a]))
	})
	sum := Percent(0)
	for k, e := range may {
		if sum = sum.plus(share(&s.network.edges[e])); sum >= Half {
			return may[:k+1]
		}
	}
	return may
}

// flags is the interests of parties that are or may be reached in one that is
// not.
func (s *Solution) flags(i int) []Edge {
	var out []Edge
	for _, e := range s.network.in[i] {
		edge := &s.network.edges[e]
		if s.most.has(edge.holder) && (edge.control != party.ControlNone || edge.votes || edge.owns && s.rule.MinorityFlags && edge.economic.Max > 0) {
			out = append(out, s.edge(e))
		}
	}
	return out
}

// flaggedWhy says what each of the flags is.
func (s *Solution) flaggedWhy(i int, flags []Edge) string {
	var who []string
	for _, e := range flags {
		var what []string
		if e.Economic != nil && e.Economic.Max > 0 {
			what = append(what, e.Economic.String()+" of it")
		}
		if e.Voting != nil {
			what = append(what, e.Voting.String()+" of the votes")
		}
		if e.Control != party.ControlNone {
			what = append(what, "control ("+string(e.Control)+")")
		}
		words := s.called(e.Holder) + " has " + strings.Join(what, ", ")
		if !s.least.has(s.network.index[e.Holder]) {
			words += ", and may be blocked itself"
		}
		who = append(who, words)
	}
	text := enumerate(who)
	if s.most.sum[i] > 0 {
		text += fmt.Sprintf("; listed or blocked owners hold %s of it together, less than half", s.Total(s.network.ids[i]))
	}
	return text
}

func (s *Solution) notBlocked(i int, f *Finding) string {
	switch {
	case len(s.network.in[i]) == 0:
		return "no interest in it is known"
	case f.Total.Max == 0:
		return "none of its known owners is listed or blocked by owners of its own"
	}
	return fmt.Sprintf("listed or blocked owners hold %s of it together, less than half", f.Total)
}

// open says what an undetermined state hangs on.
func (s *Solution) open(f *Finding) string {
	var words []string
	for k := range f.Decides {
		words = append(words, f.Decides[k].Why)
	}
	if f.Together {
		return "it depends on these together: " + strings.Join(words, "; ")
	}
	return "it depends on " + strings.Join(words, "; or on ")
}

// edge is an edge as a finding tells it.
func (s *Solution) edge(i int) Edge {
	e := &s.network.edges[i]
	out := Edge{
		Holder: s.network.ids[e.holder], Held: s.network.ids[e.held], Control: e.control,
		Interests: slices.Clone(e.interests), Contradicted: e.contradicted(),
	}
	if e.owns {
		out.Economic = &e.economic
	}
	if e.votes {
		out.Voting = &e.voting
	}
	return out
}

// Edges is all interests in a party, or of one, joined by holder.
func (s *Solution) Edges(id string) (in, out []Edge) {
	i, ok := s.network.index[id]
	if !ok {
		return nil, nil
	}
	for _, e := range s.network.in[i] {
		in = append(in, s.edge(e))
	}
	for _, e := range s.network.out[i] {
		out = append(out, s.edge(e))
	}
	return in, out
}

// called is what a party is called.
func (s *Solution) called(id string) string { return cmp.Or(s.graph.Names[id], id) }

// enumerate joins the first of some names, and says how many are left.
func enumerate(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, " and ")
}
