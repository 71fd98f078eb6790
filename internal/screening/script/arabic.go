package script

import (
	"strings"
	"sync"
)

// readArabic reads names in the letters of Arabic, Persian, Dari, Pashto and
// Urdu. Short vowels are not written, so there are three ways to a Latin name:
// the words of a dictionary, whose spellings are known; a vowel "a" wherever
// one must have been, for all other words; and the consonants alone, once as
// Arabs pronounce the letters and once as Iranians do.
func readArabic(out *readings, text string) {
	words, terms := arabicParse(strings.Fields(arabicJoin.Replace(arabicLetters.Replace(text))))
	if terms {
		out.add(arabicWrite(words, arabicAsTerm), "ar-terms", false)
		out.add(arabicWrite(words, arabicAsOtherTerm), "ar-terms", false)
	}
	out.add(arabicWrite(words, arabicAsName), "ar", false)
	out.add(arabicWrite(words, persianAsName), "fa", false)
	out.add(arabicWrite(words, arabicAsLetters), "ar-skeleton", true)
	out.add(arabicWrite(words, persianAsLetters), "fa-skeleton", true)
	out.add(frenchSpelling.Replace(arabicWrite(words, arabicAsName)), "ar-french", false)
}

// arabicLetters brings letters that are typed one for another to one: Persian
// and Arabic kaf and ya, seats of hamza, presentation left by old encodings;
// and takes vowel signs off.
var arabicLetters = strings.NewReplacer(
	"ک", "ك", "ی", "ي", "ى", "ي", "ې", "ي", "ے", "ي", "ۍ", "ي", "ﻯ", "ي", "أ", "ا", "إ", "ا", "آ", "ا", "ٱ", "ا", "ؤ", "و", "ئ", "ي",
	"ہ", "ه", "ھ", "ه", "ۀ", "ه", "ۂ", "ه", "ۃ", "ه", "ة", "ه", "ء", "", "ـ", "",
	"ً", "", "ٌ", "", "ٍ", "", "َ", "", "ُ", "", "ِ", "", "ّ", "", "ْ", "", "ٰ", "", "ٔ", "", "ٓ", "", "ٕ", "",
)

// arabicJoin writes names that have two parts as one word, as they are in the
// dictionary.
var arabicJoin = strings.NewReplacer("عبد ال", "عبدال", "عبيد الله", "عبيدالله", " الله", "الله", " الدين", "الدين")

// vowelled is a word of an Arabic name in its several spellings.
type vowelled struct {
	article        bool   // the word was written with al-
	term           string // in English, "|" between alternatives
	name           string // as a name, "|" between alternatives, when it is known
	plain, persian string // the letters alone
}

// How the words of a reading are written.
func arabicAsTerm(w *vowelled) string {
	if w.term != "" {
		return choose(w.term, 0)
	}
	return arabicAsName(w)
}

func arabicAsOtherTerm(w *vowelled) string {
	if w.term != "" {
		return choose(w.term, 1)
	}
	return persianAsName(w)
}

func arabicAsName(w *vowelled) string {
	s := choose(w.name, 0)
	if s == "" {
		s = voweled(w.plain)
	}
	if w.article {
		return "al " + s
	}
	return s
}

func persianAsName(w *vowelled) string {
	if w.name != "" {
		return choose(w.name, 1)
	}
	return voweled(w.persian)
}

func arabicAsLetters(w *vowelled) string {
	if w.article {
		return "al " + w.plain
	}
	return w.plain
}

func persianAsLetters(w *vowelled) string { return w.persian }

// frenchSpelling turns what is written for English into what is written in
// the Maghreb, Lebanon and Syria. What is French already stands before its
// parts, so that these leave it alone.
var frenchSpelling = strings.NewReplacer("sh", "ch", "ou", "ou", "oo", "ou", "u", "ou", "wa", "oua", "we", "oue", "wi", "oui", "j", "dj", "aw", "aou", "bin ", "ben ", "al ", "el ", "ee", "i")

func arabicWrite(words []vowelled, write func(*vowelled) string) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(write(&words[i]))
	}
	return b.String()
}

// arabicDictionary has names and terms, without article and in the letters
// that arabicLetters leaves.
type arabicDictionary struct {
	names, terms map[string]string
	longest      int // words of the longest term
}

var arabicWords = sync.OnceValue(func() *arabicDictionary {
	d := &arabicDictionary{names: map[string]string{}, terms: map[string]string{}}
	for _, line := range lines("ar_names") {
		word, spellings, _ := strings.Cut(line, " ")
		d.names[arabicLetters.Replace(word)] = spellings
	}
	for _, line := range lines("ar_terms") {
		words, spellings, _ := strings.Cut(line, "\t")
		d.terms[arabicLetters.Replace(words)] = spellings
		d.longest = max(d.longest, strings.Count(words, " ")+1)
	}
	return d
})

