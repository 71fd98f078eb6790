package concern

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Kind says what a thing is: one of the constants, or the type of a STIX
// object, as "malware".
type Kind string

// The kinds that are not types of STIX objects.
const (
	Weakness     Kind = "weakness" // its id, as "CVE-2020-10148"
	Package      Kind = "package"  // a component; its purl or CPE
	Supplier     Kind = "supplier" // its name
	Software     Kind = "software" // a product, by name, purl or CPE
	Release      Kind = "release"
	Value        Kind = "value" // an address, a digest or the like; its kind, a colon and itself
	Asset        Kind = "asset"
	System       Kind = "system"
	Organisation Kind = "organisation" // as package inventory calls it
	Event        Kind = "event"        // an incident that this node keeps; its id
)

// ends reports whether nothing is looked for beyond things of this kind but
// what the same answer brought.
func (k Kind) ends() bool { return k == Organisation }

// Thing is something on the way.
type Thing struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// key tells things apart. What they are called is told by whoever speaks of
// them.
type key struct {
	kind Kind
	id   string
}

func (t Thing) key() key { return key{t.Kind, t.ID} }

// Evidence is what a step rests on: a document of the ledger, a shared object,
// or both. It is the zero Evidence for what is so by itself, as that a digest is
// in an indicator's pattern.
type Evidence struct {
	Position int64  `json:"position,omitempty"`
	Object   string `json:"object,omitempty"` // id of a STIX object
}

// Step is that one thing leads to another.
type Step struct {
	From     Thing    `json:"from"`
	Relation string   `json:"relation"`
	To       Thing    `json:"to"`
	Evidence Evidence `json:"evidence"`
	Why      string   `json:"why,omitempty"` // in words, where the relation does not say it all
}

// Path is steps, each from where the one before led to.
type Path []Step

// Source knows what leads on from things, for one reader at one moment.
type Source interface {
	// Steps is the steps that lead on from these things. It may bring those that
	// lead on from where they lead to, as far as it knows them anyway. Things of
	// kinds that it does not know it passes over.
	Steps(ctx context.Context, from []Thing) ([]Step, error)
}

// Limits bound a walk. A zero field means its default.
type Limits struct {
	Rounds int // how often sources are asked; 12
	Steps  int // 400,000
	Paths  int // that are kept to one thing; 3
}

// Reached is a system or an organisation that a walk came to.
type Reached struct {
	Thing
	Paths []Path // the shortest first; at least one
}

// Answer is where a walk came to.
type Answer struct {
	Systems       []Reached // by the length of their shortest path, then by id
	Organisations []Reached // likewise
	Cut           bool      // there was more than the limits allow
	Things        int       // that were looked at
}

// Walk goes from things to the systems and organisations that they concern. No
// path holds a thing twice. What more than one step leads to is reached by the
// shortest ways first; a way is not told where it only comes round to a thing
// that is as near to the beginning.
func Walk(ctx context.Context, from []Thing, sources []Source, l Limits) (*Answer, error) {
	l.Rounds, l.Steps, l.Paths = cmp.Or(l.Rounds, 12), cmp.Or(l.Steps, 400_000), cmp.Or(l.Paths, 3)
	w := &walk{limits: l, out: map[key][]*Step{}, seen: map[Step]bool{}, asked: map[key]bool{}, depth: map[key]int{}, things: map[key]Thing{}}
	for _, t := range from {
		w.name(t)
	}
	next := from
	for round := 0; len(next) > 0; round++ {
		if round == l.Rounds {
			w.cut = true
			break
		}
		for _, t := range next {
			w.asked[t.key()] = true
		}
		for _, s := range sources {
			steps, err := s.Steps(ctx, next)
			if err != nil {
				return nil, err
			}
			w.add(steps)
		}
		if err := ctx.Err(); err != nil {
			return nil, problem.Wrap(problem.Unavailable, err, "walk to whom it concerns")
		}
		next = w.reach(from)
	}
	return w.answer(), nil
}

// walk is a walk under way.
type walk struct {
	limits Limits
	out    map[key][]*Step // by where they lead from, in the order in which they came
	in     map[key][]*Step // by where they lead to: those from nearer the beginning
	seen   map[Step]bool
	asked  map[key]bool
	depth  map[key]int // of the shortest way, in steps
	things map[key]Thing
	cut    bool
}

// name keeps what a thing is called; the first that calls it anything is heard.
func (w *walk) name(t Thing) {
	if held, ok := w.things[t.key()]; !ok || held.Name == "" {
		w.things[t.key()] = t
	}
}

