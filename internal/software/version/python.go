package version

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// python is a version after PEP 440. Those that are not, which PyPI took until
// 2014, are errors: what installs packages reads them no longer.
type python struct {
	epoch, release string
	phase          int // of a pre-release
	pre, post, dev string
	isPost, isDev  bool
	local          string
}

// phases of what comes before a release.
const (
	phaseDev = iota // a development release of the release itself
	phaseAlpha
	phaseBeta
	phaseRC
	phaseRelease
)

// pythonWords are the words of a version. Longer ones come before those that
// they begin with.
var (
	pythonPre = []struct {
		word  string
		phase int
	}{{"alpha", phaseAlpha}, {"a", phaseAlpha}, {"beta", phaseBeta}, {"b", phaseBeta}, {"preview", phaseRC}, {"pre", phaseRC}, {"rc", phaseRC}, {"c", phaseRC}}
	pythonPost = []string{"post", "rev", "r"}
	pythonDev  = []string{"dev"}
)

func parsePython(s string) (order, error) {
	s, local, isLocal := strings.Cut(strings.TrimPrefix(strings.ToLower(s), "v"), "+")
	v := python{phase: phaseRelease}
	if epoch, rest, ok := strings.Cut(s, "!"); ok {
		if !isNumber(epoch) {
			return nil, errors.New("a number is expected before the exclamation mark")
		}
		v.epoch, s = epoch, rest
	}
	v.release = cutPythonRelease(s)
	if v.release == "" {
		return nil, errors.New("a number is expected at its beginning (PEP 440)")
	}
	if words := s[len(v.release):]; v.takeWords(words) != "" {
		return nil, fmt.Errorf("pre-, post- or development release is expected where it says %q (PEP 440)", words)
	}
	if v.phase == phaseRelease && !v.isPost && v.isDev {
		v.phase = phaseDev
	}
	if isLocal {
		v.local = strings.NewReplacer("-", ".", "_", ".").Replace(local)
		for part := range strings.SplitSeq(v.local, ".") {
			if _, rest := cutRun(part, isAlnum); part == "" || rest != "" {
				return nil, fmt.Errorf("letters and digits are expected where it says %q (PEP 440)", local)
			}
		}
	}
	return v, nil
}

// cutPythonRelease is the numbers that s begins with. A dot before something
// else belongs to that.
func cutPythonRelease(s string) string {
	end := 0
	for at := 0; ; at = end + 1 {
		digits, _ := cutNumber(s[min(at, len(s)):])
		if digits == "" {
			return s[:end]
		}
		end = at + len(digits)
		if end == len(s) || s[end] != '.' {
			return s[:end]
		}
	}
}

// takeWords reads the pre-, post- and development release and gives back what
// is left.
func (v *python) takeWords(s string) string {
	for _, p := range pythonPre {
		if number, rest, ok := cutPythonWord(s, p.word); ok {
			v.phase, v.pre, s = p.phase, number, rest
			break
		}
	}
	if number, rest := cutNumber(strings.TrimPrefix(s, "-")); strings.HasPrefix(s, "-") && number != "" {
		v.isPost, v.post, s = true, number, rest
	}
	for _, word := range pythonPost {
		if number, rest, ok := cutPythonWord(s, word); ok && !v.isPost {
			v.isPost, v.post, s = true, number, rest
		}
	}
	for _, word := range pythonDev {
		if number, rest, ok := cutPythonWord(s, word); ok {
			v.isDev, v.dev, s = true, number, rest
		}
	}
	return s
}

// cutPythonWord cuts off a word with its number, around which separators may
// stand.
func cutPythonWord(s, word string) (number, rest string, ok bool) {
	rest, ok = strings.CutPrefix(trimSeparator(s), word)
	if !ok {
		return "", s, false
	}
	if digits, after := cutNumber(trimSeparator(rest)); digits != "" {
		return digits, after, true
	}
	return "", rest, true
}

func trimSeparator(s string) string {
	if s != "" && strings.IndexByte(".-_", s[0]) >= 0 {
		return s[1:]
	}
	return s
}

func (v python) compare(other order) int {
	w := other.(python)
	return cmp.Or(
		compareNumbers(v.epoch, w.epoch),
		compareReleases(v.release, w.release),
		cmp.Compare(v.phase, w.phase),
		compareNumbers(v.pre, w.pre),
		compareOptional(v.isPost, w.isPost, v.post, w.post, 1),
		compareOptional(v.isDev, w.isDev, v.dev, w.dev, -1),
		compareLocal(v.local, w.local),
	)
}

// compareOptional compares numbers that may be missing; with is how one with
// it compares to one without.
func compareOptional(hasA, hasB bool, a, b string, with int) int {
	switch {
	case hasA && hasB:
		return compareNumbers(a, b)
	case hasA:
		return with
	case hasB:
		return -with
	}
	return 0
}

// compareLocal compares local versions: words before numbers, which is the
// reverse of Semantic Versioning.
func compareLocal(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		c := compareIdentifier(x, y)
		if isNumber(x) != isNumber(y) {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return present(a) - present(b)
}
