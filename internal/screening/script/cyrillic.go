package script

import (
	"strings"
	"unicode/utf8"
)

// alphabet says how each letter of U+0400 to U+052F is written; "" drops it.
type alphabet [0x130]string

// custom is one way of writing Cyrillic in Latin letters.
type custom struct {
	rule    string
	letters *alphabet
	first   map[rune]string // at the start of a word and after a vowel
	soft    map[rune]string // after ь or ъ
	ending  string          // of adjectives and surnames in -ий
	glide   string          // й after another vowel: folding leaves и of it
	x       bool            // кс is x
	names   bool            // given names as newspapers spell them
}

// plainCyrillic is what customs write for each letter unless they say
// otherwise: the letter, then Latin ones.
const plainCyrillic = "аa бb вv дd зz кk лl мm нn оo пp рr сs тt уu фf " +
	"жzh чch шsh цts хkh юyu яya эe ыy гg еe иi ъ ь щshch йy ёe " +
	"јj љlj њnj ћc ђdj џdz ѕdz іi їi єye ґg ўu " +
	"әa ғgh қq ңng өo ұu үu һh җj ҳh ҷj ҝg ҹj ҡq ҙz ҫs ԥp ҵts ҽch ӏ ѣe ѳf ѵi"

// customs of the languages, by what each writes otherwise.
var (
	ruBGN      = &custom{rule: "ru", letters: alphabetOf(""), ending: "iy", glide: "y", soft: map[rune]string{'е': "ye"}}
	ruPress    = &custom{rule: "ru-press", letters: alphabetOf(""), ending: "y", glide: "i", soft: map[rune]string{'е': "ie", 'о': "io", 'и': "i"}, first: map[rune]string{'е': "ye"}, x: true, names: true}
	ruPassport = &custom{rule: "ru-icao", letters: alphabetOf("юiu яia ъie"), ending: "ii", glide: "i"}
	ruISO      = &custom{rule: "ru-iso9", letters: alphabetOf("хh цc щshh юju яja йj"), ending: "ij", glide: "j"}
	uk         = &custom{rule: "uk", letters: alphabetOf("гh иy єie юiu яia"), first: map[rune]string{'є': "ye", 'ю': "yu", 'я': "ya", 'ї': "yi"}, soft: map[rune]string{'о': "o"}, ending: "yi", glide: "i"}
	ukBGN      = &custom{rule: "uk-bgn", letters: alphabetOf("гh иy"), soft: map[rune]string{'о': "yo"}, ending: "yy", glide: "y"}
	be         = &custom{rule: "be", letters: alphabetOf("гh юiu яia"), first: map[rune]string{'е': "ye", 'ю': "yu", 'я': "ya"}, ending: "iy", glide: "i"}
	bg         = &custom{rule: "bg", letters: alphabetOf("хh щsht ъa"), ending: "iy", glide: "y"}
	sr         = &custom{rule: "sr", letters: alphabetOf("жz чc шs цc хh"), ending: "ii", glide: "i"}
	srPress    = &custom{rule: "sr-press", letters: alphabetOf("хh ћch јy љly њny"), ending: "ii", glide: "i"}
	kk         = &custom{rule: "kk", letters: alphabetOf(""), ending: "iy", glide: "y"}
	kkLatin    = &custom{rule: "kk-press", letters: alphabetOf("әe қk ғg ңn жj уu һh өo үu хh"), ending: "y", glide: "i"}
)

func alphabetOf(changes string) *alphabet {
	var a alphabet
	for _, pair := range strings.Fields(plainCyrillic + " " + changes) {
		for i, r := range pair {
			if i == 0 {
				a[r-0x400] = pair[len(string(r)):]
			}
		}
	}
	return &a
}

// readCyrillic reads a name by the customs of the languages that its letters
// allow. Nothing tells Russian from Ukrainian in a name like Иван Гончар, so
// that the Russian reading comes first, and the other follows where it differs.
func readCyrillic(out *readings, text string) {
	text = unmix(text)
	customs := customsOf(text)
	if first, second, ok := cyrillicTerms(text); ok {
		out.add(customs[0].read(first), customs[0].rule+"-terms", false)
		out.add(customs[0].read(second), customs[0].rule+"-terms", false)
	}
	for _, c := range customs {
		out.add(c.read(text), c.rule, false)
	}
}

