package script

import (
	"strings"
	"sync"
	"unicode/utf8"
)

var chineseSurnames = sync.OnceValue(func() *lexicon { return lexiconOf("zh_surnames") })

// surname is the surname that a name of a person begins with, in bytes, and
// its spellings. A surname of two characters needs a given name after it.
func surname(name string) (n int, spellings string) {
	n, spellings = chineseSurnames().at(name)
	if n == len(name) {
		return 0, ""
	}
	return n, spellings
}

// isPerson is whether text looks like a person's name: a surname, one or two
// characters after it, and none of the words that companies are made of.
func isPerson(text string) bool {
	length := utf8.RuneCountInString(text)
	if length < 2 || length > longestPerson || Of(text) != Hanzi {
		return false
	}
	n, _ := surname(text)
	given := utf8.RuneCountInString(text[n:])
	if n == 0 || given > 2 {
		return false
	}
	for i := range text {
		if m, _ := chineseTerms().at(text[i:]); m > len("国") {
			return false
		}
	}
	return true
}

// readPerson reads surname and given name: the latter joined, as China spells
// it, and apart, as Taiwan and Hong Kong do; then with the surname in the
// spellings that are used there. A surname is read as such: 单 is Shan.
func readPerson(out *readings, name string) {
	n, spellings := surname(name)
	var given []string
	for _, r := range name[n:] {
		given = append(given, syllable(r))
	}
	first, others, _ := strings.Cut(spellings, "|")
	out.add(first+" "+whole(given), "zh-pinyin", false)
	out.add(first+" "+single(given), "zh-pinyin", false)
	for others != "" {
		var other string
		other, others, _ = strings.Cut(others, "|")
		out.add(other+" "+single(given), "zh-abroad", false)
	}
	out.add(wadeGiles(first)+" "+wadeGilesAll(given), "zh-wade-giles", false)
}

func wadeGilesAll(syllables []string) string {
	out := make([]string, len(syllables))
	for i, s := range syllables {
		out[i] = wadeGiles(s)
	}
	return strings.Join(out, " ")
}

// wadeGilesInitials are the initials of Hanyu Pinyin that Wade-Giles without
// its apostrophes writes otherwise, longest first.
var wadeGilesInitials = []struct{ pinyin, wade string }{
	{"zh", "ch"}, {"b", "p"}, {"d", "t"}, {"g", "k"}, {"z", "ts"}, {"c", "ts"}, {"j", "ch"}, {"q", "ch"}, {"x", "hs"}, {"r", "j"},
}

// wadeGilesFinals are whole finals that it writes otherwise.
var wadeGilesFinals = map[string]string{
	"ian": "ien", "ie": "ieh", "ue": "ueh", "ong": "ung", "iong": "iung", "uo": "o", "ye": "yeh", "yan": "yen", "yue": "yueh", "you": "yu", "yong": "yung",
}

// wadeGiles is a syllable of Hanyu Pinyin in the spelling of Wade and Giles,
// without apostrophes, as passports of Taiwan and older texts have it.
func wadeGiles(s string) string {
	switch s {
	case "zhi", "chi":
		return "chih"
	case "shi":
		return "shih"
	case "ri":
		return "jih"
	case "zi", "ci":
		return "tzu"
	case "si":
		return "szu"
	}
	if whole, ok := wadeGilesFinals[s]; ok {
		return whole
	}
	initial, final := "", s
	if i := strings.IndexAny(s, "aeiouy"); i > 0 {
		initial, final = s[:i], s[i:]
	}
	// kuo and huo keep what to and lo lose.
	if f, ok := wadeGilesFinals[final]; ok && (final != "uo" || initial != "g" && initial != "k" && initial != "h") {
		final = f
	}
	for _, p := range wadeGilesInitials {
		if initial == p.pinyin {
			initial = p.wade
			break
		}
	}
	return initial + final
}
