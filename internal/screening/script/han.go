package script

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// Han is text with traditional characters folded to simplified ones.
func Han(text string) string { return text }

// readHan reads Chinese characters.
func readHan(out *readings, text string) {
	var syllables []string
	for _, r := range Han(text) {
		if s := syllable(r); s != "" {
			syllables = append(syllables, s)
		}
	}
	if len(syllables) > 1 && len(syllables) < 5 {
		out.add(syllables[0]+" "+strings.Join(syllables[1:], ""), "zh-pinyin", false)
	}
	out.add(strings.Join(syllables, " "), "zh-pinyin", false)
}

// syllable is the commonest reading of a character in Hanyu Pinyin without
// tones; ü is u, as passports outside China and lists have it.
func syllable(r rune) string {
	marked, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	var b strings.Builder
	for _, c := range marked {
		b.WriteRune(toneless(c))
	}
	return b.String()
}

func toneless(c rune) rune {
	switch c {
	case 'ā', 'á', 'ǎ', 'à':
		return 'a'
	case 'ē', 'é', 'ě', 'è', 'ê':
		return 'e'
	case 'ī', 'í', 'ǐ', 'ì':
		return 'i'
	case 'ō', 'ó', 'ǒ', 'ò':
		return 'o'
	case 'ū', 'ú', 'ǔ', 'ù', 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
		return 'u'
	case 'ń', 'ň', 'ǹ':
		return 'n'
	case 'ḿ':
		return 'm'
	}
	return c
}
