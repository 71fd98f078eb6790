package licence

import (
	"fmt"
	"strings"

	"countersign.dev/internal/problem"
)

// Limits of an expression. The longest that were met in containers had a few
// hundred licences.
const (
	maxBytes = 32 << 10
	maxDepth = 50
)

// Expression is a licence expression, taken apart.
type Expression struct {
	// ID is of a licence, as the SPDX list writes it, with "+" where a later
	// version may be chosen and the list has no id for that; or of one that a
	// document defines, "LicenseRef-…". "" for a compound.
	ID        string
	Exception string // that the licence is with; "" for none

	Operator string // "AND" or "OR" of a compound
	Parts    []Expression
}

// Parse reads an expression. The error is [problem.Invalid] and says where and
// what.
func Parse(s string) (Expression, error) {
	if len(s) > maxBytes {
		return Expression{}, problem.New(problem.Invalid, "licence expression of %d bytes: at most %d are read", len(s), maxBytes)
	}
	p := parser{words: split(s)}
	e, err := p.compound("OR", 0)
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("AND, OR or the end is expected where it says %q", p.words[0])
	}
	if err != nil {
		return Expression{}, problem.New(problem.Invalid, "licence expression %q: %w", shorten(s), err)
	}
	return e, nil
}

func shorten(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// Licences is the ids of the expression, in their order, each once.
func (e Expression) Licences() []string {
	var out []string
	seen := map[string]bool{}
	e.each(func(leaf Expression) {
		if !seen[leaf.ID] {
			seen[leaf.ID] = true
			out = append(out, leaf.ID)
		}
	})
	return out
}

func (e Expression) each(yield func(Expression)) {
	if e.Operator == "" {
		yield(e)
	}
	for _, part := range e.Parts {
		part.each(yield)
	}
}

// String is the expression as the SPDX list writes its ids, with no more
// brackets than it needs.
func (e Expression) String() string {
	if e.Operator == "" {
		if e.Exception != "" {
			return e.ID + " WITH " + e.Exception
		}
		return e.ID
	}
	parts := make([]string, len(e.Parts))
	for i, part := range e.Parts {
		parts[i] = part.String()
		if e.Operator == "AND" && part.Operator == "OR" {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, " "+e.Operator+" ")
}

// split gives the words and brackets of an expression.
func split(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
}

// parser reads words from the front.
type parser struct{ words []string }

// take takes the next word if it is the one given, in either case: SPDX 3.0
// allows operators in lower case.
func (p *parser) take(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

// compound reads parts joined by OR, each of which may be parts joined by AND,
// which binds more strongly.
func (p *parser) compound(operator string, depth int) (Expression, error) {
	if depth > maxDepth {
		return Expression{}, fmt.Errorf("brackets within brackets more than %d deep", maxDepth)
	}
	e := Expression{Operator: operator}
	for {
		var part Expression
		var err error
		if operator == "OR" {
			part, err = p.compound("AND", depth)
		} else {
			part, err = p.one(depth)
		}
		if err != nil {
			return Expression{}, err
		}
		if part.Operator == operator {
			e.Parts = append(e.Parts, part.Parts...)
		} else {
			e.Parts = append(e.Parts, part)
		}
		if !p.take(operator) {
			break
		}
	}
	if len(e.Parts) == 1 {
		return e.Parts[0], nil
	}
	return e, nil
}

// one reads a licence, or an expression in brackets.
func (p *parser) one(depth int) (Expression, error) {
	if p.take("(") {
		e, err := p.compound("OR", depth+1)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a bracket is not closed")
		}
		return e, err
	}
	if len(p.words) == 0 {
		return Expression{}, fmt.Errorf("a licence is expected at its end")
	}
	word := p.words[0]
	id, ok := known(word)
	if !ok {
		return Expression{}, fmt.Errorf("%q is not on the SPDX list", word)
	}
	p.words = p.words[1:]
	e := Expression{ID: id}
	if !p.take("WITH") {
		return e, nil
	}
	if len(p.words) == 0 {
		return Expression{}, fmt.Errorf("an exception is expected after WITH")
	}
	if e.Exception, ok = exceptions[strings.ToLower(p.words[0])]; !ok {
		if !isRef(p.words[0], "AdditionRef-") {
			return Expression{}, fmt.Errorf("%q is no exception of the SPDX list", p.words[0])
		}
		e.Exception = p.words[0]
	}
	p.words = p.words[1:]
	return e, nil
}
