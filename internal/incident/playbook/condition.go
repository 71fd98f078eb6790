package playbook

import (
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// A condition of a step is a comparison of variables with constants, in the
// spelling of STIX patterning (STIX 2.1, section 9.6): what CACAO 2.0 (sections
// 4.9 and 4.10) asks for, as far as it can be decided without observed data.
//
//	condition  = and { OR and }
//	and        = not { AND not }
//	not        = [ NOT ] ( "(" condition ")" | "[" condition "]" | comparison )
//	comparison = operand [ [ NOT ] operator operand ]
//	operator   = "=" "==" "!=" "<>" "<" "<=" ">" ">=" IN LIKE MATCHES ISSUBSET ISSUPERSET
//	operand    = __variable__:value | 'text' | number | true | false | t'time' | "(" operand { "," operand } ")"
//
// A comparison that is a variable alone asks whether it is true.

// Condition is a condition that was read.
type Condition struct {
	root node
	vars []string
}

// Values gives the value of a variable; false when it has none.
type Values func(name string) (string, bool)

// node is a part of a condition.
type node interface {
	truth(v Values) (bool, error)
}

// Limits of a condition.
const (
	maxCondition = 4096 // bytes
	maxNesting   = 40
	maxRegexp    = 512 // bytes
)

// ParseCondition reads a condition.
func ParseCondition(s string) (*Condition, error) {
	if len(s) > maxCondition {
		return nil, problem.New(problem.TooLarge, "a condition of %d bytes, the limit is %d", len(s), maxCondition)
	}
	words, err := lex(s)
	if err != nil {
		return nil, err
	}
	p := &conditionParser{words: words, length: len(s)}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.words) {
		return nil, p.expected("AND, OR or the end")
	}
	slices.Sort(p.vars)
	return &Condition{root, slices.Compact(p.vars)}, nil
}

// Variables is the variables that it asks for, sorted.
func (c *Condition) Variables() []string { return c.vars }

// Holds reports whether the condition is true of these values. It is an error
// where that cannot be told: a variable has no value, or is compared with what it
// cannot be compared with.
func (c *Condition) Holds(v Values) (bool, error) { return c.root.truth(v) }

// word is a word of a condition.
type word struct {
	kind  byte // 'v'ariable, 't'ext, 'n'umber, 'w'ord, 'o'perator
	text  string
	place int // byte
}

var lexical = regexp.MustCompile(`^(?:(?P<v>__[a-zA-Z_][a-zA-Z0-9_-]{0,199}?__(?::value)?)|(?P<t>t?'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<n>[+-]?[0-9]+(?:\.[0-9]+)?)|(?P<w>[A-Za-z]+)|(?P<o><=|>=|==|!=|<>|[=<>()\[\],]))`)

func lex(s string) (out []word, err error) {
	for at := 0; at < len(s); {
		if strings.IndexByte(" \t\r\n", s[at]) >= 0 {
			at++
			continue
		}
		m := lexical.FindStringSubmatch(s[at:])
		if m == nil {
			return nil, problem.New(problem.Invalid, "condition: byte %d: want a variable (__name__:value), a constant or an operator", at)
		}
		for i, kind := range "vtnwo" {
			if m[i+1] != "" {
				out = append(out, word{byte(kind), m[i+1], at})
			}
		}
		at += len(m[0])
	}
	return out, nil
}

type conditionParser struct {
	words  []word
	at     int
	length int
	vars   []string
}

func (p *conditionParser) expected(what string) error {
	place := p.length
	if p.at < len(p.words) {
		place = p.words[p.at].place
	}
	return problem.New(problem.Invalid, "condition: byte %d: want %s", place, what)
}

// take takes the next word when it is one of these, whatever its case.
func (p *conditionParser) take(texts ...string) string {
	if p.at < len(p.words) && (p.words[p.at].kind == 'w' || p.words[p.at].kind == 'o') {
		if t := strings.ToUpper(p.words[p.at].text); slices.Contains(texts, t) {
			p.at++
			return t
		}
	}
	return ""
}

