// Package licence reads SPDX licence expressions (SPDX 2.3, annex D) and holds
// them against lists of licences that are allowed and denied.
//
// Begin with [Check], or with [Parse] for what an expression is made of.
// [Normal] makes an expression of what people write instead of one. The
// package gives no advice: whether a licence fits is what its lists say.
package licence

import (
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Check reports whether one may choose to use something under an expression:
// of licences joined by OR one has to be allowed, of those joined by AND each.
// A licence is allowed when allow names it, or is empty, and deny does not; bad
// is the licences that are in the way, as the SPDX list writes them.
//
// A list names licences by their ids, by ids that end in a star, as "GPL-*", or
// with an exception, as "GPL-2.0-only WITH Classpath-exception-2.0". An id
// without an exception names the licence with any exception, too; what allow
// names with its exception is allowed although deny names it without. "Or
// later" names every later version, and is chosen where one version is allowed.
//
// The error is [problem.Invalid]: the expression or an entry of a list cannot be
// read.
func Check(expression string, allow, deny []string) (ok bool, bad []string, err error) {
	e, err := Parse(expression)
	if err != nil {
		return false, nil, err
	}
	var l lists
	if l.allow, err = entries(allow, "allow"); err != nil {
		return false, nil, err
	}
	if l.deny, err = entries(deny, "deny"); err != nil {
		return false, nil, err
	}
	bad = l.check(e)
	return len(bad) == 0, bad, nil
}

// lists are what a policy allows and denies.
type lists struct{ allow, deny []entry }

// entry is one line of a list.
type entry struct {
	prefix string // for one that ends in a star; lower case
	term   Expression
}

func entries(list []string, name string) ([]entry, error) {
	out := make([]entry, len(list))
	for i, s := range list {
		if prefix, ok := strings.CutSuffix(s, "*"); ok {
			out[i].prefix = strings.ToLower(prefix)
			if prefix == "" || strings.ContainsAny(prefix, " *()") {
				return nil, problem.New(problem.Invalid, "%s: entry %d: %q: the beginning of an id is expected before the star", name, i+1, s)
			}
			continue
		}
		e, err := Parse(s)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "%s: entry %d", name, i+1)
		}
		if e.Operator != "" {
			return nil, problem.New(problem.Invalid, "%s: entry %d: %q: one licence is expected, not an expression", name, i+1, s)
		}
		out[i].term = e
	}
	return out, nil
}

// check gives the licences that are in the way, none when e may be chosen.
func (l lists) check(e Expression) (bad []string) {
	switch e.Operator {
	case "":
		if !l.permits(e) {
			bad = []string{e.String()}
		}
		return bad
	case "OR":
		for _, part := range e.Parts {
			wrong := l.check(part)
			if len(wrong) == 0 {
				return nil
			}
			bad = append(bad, wrong...)
		}
	default:
		for _, part := range e.Parts {
			bad = append(bad, l.check(part)...)
		}
	}
	slices.Sort(bad)
	return slices.Compact(bad)
}

// permits looks at one licence: at each of its versions, where later ones may
// be chosen.
func (l lists) permits(e Expression) bool {
	for _, id := range e.versions() {
		allowed, precisely := len(l.allow) == 0, false
		for _, a := range l.allow {
			if a.names(e, id) {
				allowed = true
				precisely = precisely || a.term.Exception != ""
			}
		}
		denied := !precisely && slices.ContainsFunc(l.deny, func(d entry) bool { return d.names(e, id) })
		if allowed && !denied {
			return true
		}
	}
	return false
}

// names reports whether the entry names the version id of e.
func (x entry) names(e Expression, id string) bool {
	if x.prefix != "" {
		return strings.HasPrefix(strings.ToLower(id), x.prefix)
	}
	if x.term.Exception != "" && x.term.Exception != e.Exception {
		return false
	}
	return slices.ContainsFunc(x.term.versions(), func(v string) bool { return base(v) == base(id) })
}
