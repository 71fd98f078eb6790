package version

import (
	"fmt"
	"strings"
)

// gem is a version of RubyGems (Gem::Version): runs of digits and of letters,
// without the zeros that end the numbers before the first word and those that
// end the version.
type gem []string

func parseGem(s string) (order, error) {
	if err := holds(s, ".-"); err != nil {
		return nil, err
	}
	if !isDigit(s[0]) {
		return nil, fmt.Errorf("it is to begin with a digit")
	}
	var parts gem
	for segment := range strings.SplitSeq(strings.ReplaceAll(s, "-", ".pre."), ".") {
		if segment == "" {
			return nil, errEmptyIdentifier
		}
		for segment != "" {
			kind := isLetter
			if isDigit(segment[0]) {
				kind = isDigit
			}
			var run string
			run, segment = cutRun(segment, kind)
			parts = append(parts, run)
		}
	}
	return parts.canonical(), nil
}

// canonical is v without the zeros that say nothing.
func (v gem) canonical() gem {
	word := 0
	for word < len(v) && isNumber(v[word]) {
		word++
	}
	return append(trimZeros(v[:word:word]), trimZeros(v[word:])...)
}

func trimZeros(parts gem) gem {
	for len(parts) > 0 && isNumber(parts[len(parts)-1]) && strings.Trim(parts[len(parts)-1], "0") == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// compare takes a word for earlier than a number, and what is missing for
// zero.
func (v gem) compare(other order) int {
	w := other.(gem)
	for i := range max(len(v), len(w)) {
		a, b := v.part(i), w.part(i)
		c := compareIdentifier(a, b)
		if isNumber(a) != isNumber(b) {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (v gem) part(i int) string {
	if i < len(v) {
		return v[i]
	}
	return "0"
}
