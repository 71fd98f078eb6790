package pattern

import (
	"errors"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Matcher is a compiled pattern. It is safe for concurrent use.
type Matcher struct {
	pattern    *Pattern
	predicates map[*comparison]predicate
}

// Compile makes a pattern ready to match. It refuses constants that cannot be
// compared with anything, as a regular expression that is none.
func Compile(p *Pattern) (*Matcher, error) {
	m := &Matcher{pattern: p, predicates: map[*comparison]predicate{}}
	return m, m.compile(p.root)
}

func (m *Matcher) compile(n node) error {
	switch n := n.(type) {
	case *join:
		if err := m.compile(n.left); err != nil {
			return err
		}
		return m.compile(n.right)
	case *qualified:
		return m.compile(n.inner)
	case *simple:
		return m.compileTest(n.test)
	}
	return nil
}

func (m *Matcher) compileTest(t test) error {
	switch t := t.(type) {
	case *both:
		if err := m.compileTest(t.left); err != nil {
			return err
		}
		return m.compileTest(t.right)
	case *comparison:
		p, err := predicateOf(t)
		if err != nil {
			return problem.Wrap(problem.Invalid, err, "%s", t.path)
		}
		m.predicates[t] = p
	}
	return nil
}

// MaxTries bounds the combinations of observations that a match tries, and the
// memory that it takes for them.
const MaxTries = 5_000_000

// Match reports whether the pattern matches the data, and which observations a
// match is made of, as indexes in order. It fails where a value cannot be
// compared as the pattern asks, and after [MaxTries] combinations.
func (m *Matcher) Match(data []*Observed) (bool, []int, error) {
	r := &run{m: m, data: data, found: make([][]bool, m.pattern.simples)}
	if err := r.look(m.pattern.root); err != nil {
		return false, nil, err
	}
	for b := range r.bindings(m.pattern.root, bound{length: forever}) {
		if r.err != nil {
			break
		}
		var used []int
		for _, i := range b.parts {
			used = append(used, int(i.observed))
		}
		slices.Sort(used)
		return true, slices.Compact(used), nil
	}
	return false, nil, r.err
}

// run is one match.
type run struct {
	m     *Matcher
	data  []*Observed
	found [][]bool // by number of the comparison expression, and index of the observation
	room  []any    // for the values of one object
	tries int
	err   error
}

// look tries every comparison expression on every observation. All of them are
// looked at, so that whether values can be compared does not hang on which are
// needed.
func (r *run) look(n node) error {
	switch n := n.(type) {
	case *join:
		if err := r.look(n.left); err != nil {
			return err
		}
		return r.look(n.right)
	case *qualified:
		return r.look(n.inner)
	case *simple:
		found := make([]bool, len(r.data))
		for i, o := range r.data {
			roots, err := r.roots(n.test, o)
			if err != nil {
				return err
			}
			found[i] = len(roots) > 0
		}
		r.found[n.number] = found
	}
	return nil
}

// roots is the objects of an observation that fulfil a comparison expression, by
// index, in order.
func (r *run) roots(t test, o *Observed) ([]int, error) {
	switch t := t.(type) {
	case *both:
		left, err := r.roots(t.left, o)
		if err != nil {
			return nil, err
		}
		right, err := r.roots(t.right, o)
		if err != nil {
			return nil, err
		}
		if t.op == "AND" {
			return slices.DeleteFunc(left, func(i int) bool { return !slices.Contains(right, i) }), nil
		}
		left = append(left, right...)
		slices.Sort(left)
		return slices.Compact(left), nil
	case *comparison:
		return r.fulfil(t, o)
	}
	return nil, nil
}

// notObservable is types of STIX 2.1 that are no observables: comparisons never
// look at them.
var notObservable = map[string]bool{
	"attack-pattern": true, "bundle": true, "campaign": true, "course-of-action": true, "extension-definition": true, "grouping": true,
	"identity": true, "incident": true, "indicator": true, "infrastructure": true, "intrusion-set": true, "language-content": true,
	"location": true, "malware": true, "malware-analysis": true, "marking-definition": true, "note": true, "observed-data": true,
	"opinion": true, "relationship": true, "report": true, "threat-actor": true, "tool": true, "sighting": true, "vulnerability": true,
}

func (r *run) fulfil(c *comparison, o *Observed) (out []int, err error) {
	if notObservable[c.path.Type] {
		return nil, nil
	}
	holds := r.m.predicates[c]
	for i := range o.Objects {
		if o.Objects[i].Type != c.path.Type {
			continue
		}
		values, err := values(r.room[:0], o, o.Objects[i].Properties, c.path.Steps)
		if err != nil {
			return nil, err
		}
		r.room = values
		if c.op == Exists {
			if (len(values) > 0) != c.not {
				out = append(out, i)
			}
			continue
		}
		for _, v := range values {
			is, err := holds(plain(v))
			if errors.Is(err, errNoOrder) {
				continue
			}
			if err != nil {
				return nil, problem.Wrap(problem.Invalid, err, "%s", c.path)
			}
			if is != c.not {
				out = append(out, i)
				break
			}
		}
	}
	return out, nil
}

// values adds to a list what a path leads to from a value.
func values(to []any, o *Observed, v any, steps []Step) ([]any, error) {
	for i, s := range steps {
		if s.All {
			list, _ := v.([]any)
			for _, e := range list {
				var err error
				if to, err = values(to, o, e, steps[i+1:]); err != nil {
					return nil, err
				}
			}
			return to, nil
		}
		var there bool
		var err error
		if v, there, err = take(o, v, s); err != nil || !there {
			return to, err
		}
	}
	return append(to, v), nil
}

// take is where one step leads from a value, if anywhere.
func take(o *Observed, v any, s Step) (any, bool, error) {
	if s.Element {
		list, ok := v.([]any)
		if !ok || s.Index < 0 || s.Index >= len(list) {
			return nil, false, nil
		}
		return list[s.Index], true, nil
	}
	m, _ := v.(map[string]any)
	found, ok := m[s.Key]
	if !ok {
		return nil, false, nil
	}
	switch {
	case strings.HasSuffix(s.Key, "_ref"):
		return referred(o, s.Key, found)
	case strings.HasSuffix(s.Key, "_refs"):
		return referredAll(o, s.Key, found)
	}
	found, err := suffixed(s.Key, found)
	return found, true, err
}

// referred is the object that a reference names; nothing when it is not among
// what was observed.
func referred(o *Observed, key string, ref any) (any, bool, error) {
	id, ok := ref.(string)
	if !ok {
		return nil, false, problem.New(problem.Invalid, "property %s: want a reference", key)
	}
	for i := range o.Objects {
		if o.Objects[i].ID == id {
			return o.Objects[i].Properties, true, nil
		}
	}
	return nil, false, nil
}

// referredAll is the list of the objects that references name, as one value.
func referredAll(o *Observed, key string, refs any) (any, bool, error) {
	list, ok := refs.([]any)
	if !ok {
		return nil, false, problem.New(problem.Invalid, "property %s: want a list of references", key)
	}
	var out []any
	for _, ref := range list {
		found, there, err := referred(o, key, ref)
		if err != nil {
			return nil, false, err
		}
		if there {
			out = append(out, found)
		}
	}
	return out, len(out) > 0, nil
}