// lookalikes are Latin letters that are typed for Cyrillic ones.
var lookalikes = strings.NewReplacer("a", "а", "b", "в", "c", "с", "e", "е", "h", "н", "i", "і", "k", "к", "m", "м", "o", "о", "p", "р", "t", "т", "x", "х", "y", "у")

// unmix writes in Cyrillic the Latin letters of words that have both, and of
// legal forms and single letters that have Latin ones alone: AО, OOO.
func unmix(text string) string {
	latin := strings.IndexFunc(text, func(r rune) bool { return 'a' <= r && r <= 'z' }) >= 0
	if !latin {
		return text
	}
	words := strings.Fields(text)
	for i, w := range words {
		switch w {
		case "ao", "ooo", "oao", "pao", "zao", "c", "o":
			words[i] = strings.NewReplacer("pa", "па", "za", "за").Replace(w)
			words[i] = lookalikes.Replace(words[i])
			continue
		}
		if !ascii(w) {
			words[i] = lookalikes.Replace(w)
		}
	}
	return strings.Join(words, " ")
}

// customsOf chooses by letters that one language has and others have not.
func customsOf(text string) []*custom {
	switch {
	case strings.ContainsAny(text, "јљњћђџѕ"):
		return []*custom{sr, srPress}
	case strings.ContainsAny(text, "әғқңөұүһҳҷ"):
		return []*custom{kk, kkLatin, ruBGN}
	case strings.ContainsAny(text, "іїєґ") && !strings.ContainsAny(text, "ыэ"):
		return []*custom{uk, ukBGN, ruBGN}
	case strings.ContainsAny(text, "іў"):
		return []*custom{be, ruBGN, uk}
	case hardVowel(text):
		return []*custom{bg, ruBGN}
	case strings.ContainsAny(text, "ыэъ"):
		return []*custom{ruBGN, ruPress, ruPassport, ruISO}
	}
	return []*custom{ruBGN, ruPress, ruPassport, uk, ruISO}
}

// hardVowel is whether ъ stands between consonants, as only Bulgarian has it.
func hardVowel(text string) bool {
	for rest := text; ; {
		i := strings.Index(rest, "ъ")
		if i < 0 {
			return false
		}
		rest = rest[i+len("ъ"):]
		if next, _ := utf8.DecodeRuneInString(rest); next >= 'а' && next <= 'я' && !strings.ContainsRune("еюяиё", next) {
			return true
		}
	}
}

func cyrillicVowel(r rune) bool {
	switch r {
	case 'а', 'е', 'ё', 'и', 'о', 'у', 'ы', 'э', 'ю', 'я', 'і', 'ї', 'є', 'ә', 'ө', 'ұ', 'ү':
		return true
	}
	return false
}

// read writes text by the custom.
func (c *custom) read(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 8)
	for i, w := range strings.Fields(text) {
		if i > 0 {
			b.WriteByte(' ')
		}
		if name, ok := cyrillicNames[w]; ok && c.names {
			b.WriteString(name)
			continue
		}
		if name, ok := cyrillicVowelled[w]; ok && c.letters['и'-0x400] == "i" {
			b.WriteString(name)
			continue
		}
		c.word(&b, w)
	}
	return b.String()
}

// word writes one word. At the end of adjectives and of names made like them,
// and after other vowels, и is what folding has left of й.
func (c *custom) word(b *strings.Builder, w string) {
	if c.x {
		w = strings.ReplaceAll(w, "кс", "x")
	}
	tail := ""
	switch {
	case strings.HasSuffix(w, "ции"): // of a noun in -ция
	case strings.HasSuffix(w, "ии") && len(w) > 6, strings.HasSuffix(w, "іи") && len(w) > 6:
		w, tail = w[:len(w)-4], c.ending
	case strings.HasSuffix(w, "ыи"):
		w, tail = w[:len(w)-4], "y"
	}
	var prev rune
	for i, r := range w {
		s, known := "", false
		switch {
		case r < 0x400 || r > 0x52f:
			b.WriteRune(r)
			prev = r
			continue
		case i == 0 || cyrillicVowel(prev):
			s, known = c.first[r]
		case prev == 'ь' || prev == 'ъ':
			s, known = c.soft[r]
		}
		switch {
		case known:
		case r == 'и' && i > 0 && cyrillicVowel(prev):
			s = c.glide
		default:
			s = c.letters[r-0x400]
		}
		b.WriteString(s)
		prev = r
	}
	b.WriteString(tail)
}
