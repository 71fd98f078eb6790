package pattern

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"time"

	"countersign.dev/internal/problem"
)

// instance is one of the times that something was observed.
type instance struct{ observed, copy int32 }

// binding is the instances that fulfil a part of a pattern. Whether instants can
// be chosen for them hangs on two times only, both in microseconds.
type binding struct {
	parts []instance
	first int64 // when the last of them begins
	last  int64 // when the first of them ends
}

func (b binding) with(c binding) binding {
	return binding{slices.Concat(b.parts, c.parts), max(b.first, c.first), min(b.last, c.last)}
}

func (b binding) disjoint(c binding) bool {
	return !slices.ContainsFunc(b.parts, func(i instance) bool { return slices.Contains(c.parts, i) })
}

// bound is what the qualifiers around a part of a pattern, and what it has to
// come before or after, leave to it. A binding out of bounds is so with whatever
// is added to it, so that it is given up early.
type bound struct {
	length int64  // how far apart instants may be
	spans  []span // of START and STOP
	latest *int64 // no instance may begin later
}

type span struct{ start, stop int64 }

// forever is longer than all years that can be written.
const forever = 400_000 * int64(1_000_000) * 1_000_000

func micros(t time.Time) int64 { return t.UnixMicro() }

// within reports whether instants can be chosen that are no further apart than
// the length. The window that begins where the first of the observations ends
// reaches as far as any.
func (l bound) within(b, c binding) bool {
	return max(b.first, c.first) <= min(b.last, c.last)+l.length
}

// allows reports whether a single observation is in bounds: at or after START and
// before STOP, at some instant.
func (l bound) allows(o *Observed) bool {
	first, last := micros(o.First), micros(o.Last)
	if l.latest != nil && first > *l.latest {
		return false
	}
	return !slices.ContainsFunc(l.spans, func(s span) bool { return first >= s.stop || last < s.start || s.start >= s.stop })
}

// spend counts a combination that is tried, or what making a binding of so many
// parts costs, and reports whether to go on.
func (r *run) spend(parts int) bool {
	if r.err != nil {
		return false
	}
	if r.tries++; parts > 0 {
		r.tries += 3 + parts
	}
	if r.tries > MaxTries {
		r.err = problem.New(problem.TooLarge, "no match among the first %d combinations of observations; the pattern asks for more than is tried", MaxTries)
	}
	return r.err == nil
}

// bindings is what fulfils a node in its bounds, one after the other.
func (r *run) bindings(n node, l bound) iter.Seq[binding] {
	switch n := n.(type) {
	case *join:
		if n.op == "OR" {
			return r.either(n, l)
		}
		return r.joined(n, l)
	case *qualified:
		switch {
		case n.withinText != "":
			l.length = min(l.length, int64(min(n.within*1e6, float64(forever))))
		case n.repeats > 0:
			return r.repeated(n, l)
		default:
			l.spans = append(slices.Clip(l.spans), span{micros(n.start), micros(n.stop)})
		}
		return r.bindings(n.inner, l)
	case *simple:
		return r.simple(n, l)
	}
	return func(func(binding) bool) {}
}

// simple is each time that an observation fulfils a comparison expression. Of
// one that was seen more often than the pattern can bind, that often is enough.
func (r *run) simple(n *simple, l bound) iter.Seq[binding] {
	return func(yield func(binding) bool) {
		for i, o := range r.data {
			if !r.found[n.number][i] || !l.allows(o) {
				continue
			}
			for c := range min(o.Number, r.m.pattern.leaves) {
				if !r.spend(1) || !yield(binding{[]instance{{int32(i), int32(c)}}, micros(o.First), micros(o.Last)}) {
					return
				}
			}
		}
	}
}

func (r *run) either(n *join, l bound) iter.Seq[binding] {
	return func(yield func(binding) bool) {
		for _, side := range []node{n.left, n.right} {
			for b := range r.bindings(side, l) {
				if !yield(b) {
					return
				}
			}
			if r.err != nil {
				return
			}
		}
	}
}

