package script

import (
	"strings"
	"sync"
)

var hebrewLetters = map[rune]string{
	'א': "a", 'ב': "b", 'ג': "g", 'ד': "d", 'ה': "h", 'ו': "v", 'ז': "z", 'ח': "h", 'ט': "t", 'י': "y", 'כ': "k", 'ך': "kh",
	'ל': "l", 'מ': "m", 'ם': "m", 'נ': "n", 'ן': "n", 'ס': "s", 'ע': "a", 'פ': "p", 'ף': "f", 'צ': "ts", 'ץ': "ts",
	'ק': "k", 'ר': "r", 'ש': "sh", 'ת': "t",
}

var hebrewWords = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, line := range lines("he_words") {
		word, spellings, _ := strings.Cut(line, " ")
		out[word] = spellings
	}
	return out
})

// readHebrew reads names in Hebrew letters, which leave most vowels out: by a
// dictionary of names, with vowels where one must have been, and by the
// consonants alone.
func readHebrew(out *readings, text string) {
	var first, second, plain []string
	for _, w := range strings.Fields(text) {
		letters := hebrewSpell(w)
		spellings, known := hebrewWords()[w]
		if !known {
			spellings = voweled(letters)
		}
		first = append(first, choose(spellings, 0))
		second = append(second, choose(spellings, 1))
		plain = append(plain, letters)
	}
	out.add(strings.Join(first, " "), "he", false)
	out.add(strings.Join(second, " "), "he", false)
	out.add(strings.Join(plain, " "), "he-skeleton", true)
}

// hebrewSpell writes the letters of one word. Vav and yod are vowels but at
// the start of a word and before another vowel, vav and yod written twice are
// the consonant, and he at the end is a vowel.
func hebrewSpell(word string) string {
	w := []rune(word)
	var b strings.Builder
	for i := 0; i < len(w); i++ {
		r := w[i]
		next := rune(0)
		if i+1 < len(w) {
			next = w[i+1]
		}
		switch {
		case r == 'ו' && next == 'ו', r == 'י' && next == 'י':
			b.WriteString(map[rune]string{'ו': "v", 'י': "ay"}[r])
			i++
		case r == 'ו' && i > 0 && next != 'י' && next != 'א' && next != 'ה':
			b.WriteByte('o')
		case r == 'י' && i > 0 && next != 'ו' && next != 'א':
			b.WriteByte('i')
		case r == 'ה' && i > 0 && next == 0:
			b.WriteString("ah")
		case r < 0x80:
			b.WriteRune(r)
		default:
			b.WriteString(hebrewLetters[r])
		}
	}
	return b.String()
}
