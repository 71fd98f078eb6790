package match

import (
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/screening/script"
)

// sequence is a name in one way of writing it: as it stands, or in one of its
// readings in Latin letters.
type sequence struct {
	rule   string // of the reading; "" for the name as it stands
	tokens []token
}

// sequencesOf is the ways of writing a name, as that of a person or of anything
// else.
func sequencesOf(text string, person bool) []sequence {
	words := wordsOf(text)
	if person {
		words = personWords(text)
	}
	return sequences(words, readingsOf(words), person)
}

// asWritten is the rule of a sequence that is the name as it stands.
const asWritten = ""

// sequences is the ways of writing a name of these words, the name as it
// stands first. Equal ones are left out.
func sequences(words []string, readings []script.Reading, person bool) []sequence {
	out := make([]sequence, 1, 1+len(readings))
	out[0] = sequence{tokens: tokens(words, person)}
	for _, r := range readings {
		s := sequence{rule: r.Rule}
		if r.Skeleton {
			s.tokens = skeletonTokens(r.Text)
		} else {
			s.tokens = tokens(strings.Fields(r.Text), person)
		}
		if len(s.tokens) > 0 && !contains(out, s.tokens) {
			out = append(out, s)
		}
	}
	return out
}

// readingsOf is the readings of words; none where every letter is Latin, which
// is found out first because most are.
func readingsOf(words []string) []script.Reading {
	for _, w := range words {
		for i := range len(w) {
			if w[i] >= utf8.RuneSelf {
				return script.Readings(strings.Join(words, " "))
			}
		}
	}
	return nil
}

func contains(all []sequence, tokens []token) bool {
	for i := range all {
		if sameTokens(all[i].tokens, tokens) {
			return true
		}
	}
	return false
}

func sameTokens(a, b []token) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// skeletonWeight is the weight of a word of which only consonants are known:
// how common it is cannot be told.
const skeletonWeight = 70

func skeletonTokens(text string) []token {
	var out []token
	for _, w := range strings.Fields(text) {
		if len(out) == maxWords {
			break
		}
		t := token{text: w, role: roleSkeleton, weight: skeletonWeight}
		if l, ok := personLight[w]; ok {
			t = token{text: l.text, role: roleLight, weight: l.weight}
		} else if len(w) == 1 {
			t = token{text: w, role: roleInitial, weight: 25}
		}
		out = append(out, t)
	}
	return out
}

// joinable reports whether a token may be one half of a word that was cut.
func joinable(t *token) bool {
	return t.role == roleWord || t.role == roleInitial || t.role == roleNumber
}

// isSyllable reports whether a word is one syllable in Latin letters, such as
// Chinese, Korean and Burmese names are made of, which are joined and cut in
// every way.
func isSyllable(w string) bool {
	if len(w) > 6 || len(w) < 2 {
		return false
	}
	groups, in := 0, false
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
		v := isVowel(rune(w[i]))
		if v && !in {
			groups++
		}
		in = v
	}
	return groups == 1
}
