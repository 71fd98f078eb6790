package pattern

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Check reports what is wrong with a pattern that can be parsed and matched, and
// should nevertheless not be shared: a hash that can be none of its kind, or an
// observation with two qualifiers of one kind.
func Check(p *Pattern) error {
	if err := checkNode(p.root); err != nil {
		return err // not as it is: a nil *Error is no nil error
	}
	return nil
}

func checkNode(n node) *Error {
	switch n := n.(type) {
	case *join:
		if err := checkNode(n.left); err != nil {
			return err
		}
		return checkNode(n.right)
	case *qualified:
		if n.doubled() {
			return &Error{n.offset, "one " + n.kind() + " for an observation (section 9.5)", "another"}
		}
		return checkNode(n.inner)
	case *simple:
		return checkTest(n.test)
	}
	return nil
}

// doubled reports whether a single observation has this qualifier twice.
func (q *qualified) doubled() bool {
	twice := false
	for inner := q.inner; ; {
		switch n := inner.(type) {
		case *qualified:
			if n.closed {
				return false
			}
			twice = twice || n.kind() == q.kind()
			inner = n.inner
		case *simple:
			return twice && !n.closed
		default:
			return false
		}
	}
}

func checkTest(t test) *Error {
	switch t := t.(type) {
	case *both:
		if err := checkTest(t.left); err != nil {
			return err
		}
		return checkTest(t.right)
	case *comparison:
		return t.checkHash()
	}
	return nil
}

// hashForms is what hashes look like, by their names without hyphens, in upper
// case (STIX 2.1 section 10.7).
var hashForms = map[string]*regexp.Regexp{
	"MD5": digits(32), "MD6": regexp.MustCompile(`^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})$`),
	"RIPEMD160": digits(40), "SHA1": digits(40), "SHA224": digits(56), "SHA256": digits(64), "SHA384": digits(96), "SHA512": digits(128),
	"SHA3224": digits(56), "SHA3256": digits(64), "SHA3384": digits(96), "SHA3512": digits(128), "WHIRLPOOL": digits(128),
	"SSDEEP": regexp.MustCompile(`^[a-zA-Z0-9/+:.]{1,128}$`),
}

func digits(n int) *regexp.Regexp {
	return regexp.MustCompile(`^[0-9A-Fa-f]{` + strconv.Itoa(n) + `}$`)
}

// checkHash refuses a hash that cannot be one of its kind.
func (c *comparison) checkHash() *Error {
	steps := c.path.Steps
	if c.op != Equal && c.op != NotEqual && c.op != In || len(steps) < 2 {
		return nil
	}
	hashes := false
	for _, s := range steps[:len(steps)-1] {
		hashes = hashes || s.Key == "hashes"
	}
	name := steps[len(steps)-1].Key
	form := hashForms[strings.ReplaceAll(strings.ToUpper(name), "-", "")]
	if !hashes || form == nil {
		return nil
	}
	for _, v := range append(slices.Clip(c.set), c.value) {
		if s, ok := v.Value.(string); v.Value != nil && (!ok || !form.MatchString(s)) {
			return &Error{c.offset, "a hash of the kind " + name, v.text}
		}
	}
	return nil
}
