package script

import (
	"slices"
	"strings"
	"sync"
)

// stems is a dictionary of words that are inflected: phrases of stems.
type stems struct {
	known   map[string]bool   // every stem
	phrases map[string]string // stems with spaces between, and what is written for them
	longest int               // stems of the longest phrase
}

// unmarked takes off the marks that folding takes off.
var unmarked = strings.NewReplacer("й", "и", "ё", "е", "ї", "і", "ў", "у")

var cyrillicStems = sync.OnceValue(func() *stems {
	s := &stems{known: map[string]bool{}, phrases: map[string]string{}}
	for _, line := range lines("cyr_terms") {
		phrase, value, _ := strings.Cut(line, "\t")
		phrase = unmarked.Replace(phrase)
		words := strings.Fields(phrase)
		for _, w := range words {
			s.known[w] = true
		}
		s.phrases[phrase] = value
		s.longest = max(s.longest, len(words))
	}
	return s
})

// shortStem is the length in bytes up to which a stem is a whole word: two
// letters begin too many others.
const shortStem = 2 * 2

// longestEnding is the longest of the endings, in bytes.
const longestEnding = 4 * 2

// cyrillicEndings are what nouns and adjectives of Russian, Ukrainian and
// Belarusian end in, as folding leaves it.
var cyrillicEndings = strings.Fields(`а я о е и ы у ю ь і
	ии ыи ои еи ая яя ое ее ые ие их ых ого его ому ему им ым ом ем ей ию ью ия ие иям иях ий
	ам ям ами ями ах ях ов ев ой ою ею
	ыми ими ство ства ству ством
	іи іх ім іми ому ого ої а є ії ів ія ію аи ага аму яго`)

var cyrillicEnding = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{"": true}
	for _, e := range cyrillicEndings {
		out[e] = true
	}
	return out
})

// of is every stem that a word may have, the longest first.
func (s *stems) of(word string) []string {
	var out []string
	for n := len(word); n > 0 && n >= len(word)-longestEnding; n-- {
		stem := word[:n]
		if s.known[stem] && (n == len(word) || n > shortStem) && cyrillicEnding()[word[n:]] {
			out = append(out, stem)
		}
	}
	return out
}

// cyrillicTerms is text with the phrases of the dictionary in English, in their
// first and second spelling; ok is whether there was any. Other words stay.
func cyrillicTerms(text string) (first, second string, ok bool) {
	s := cyrillicStems()
	words := strings.Fields(text)
	stemmed := make([][]string, len(words))
	for i, w := range words {
		// Letters one after another are initials, though и alone is "and".
		if initial(w) && (i > 0 && initial(words[i-1]) || i+1 < len(words) && initial(words[i+1])) {
			continue
		}
		stemmed[i] = s.of(w)
		ok = ok || stemmed[i] != nil
	}
	if !ok {
		return "", "", false
	}
	var one, two []string
	ok = false
	for i := 0; i < len(words); {
		n, value := s.longestAt(stemmed[i:])
		if n == 0 {
			one, two = append(one, words[i]), append(two, placed(words[i]))
			i++
			continue
		}
		ok = ok || value != ""
		if value != "" {
			one, two = append(one, choose(value, 0)), append(two, choose(value, 1))
		}
		i += n
	}
	return strings.Join(one, " "), strings.Join(two, " "), ok
}

func initial(w string) bool { return len(w) <= 2 }

// placed takes the endings off adjectives that are made from places, in the
// second reading: зеленодольское is Zelenodolsk. In the first they stay,
// because works are as often called Kalyazinsky.
func placed(w string) string {
	for _, ending := range [...]string{"скии", "ское", "ская", "ского", "скои", "ском"} {
		if stem, ok := strings.CutSuffix(w, ending); ok && len(stem) > 6 {
			return stem + "ск"
		}
	}
	return w
}

// longestAt is how many words the longest phrase has that stemmed begins with,
// and what is written for it.
func (s *stems) longestAt(stemmed [][]string) (n int, value string) {
	prefixes := []string{""}
	for i := 0; i < min(len(stemmed), s.longest) && len(prefixes) > 0 && len(stemmed[i]) > 0; i++ {
		var next []string
		for _, p := range prefixes {
			for _, stem := range stemmed[i] {
				phrase := strings.TrimPrefix(p+" "+stem, " ")
				if !slices.Contains(next, phrase) {
					next = append(next, phrase)
				}
				if v, ok := s.phrases[phrase]; ok && n < i+1 {
					n, value = i+1, v
				}
			}
		}
		prefixes = next[:min(len(next), 8)]
	}
	return n, value
}
