package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The limits of a pattern.
const (
	MaxLength = 1 << 20 // bytes
	maxDepth  = 256     // of parentheses
	maxLeaves = 10_000  // observations that a match may bind
)

// Parse reads a pattern. What it returns as an error is an [*Error], with the
// place.
func Parse(text string) (*Pattern, error) { return parse(text, false) }

// Parse20 reads a pattern of STIX 2.0, where START and STOP may have strings for
// timestamps.
func Parse20(text string) (*Pattern, error) { return parse(text, true) }

func parse(text string, old bool) (*Pattern, error) {
	if len(text) > MaxLength {
		return nil, &Error{MaxLength, "the end of the pattern: it may have " + strconv.Itoa(MaxLength) + " bytes", "more"}
	}
	p := &parser{lex: lexer{text: text}, old: old}
	p.advance()
	root := p.observations(0)
	if p.err == nil && p.tok.kind != atEnd {
		p.fail("AND, OR, FOLLOWEDBY, a qualifier or the end")
	}
	if p.err != nil {
		return nil, p.err
	}
	leaves := leavesOf(root)
	if leaves > maxLeaves {
		return nil, &Error{0, "at most " + strconv.Itoa(maxLeaves) + " observations, repetitions counted", strconv.Itoa(leaves)}
	}
	return &Pattern{root: root, leaves: leaves, simples: p.simples}, nil
}

// leavesOf is how many observations a match of a node binds at most.
func leavesOf(n node) int {
	switch n := n.(type) {
	case *join:
		return min(leavesOf(n.left)+leavesOf(n.right), 1<<30)
	case *qualified:
		return min(leavesOf(n.inner)*max(n.repeats, 1), 1<<30)
	}
	return 1
}

type parser struct {
	old   bool // STIX 2.0
	lex   lexer
	tok   token
	err   *Error
	depth int

	simples int // so far
}

func (p *parser) advance() { p.tok = p.lex.next() }

// fail notes the first thing that is wrong. From then on nothing is accepted.
func (p *parser) fail(expected string) {
	if p.err == nil {
		p.err = &Error{p.tok.offset, expected, p.tok.found()}
	}
	p.tok = token{kind: atEnd, offset: p.tok.offset}
	p.lex.at = len(p.lex.text)
}

func (p *parser) is(text string) bool {
	return (p.tok.kind == aWord || p.tok.kind == aSign) && p.tok.text == text
}

func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.fail(strconv.Quote(text))
	}
}

// deeper counts parentheses that are open.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail("at most " + strconv.Itoa(maxDepth) + " parentheses in each other")
		return false
	}
	return true
}

var observationOps = []string{"FOLLOWEDBY", "OR", "AND"} // the loosest first

// observations parses observation expressions joined by an operator of a rank or
// a tighter one. All are left associative.
func (p *parser) observations(r int) node {
	if r == len(observationOps) {
		return p.observation()
	}
	n := p.observations(r + 1)
	for p.accept(observationOps[r]) {
		n = &join{observationOps[r], n, p.observations(r + 1)}
	}
	return n
}

func (p *parser) observation() node {
	var n node
	switch {
	case p.accept("["):
		n = &simple{test: p.comparisons(), number: p.simples}
		p.simples++
		p.expect("]")
	case p.is("("):
		if !p.deeper() {
			return nil
		}
		p.advance()
		n = p.observations(0)
		p.expect(")")
		p.depth--
		switch inner := n.(type) {
		case *simple:
			inner.closed = true
		case *qualified:
			inner.closed = true
		}
	default:
		p.fail(`"[" or "("`)
		return nil
	}
	for p.err == nil && (p.is("WITHIN") || p.is("REPEATS") || p.is("START")) {
		n = p.qualifier(n)
	}
	return n
}

func (p *parser) qualifier(inner node) node {
	q := &qualified{inner: inner, offset: p.tok.offset}
	switch {
	case p.accept("WITHIN"):
		q.withinText = strings.TrimPrefix(p.tok.text, "+")
		seconds, err := strconv.ParseFloat(q.withinText, 64)
		if p.tok.kind != anInt && p.tok.kind != aFloat || err != nil || seconds <= 0 {
			p.fail("a number of seconds above 0")
			return nil
		}
		q.within = seconds
		p.advance()
		p.expect("SECONDS")
	case p.accept("REPEATS"):
		times, err := strconv.Atoi(strings.TrimPrefix(p.tok.text, "+"))
		if p.tok.kind != anInt || err != nil || times < 1 {
			p.fail("a whole number of times above 0")
			return nil
		}
		q.repeats = min(times, 1<<30)
		p.advance()
		p.expect("TIMES")
	default:
		p.expect("START")
		q.start, q.startText = p.timestamp()
		p.expect("STOP")
		q.stop, q.stopText = p.timestamp()
	}
	return q
}

func (p *parser) timestamp() (time.Time, string) {
	text := p.tok.text
	if p.old && p.tok.kind == aString {
		text = "t" + text
	} else if p.tok.kind != aTimestamp {
		p.fail("a timestamp, as t'2021-03-12T00:00:00Z'")
		return time.Time{}, ""
	}
	t, err := ParseTime(text[2 : len(text)-1])
	if err != nil {
		p.fail("a timestamp of a day that there is")
		return time.Time{}, ""
	}
	p.advance()
	return t, text
}