func (w *walk) add(steps []Step) {
	for i := range steps {
		s := &steps[i]
		if !Allowed(s.From.Kind, s.Relation, s.To.Kind) || w.seen[*s] {
			continue
		}
		if len(w.seen) == w.limits.Steps {
			w.cut = true
			return
		}
		w.seen[*s] = true
		w.name(s.From)
		w.name(s.To)
		w.out[s.From.key()] = append(w.out[s.From.key()], s)
	}
}

// reach works out how far everything is, and gives what was not asked about yet.
func (w *walk) reach(from []Thing) (next []Thing) {
	clear(w.depth)
	var level []key
	for _, t := range from {
		if _, ok := w.depth[t.key()]; !ok {
			w.depth[t.key()] = 0
			level = append(level, t.key())
		}
	}
	for len(level) > 0 {
		var further []key
		for _, k := range level {
			if !w.asked[k] && !k.kind.ends() {
				next = append(next, w.things[k])
			}
			for _, s := range w.out[k] {
				if _, ok := w.depth[s.To.key()]; !ok {
					w.depth[s.To.key()] = w.depth[k] + 1
					further = append(further, s.To.key())
				}
			}
		}
		level = further
	}
	return next
}

// answer is what was reached, with the ways to it.
func (w *walk) answer() *Answer {
	w.in = map[key][]*Step{}
	for from, steps := range w.out {
		d, reached := w.depth[from]
		for _, s := range steps {
			if reached && w.depth[s.To.key()] > d {
				w.in[s.To.key()] = append(w.in[s.To.key()], s)
			}
		}
	}
	out := &Answer{Cut: w.cut, Things: len(w.depth)}
	for k := range w.depth {
		switch k.kind {
		case System:
			out.Systems = append(out.Systems, Reached{w.things[k], w.paths(k)})
		case Organisation:
			out.Organisations = append(out.Organisations, Reached{w.things[k], w.paths(k)})
		}
	}
	for _, r := range [][]Reached{out.Systems, out.Organisations} {
		slices.SortFunc(r, func(a, b Reached) int {
			return cmp.Or(cmp.Compare(len(a.Paths[0]), len(b.Paths[0])), strings.Compare(a.ID, b.ID))
		})
	}
	return out
}

// paths is the shortest ways to a thing, at most as many as are kept; one that
// is a beginning itself has the empty way. Every step leads further from the
// beginning, so no way meets itself.
func (w *walk) paths(to key) []Path {
	var out []Path
	// Ways in the making, from their end on; the length that each will have at
	// least is known, so the shortest are finished first.
	type making struct {
		at    key
		steps []*Step // backwards
	}
	open := []making{{at: to}}
	least := func(m making) int { return len(m.steps) + w.depth[m.at] }
	for len(open) > 0 && len(out) < w.limits.Paths {
		i := 0
		for j := range open {
			if least(open[j]) < least(open[i]) {
				i = j
			}
		}
		m := open[i]
		open = slices.Delete(open, i, i+1)
		if w.depth[m.at] == 0 {
			out = append(out, w.finish(m.steps))
			continue
		}
		in := w.in[m.at]
		slices.SortFunc(in, compareSteps)
		for _, s := range in {
			open = append(open, making{s.From.key(), append(slices.Clip(slices.Clone(m.steps)), s)})
		}
		if len(open) > mostOpen {
			slices.SortStableFunc(open, func(a, b making) int { return cmp.Compare(least(a), least(b)) })
			open = open[:mostOpen]
		}
	}
	return out
}

// mostOpen bounds the ways in the making to one thing. What is left out of them
// is longer than what is kept.
const mostOpen = 64

func compareSteps(a, b *Step) int {
	return cmp.Or(strings.Compare(string(a.From.Kind), string(b.From.Kind)), strings.Compare(a.From.ID, b.From.ID), strings.Compare(a.Relation, b.Relation),
		cmp.Compare(a.Evidence.Position, b.Evidence.Position), strings.Compare(a.Evidence.Object, b.Evidence.Object), strings.Compare(a.Why, b.Why))
}

// finish turns a way about, and calls all things on it by their names.
func (w *walk) finish(backwards []*Step) Path {
	out := make(Path, len(backwards))
	for i, s := range backwards {
		step := *s
		step.From, step.To = w.things[s.From.key()], w.things[s.To.key()]
		out[len(backwards)-1-i] = step
	}
	return out
}