// joined is what AND and FOLLOWEDBY make of two nodes: bindings of both without
// an instance in common; in order, for FOLLOWEDBY.
func (r *run) joined(n *join, l bound) iter.Seq[binding] {
	return func(yield func(binding) bool) {
		right := slices.Collect(r.bindings(n.right, l))
		if len(right) == 0 || r.err != nil {
			return
		}
		slices.SortStableFunc(right, func(a, b binding) int { return cmp.Compare(a.first, b.first) })
		inOrder := n.op == "FOLLOWEDBY"
		if inOrder { // nothing on the left may begin after all on the right have ended
			latest := slices.MaxFunc(right, func(a, b binding) int { return cmp.Compare(a.last, b.last) }).last
			if l.latest == nil || latest < *l.latest {
				l.latest = &latest
			}
		}
		for left := range r.bindings(n.left, l) {
			if !r.pair(left, right, inOrder, l, yield) {
				return
			}
		}
	}
}

// pair joins a binding with each of those on the right, which stand in the order
// of their first, and reports whether to go on. Those that begin with or after it
// are tried before those that began earlier.
func (r *run) pair(left binding, right []binding, inOrder bool, l bound, yield func(binding) bool) bool {
	from := sort.Search(len(right), func(i int) bool { return right[i].first >= left.first })
	try := func(b binding) bool {
		if !r.spend(0) {
			return false
		}
		if inOrder && left.first > b.last || !l.within(left, b) || !left.disjoint(b) {
			return true
		}
		return r.spend(len(left.parts)+len(b.parts)) && yield(left.with(b))
	}
	for _, b := range right[from:] {
		if b.first > left.last+l.length {
			break // and so all that follow
		}
		if !try(b) {
			return false
		}
	}
	for _, b := range slices.Backward(right[:from]) {
		if !try(b) {
			return false
		}
	}
	return true
}

// repeated is every choice of bindings of which no two have an instance in
// common, as many as are to be repeated.
func (r *run) repeated(n *qualified, l bound) iter.Seq[binding] {
	return func(yield func(binding) bool) {
		all := slices.Collect(r.bindings(n.inner, l))
		if r.err != nil {
			return
		}
		slices.SortStableFunc(all, func(a, b binding) int { return cmp.Compare(a.first, b.first) })
		c := chooser{run: r, bound: l, yield: yield, apart: single(n.inner)}
		c.choose(all, n.repeats, binding{first: -forever, last: forever})
	}
}

// single reports whether a node binds one instance, and each only once.
func single(n node) bool {
	q, qualified := n.(*qualified)
	if qualified {
		return q.repeats <= 1 && single(q.inner)
	}
	_, simple := n.(*simple)
	return simple
}

// chooser looks for repetitions.
type chooser struct {
	*run
	bound
	yield func(binding) bool
	apart bool // no two bindings have an instance in common
}

// choose adds count more of the bindings, which stand in the order of their
// first, to those chosen, and reports whether to go on.
func (c *chooser) choose(from []binding, count int, chosen binding) bool {
	if count == 0 {
		chosen.parts = slices.Clone(chosen.parts) // what comes after is tried in its place
		return c.spend(len(chosen.parts)) && c.yield(chosen)
	}
	for i := 0; i+count <= len(from); i++ {
		if !c.spend(0) {
			return false
		}
		next := binding{append(chosen.parts, from[i].parts...), max(chosen.first, from[i].first), min(chosen.last, from[i].last)}
		rest := c.fitting(from[i+1:], next)
		if len(rest) >= count-1 && !c.choose(rest, count-1, next) {
			return false
		}
	}
	return c.err == nil
}

// fitting is which of the bindings can still be chosen, so that one turns back
// when there are too few.
func (c *chooser) fitting(from []binding, chosen binding) []binding {
	end := sort.Search(len(from), func(i int) bool { return from[i].first > chosen.last+c.length })
	if c.apart {
		return from[:end] // none of them ends before what is chosen begins
	}
	var out []binding
	for _, b := range from[:end] {
		if !c.spend(0) {
			return nil
		}
		if c.within(chosen, b) && chosen.disjoint(b) {
			out = append(out, b)
		}
	}
	return out
}