// ParseTime reads a timestamp of STIX, to the microsecond.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !strings.HasSuffix(s, "Z") {
		return time.Time{}, &Error{0, "a timestamp, as 2021-03-12T00:00:00Z", strconv.Quote(s)}
	}
	return t.Truncate(time.Microsecond), nil
}

func (p *parser) comparisons() test {
	t := p.conjunction()
	for p.accept("OR") {
		t = &both{"OR", t, p.conjunction()}
	}
	return t
}

func (p *parser) conjunction() test {
	t := p.propertyTest()
	for p.accept("AND") {
		t = &both{"AND", t, p.propertyTest()}
	}
	return t
}

func (p *parser) propertyTest() test {
	if p.is("(") {
		if !p.deeper() {
			return nil
		}
		p.advance()
		t := p.comparisons()
		p.expect(")")
		p.depth--
		return t
	}
	c := &comparison{offset: p.tok.offset}
	if p.is("NOT") || p.is("EXISTS") {
		c.not = p.accept("NOT")
		p.expect("EXISTS")
		c.op, c.path = Exists, p.path()
		return c
	}
	c.path = p.path()
	c.not = p.accept("NOT")
	p.operator(c)
	return c
}

var operators = map[string]Op{
	"=": Equal, "==": Equal, "!=": NotEqual, "<>": NotEqual, "<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual,
	"IN": In, "LIKE": Like, "MATCHES": Matches, "ISSUBSET": IsSubset, "ISSUPERSET": IsSuperset,
}

func (p *parser) operator(c *comparison) {
	op, ok := operators[p.tok.text]
	if !ok || p.tok.kind != aSign && p.tok.kind != aWord {
		p.fail("a comparison operator")
		return
	}
	c.op = op
	p.advance()
	switch op {
	case In:
		p.set(c)
	case Like, Matches, IsSubset, IsSuperset:
		if p.tok.kind != aString {
			p.fail("a string")
			return
		}
		c.value = p.constant()
	case Equal, NotEqual:
		c.value = p.constant()
	default:
		if p.is("true") || p.is("false") {
			p.fail("something that has an order")
			return
		}
		c.value = p.constant()
	}
}

func (p *parser) set(c *comparison) {
	p.expect("(")
	c.set = []Constant{}
	if p.accept(")") {
		return
	}
	for {
		if c.set = append(c.set, p.constant()); !p.accept(",") {
			break
		}
	}
	p.expect(")")
}

// constant parses a literal.
func (p *parser) constant() Constant {
	text := p.tok.text
	c := Constant{text: text}
	switch p.tok.kind {
	case aString:
		c.Value = unquote(text)
	case anInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if c.Value = n; err != nil {
			p.fail("a whole number of 64 bits")
		}
	case aFloat:
		f, err := strconv.ParseFloat(text, 64)
		if c.Value = f; err != nil {
			p.fail("a number of 64 bits")
		}
	case aHex:
		c.Value, _ = hex.DecodeString(text[2 : len(text)-1]) // its form was looked at
	case aBinary:
		b, err := base64.StdEncoding.DecodeString(text[2 : len(text)-1])
		if c.Value = b; err != nil {
			p.fail("base64")
		}
	case aTimestamp:
		c.Value, _ = p.timestamp()
		return c
	case aWord:
		if text != "true" && text != "false" {
			p.fail("a constant")
			return c
		}
		c.Value = text == "true"
	default:
		p.fail("a constant")
		return c
	}
	if p.err == nil {
		p.advance()
	}
	return c
}

func unquote(s string) string {
	return strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(s[1 : len(s)-1])
}

func (p *parser) path() ObjectPath {
	var path ObjectPath
	if p.tok.kind != aHyphened && !p.name() {
		p.fail("an object's type, as in file:name")
		return path
	}
	path.Type = p.tok.text
	p.advance()
	p.expect(":")
	path.Steps = []Step{p.step()}
	for p.err == nil {
		switch {
		case p.accept("."):
			path.Steps = append(path.Steps, p.step())
		case p.accept("["):
			path.Steps = append(path.Steps, p.element())
		default:
			return path
		}
	}
	return path
}

// name reports whether the token is an identifier without hyphen.
func (p *parser) name() bool { return p.tok.kind == aWord && !keywords[p.tok.text] }

func (p *parser) step() Step {
	var s Step
	switch {
	case p.tok.kind == aString:
		s.Key = unquote(p.tok.text)
	case p.name():
		s.Key = p.tok.text
	default:
		p.fail("a property's name, in quotes when it has other characters than letters, digits and _")
		return s
	}
	p.advance()
	return s
}

func (p *parser) element() Step {
	s := Step{Element: true}
	switch n, err := strconv.Atoi(p.tok.text); {
	case p.accept("*"):
		s.All = true
	case p.tok.kind == anInt && err == nil:
		s.Index = n
		p.advance()
	default:
		p.fail("the number of an element, or *")
		return s
	}
	p.expect("]")
	return s
}
