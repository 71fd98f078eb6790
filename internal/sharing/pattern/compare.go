package pattern

import (
	"bytes"
	"cmp"
	"math"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
	"golang.org/x/text/unicode/norm"

	"countersign.dev/internal/problem"
)

// predicate reports whether a value fulfils a comparison, before NOT.
type predicate func(v any) (bool, error)

// predicateOf compiles a comparison. Its error says what of its constant cannot
// be.
func predicateOf(c *comparison) (predicate, error) {
	switch c.op {
	case Equal, NotEqual:
		return func(v any) (bool, error) {
			same, err := equals(v, c.value.Value)
			return same != (c.op == NotEqual), err
		}, nil
	case Less, LessEqual, Greater, GreaterEqual:
		return ordered(c.op, c.value.Value), nil
	case In:
		return among(c.set)
	case Like:
		return like(c.value.Value.(string)), nil
	case Matches:
		return matches(c.value.Value.(string))
	case IsSubset, IsSuperset:
		return network(c.op, c.value.Value.(string)), nil
	}
	return func(any) (bool, error) { return true, nil }, nil // EXISTS: there is a value
}

// asTime reads a text as the timestamp that it is compared with.
func asTime(v, constant any) (any, error) {
	text, ok := v.(string)
	if _, timed := constant.(time.Time); !ok || !timed {
		return v, nil
	}
	t, err := ParseTime(text)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%q is compared with a timestamp and is none", text)
	}
	return t, nil
}

// latin is a text as bytes, one each; false when a character has no byte.
func latin(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

func equals(v, constant any) (bool, error) {
	v, err := asTime(v, constant)
	if err != nil {
		return false, err
	}
	order, comparable := compare(v, constant)
	if a, ok := v.(bool); ok {
		b, ok := constant.(bool)
		return ok && a == b, nil
	}
	return comparable && order == 0, nil
}

// compare orders two values; false when they are of kinds that have no order to
// each other.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case int64, float64:
		return compareNumbers(a, b)
	case string:
		switch b := b.(type) {
		case string:
			return strings.Compare(a, b), true
		case []byte:
			bytesOf, ok := latin(a)
			return bytes.Compare(bytesOf, b), ok
		}
	case []byte:
		switch b := b.(type) {
		case []byte:
			return bytes.Compare(a, b), true
		case string:
			bytesOf, ok := latin(b)
			return bytes.Compare(a, bytesOf), ok
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b), true
		}
	}
	return 0, false
}

func compareNumbers(a, b any) (int, bool) {
	switch a := a.(type) {
	case int64:
		switch b := b.(type) {
		case int64:
			return cmp.Compare(a, b), true
		case float64:
			return compareMixed(a, b), !math.IsNaN(b)
		}
	case float64:
		switch b := b.(type) {
		case int64:
			return -compareMixed(b, a), !math.IsNaN(a)
		case float64:
			return cmp.Compare(a, b), true
		}
	}
	return 0, false
}

// compareMixed compares a whole number with another exactly.
func compareMixed(i int64, f float64) int {
	switch {
	case f >= math.MaxInt64:
		return -1
	case f < math.MinInt64:
		return 1
	}
	whole := math.Trunc(f)
	if order := cmp.Compare(i, int64(whole)); order != 0 {
		return order
	}
	return cmp.Compare(0, f-whole)
}

func ordered(op Op, constant any) predicate {
	return func(v any) (bool, error) {
		v, err := asTime(v, constant)
		if err != nil {
			return false, err
		}
		order, comparable := compare(v, constant)
		if !comparable {
			if isText(v) && isText(constant) {
				return false, nil // a text with characters that no byte is
			}
			return false, errNoOrder
		}
		switch op {
		case Less:
			return order < 0, nil
		case LessEqual:
			return order <= 0, nil
		case Greater:
			return order > 0, nil
		}
		return order >= 0, nil
	}
}

// errNoOrder is that two values have no order to each other. Then a comparison
// does not hold, with or without NOT.
var errNoOrder = problem.New(problem.Invalid, "no order")

// among compiles a set. All of it must be of one kind; numbers are one.
func among(set []Constant) (predicate, error) {
	kindOf := func(v any) string {
		switch v.(type) {
		case int64, float64:
			return "number"
		case string:
			return "string"
		case bool:
			return "boolean"
		case []byte:
			return "binary"
		}
		return "timestamp"
	}
	for _, c := range set {
		if kindOf(c.Value) != kindOf(set[0].Value) {
			return nil, problem.New(problem.Invalid, "a set of %s and %s: want constants of one kind", kindOf(set[0].Value), kindOf(c.Value))
		}
	}
	texts := map[string]bool{}
	for _, c := range set {
		if s, ok := c.Value.(string); ok {
			texts[s] = true
		}
	}
	return func(v any) (bool, error) {
		s, text := v.(string)
		if text && len(texts) > 0 {
			return texts[s], nil
		}
		for _, c := range set {
			if _, binary := c.Value.([]byte); len(texts) > 0 || binary && text {
				return false, nil // bytes are not looked for among strings, nor strings among bytes
			}
			if same, err := equals(v, c.Value); same || err != nil {
				return same, err
			}
		}
		return false, nil
	}, nil
}