// arabicParse looks words up, the longest term first, and says whether any of
// them was a term.
func arabicParse(words []string) (out []vowelled, terms bool) {
	d := arabicWords()
	out = make([]vowelled, 0, len(words)+2)
	for i := 0; i < len(words); {
		if n := d.phrase(words[i:]); n > 1 {
			phrase := words[i : i+n]
			w := vowelled{term: d.terms[strings.Join(phrase, " ")]}
			for j, p := range phrase {
				if j > 0 {
					w.plain, w.persian = w.plain+" ", w.persian+" "
				}
				w.plain += arabicSpell(p, false)
				w.persian += arabicSpell(p, true)
			}
			out, terms, i = append(out, w), true, i+n
			continue
		}
		var known bool
		out, known = d.word(out, words[i])
		terms = terms || known
		i++
	}
	return out, terms
}

// phrase is how many words the longest term has that words begin with; 0 when
// there is none of more than one.
func (d *arabicDictionary) phrase(words []string) int {
	for n := min(d.longest, len(words)); n > 1; n-- {
		if _, ok := d.terms[strings.Join(words[:n], " ")]; ok {
			return n
		}
	}
	return 0
}

// arabicPrefixes are what a word may begin with besides itself, longest first:
// "and the", "for the", "in the", "the", "and", "for".
var arabicPrefixes = []struct {
	letters string
	article bool
}{{"وال", true}, {"ولل", true}, {"بال", true}, {"لل", true}, {"ال", true}, {"و", false}, {"ل", false}, {"", false}}

// word appends what is known of one word, which is more than one when it is
// made of several, and says whether it is a term.
func (d *arabicDictionary) word(out []vowelled, w string) ([]vowelled, bool) {
	if term, name := d.terms[w], d.names[w]; term != "" || name != "" {
		return append(out, plainly(vowelled{term: term, name: name}, w)), term != ""
	}
	if rest, ok := strings.CutPrefix(w, "ابوال"); ok && len(rest) > 4 {
		out = append(out, vowelled{name: "abul|abol", plain: "abu", persian: "abu"})
		return d.word(out, rest)
	}
	if rest, ok := strings.CutPrefix(w, "عبدال"); ok && len(rest) > 4 {
		out = append(out, vowelled{name: "abdul|abdol", plain: "abd", persian: "abd"})
		return d.word(out, rest)
	}
	for _, p := range arabicPrefixes {
		rest, ok := strings.CutPrefix(w, p.letters)
		if !ok || len(rest) < 4 {
			continue
		}
		term, name := d.terms[rest], d.names[rest]
		if !p.article && len(rest) < 6 || p.letters == "" {
			term = ""
		}
		if !p.article && p.letters != "" {
			name = "" // Wahid is no "and Ahid"
		}
		if term != "" || name != "" {
			return append(out, plainly(vowelled{term: term, name: name, article: p.article}, rest)), term != ""
		}
	}
	article := false
	if rest, ok := strings.CutPrefix(w, "ال"); ok && len(rest) > 4 {
		w, article = rest, true
	}
	return append(out, plainly(vowelled{name: d.compound(w), article: article}, w)), false
}

func plainly(v vowelled, w string) vowelled {
	v.plain, v.persian = arabicSpell(w, false), arabicSpell(w, true)
	return v
}

// arabicSuffixes are second parts of names, in their Arab and Persian
// spellings.
var arabicSuffixes = []struct{ letters, arab, persian string }{
	{"الله", "ullah", "ollah"}, {"الدين", " al din", "uddin"}, {"زاده", "zadeh", "zada"}, {"نژاد", "nejad", "nezhad"}, {"نجاد", "nejad", "nejad"},
	{"پور", "pour", "pur"}, {"يان", "ian", "yan"}, {"وند", "vand", "wand"}, {"خان", " khan", "khan"}, {"فر", "far", "far"}, {"ي", "i", "i"},
}

// compound spells a word that is a known name with a known ending, in two
// ways; "" when it is none.
func (d *arabicDictionary) compound(w string) string {
	for _, s := range arabicSuffixes {
		stem, ok := strings.CutSuffix(w, s.letters)
		if !ok || len(stem) < 6 {
			continue
		}
		name, known := d.names[stem]
		switch {
		case known:
			return choose(name, 0) + s.arab + "|" + choose(name, 1) + s.persian
		case len(s.letters) > 6:
			return voweled(arabicSpell(stem, false)) + s.arab + "|" + voweled(arabicSpell(stem, true)) + s.persian
		}
	}
	return d.two(w)
}

// two spells a word that is two known names written as one: محمدرضا. Each must
// have three letters, or many a longer name would fall apart.
func (d *arabicDictionary) two(w string) string {
	if len(w) < 12 {
		return ""
	}
	for i := 6; i <= len(w)-6; i += 2 {
		first, second := d.names[w[:i]], d.names[w[i:]]
		if first != "" && second != "" {
			return choose(first, 0) + choose(second, 0) + "|" + choose(first, 1) + " " + choose(second, 1)
		}
	}
	return ""
}
