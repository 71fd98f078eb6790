package script

import (
	"strings"
	"sync"
	"unicode/utf8"
)

var (
	koreanTerms    = sync.OnceValue(func() *lexicon { return lexiconOf("ko_terms") })
	koreanSurnames = sync.OnceValue(func() *lexicon { return lexiconOf("ko_surnames") })
)

// The syllables of Hangul, and how many of them share an initial, and an
// initial with a vowel (The Unicode Standard, section 3.12).
const (
	hangulFirst, hangulLast = 0xac00, 0xd7a3
	perInitial, perVowel    = 588, 28
)

// Numbers of the initials that change between voiced sounds, and
// of the finals that are voiced: none, ㄴ, ㄹ, ㅁ, ㅇ.
const (
	initialG, initialD, initialB, initialJ     = 0, 3, 7, 12
	finalNone, finalN, finalL, finalM, finalNg = 0, 4, 8, 16, 21
)

// romanisation is one way of writing the letters of Hangul, in the order in
// which the number of a syllable counts them.
type romanisation struct {
	rule                    string
	initials, vowels, final []string
	voiced                  bool // ㄱ ㄷ ㅂ ㅈ are g d b j between voiced sounds
}

var (
	koreanFinals = letters("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")

	// As North Korean passports and the lists of the United Nations have it:
	// McCune-Reischauer without its marks, but j for ㅈ.
	koreanNorth = &romanisation{
		"ko-dprk", letters("k kk n t tt r m p pp s ss - j jj ch k t p h"),
		letters("a ae ya yae o e yo ye o wa wae oe yo u wo we wi yu u ui i"), koreanFinals, true,
	}
	koreanMcCune = &romanisation{
		"ko-mr", letters("k kk n t tt r m p pp s ss - ch tch ch k t p h"),
		koreanNorth.vowels, koreanFinals, false,
	}
	koreanRevised = &romanisation{
		"ko-rr", letters("g kk n d tt r m b pp s ss - j jj ch k t p h"),
		letters("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"), koreanFinals, false,
	}
	// As people in the South spell their own names.
	koreanSouth = &romanisation{
		"ko-custom", letters("k kk n d tt r m b pp s ss - j jj ch k t p h"),
		letters("a ae ya yae u e you ye o wa wae oi yo oo wo we wi yoo eu ee i"), koreanFinals, false,
	}
)

// letters splits a list in which "-" stands for a letter that is not written.
func letters(list string) []string {
	out := strings.Fields(list)
	for i := range out {
		if out[i] == "-" {
			out[i] = ""
		}
	}
	return out
}

// readHangul reads Korean. A name of two to four syllables that begins with a
// surname and has no word of companies is a person's. Of other names the words
// that have a meaning are translated, and in one reading are not.
func readHangul(out *readings, text string) {
	if person := strings.ReplaceAll(text, " ", ""); isKoreanPerson(person, text) {
		readKoreanPerson(out, person)
		return
	}
	readBranded(out, text, koreanTerms(), hangulSyllable, koreanNorth.run)
	pieces := segment(text, koreanTerms(), hangulSyllable)
	out.add(join(pieces, 0, koreanNorth.run), "ko-terms", false)
	out.add(join(pieces, 1, koreanRevised.run), "ko-terms", false)
	out.add(joinUntranslated(pieces, koreanNorth.run), "ko-dprk", false)
	out.add(joinUntranslated(pieces, koreanRevised.run), "ko-rr", false)
	if n := strings.Count(text, " "); n < 3 {
		out.add(joinUntranslated(pieces, koreanMcCune.run), "ko-mr", false)
	}
}

func hangulSyllable(r rune) string {
	if r < hangulFirst || r > hangulLast {
		return ""
	}
	return string(r)
}

func isKoreanPerson(name, spaced string) bool {
	length := utf8.RuneCountInString(name)
	if length < 2 || length > longestPerson || strings.IndexFunc(name, notHangul) >= 0 || strings.Count(spaced, " ") > 2 {
		return false
	}
	n, _ := koreanSurnames().at(name)
	if n == 0 || n == len(name) {
		return false
	}
	for i := range name {
		if m, _ := koreanTerms().at(name[i:]); m > len("성") && i > 0 {
			return false
		}
	}
	return true
}

func notHangul(r rune) bool { return r < hangulFirst || r > hangulLast }

// readKoreanPerson reads surname and given name apart, the syllables of the
// given name apart too, and joined once; with the spellings of the surname
// that go with each romanisation.
func readKoreanPerson(out *readings, name string) {
	n, spellings := koreanSurnames().at(name)
	given := strings.Split(name[n:], "")
	north := choose(spellings, 0)
	south := choose(spellings, 1)
	out.add(north+" "+koreanNorth.apart(given), koreanNorth.rule, false)
	out.add(south+" "+koreanSouth.apart(given), koreanSouth.rule, false)
	out.add(north+" "+koreanMcCune.apart(given), koreanMcCune.rule, false)
	out.add(choose(spellings, 2)+" "+koreanRevised.apart(given), koreanRevised.rule, false)
	out.add(north+" "+koreanNorth.run(given), koreanNorth.rule, false)
	out.add(choose(spellings, 3)+" "+koreanSouth.run(given), koreanSouth.rule, false)
}

// run writes syllables as one word.
func (o *romanisation) run(syllables []string) string {
	var b strings.Builder
	voice := false
	for _, s := range syllables {
		var text string
		text, voice = o.syllable(s, voice)
		b.WriteString(text)
	}
	return b.String()
}

// apart writes each syllable as a word; between voiced sounds it is still
// within a name.
func (o *romanisation) apart(syllables []string) string {
	out := make([]string, len(syllables))
	voice := false
	for i, s := range syllables {
		out[i], voice = o.syllable(s, voice)
	}
	return strings.Join(out, " ")
}

// syllable writes one syllable after a voiced sound or not, and says whether
// it ends in one.
func (o *romanisation) syllable(s string, afterVoiced bool) (string, bool) {
	r, _ := utf8.DecodeRuneInString(s)
	if notHangul(r) {
		return s, false
	}
	n := int(r - hangulFirst)
	initial, vowel, final := n/perInitial, n%perInitial/perVowel, n%perVowel
	first := o.initials[initial]
	if o.voiced && afterVoiced {
		switch initial {
		case initialG:
			first = "g"
		case initialD:
			first = "d"
		case initialB:
			first = "b"
		case initialJ:
			first = "j"
		}
	}
	voiced := final == finalNone || final == finalN || final == finalL || final == finalM || final == finalNg
	return first + o.vowels[vowel] + o.final[final], voiced
}
