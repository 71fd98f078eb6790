package script

import "strings"

// readArabic reads names in the letters of Arabic, Persian and Urdu.
func readArabic(out *readings, text string) {
	words := strings.Fields(arabicLetters.Replace(text))
	out.add(arabicSkeleton(words, false), "ar-skeleton", true)
	out.add(arabicSkeleton(words, true), "fa-skeleton", true)
}

// arabicLetters brings letters that are typed one for another to one: Persian
// and Arabic kaf and ya, seats of hamza, and takes vowel signs off.
var arabicLetters = strings.NewReplacer(
	"ک", "ك", "ی", "ي", "ى", "ي", "ې", "ي", "ے", "ي", "ۍ", "ي", "أ", "ا", "إ", "ا", "آ", "ا", "ٱ", "ا", "ؤ", "و", "ئ", "ي",
	"ہ", "ه", "ھ", "ه", "ۀ", "ه", "ۂ", "ه", "ة", "ه", "ء", "", "ـ", "",
	"ً", "", "ٌ", "", "ٍ", "", "َ", "", "ُ", "", "ِ", "", "ّ", "", "ْ", "", "ٰ", "", "ٔ", "",
)

// arabicConsonants are the letters but for those that may be vowels.
var arabicConsonants = map[rune]string{
	'ب': "b", 'ت': "t", 'ث': "th", 'ج': "j", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh", 'ر': "r", 'ز': "z", 'س': "s",
	'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'غ': "gh", 'ف': "f", 'ق': "q", 'ك': "k", 'ل': "l", 'م': "m",
	'ن': "n", 'ه': "h", 'پ': "p", 'چ': "ch", 'ژ': "zh", 'گ': "g", 'ڤ': "v", 'ٹ': "t", 'ڈ': "d", 'ڑ': "r", 'ں': "n",
	'ټ': "t", 'ډ': "d", 'ړ': "r", 'ڼ': "n", 'ښ': "kh", 'ږ': "zh", 'څ': "ts", 'ځ': "dz", 'ګ': "g", 'ڭ': "ng", 'ۋ': "v",
}

// persianConsonants are those that are pronounced otherwise in Iran,
// Afghanistan and Pakistan.
var persianConsonants = map[rune]string{'ث': "s", 'ذ': "z", 'ض': "z", 'ظ': "z", 'غ': "gh", 'ق': "gh"}

func arabicSkeleton(words []string, persian bool) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if rest, ok := strings.CutPrefix(w, "ال"); ok && len(rest) > 4 {
			b.WriteString("al ")
			w = rest
		}
		arabicWord(&b, []rune(w), persian)
	}
	return b.String()
}

func arabicWord(b *strings.Builder, w []rune, persian bool) {
	for i, r := range w {
		switch r {
		case 'ا', 'ع':
			b.WriteByte('a')
		case 'و', 'ي':
			b.WriteString(arabicGlide(w, i))
		default:
			s, ok := "", false
			if persian {
				s, ok = persianConsonants[r]
			}
			if !ok {
				s, ok = arabicConsonants[r]
			}
			switch {
			case r == 'ه' && i > 0 && i == len(w)-1:
				b.WriteString("ah") // also what is left of ta marbuta
			case ok:
				b.WriteString(s)
			case r < 0x80:
				b.WriteRune(r)
			}
		}
	}
}

// arabicGlide reads و and ي: a consonant at the start of a word and before
// another vowel, a vowel elsewhere.
func arabicGlide(w []rune, i int) string {
	consonant := i == 0 || i+1 < len(w) && strings.ContainsRune("اويه", w[i+1]) && !(w[i+1] == 'ه' && i+2 < len(w))
	switch {
	case w[i] == 'و' && consonant:
		return "w"
	case w[i] == 'و':
		return "u"
	case consonant:
		return "y"
	}
	return "i"
}
