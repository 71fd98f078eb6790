package ownership

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/party"
)

// world draws a graph with loops, ranges, several sources and parties that may
// be listed.
func world(t *rapid.T) *Graph {
	size := rapid.IntRange(1, 9).Draw(t, "parties")
	id := func(label string) string { return fmt.Sprintf("p%d", rapid.IntRange(0, size-1).Draw(t, label)) }
	g := &Graph{Listed: map[string]Listed{}, Open: map[string]string{}}
	for range rapid.IntRange(0, 3).Draw(t, "listed") {
		g.Listed[id("who")] = rapid.SampledFrom([]Listed{IsListed, IsListed, Perhaps, NotListed}).Draw(t, "how")
	}
	if rapid.IntRange(0, 9).Draw(t, "open") == 0 {
		g.Open[id("of")] = "not looked at"
	}
	percent := rapid.SampledFrom([]Percent{0, 5 * unit, 25 * unit, 166667 * (unit / 10000), 333333 * (unit / 10000), 45 * unit, Half - 1, Half, 60 * unit, Whole})
	for range rapid.IntRange(0, 22).Draw(t, "interests") {
		in := Interest{Holder: id("holder"), Held: id("held"), Source: rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(t, "source")}
		switch rapid.IntRange(0, 9).Draw(t, "sort") {
		case 0:
			in.Control = party.ControlBoard
		case 1:
			in.Voting = &Range{Half, Half}
		case 2: // nothing but that it exists
		case 3:
			a, b := percent.Draw(t, "one"), percent.Draw(t, "other")
			in.Economic = &Range{min(a, b), max(a, b)}
		default:
			a := percent.Draw(t, "share")
			in.Economic = &Range{a, a}
		}
		g.Interests = append(g.Interests, in)
	}
	return g
}

// naive is the rule as it is written: passes over all parties until nothing
// changes, with sums made anew from the statements each time.
func naive(g *Graph, most bool) map[string]bool {
	reached := map[string]bool{}
	for id, l := range g.Listed {
		reached[id] = l == IsListed || most && l == Perhaps
	}
	for id := range g.Open {
		reached[id] = reached[id] || most
	}
	for changed := true; changed; {
		changed = false
		for _, held := range everybody(g) {
			sum := Percent(0)
			for _, holder := range everybody(g) {
				if holder != held && reached[holder] {
					sum += naiveShare(g, holder, held, most)
				}
			}
			if sum >= Half && !reached[held] {
				reached[held], changed = true, true
			}
		}
	}
	return reached
}

// naiveShare is the least, or most, that any source which states a share of
// the holder's comes to.
func naiveShare(g *Graph, holder, held string, most bool) Percent {
	said, vague := map[string]Percent{}, map[string]Percent{}
	for _, in := range g.Interests {
		if in.Holder != holder || in.Held != held {
			continue
		}
		switch {
		case in.Economic != nil && most:
			said[in.Source] += in.Economic.Max
		case in.Economic != nil:
			said[in.Source] += in.Economic.Min
		case in.Voting == nil && in.Control == "" && most:
			vague[in.Source] += Whole
		case in.Voting == nil && in.Control == "":
			vague[in.Source] += 0
		}
	}
	for source, v := range vague {
		if _, ok := said[source]; ok || len(said) == 0 {
			said[source] += v
		}
	}
	first, out := true, Percent(0)
	for _, p := range said {
		p = min(p, Whole)
		if first || most && p > out || !most && p < out {
			first, out = false, p
		}
	}
	return out
}

func everybody(g *Graph) []string {
	var out []string
	for i := range 9 {
		out = append(out, fmt.Sprintf("p%d", i))
	}
	return out
}

func TestAgainstTheRuleAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := world(t)
		s := Solve(g, OFAC50)
		least, most := naive(g, false), naive(g, true)
		for _, id := range everybody(g) {
			want := map[bool]State{true: Undetermined, false: NotBlocked}[most[id]]
			if least[id] {
				want = Blocked
			}
			got := s.State(id)
			if got == Flagged {
				got = NotBlocked
			}
			if got != want {
				t.Fatalf("%s is %s, want %s", id, got, want)
			}
			if r := s.Total(id); r.Min > r.Max {
				t.Fatalf("reached owners of %s hold at least %s and at most %s", id, r.Min, r.Max)
			}
		}
	})
}

// A proof must convince one who believes nothing but its edges and who is
// listed.
func TestProofsSuffice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := world(t)
		s := Solve(g, OFAC50)
		for _, id := range everybody(g) {
			f := s.Finding(id)
			if f.State != Blocked || f.Listed {
				continue
			}
			bare := &Graph{Listed: map[string]Listed{}}
			for who, l := range g.Listed {
				if l == IsListed {
					bare.Listed[who] = l
				}
			}
			for _, e := range f.Proof {
				bare.Interests = append(bare.Interests, Interest{Holder: e.Holder, Held: e.Held, Economic: &Range{e.Economic.Min, e.Economic.Min}})
			}
			if !naive(bare, false)[id] {
				t.Fatalf("the proof that %s is blocked does not prove it: %v", id, f.Proof)
			}
		}
	})
}

