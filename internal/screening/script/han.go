package script

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// The block of characters that have simplified forms.
const hanFirst, hanLast = 0x3400, 0x9fff

// simplified has, for each character of the block, what it folds to, or 0.
var simplified = sync.OnceValue(func() *[hanLast - hanFirst + 1]rune {
	var out [hanLast - hanFirst + 1]rune
	for _, line := range lines("han_simplified") {
		for _, pair := range strings.Fields(line) {
			from, n := utf8.DecodeRuneInString(pair)
			to, _ := utf8.DecodeRuneInString(pair[n:])
			out[from-hanFirst] = to
		}
	}
	return &out
})

// Han is text with traditional characters, and the forms that Japan has for
// them, folded to the simplified ones of China, so that 華為 is 华为. It folds
// one by one: the few characters that have two simplified forms get the more
// usual, on both sides of a comparison.
func Han(text string) string {
	if ascii(text) {
		return text
	}
	table := simplified()
	return strings.Map(func(r rune) rune {
		if r >= hanFirst && r <= hanLast {
			if to := table[r-hanFirst]; to != 0 {
				return to
			}
		}
		return r
	}, text)
}

// syllable is the commonest reading of a character in Hanyu Pinyin without
// tones, or "" for what is no Chinese character; ü is u, as lists have it.
func syllable(r rune) string {
	if s, ok := nameSyllables[r]; ok {
		return s
	}
	marked, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	if ascii(marked) {
		return marked
	}
	return strings.Map(toneless, marked)
}

// nameSyllables are characters that names read otherwise than the first
// reading of a dictionary.
var nameSyllables = map[rune]string{
	'长': "chang", '重': "chong", '乐': "le", '朝': "chao", '都': "du", '盛': "sheng", '厦': "xia", '行': "xing", '传': "chuan",
	'曾': "zeng", '单': "dan", '调': "diao", '降': "jiang", '藏': "zang", '弹': "dan", '和': "he", '那': "na", '车': "che",
	'贾': "jia", '尔': "er", '绿': "lu", '女': "nu", '吕': "lu", '参': "shen", '石': "shi", '系': "xi", '覃': "tan", '偲': "si",
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
