package script

import (
	"slices"
	"strings"

	"countersign.dev/internal/party"
)

// How the tests judge a reading: a plain alignment of words, much simpler
// than the matcher's, so that figures say something about the readings alone.

// particles are words that lists add and leave out.
var particles = []string{"al", "el", "bin", "ibn", "ben", "abu", "of", "the", "and", "for", "de", "im", "named", "after"}

// aligned is whether at least four fifths of a reading's words are words of
// the Latin name, and at least half of the name's words, or two, are met.
func aligned(r Reading, latin string) bool {
	a, b := alignable(r.Text), alignable(latin)
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	met := 0
	used := make([]bool, len(b))
	for i := 0; i < len(a); i++ {
		if n := meet(r, a[i:], b, used); n > 0 {
			met += n
			i += n - 1
		}
	}
	hits := 0
	for _, u := range used {
		if u {
			hits++
		}
	}
	return met*5 >= len(a)*4 && (hits*2 >= len(b) || hits >= 2)
}

func alignable(name string) []string {
	words := strings.Fields(party.Core(name))
	return slices.DeleteFunc(words, func(w string) bool { return slices.Contains(particles, w) })
}

// meet finds a word of b, or two joined, that the first word of a is, or its
// first two joined; it returns how many words of a it took.
func meet(r Reading, a, b []string, used []bool) int {
	for j := range b {
		if used[j] {
			continue
		}
		if same(r, a[0], b[j]) {
			used[j] = true
			return 1
		}
		if j+1 < len(b) && !used[j+1] && same(r, a[0], b[j]+b[j+1]) {
			used[j], used[j+1] = true, true
			return 1
		}
		if len(a) > 1 && same(r, a[0]+a[1], b[j]) {
			used[j] = true
			return 2
		}
	}
	return 0
}

func same(r Reading, a, b string) bool {
	if !r.Skeleton && similarity(a, b) >= 0.8 {
		return true
	}
	s := Skeleton(a)
	return len(s) > 1 && s == Skeleton(b)
}

// similarity is one minus the edit distance by the longer length.
func similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return 1 - float64(row[len(b)])/float64(max(len(a), len(b)))
}
