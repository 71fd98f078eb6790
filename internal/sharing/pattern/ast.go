package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Pattern is a parsed pattern.
type Pattern struct {
	root    node
	leaves  int // observations that a match binds at most
	simples int // expressions in brackets
}

// node is an observation expression.
type node interface{ write(b *strings.Builder) }

// join is two observation expressions joined by AND, OR or FOLLOWEDBY.
type join struct {
	op          string
	left, right node
}

// simple is a comparison expression in brackets.
type simple struct {
	test   test
	number int  // among those of the pattern, from 0
	closed bool // in parentheses
}

// qualified is an observation expression with a qualifier.
type qualified struct {
	inner       node
	offset      int
	closed      bool    // in parentheses
	within      float64 // seconds; 0 when it is another qualifier
	withinText  string
	repeats     int
	start, stop time.Time
	startText   string
	stopText    string
}

// test is a comparison expression.
type test interface{ write(b *strings.Builder) }

// both is two comparison expressions joined by AND or OR.
type both struct {
	op          string
	left, right test
}

// comparison is one comparison.
type comparison struct {
	path   ObjectPath
	op     Op
	not    bool
	value  Constant   // of all operators but IN and EXISTS
	set    []Constant // of IN
	offset int
}

// Op is a comparison operator, as it is written.
type Op string

// The operators (STIX 2.1 section 9.6.1).
const (
	Equal        Op = "="
	NotEqual     Op = "!="
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	In           Op = "IN"
	Like         Op = "LIKE"
	Matches      Op = "MATCHES"
	IsSubset     Op = "ISSUBSET"
	IsSuperset   Op = "ISSUPERSET"
	Exists       Op = "EXISTS"
)

// ObjectPath is which property of which objects a comparison looks at.
type ObjectPath struct {
	Type  string
	Steps []Step
}

// Step is a property, an element of a list, or all of them.
type Step struct {
	Key     string
	Element bool // of a list: the one at Index, or All
	Index   int
	All     bool // [*]
}

// Constant is a literal: its Value is a string, int64, float64, bool, []byte (of
// a hexadecimal or binary one) or time.Time.
type Constant struct {
	Value any
	text  string // as written
}

// String is the path as it is written.
func (p ObjectPath) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p ObjectPath) write(b *strings.Builder) {
	b.WriteString(p.Type)
	for i, s := range p.Steps {
		switch {
		case i == 0:
			b.WriteByte(':')
		case !s.Element:
			b.WriteByte('.')
		}
		switch {
		case !s.Element:
			b.WriteString(key(s.Key))
		case s.All:
			b.WriteString("[*]")
		default:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		}
	}
}

