package match

import (
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/screening/script"
)

// Similarities are thousandths: 1000 for equal words, 0 for words that are not
// taken for one. In between lie only values that say "probably one word".
const (
	simEqual   = 1000
	simLeast   = 560 // below it, two words are two
	simKnown   = 720 // the same for words which are both known to be words
	simInitial = 820
	simLight   = 850 // a particle or honorific typed wrongly
	simArticle = 950 // Alshabaab, Shabaab
	simJoined  = 980 // Hua Wei, Huawei
)

// measured is a word with what comparing needs of it, made once.
type measured struct {
	text     string
	role     role
	known    bool // has a class in the table of words
	code     bool // has digits among its letters, or is too long: compared by equality only
	abbrev   bool // has no vowel: not one slip away from another such
	letters  letters
	has      uint32 // signature of letters
	skeleton string // "" when too little is left
}

func measure(t token) measured {
	m := measured{text: t.text, role: t.role}
	switch t.role {
	case roleSkeleton:
		m.skeleton = script.Skeleton(t.text)
	case roleWord:
		m.letters = lettersOf(nil, t.text)
		m.has = signature(m.letters)
		m.known = isKnown(t.text)
		m.code = isCode(t.text) || len(m.letters) > maxWord
		m.abbrev = !m.code && isAbbreviation(t.text)
		if !m.code {
			m.skeleton = skeletonOf(t.text)
		}
	}
	return m
}

// skeletonOf is the skeleton by which a word in Latin letters may be found. Two
// consonants are enough for a short word only: of long ones too many share them.
func skeletonOf(w string) string {
	if len(w) < 4 || w[0] >= utf8.RuneSelf {
		return ""
	}
	s := script.Skeleton(w)
	if len(s) < 3 && (len(w) > 5 || len(strings.TrimPrefix(s, "a")) < 2) {
		return ""
	}
	return s
}

// isCode reports whether a word has digits among its letters. A model number
// or a registration with another digit is another one.
func isCode(w string) bool { return strings.ContainsAny(w, "0123456789") }

// isAbbreviation reports whether a word is a few letters without a vowel.
func isAbbreviation(w string) bool {
	if len(w) > 5 {
		return false
	}
	for i := range len(w) {
		if w[i] >= utf8.RuneSelf || isVowel(rune(w[i])) {
			return false
		}
	}
	return true
}

// allowed is how many slips a word of n letters may have.
func allowed(n int) int {
	switch {
	case n < 3:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

// similarity compares a token of a query with one of a name.
func similarity(a, b *measured) int {
	if a.role != b.role {
		if a.role == roleWord && b.role == roleLight {
			return lightSimilarity(a, b.text)
		}
		return crossSimilarity(a, b)
	}
	if a.text == b.text {
		return simEqual
	}
	if a.role == roleSkeleton {
		return skeletonSimilarity(a, b)
	}
	if a.role != roleWord || a.code || b.code {
		return 0
	}
	return wordSimilarity(a, b)
}

// crossSimilarity compares tokens of different roles: initials stand for
// words, skeletons for words with vowels.
func crossSimilarity(a, b *measured) int {
	if a.role > b.role {
		a, b = b, a
	}
	if a.role != roleWord {
		return 0
	}
	switch b.role {
	case roleInitial:
		if strings.HasPrefix(a.text, b.text) {
			return simInitial
		}
	case roleSkeleton:
		return skeletonSimilarity(a, b)
	}
	return 0
}

// lightSimilarity compares a word of a query with a particle or honorific of a
// name, which it may be with a slip in it: Adbul.
func lightSimilarity(q *measured, light string) int {
	if q.known || q.code || len(q.letters) < 4 {
		return 0
	}
	for _, spelling := range lightSpellings[light] {
		if slips(q.letters, spelling, 1) == 1 {
			return simLight
		}
	}
	return 0
}

func skeletonSimilarity(a, b *measured) int {
	if a.skeleton == "" || a.skeleton != b.skeleton {
		return 0
	}
	return skeletonGrade(a.skeleton)
}

// skeletonGrade is the similarity of words of which no more is known than that
// they have this skeleton: the more consonants, the fewer words share them.
func skeletonGrade(skeleton string) int {
	return skeletonGrades[min(len(skeleton), len(skeletonGrades)-1)]
}

var skeletonGrades = [...]int{0, 0, 750, 850, 900, 930, 940}

func wordSimilarity(a, b *measured) int {
	if articled(a.text, b.text) || articled(b.text, a.text) {
		return simArticle
	}
	if a.abbrev && b.abbrev {
		return 0
	}
	sounds := a.skeleton != "" && a.skeleton == b.skeleton && soundsSize(len(a.letters), len(b.letters))
	return lettersSimilarity(a.letters, b.letters, sounds, a.known && b.known)
}

// soundsSize reports whether words of so many letters may be one word in two
// customs.
func soundsSize(a, b int) bool { return a-b <= 3 && b-a <= 3 }

// lettersSimilarity compares two different words; sounds says that they have
// one skeleton, known that both are known to be words.
func lettersSimilarity(a, b letters, sounds, known bool) int {
	limit := allowed(min(len(a), len(b)))
	if !sounds && (limit == 0 || slips(a, b, limit) > limit) {
		return 0
	}
	return graded(effort(a, b), max(len(a), len(b)), sounds, known)
}

// syllablesSimilarity compares a word with two syllables taken for one. They
// are known to be words: of syllables a few letters make others.
func syllablesSimilarity(a, b *measured) int {
	known := [2]bool{a.known, b.known}
	a.known, b.known = true, true
	s := wordSimilarity(a, b)
	a.known, b.known = known[0], known[1]
	return s * simJoined / simEqual
}

// articled reports whether a is b with the Arabic article grown onto it.
func articled(a, b string) bool {
	return len(b) > 3 && len(a) == len(b)+2 && a[1] == 'l' && (a[0] == 'a' || a[0] == 'e') && a[2:] == b
}

// graded is the similarity of words that effort hundredths of slips tell
// apart, of which the longer has n letters. A second slip weighs more than the
// first. Words that are both known are two words rather than one with a slip
// in it (Iran, Iraq), unless they sound alike.
func graded(effort, n int, sounds, known bool) int {
	if known {
		if sounds {
			effort += effort / 4
		} else {
			effort += effort*3/5 + 30
		}
	}
	loss := 750 * effort / (100 * n)
	if effort > 100 {
		loss += loss * 35 * (effort - 100) / 10000
	}
	s := simEqual - loss
	switch {
	case sounds && !known:
		s = max(s, 760)
	case known && s < simKnown, s < simLeast:
		return 0
	}
	return max(s, 1)
}