func (p *conditionParser) or(depth int) (node, error) {
	left, err := p.and(depth)
	for err == nil && p.take("OR") != "" {
		var right node
		right, err = p.and(depth)
		left = either{left, right}
	}
	return left, err
}

func (p *conditionParser) and(depth int) (node, error) {
	left, err := p.not(depth)
	for err == nil && p.take("AND") != "" {
		var right node
		right, err = p.not(depth)
		left = both{left, right}
	}
	return left, err
}

func (p *conditionParser) not(depth int) (node, error) {
	if depth > maxNesting {
		return nil, problem.New(problem.TooLarge, "condition: nested deeper than %d", maxNesting)
	}
	if p.take("NOT") != "" {
		inner, err := p.not(depth + 1)
		return negated{inner}, err
	}
	if open := p.take("(", "["); open != "" {
		inner, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		shut := map[string]string{"(": ")", "[": "]"}[open]
		if p.take(shut) == "" {
			return nil, p.expected(shut)
		}
		return inner, nil
	}
	return p.comparison()
}

func (p *conditionParser) comparison() (node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	not := p.take("NOT") != ""
	op := p.take("=", "==", "!=", "<>", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET")
	if op == "" {
		if not {
			return nil, p.expected("an operator")
		}
		return alone{left}, nil
	}
	c := &comparison{left: left, op: op}
	if op == "IN" {
		c.right, err = p.set()
	} else {
		var right operand
		right, err = p.operand()
		c.right = []operand{right}
	}
	if err == nil {
		err = c.prepare()
	}
	if not {
		return negated{c}, err
	}
	return c, err
}

func (p *conditionParser) set() (out []operand, err error) {
	if p.take("(") == "" {
		return nil, p.expected("(")
	}
	for {
		o, err := p.operand()
		if err != nil {
			return nil, err
		}
		out = append(out, o)
		if p.take(",") == "" {
			break
		}
	}
	if p.take(")") == "" {
		return nil, p.expected(", or )")
	}
	return out, nil
}

// operand is one side of a comparison.
type operand struct {
	variable string
	constant string
}

var escaped = regexp.MustCompile(`\\(.)`)

func (p *conditionParser) operand() (operand, error) {
	if p.at == len(p.words) {
		return operand{}, p.expected("a variable (__name__:value) or a constant")
	}
	w := p.words[p.at]
	p.at++
	switch lower := strings.ToLower(w.text); {
	case w.kind == 'v':
		name := strings.TrimSuffix(w.text, ":value")
		p.vars = append(p.vars, name)
		return operand{variable: name}, nil
	case w.kind == 'n':
		return operand{constant: w.text}, nil
	case w.kind == 't':
		inner := strings.TrimPrefix(w.text, "t")
		return operand{constant: escaped.ReplaceAllString(inner[1:len(inner)-1], "$1")}, nil
	case w.kind == 'w' && (lower == "true" || lower == "false"):
		return operand{constant: lower}, nil
	}
	p.at--
	return operand{}, p.expected("a variable (__name__:value) or a constant")
}

func (o operand) value(v Values) (string, error) {
	if o.variable == "" {
		return o.constant, nil
	}
	s, ok := v(o.variable)
	if !ok {
		return "", &NoValueError{o.variable}
	}
	return s, nil
}

// NoValueError is the error of a condition that asks for a variable without a
// value.
type NoValueError struct{ Variable string }

func (e *NoValueError) Error() string { return e.Variable + " has no value" }

type either struct{ a, b node }

func (n either) truth(v Values) (bool, error) {
	a, errA := n.a.truth(v)
	b, errB := n.b.truth(v)
	if errA == nil && a || errB == nil && b {
		return true, nil
	}
	return false, firstOf(errA, errB)
}

type both struct{ a, b node }

func (n both) truth(v Values) (bool, error) {
	a, errA := n.a.truth(v)
	b, errB := n.b.truth(v)
	if errA == nil && !a || errB == nil && !b {
		return false, nil
	}
	return true, firstOf(errA, errB)
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

type negated struct{ of node }

func (n negated) truth(v Values) (bool, error) {
	b, err := n.of.truth(v)
	return !b, err
}

type alone struct{ of operand }

func (n alone) truth(v Values) (bool, error) {
	s, err := n.of.value(v)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, problem.New(problem.Invalid, "condition: %q is neither true nor false", clipped(s))
}

type comparison struct {
	left  operand
	op    string
	right []operand
	exp   *regexp.Regexp
}

// prepare compiles what a value is matched against. A regular expression is that
// of RE2, which takes time in proportion to the text.
func (c *comparison) prepare() error {
	if c.op != "LIKE" && c.op != "MATCHES" {
		return nil
	}
	o := c.right[0]
	if o.variable != "" {
		return problem.New(problem.Invalid, "condition: %s wants a constant at its right, not a variable", c.op)
	}
	text := o.constant
	if len(text) > maxRegexp {
		return problem.New(problem.TooLarge, "condition: %s: %d bytes, the limit is %d", c.op, len(text), maxRegexp)
	}
	if c.op == "LIKE" {
		text = `(?s)^` + strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(text)) + `$`
	}
	exp, err := regexp.Compile(text)
	if err != nil {
		return problem.New(problem.Invalid, "condition: %s: %v", c.op, err)
	}
	c.exp = exp
	return nil
}

func (c *comparison) truth(v Values) (bool, error) {
	left, err := c.left.value(v)
	if err != nil {
		return false, err
	}
	if c.exp != nil {
		return c.exp.MatchString(left), nil
	}
	for _, o := range c.right {
		right, err := o.value(v)
		if err != nil {
			return false, err
		}
		holds, err := compared(left, c.op, right)
		if err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}

// compared compares two values: as numbers when both are, else as texts. The
// order of texts that are no numbers means nothing, so it is not asked.
func compared(a, op, b string) (bool, error) {
	if op == "ISSUBSET" || op == "ISSUPERSET" {
		return contained(a, op, b)
	}
	x, okX := number(a)
	y, okY := number(b)
	order := strings.Compare(a, b)
	switch {
	case okX && okY:
		order = x.Cmp(y)
	case strings.EqualFold(a, b) && (strings.EqualFold(a, "true") || strings.EqualFold(a, "false")):
		order = 0
	case slices.Contains([]string{"<", "<=", ">", ">="}, op) && !(timeForm.MatchString(a) && timeForm.MatchString(b)):
		return false, problem.New(problem.Invalid, "condition: %q %s %q: want two numbers or two times", clipped(a), op, clipped(b))
	}
	switch op {
	case "!=", "<>":
		return order != 0, nil
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	case ">=":
		return order >= 0, nil
	}
	return order == 0, nil // =, == and IN
}

var numberForm = regexp.MustCompile(`^[+-]?[0-9]{1,100}(\.[0-9]{1,100})?$`)

func number(s string) (*big.Rat, bool) {
	if !numberForm.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func contained(a, op, b string) (bool, error) {
	if op == "ISSUPERSET" {
		a, b = b, a
	}
	x, err := prefix(a)
	if err != nil {
		return false, err
	}
	y, err := prefix(b)
	if err != nil {
		return false, err
	}
	return x.Bits() >= y.Bits() && y.Contains(x.Addr()), nil
}

func prefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, problem.New(problem.Invalid, "condition: %q: want an address or a network", clipped(s))
	}
	return a.Prefix(a.BitLen())
}

// fill puts the values of variables into a text, where it asks for them as
// __name__:value (CACAO 2.0, section 10.18). What has no value is left as it is,
// and named.
func fill(s string, v Values) (out string, missing []string) {
	if !strings.Contains(s, "__") {
		return s, nil
	}
	out = references.ReplaceAllStringFunc(s, func(ref string) string {
		name, asks := strings.CutSuffix(ref, ":value")
		if !asks {
			return ref
		}
		value, ok := v(name)
		if !ok {
			missing = append(missing, name)
			return ref
		}
		return value
	})
	return out, missing
}
