package pattern

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMatchIsWhatTheStandardSays compares Match with an oracle that tries every
// assignment of instances, and of instants to them, on random patterns and data.
// The pattern as it is written in short matches the same.
func TestMatchIsWhatTheStandardSays(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(9, 5)), exists: true}
	matched := 0
	for range 4000 {
		text, data := g.observations(0), g.data()
		p, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := len(oracle{data}.bindings(p.root)) > 0
		short, err := Parse(p.String())
		if err != nil {
			t.Fatalf("%s: written as %s: %v", text, p, err)
		}
		for _, p := range []*Pattern{p, short} {
			m, err := Compile(p)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got, witness, err := m.Match(data)
			if err != nil || got != want || got != (len(witness) > 0) {
				t.Fatalf("%s, as %s:\n%t by %v, %v, want %t\n%s", text, p, got, witness, err, want, show(data))
			}
			if !got {
				continue
			}
			var alone []*Observed // the witness is enough by itself
			for _, i := range witness {
				alone = append(alone, data[i])
			}
			if again, _, err := m.Match(alone); err != nil || !again {
				t.Fatalf("%s: does not match its witness %v: %v\n%s", text, witness, err, show(data))
			}
		}
		if want {
			matched++
		}
	}
	if matched < 1000 || matched > 3000 {
		t.Errorf("%d of 4000 match: this compares too little", matched)
	}
}

