package script

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// kanaTerms are the words of Japanese company names, and the signs of kana
// that are written together.
var (
	kanaTerms = sync.OnceValue(func() *lexicon {
		l := lexiconOf("ja_terms")
		folded := newLexicon()
		for word, value := range l.words {
			folded.add(Han(word), value)
		}
		return folded
	})
	kanaSigns = sync.OnceValue(func() *lexicon { return lexiconOf("kana") })
)

// readKana reads Japanese names that have kana: kana by Hepburn, words of
// company names translated, other characters by the rules of Chinese, which is
// all that rules can do. Long vowels are written once, and a second time as
// kana has them: Satō is sato and satou.
func readKana(out *readings, text string) {
	text = katakana(Han(text))
	readBranded(out, text, kanaTerms(), kanaRead, kanaShort)
	pieces := segment(text, kanaTerms(), kanaRead)
	out.add(join(pieces, 0, kanaShort), "ja-kana", false)
	out.add(join(pieces, 1, kanaLong), "ja-kana", false)
}

// katakana turns hiragana into the signs of the same sound that the tables
// have.
func katakana(text string) string {
	return strings.Map(func(r rune) rune {
		if 'ぁ' <= r && r <= 'ゖ' {
			return r + 'ァ' - 'ぁ'
		}
		return r
	}, text)
}

// kanaRead leaves kana as they are, for their sound depends on the next one,
// and reads other characters as Chinese.
func kanaRead(r rune) string {
	if 'ァ' <= r && r <= 'ー' {
		return string(r)
	}
	return syllable(r)
}

func kanaShort(signs []string) string {
	return longVowels.Replace(kanaLong(signs))
}

var longVowels = strings.NewReplacer("ou", "o", "oo", "o", "uu", "u", "aa", "a", "ii", "i", "ee", "e")

func kanaLong(signs []string) string {
	var b strings.Builder
	text := strings.Join(signs, "")
	double := false
	for i := 0; i < len(text); {
		n, sound := kanaSigns().at(text[i:])
		switch {
		case n == 0:
			_, n = utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+n])
		case sound == "-": // the long vowel: Hepburn has a bar, lists have nothing
		case sound == "+": // small tsu doubles the next consonant
			double = true
		default:
			if double && !vowel(sound[0]) {
				b.WriteString(strings.Replace(sound[:1], "c", "t", 1))
			}
			double = false
			b.WriteString(sound)
		}
		i += n
	}
	return b.String()
}
