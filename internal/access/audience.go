package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Audience says who may see a document and everything taken from it. It is a
// conjunction of clauses, each a choice of organisations: a reader is inside
// when, for every clause, the reader belongs to one of its organisations. The
// zero value is [Public].
//
// The form is canonical, so that two audiences are equal exactly when their
// strings are: "public", "org:acme", "org:acme|org:cisa",
// "org:acme&org:cisa".
type Audience struct{ expr string }

// Public is the audience of a document that everybody may see.
var Public = Audience{}

// ErrAudience is wrapped by the errors of [ParseAudience].
var ErrAudience = errors.New("invalid audience")

const publicWord = "public"

// ParseAudience reads an audience from its written form. Organisations are
// named "org:ID"; "|" means any of, "&" means all of.
func ParseAudience(s string) (Audience, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == publicWord {
		return Public, nil
	}
	var clauses []string
	for _, clause := range strings.Split(s, "&") {
		var orgs []string
		for _, name := range strings.Split(clause, "|") {
			id, ok := strings.CutPrefix(strings.TrimSpace(name), "org:")
			if !ok || !validID(id) {
				return Audience{}, fmt.Errorf("%w %q: want public, org:ID, or several joined by | (any of) and & (all of)", ErrAudience, s)
			}
			orgs = append(orgs, "org:"+id)
		}
		slices.Sort(orgs)
		clauses = append(clauses, strings.Join(slices.Compact(orgs), "|"))
	}
	return canonical(clauses), nil
}

// ForOrganisation is the audience of what one organisation keeps to itself.
func ForOrganisation(id string) Audience { return Audience{expr: "org:" + id} }

// String is the canonical written form.
func (a Audience) String() string {
	if a.expr == "" {
		return publicWord
	}
	return a.expr
}

// IsPublic reports whether everybody is inside.
func (a Audience) IsPublic() bool { return a.expr == "" }

// And is the most restrictive audience of both: a reader is inside it exactly
// when inside a and inside b. What is made from several documents has the And
// of their audiences.
func (a Audience) And(b Audience) Audience {
	switch {
	case a.expr == "":
		return b
	case b.expr == "", a.expr == b.expr:
		return a
	}
	return canonical(append(strings.Split(a.expr, "&"), strings.Split(b.expr, "&")...))
}

// Includes reports whether a member of these organisations is inside.
func (a Audience) Includes(organisations []string) bool {
	if a.expr == "" {
		return true
	}
	for clause := range strings.SplitSeq(a.expr, "&") {
		if !slices.ContainsFunc(strings.Split(clause, "|"), func(name string) bool {
			return slices.Contains(organisations, strings.TrimPrefix(name, "org:"))
		}) {
			return false
		}
	}
	return true
}

// canonical sorts clauses and drops those that a stricter one implies, so that
// equal audiences have equal strings.
func canonical(clauses []string) Audience {
	slices.Sort(clauses)
	clauses = slices.Compact(clauses)
	kept := clauses[:0:0]
	for i, c := range clauses {
		implied := false
		for j, d := range clauses {
			if i != j && stricter(d, c) {
				implied = true
			}
		}
		if !implied {
			kept = append(kept, c)
		}
	}
	return Audience{expr: strings.Join(kept, "&")}
}

// stricter reports whether being inside clause d always means being inside c.
func stricter(d, c string) bool {
	in := strings.Split(c, "|")
	for name := range strings.SplitSeq(d, "|") {
		if !slices.Contains(in, name) {
			return false
		}
	}
	return true
}

func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return true
}
