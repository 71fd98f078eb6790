package ftm

import (
	"regexp"
	"strings"

	"countersign.dev/internal/party"
)

// Shares are texts in the model. What a collection writes is a number, a
// number with a bound before it, or two with a dash between.
var (
	number100 = `([0-9]{1,3}(?:[.,][0-9]{1,12})?)\s*%?`
	single    = regexp.MustCompile(`^(?:(>=?|≥|<=?|≤|more than|over|above|at least|from|less than|under|below|at most|up to)\s*)?` + number100 + `(\s*\+)?$`)
	ranged    = regexp.MustCompile(`^(?:between\s+)?` + number100 + `\s*(?:-|–|—|to|and|\.\.)\s*` + number100 + `$`)
)

// lower are the words that make a number the least that a share may be.
var lower = map[string]bool{">": true, ">=": true, "≥": true, "more than": true, "over": true, "above": true, "at least": true, "from": true}

// stakeOf reads a share as written. A strict bound is taken for one that may
// be reached, since a stake cannot tell them apart.
func stakeOf(text string) (s party.Stake, ok bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	if m := ranged.FindStringSubmatch(text); m != nil {
		s = party.Stake{Min: decimal(m[1]), Max: decimal(m[2])}
		return s, !lessDecimal("100", s.Max) && !lessDecimal(s.Max, s.Min)
	}
	m := single.FindStringSubmatch(text)
	if m == nil {
		return s, false
	}
	n := decimal(m[2])
	switch {
	case lessDecimal("100", n):
		return s, false
	case m[1] == "" && m[3] == "":
		return party.Stake{Min: n, Max: n}, true
	case lower[m[1]] || m[3] != "":
		return party.Stake{Min: n, Max: "100"}, true
	}
	return party.Stake{Min: "0", Max: n}, true
}

// decimal writes a number one way: with a point, without zeros that say
// nothing.
func decimal(s string) string {
	whole, part, _ := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if part = strings.TrimRight(part, "0"); part != "" {
		return whole + "." + part
	}
	return whole
}

// lessDecimal compares numbers as [decimal] writes them, without rounding.
func lessDecimal(a, b string) bool {
	wholeA, partA, _ := strings.Cut(a, ".")
	wholeB, partB, _ := strings.Cut(b, ".")
	if len(wholeA) != len(wholeB) {
		return len(wholeA) < len(wholeB)
	}
	if wholeA != wholeB {
		return wholeA < wholeB
	}
	return partA < partB
}
