package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"countersign.dev/internal/access"
)

// An expression is one checked CEL expression, ready to be evaluated.
type expression struct {
	program cel.Program
	dates   []access.Date // written in it
	clock   bool          // it asks what day it is
	ages    []int64       // whole numbers written in it, where it asks for an age in days, or how many days are left
	loops   bool          // it goes through a list
	guards  []guard       // without which it is false
}

// exprError is what is wrong with an expression, and where in it.
type exprError struct {
	line, column int // within the expression, from 1; 0 when it is wrong as a whole
	what         string
}

func (e *exprError) Error() string {
	if e.column == 0 {
		return e.what
	}
	return fmt.Sprintf("at column %d: %s", e.column, e.what)
}

// compile checks source against the scope's variables, and that its value is
// of one of the wanted types.
func compile(each scope, source string, want ...*types.Type) (*expression, error) {
	env, err := environments[each]()
	if err != nil {
		return nil, fmt.Errorf("set up expressions: %w", err)
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, firstIssue(issues)
	}
	if got := checked.OutputType(); !slices.ContainsFunc(want, got.IsExactType) {
		return nil, &exprError{what: fmt.Sprintf("is of type %s, want %s", got, typeNames(want))}
	}
	expr := &expression{guards: guardsOf(checked.NativeRep())}
	if err := expr.inspect(checked.NativeRep()); err != nil {
		return nil, err
	}
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if expr.loops {
		// Without a loop the cost is bounded by the expression's length, and
		// counting it would double the time of every evaluation.
		opts = append(opts, cel.CostLimit(maxCost))
	}
	expr.program, err = env.Program(checked, opts...)
	if err != nil {
		return nil, &exprError{what: err.Error()}
	}
	return expr, nil
}

// inspect looks for what type checking does not find: words that a field never
// has, and dates that are not written out.
func (e *expression) inspect(checked *ast.AST) error {
	var errs []*exprError
	refuse := func(id int64, format string, args ...any) {
		at := checked.SourceInfo().GetStartLocation(id)
		errs = append(errs, &exprError{line: at.Line(), column: at.Column() + 1, what: fmt.Sprintf(format, args...)})
	}
	var aged bool
	var numbers []int64
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		switch x.Kind() {
		case ast.SelectKind:
			aged = aged || slices.Contains(counting, x.AsSelect().FieldName())
		case ast.LiteralKind:
			if n, ok := x.AsLiteral().(types.Int); ok {
				numbers = append(numbers, int64(n))
			}
		case ast.IdentKind:
			e.clock = e.clock || x.AsIdent() == "at" || x.AsIdent() == "known"
		case ast.ComprehensionKind:
			e.loops = true
		case ast.CallKind:
			switch call := x.AsCall(); call.FunctionName() {
			case "date":
				d, err := writtenDate(call.Args()[0])
				if err != nil {
					refuse(x.ID(), "%v", err)
					return
				}
				e.dates = append(e.dates, d)
			case operators.Equals, operators.NotEquals, operators.In:
				left, right := call.Args()[0], call.Args()[1]
				if f, word := badWord(checked, left, right); f != nil {
					refuse(x.ID(), "%s is never %q; it is one of %s", f.name, word, strings.Join(slices.DeleteFunc(slices.Clone(f.words), empty), ", "))
				}
			}
		}
	}))
	if len(errs) > 0 {
		return errs[0]
	}
	if aged {
		e.clock, e.ages = true, numbers
	}
	return nil
}

// counting are the fields that tell a number of days, and so change by the mere
// passing of time.
var counting = []string{"age", "left", "support_left"}

func empty(s string) bool { return s == "" }

// writtenDate is the day that the argument of date() names. It has to be
// written out, so that the days on which a policy can change its mind are
// known without applying it.
func writtenDate(arg ast.Expr) (access.Date, error) {
	if s, ok := literalText(arg); ok {
		return access.ParseDate(s)
	}
	return "", errors.New(`date() wants a day written out, as date("2026-06-30")`)
}

// badWord finds a word in a comparison that the field compared with can never
// have.
func badWord(checked *ast.AST, left, right ast.Expr) (*field, string) {
	f := fieldOf(checked, left)
	words := right
	if f == nil {
		f, words = fieldOf(checked, right), left
	}
	if f == nil || f.words == nil {
		return nil, ""
	}
	list := []ast.Expr{words}
	if words.Kind() == ast.ListKind {
		list = words.AsList().Elements()
	}
	for _, w := range list {
		if s, ok := literalText(w); ok && !slices.Contains(f.words, s) {
			return f, s
		}
	}
	return nil, ""
}

// fieldOf is the schema's field that an expression selects; nil when it does
// something else.
func fieldOf(checked *ast.AST, x ast.Expr) *field {
	if x.Kind() != ast.SelectKind || x.AsSelect().IsTestOnly() {
		return nil
	}
	s := schemaOf(checked.GetType(x.AsSelect().Operand().ID()).TypeName())
	if s == nil {
		return nil
	}
	return s.fields[x.AsSelect().FieldName()]
}

func firstIssue(issues *cel.Issues) error {
	all := issues.Errors()
	if len(all) == 0 {
		return &exprError{what: issues.Err().Error()}
	}
	first := slices.MinFunc(all, func(a, b *cel.Error) int {
		if a.Location.Line() != b.Location.Line() {
			return a.Location.Line() - b.Location.Line()
		}
		return a.Location.Column() - b.Location.Column()
	})
	what, _, _ := strings.Cut(first.Message, "\n")
	what = strings.Replace(what, " (in container '')", "", 1)
	return &exprError{line: first.Location.Line(), column: first.Location.Column() + 1, what: what}
}

func typeNames(ts []*types.Type) string {
	var names []string
	for _, t := range ts {
		names = append(names, t.String())
	}
	return strings.Join(names, " or ")
}
