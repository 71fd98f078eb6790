package policy

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// A guard is a condition that has to hold for an expression to be true and
// that needs no CEL to be tested: a field of a variable has one of some words.
// Most rules are about one kind of consequence or a few programmes, so guards
// settle most of the questions that are asked, at a tenth of the cost.
//
// A guard never changes a value. In CEL, "a && b" is false when either is, even
// where the other is an error; a guard that does not hold is such an a.
type guard struct {
	variable string
	field    *field
	words    []string
}

// holds reports whether the guard's condition is true.
func (g *guard) holds(vars *variables) bool {
	val, ok := vars.ResolveName(g.variable)
	if !ok {
		return true // for CEL to complain about
	}
	o, ok := val.(*object)
	return !ok || slices.Contains(g.words, g.field.word(o.source))
}

// guardsOf finds the guards among the conditions that checked joins by &&.
func guardsOf(checked *ast.AST) []guard {
	var out []guard
	var walk func(x ast.Expr)
	walk = func(x ast.Expr) {
		if x.Kind() != ast.CallKind {
			return
		}
		call := x.AsCall()
		switch call.FunctionName() {
		case operators.LogicalAnd:
			for _, arg := range call.Args() {
				walk(arg)
			}
		case operators.Equals:
			left, right := call.Args()[0], call.Args()[1]
			if fieldOf(checked, left) == nil {
				left, right = right, left
			}
			if g, ok := guardOn(checked, left, right); ok {
				out = append(out, g)
			}
		case operators.In:
			if list := call.Args()[1]; list.Kind() == ast.ListKind {
				if g, ok := guardOn(checked, call.Args()[0], list.AsList().Elements()...); ok {
					out = append(out, g)
				}
			}
		}
	}
	walk(checked.Expr())
	return out
}

// guardOn is the guard that a field of a variable has one of the words, when it
// is that plain.
func guardOn(checked *ast.AST, of ast.Expr, words ...ast.Expr) (guard, bool) {
	f := fieldOf(checked, of)
	if f == nil || f.word == nil || of.AsSelect().Operand().Kind() != ast.IdentKind {
		return guard{}, false
	}
	g := guard{variable: of.AsSelect().Operand().AsIdent(), field: f}
	for _, w := range words {
		s, ok := literalText(w)
		if !ok {
			return guard{}, false
		}
		g.words = append(g.words, s)
	}
	return g, true
}

// literalText is the text that is written out as x.
func literalText(x ast.Expr) (string, bool) {
	if x.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := x.AsLiteral().(types.String)
	return string(s), ok
}

// eval is the expression's value.
func (e *expression) eval(vars *variables) (ref.Val, error) {
	for i := range e.guards {
		if !e.guards[i].holds(vars) {
			return types.False, nil
		}
	}
	val, _, err := e.program.Eval(vars)
	return val, err
}
