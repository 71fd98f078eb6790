package script

import "strings"

// arabicConsonants are the letters but for those that may be vowels.
var arabicConsonants = map[rune]string{
	'ب': "b", 'ت': "t", 'ث': "th", 'ج': "j", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh", 'ر': "r", 'ز': "z", 'س': "s",
	'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'غ': "gh", 'ف': "f", 'ق': "q", 'ك': "k", 'ل': "l", 'م': "m",
	'ن': "n", 'ه': "h", 'پ': "p", 'چ': "ch", 'ژ': "zh", 'گ': "g", 'ڤ': "v", 'ٹ': "t", 'ڈ': "d", 'ڑ': "r", 'ں': "n",
	'ټ': "t", 'ډ': "d", 'ړ': "r", 'ڼ': "n", 'ښ': "kh", 'ږ': "zh", 'څ': "ts", 'ځ': "dz", 'ګ': "g", 'ڭ': "ng", 'ۋ': "v",
}

// persianConsonants are those that are pronounced otherwise in Iran,
// Afghanistan and Pakistan.
var persianConsonants = map[rune]string{'ث': "s", 'ذ': "z", 'ض': "z", 'ق': "gh"}

// arabicSpell writes the letters of one word. Where two of them would be taken
// for one letter, as t and h, or for a doubled one, a vowel is put between:
// Arabic doubles a consonant without writing it twice, so that there was one.
func arabicSpell(word string, persian bool) string {
	out := make([]byte, 0, len(word)+8)
	w := []rune(word)
	last := "" // the consonant before, if one was
	for i, r := range w {
		s := ""
		switch r {
		case 'ا', 'ع':
			out, last = append(out, 'a'), ""
			continue
		case 'و', 'ي':
			s = arabicGlide(w, i, persian)
			if vowel(s[0]) {
				out, last = append(out, s...), ""
				continue
			}
		case 'ه':
			switch {
			case i == 0 || i < len(w)-1:
				s = "h"
			case persian:
				s = "eh" // also what is left of ta marbuta
			default:
				s = "ah"
			}
		default:
			s = arabicConsonant(r, persian)
		}
		if s == "h" && len(last) == 1 && strings.Contains("tksgdzc", last) || s != "" && s == last {
			out = append(out, 'a')
		}
		out, last = append(out, s...), s
	}
	return string(out)
}

func arabicConsonant(r rune, persian bool) string {
	if persian {
		if s, ok := persianConsonants[r]; ok {
			return s
		}
	}
	if s, ok := arabicConsonants[r]; ok {
		return s
	}
	if r < 0x80 || '٠' <= r && r <= '٩' || '۰' <= r && r <= '۹' {
		return string(latinDigit(r))
	}
	return ""
}

// latinDigit is a digit of Arabic or Persian in Latin; other runes stay.
func latinDigit(r rune) rune {
	switch {
	case '٠' <= r && r <= '٩':
		return r - '٠' + '0'
	case '۰' <= r && r <= '۹':
		return r - '۰' + '0'
	}
	return r
}

// arabicGlide reads و and ي: consonants at the start of a word and before
// another vowel, و also after ا; vowels elsewhere.
func arabicGlide(w []rune, i int, persian bool) string {
	consonant := i == 0 || w[i] == 'و' && w[i-1] == 'ا'
	if i+1 < len(w) {
		switch w[i+1] {
		case 'ا', 'و', 'ي':
			consonant = true
		case 'ه':
			consonant = consonant || i+2 == len(w)
		}
	}
	switch {
	case w[i] == 'و' && consonant && persian:
		return "v"
	case w[i] == 'و' && consonant:
		return "w"
	case w[i] == 'و' && persian:
		return "ou"
	case w[i] == 'و':
		return "u"
	case consonant:
		return "y"
	}
	return "i"
}

// digraphs are two letters for one consonant in what the tables write.
var digraphs = []string{"th", "kh", "sh", "gh", "dh", "zh", "ch", "ts", "dz"}

// voweled puts an "a" wherever a vowel must have been: after the first
// consonant when another follows, and in any later group of three, or of two
// at the end. Most names have it there: tkrity is takriti, mmluk mamluk, shhid
// shahid.
func voweled(letters string) string {
	var units []string
	for i := 0; i < len(letters); {
		n := 1
		for _, d := range digraphs {
			if strings.HasPrefix(letters[i:], d) {
				n = 2
				break
			}
		}
		units = append(units, letters[i:i+n])
		i += n
	}
	isVowel := func(i int) bool { return i < len(units) && vowel(units[i][0]) }
	isConsonant := func(i int) bool { return i < len(units) && units[i] != " " && !vowel(units[i][0]) && units[i][0] > '9' }
	var b strings.Builder
	group := 0 // consonants since the last vowel
	for i, u := range units {
		b.WriteString(u)
		if !isConsonant(i) {
			group = 0
			continue
		}
		group++
		if !isConsonant(i + 1) {
			continue
		}
		first := i == 0 || units[i-1] == " "
		atEnd := i+2 == len(units)
		if first || group > 1 || atEnd && !isVowel(i+1) {
			b.WriteByte('a')
			group = 0
		}
	}
	return b.String()
}
