package script

import "strings"

var hebrewLetters = map[rune]string{
	'א': "a", 'ב': "b", 'ג': "g", 'ד': "d", 'ה': "h", 'ו': "v", 'ז': "z", 'ח': "h", 'ט': "t", 'י': "y", 'כ': "k", 'ך': "kh",
	'ל': "l", 'מ': "m", 'ם': "m", 'נ': "n", 'ן': "n", 'ס': "s", 'ע': "a", 'פ': "p", 'ף': "f", 'צ': "ts", 'ץ': "ts",
	'ק': "k", 'ר': "r", 'ש': "sh", 'ת': "t",
}

// readHebrew reads names in Hebrew letters, which leave most vowels out.
func readHebrew(out *readings, text string) {
	var b strings.Builder
	for _, r := range text {
		if s, ok := hebrewLetters[r]; ok {
			b.WriteString(s)
		} else if r < 0x80 {
			b.WriteRune(r)
		}
	}
	out.add(b.String(), "he-skeleton", true)
}