// like compiles LIKE: % is any text without a line break, _ one such character.
func like(form string) predicate {
	form = norm.NFC.String(form)
	parts := []rune(form)
	_, narrow := latin(form)
	return func(v any) (bool, error) {
		text, ok := textOf(v)
		if _, binary := v.([]byte); !ok || binary && !narrow {
			return false, nil
		}
		if !utf8.ValidString(text) {
			return false, problem.New(problem.Invalid, "LIKE looks at text, and these bytes are none")
		}
		runes := []rune(norm.NFC.String(text))
		if wild(parts, runes) {
			return true, nil
		}
		n := len(runes)
		return n > 0 && runes[n-1] == '\n' && wild(parts, runes[:n-1]), nil
	}
}

func isText(v any) bool {
	_, ok := textOf(v)
	return ok
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}

// wild matches greedily, going back to the last % only: linear for each %.
func wild(form, text []rune) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(form) && form[i] == '%':
			star, mark = i, j
			i++
		case i < len(form) && (form[i] == '_' && text[j] != '\n' || form[i] != '_' && form[i] == text[j]):
			i++
			j++
		case star >= 0 && text[mark] != '\n':
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(form) && form[i] == '%' {
		i++
	}
	return i == len(form)
}

// same is what means the same in every kind of regular expressions: no classes of
// letters, anchors at the end, or groups that look around.
var sameEverywhere = regexp.MustCompile(`^(?:[^\\$(){}\[\]^|?*+]|\\[^0-9A-Za-z]|\[[^\[\]\\]+\]|[|?*+]|\((?:\?:)?|\)|\{[0-9]{1,3}(?:,[0-9]{0,3})?\}|\^)*$`)

// matchTime bounds one search with a regular expression that may go back.
const matchTime = 250 * time.Millisecond

// matches compiles MATCHES: a search with a regular expression as Perl writes
// them (STIX 2.1 section 9.6.1).
func matches(text string) (predicate, error) {
	text = norm.NFC.String(text)
	search, err := searchOf(text)
	if err != nil {
		return nil, problem.New(problem.Invalid, "regular expression %q: %v", text, err)
	}
	_, narrow := latin(text)
	return func(v any) (bool, error) {
		switch v := v.(type) {
		case string:
			return search(norm.NFC.String(v))
		case []byte:
			if !narrow {
				return false, nil
			}
			runes := make([]rune, len(v)) // each byte is a character
			for i, b := range v {
				runes[i] = rune(b)
			}
			return search(string(runes))
		}
		return false, nil
	}, nil
}

func searchOf(text string) (func(string) (bool, error), error) {
	if sameEverywhere.MatchString(text) {
		if re, err := regexp.Compile(text); err == nil {
			return func(s string) (bool, error) { return re.MatchString(s), nil }, nil
		}
	}
	re, err := regexp2.Compile(text, regexp2.None)
	if err != nil { // a group as (?P<name>) has another form there
		var other error
		if re, other = regexp2.Compile(text, regexp2.RE2); other != nil {
			return nil, err
		}
	}
	re.MatchTimeout = matchTime
	return func(s string) (bool, error) {
		found, err := re.MatchString(s)
		if err != nil {
			return false, problem.New(problem.Invalid, "the search with %q takes too long", text)
		}
		return found, nil
	}, nil
}

// network compiles ISSUBSET and ISSUPERSET.
func network(op Op, text string) predicate {
	fixed, wrong := prefixOf(text, op == IsSuperset)
	return func(v any) (bool, error) {
		s, ok := v.(string)
		if !ok {
			return false, nil
		}
		if wrong != nil {
			return false, wrong
		}
		p, err := prefixOf(s, op == IsSubset)
		if err != nil {
			return false, err
		}
		if op == IsSubset {
			return contains(fixed, p), nil
		}
		return contains(p, fixed), nil
	}
}

// prefixOf reads a network, or an address where one may stand for it.
func prefixOf(s string, address bool) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil && p.Bits() > 0 {
		return p.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && address && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, problem.New(problem.Invalid, "%q: want a network, as 198.51.100.0/24", s)
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
