package version

import (
	"cmp"
	"slices"
	"strings"
)

// maven is a version of Maven ("Version Order Specification" in its POM
// reference): tokens, each with the separator before it.
type maven []mavenToken

// mavenToken is a number or a word. Where digits and letters meet stands a
// dash that is not written.
type mavenToken struct {
	separator byte // '.' or '-'; 0 for the first
	value     string
	padding   bool // stands for what a shorter version lacks
}

// mavenWords are the qualifiers that have a place of their own; all others
// come after them, by the alphabet.
var mavenWords = []string{"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"}

// mavenAliases are other spellings of them.
var mavenAliases = map[string]string{"cr": "rc", "ga": "", "final": "", "release": ""}

// mavenShort are spellings that hold where a digit follows.
var mavenShort = map[string]string{"a": "alpha", "b": "beta", "m": "milestone"}

// parseMaven reads any name that has a digit and is no range or property:
// Maven itself takes everything for a version.
func parseMaven(s string) (order, error) {
	if err := holds(s, "._+-~"); err != nil {
		return nil, err
	}
	var v maven
	separator := byte(0)
	for rest := strings.ToLower(s); ; rest = rest[1:] {
		end := strings.IndexAny(rest, ".-")
		if end < 0 {
			return append(v, mavenTokens(separator, rest)...).trim(), nil
		}
		v = append(v, mavenTokens(separator, rest[:end])...)
		separator, rest = rest[end], rest[end:]
	}
}

// mavenTokens splits what stands between two separators into words and
// numbers.
func mavenTokens(separator byte, s string) []mavenToken {
	if s == "" {
		return []mavenToken{{separator: separator, value: "0"}}
	}
	var out []mavenToken
	for s != "" {
		kind := notDigit
		if isDigit(s[0]) {
			kind = isDigit
		}
		var run string
		run, s = cutRun(s, kind)
		out = append(out, mavenToken{separator: separator, value: mavenValue(run, s != "")})
		separator = '-'
	}
	return out
}

// mavenValue is a word or number in the form that is compared.
func mavenValue(run string, digitFollows bool) string {
	if isDigit(run[0]) {
		return cmp.Or(strings.TrimLeft(run, "0"), "0")
	}
	if long, ok := mavenShort[run]; ok && digitFollows {
		return long
	}
	if proper, ok := mavenAliases[run]; ok {
		return proper
	}
	return run
}

// trim takes away tokens that say nothing, from the end and from before each
// dash.
func (v maven) trim() maven {
	for i := len(v) - 1; i > 0; i-- {
		if v[i].value == "0" || v[i].value == "" {
			v = slices.Delete(v, i, i+1)
			continue
		}
		for i > 0 && v[i].separator != '-' {
			i--
		}
	}
	return v
}

func (v maven) compare(other order) int {
	w := other.(maven)
	for i := range max(len(v), len(w)) {
		a, b := v.token(i, w), w.token(i, v)
		if a.separator == b.separator && a.value == b.value {
			continue
		}
		return compareMaven(a, b)
	}
	return 0
}

// token is token i, or what counts in its place: zero where the other has a
// dot, nothing where it has a dash.
func (v maven) token(i int, other maven) mavenToken {
	if i < len(v) {
		return v[i]
	}
	t := mavenToken{separator: other[i].separator, padding: true}
	if t.separator == '.' && other[i].value != "sp" {
		t.value = "0"
	}
	return t
}

func compareMaven(a, b mavenToken) int {
	if a.separator != b.separator {
		return cmp.Compare(a.rank(), b.rank())
	}
	numberA, numberB := isNumber(a.value), isNumber(b.value)
	switch {
	case numberA && numberB:
		return compareNumbers(a.value, b.value)
	case numberA && !a.padding:
		return 1
	case numberB && !b.padding:
		return -1
	}
	x, y := mavenWord(a.value), mavenWord(b.value)
	if x == len(mavenWords) && y == x {
		return strings.Compare(a.value, b.value)
	}
	return cmp.Compare(x, y)
}

// rank orders tokens with different separators: .word, -word, -1, .1.
func (t mavenToken) rank() int {
	switch number := isNumber(t.value); {
	case t.separator == '-' && number:
		return 2
	case number:
		return 3
	case t.separator == '-':
		return 1
	}
	return 0
}

func mavenWord(value string) int {
	if i := slices.Index(mavenWords, value); i >= 0 {
		return i
	}
	return len(mavenWords)
}
