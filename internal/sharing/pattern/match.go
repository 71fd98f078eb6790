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
	r := &run{m: m, data: data, found: map[*simple][]bool{}}
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
	found map[*simple][]bool // by index of the observation
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
		r.found[n] = found
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
		values, err := values(o, o.Objects[i].Properties, c.path.Steps)
		if err != nil {
			return nil, err
		}
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

// values is what a path leads to from an object.
func values(o *Observed, object map[string]any, steps []Step) ([]any, error) {
	at := []any{object}
	for _, s := range steps {
		var next []any
		for _, v := range at {
			found, err := take(o, v, s)
			if err != nil {
				return nil, err
			}
			next = append(next, found...)
		}
		if at = next; len(at) == 0 {
			return nil, nil
		}
	}
	return at, nil
}

// take is where one step leads from a value.
func take(o *Observed, v any, s Step) ([]any, error) {
	if s.Element {
		list, ok := v.([]any)
		switch {
		case !ok:
			return nil, nil
		case s.All:
			return list, nil
		case s.Index >= 0 && s.Index < len(list):
			return list[s.Index : s.Index+1], nil
		}
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, nil
	}
	found, ok := m[s.Key]
	if !ok {
		return nil, nil
	}
	switch {
	case strings.HasSuffix(s.Key, "_ref"):
		return referred(o, s.Key, found)
	case strings.HasSuffix(s.Key, "_refs"):
		return referredAll(o, s.Key, found)
	}
	found, err := suffixed(s.Key, found)
	return []any{found}, err
}

// referred is the object that a reference names; nothing when it is not among
// what was observed.
func referred(o *Observed, key string, ref any) ([]any, error) {
	id, ok := ref.(string)
	if !ok {
		return nil, problem.New(problem.Invalid, "property %s: want a reference", key)
	}
	for i := range o.Objects {
		if o.Objects[i].ID == id {
			return []any{o.Objects[i].Properties}, nil
		}
	}
	return nil, nil
}

// referredAll is the list of the objects that references name, as one value.
func referredAll(o *Observed, key string, refs any) ([]any, error) {
	list, ok := refs.([]any)
	if !ok {
		return nil, problem.New(problem.Invalid, "property %s: want a list of references", key)
	}
	var out []any
	for _, ref := range list {
		found, err := referred(o, key, ref)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return []any{out}, nil
}