func show(data []*Observed) string {
	var b strings.Builder
	for _, o := range data {
		fmt.Fprintf(&b, "%d-%d x%d", second(o.First), second(o.Last), o.Number)
		for _, e := range o.Objects {
			fmt.Fprintf(&b, " %s%v", e.Type, e.Properties)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var epoch = time.Date(2020, 12, 13, 0, 0, 0, 0, time.UTC)

func second(t time.Time) int { return int(t.Sub(epoch) / time.Second) }

// generator makes patterns and data that often fit each other.
type generator struct {
	*rand.Rand
	exists bool // also EXISTS
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) data() (out []*Observed) {
	for range 1 + g.IntN(4) {
		first := g.IntN(12)
		o := &Observed{Number: max(1, g.IntN(4)-1), First: epoch.Add(time.Duration(first) * time.Second)}
		o.Last = o.First.Add(time.Duration([]int{0, 0, 1, 4}[g.IntN(4)]) * time.Second)
		for i := range 1 + g.IntN(2) {
			e := Observable{ID: strconv.Itoa(i), Type: g.pick("a", "b"), Properties: map[string]any{"v": int64(g.IntN(3))}}
			if g.IntN(3) > 0 {
				e.Properties["w"] = int64(g.IntN(3))
			}
			o.Objects = append(o.Objects, e)
		}
		out = append(out, o)
	}
	return out
}

func (g *generator) observations(depth int) string {
	if depth < 2 && g.IntN(2) == 0 {
		return g.observations(depth+1) + g.pick(" AND ", " OR ", " FOLLOWEDBY ", " FOLLOWEDBY ") + g.observations(depth+1)
	}
	s := "[" + g.tests(0) + "]"
	if depth < 2 && g.IntN(3) == 0 {
		s = "(" + g.observations(depth+1) + ")"
	}
	for g.IntN(3) == 0 {
		from, to := g.IntN(12), g.IntN(12)
		s += g.pick(" WITHIN 1 SECONDS", " WITHIN 3 SECONDS", " WITHIN 1.5 SECONDS", " REPEATS 1 TIMES", " REPEATS 2 TIMES",
			fmt.Sprintf(" START t'2020-12-13T00:00:%02dZ' STOP t'2020-12-13T00:00:%02dZ'", from, to))
	}
	return s
}

func (g *generator) tests(depth int) string {
	if depth < 2 && g.IntN(3) == 0 {
		return g.tests(depth+1) + g.pick(" AND ", " OR ") + g.tests(depth+1)
	}
	if depth < 2 && g.IntN(6) == 0 {
		return "(" + g.tests(depth+1) + ")"
	}
	path := g.pick("a", "b") + ":" + g.pick("v", "w")
	if g.exists && g.IntN(8) == 0 {
		return g.pick("", "NOT ") + "EXISTS " + path
	}
	return path + g.pick("", "", " NOT") + g.pick(" = 1", " != 1", " < 1", " >= 1", " IN (0, 2)", " IN ()")
}

// oracle says what the standard does, without any haste.
type oracle struct{ data []*Observed }

// bindings is all the lists of instances that fulfil a node.
func (o oracle) bindings(n node) (out [][]instance) {
	switch n := n.(type) {
	case *simple:
		for i, d := range o.data {
			for c := range d.Number {
				if slices.ContainsFunc(d.Objects, func(e Observable) bool { return holds(n.test, e) }) {
					out = append(out, []instance{{int32(i), int32(c)}})
				}
			}
		}
	case *join:
		left, right := o.bindings(n.left), o.bindings(n.right)
		if n.op == "OR" {
			return append(left, right...)
		}
		for _, a := range left {
			for _, b := range right {
				if both := slices.Concat(a, b); distinct(both) && (n.op == "AND" || o.some(both, func(at []int) bool {
					return slices.Max(at[:len(a)]) <= slices.Min(at[len(a):])
				})) {
					out = append(out, both)
				}
			}
		}
	case *qualified:
		out = o.qualified(n)
	}
	return out
}

func (o oracle) qualified(n *qualified) (out [][]instance) {
	inner := o.bindings(n.inner)
	if n.repeats > 0 {
		out = [][]instance{nil}
		for range n.repeats {
			var more [][]instance
			for _, chosen := range out {
				for _, b := range inner {
					if longer := slices.Concat(chosen, b); distinct(longer) {
						more = append(more, longer)
					}
				}
			}
			out = more
		}
		return out
	}
	for _, b := range inner {
		if o.some(b, func(at []int) bool {
			if n.withinText != "" {
				return float64(slices.Max(at)-slices.Min(at)) <= n.within
			}
			return !slices.ContainsFunc(at, func(i int) bool { return i < second(n.start) || i >= second(n.stop) })
		}) {
			out = append(out, b)
		}
	}
	return out
}

func distinct(b []instance) bool {
	for i := range b {
		if slices.Contains(b[:i], b[i]) {
			return false
		}
	}
	return true
}

// some reports whether instants of the observations can be chosen so that a
// condition holds. All times are whole seconds.
func (o oracle) some(b []instance, condition func(at []int) bool) bool {
	at := make([]int, len(b))
	var choose func(i int) bool
	choose = func(i int) bool {
		if i == len(b) {
			return condition(at)
		}
		d := o.data[b[i].observed]
		for s := second(d.First); s <= second(d.Last); s++ {
			if at[i] = s; choose(i + 1) {
				return true
			}
		}
		return false
	}
	return choose(0)
}

// holds reports whether a comparison expression holds of one object.
func holds(t test, e Observable) bool {
	if t, ok := t.(*both); ok {
		if t.op == "AND" {
			return holds(t.left, e) && holds(t.right, e)
		}
		return holds(t.left, e) || holds(t.right, e)
	}
	c := t.(*comparison)
	value, there := e.Properties[c.path.Steps[0].Key]
	if c.path.Type != e.Type {
		return false
	}
	if c.op == Exists {
		return there != c.not
	}
	if !there {
		return false // with and without NOT
	}
	var is bool
	switch v := value.(int64); c.op {
	case Equal:
		is = v == c.value.Value
	case NotEqual:
		is = v != c.value.Value
	case Less:
		is = v < c.value.Value.(int64)
	case GreaterEqual:
		is = v >= c.value.Value.(int64)
	case In:
		is = slices.ContainsFunc(c.set, func(k Constant) bool { return k.Value == v })
	}
	return is != c.not
}