// What is said to decide must decide: put at its most, with all else at its
// least, it blocks; of what decides together nothing can be left out.
func TestWhatDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := world(t)
		s := Solve(g, OFAC50)
		for _, id := range everybody(g) {
			f := s.Finding(id)
			if f.State != Undetermined {
				if len(f.Decides) > 0 {
					t.Fatalf("%s is %s and yet said to be decided by %v", id, f.State, f.Decides)
				}
				continue
			}
			if len(f.Decides) == 0 {
				t.Fatalf("%s is undetermined and nothing is said to decide it", id)
			}
			if f.Together {
				if !naive(settled(g, f.Decides, false), false)[id] {
					t.Fatalf("together at their most, %v leave %s open", f.Decides, id)
				}
				for k := range f.Decides {
					if naive(settled(g, slices.Delete(slices.Clone(f.Decides), k, k+1), false), false)[id] {
						t.Fatalf("%v is not needed to decide %s", f.Decides[k], id)
					}
				}
				continue
			}
			for k := range f.Decides {
				if !naive(settled(g, f.Decides[k:k+1], true), false)[id] {
					t.Fatalf("%v does not decide %s", f.Decides[k], id)
				}
			}
		}
	})
}

// settled is g with the named unknowns at their most, or at the share from
// which on each decides, and all others at their least.
func settled(g *Graph, decides []Decider, alone bool) *Graph {
	out := &Graph{Listed: map[string]Listed{}, Interests: slices.Clone(g.Interests)}
	for id, l := range g.Listed {
		out.Listed[id] = l
	}
	for _, d := range decides {
		if d.Edge == nil {
			out.Listed[d.Party] = IsListed
			continue
		}
		share := d.Edge.Economic.Max
		if alone && d.Blocks > 0 {
			share = d.Blocks
		}
		out.Interests = slices.DeleteFunc(out.Interests, func(in Interest) bool { return in.Holder == d.Edge.Holder && in.Held == d.Edge.Held })
		out.Interests = append(out.Interests, Interest{Holder: d.Edge.Holder, Held: d.Edge.Held, Economic: &Range{share, share}})
	}
	return out
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := world(t)
		other := &Graph{Listed: g.Listed, Open: g.Open, Interests: slices.Clone(g.Interests)}
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)).Shuffle(len(other.Interests), func(i, j int) {
			other.Interests[i], other.Interests[j] = other.Interests[j], other.Interests[i]
		})
		for _, rule := range []Rule{OFAC50, BISAffiliates} {
			a, b := Solve(g, rule), Solve(other, rule)
			for _, id := range everybody(g) {
				if x, y := a.Finding(id), b.Finding(id); x.State != y.State || x.Why != y.Why || x.Total != y.Total {
					t.Fatalf("%s: %s (%s) in one order, %s (%s) in another", id, x.State, x.Why, y.State, y.Why)
				}
			}
		}
	})
}

// Another listing or a larger stake never frees anybody.
func TestMoreNeverFrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := world(t)
		before := Solve(g, OFAC50)
		more := &Graph{Listed: map[string]Listed{}, Open: g.Open, Interests: slices.Clone(g.Interests)}
		for id, l := range g.Listed {
			more.Listed[id] = l
		}
		who := fmt.Sprintf("p%d", rapid.IntRange(0, 8).Draw(t, "who"))
		more.Listed[who] = IsListed
		if n := len(more.Interests); n > 0 {
			in := &more.Interests[rapid.IntRange(0, n-1).Draw(t, "which")]
			if in.Economic != nil {
				in.Economic = &Range{in.Economic.Min, Whole}
			}
		}
		after := Solve(more, OFAC50)
		rank := map[State]int{NotBlocked: 0, Flagged: 1, Undetermined: 2, Blocked: 3}
		for _, id := range everybody(g) {
			if a, b := before.State(id), after.State(id); rank[b] < rank[a] {
				t.Fatalf("%s was %s and is %s with %s listed", id, a, b, who)
			}
		}
	})
}

// BenchmarkSolve goes through 20,000 parties with 100,000 random interests, of
// which every tenth is a range; one party in a hundred is listed.
func BenchmarkSolve(b *testing.B) {
	g := bigGraph(20_000, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		Solve(g, OFAC50)
	}
}

// BenchmarkFinding explains every party of the same graph, one after another.
func BenchmarkFinding(b *testing.B) {
	s := Solve(bigGraph(20_000, 100_000), OFAC50)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Finding(s.network.ids[i%len(s.network.ids)])
	}
}

func bigGraph(parties, interests int) *Graph {
	r := rand.New(rand.NewPCG(1, 2))
	g := &Graph{Listed: map[string]Listed{}}
	for i := range parties / 100 {
		g.Listed[fmt.Sprintf("p%d", i*100)] = IsListed
	}
	for i := range interests {
		p := Percent(r.IntN(60)) * unit
		stake := &Range{p, p}
		if i%10 == 0 {
			stake = &Range{p, p + 20*unit}
		}
		g.Interests = append(g.Interests, Interest{
			Holder: fmt.Sprintf("p%d", r.IntN(parties)), Held: fmt.Sprintf("p%d", r.IntN(parties)), Economic: stake, Source: "made",
		})
	}
	return g
}