// key is a step's name, in quotes where the grammar needs them.
func key(s string) string {
	if k, n := aFault, 0; s != "" && isLetter(s[0]) {
		if k, n = word(s); k == aWord && n == len(s) && !keywords[s] {
			return s
		}
	}
	return quote(s)
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

var keywords = map[string]bool{}

func init() {
	for _, w := range strings.Fields("AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS true false WITHIN REPEATS TIMES") {
		keywords[w] = true
	}
}

// String is the constant in its canonical form.
func (c Constant) String() string {
	switch v := c.Value.(type) {
	case string:
		return quote(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []byte:
		if strings.HasPrefix(c.text, "h") {
			return "h'" + hex.EncodeToString(v) + "'"
		}
		return "b'" + base64.StdEncoding.EncodeToString(v) + "'"
	}
	return c.text
}

// String is the pattern in its canonical form, which parses to the same.
func (p *Pattern) String() string {
	var b strings.Builder
	p.root.write(&b)
	return b.String()
}

func (j *join) write(b *strings.Builder) {
	side := func(n node, right bool) {
		inner, ok := n.(*join)
		if !ok || rank(inner.op) > rank(j.op) || rank(inner.op) == rank(j.op) && !right {
			n.write(b)
			return
		}
		b.WriteByte('(')
		n.write(b)
		b.WriteByte(')')
	}
	side(j.left, false)
	b.WriteString(" " + j.op + " ")
	side(j.right, true)
}

func rank(op string) int {
	return map[string]int{"FOLLOWEDBY": 0, "OR": 1, "AND": 2}[op]
}

func (s *simple) write(b *strings.Builder) {
	b.WriteByte('[')
	s.test.write(b)
	b.WriteByte(']')
}

func (q *qualified) write(b *strings.Builder) {
	if q.grouped() {
		b.WriteByte('(')
		q.inner.write(b)
		b.WriteByte(')')
	} else {
		q.inner.write(b)
	}
	switch {
	case q.withinText != "":
		b.WriteString(" WITHIN " + q.withinText + " SECONDS")
	case q.repeats > 0:
		b.WriteString(" REPEATS " + strconv.Itoa(q.repeats) + " TIMES")
	default:
		b.WriteString(" START " + q.startText + " STOP " + q.stopText)
	}
}

// grouped reports whether what is qualified needs parentheses: several
// observations, or one that has a qualifier of this kind already.
func (q *qualified) grouped() bool {
	for inner := q.inner; ; {
		switch n := inner.(type) {
		case *join:
			return true
		case *qualified:
			if n.kind() == q.kind() {
				return true
			}
			inner = n.inner
		default:
			return false
		}
	}
}

func (q *qualified) kind() string {
	switch {
	case q.withinText != "":
		return "WITHIN"
	case q.repeats > 0:
		return "REPEATS"
	}
	return "START"
}

func (t *both) write(b *strings.Builder) {
	side := func(n test, right bool) {
		inner, ok := n.(*both)
		if !ok || rank(inner.op) > rank(t.op) || rank(inner.op) == rank(t.op) && !right {
			n.write(b)
			return
		}
		b.WriteByte('(')
		n.write(b)
		b.WriteByte(')')
	}
	side(t.left, false)
	b.WriteString(" " + t.op + " ")
	side(t.right, true)
}

func (c *comparison) write(b *strings.Builder) {
	if c.op == Exists {
		if c.not {
			b.WriteString("NOT ")
		}
		b.WriteString("EXISTS ")
		c.path.write(b)
		return
	}
	c.path.write(b)
	if c.not {
		b.WriteString(" NOT")
	}
	b.WriteString(" " + string(c.op) + " ")
	if c.op != In {
		b.WriteString(c.value.String())
		return
	}
	b.WriteByte('(')
	for i, v := range c.set {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.String())
	}
	b.WriteByte(')')
}

// Atom is one comparison of a pattern.
type Atom struct {
	Path    ObjectPath
	Op      Op
	Negated bool
	Value   Constant   // of all operators but IN and EXISTS
	Set     []Constant // of IN
	// Alone is whether the pattern matches whenever this comparison holds of one
	// observation: it stands by itself, or in nothing but alternatives.
	Alone bool
}

// Atoms is the comparisons of a pattern, in their order.
func (p *Pattern) Atoms() (out []Atom) {
	var tests func(t test, alone bool)
	tests = func(t test, alone bool) {
		switch t := t.(type) {
		case *both:
			tests(t.left, alone && t.op == "OR")
			tests(t.right, alone && t.op == "OR")
		case *comparison:
			out = append(out, Atom{t.path, t.op, t.not, t.value, t.set, alone})
		}
	}
	var nodes func(n node, alone bool)
	nodes = func(n node, alone bool) {
		switch n := n.(type) {
		case *join:
			nodes(n.left, alone && n.op == "OR")
			nodes(n.right, alone && n.op == "OR")
		case *qualified:
			nodes(n.inner, alone && (n.withinText != "" || n.repeats == 1))
		case *simple:
			tests(n.test, alone)
		}
	}
	nodes(p.root, true)
	return out
}

// Holds makes what tells of one value whether it fulfils the comparison.
func (a Atom) Holds() (func(value any) (bool, error), error) {
	p, err := predicateOf(&comparison{path: a.Path, op: a.Op, not: a.Negated, value: a.Value, set: a.Set})
	if err != nil {
		return nil, err
	}
	return func(value any) (bool, error) {
		is, err := p(value)
		return err == nil && is != a.Negated, err
	}, nil
}
