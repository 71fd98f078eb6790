package script

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

var (
	chineseTerms  = sync.OnceValue(func() *lexicon { return lexiconOf("zh_terms", "zh_places") })
	chinesePlaces = sync.OnceValue(func() *lexicon { return lexiconOf("zh_places") })
)

// longestPerson is how many characters a Chinese person's name has at most:
// a surname of two and a given name of two.
const longestPerson = 4

// readHan reads Chinese characters. A short name that begins with a surname
// and has no word of companies is read as a person's; everything else as a
// company's. In Japanese names this is the best that rules can do: how
// characters are read there is for packs to say.
func readHan(out *readings, text string, known bool) {
	text = Han(text)
	if person := strings.ReplaceAll(text, " ", ""); !known && isPerson(person) {
		readPerson(out, person)
		return
	}
	readBranded(out, text, chineseTerms(), syllable, whole)
	pieces := segment(text, chineseTerms(), syllable)
	out.add(join(pieces, 0, whole), "zh-terms", false)
	out.add(join(pieces, 1, halves), "zh-terms", false)
	out.add(join(pieces, 0, single), "zh-terms", false)
	out.add(pinyinOf(text), "zh-pinyin", false)
}

// readBranded reads a company's name with the brands that packs know in it.
func readBranded(out *readings, text string, terms *lexicon, read func(rune) string, spell func([]string) string) {
	first, rule := brand(text, 0)
	if rule == "" {
		return
	}
	out.add(join(segment(first, terms, read), 0, spell), rule, false)
	second, _ := brand(text, 1)
	out.add(once(join(segment(second, terms, read), 1, spell)), rule, false)
}

// once drops words that stand in text before: a brand's long spelling has
// often the place and the trade that are in the name as well.
func once(text string) string {
	var out []string
	for _, w := range strings.Fields(text) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// piece is a part of a name: a word of the dictionary with what is written for
// it, or syllables of characters that are in none.
type piece struct {
	text      string // as it stands in the name
	written   string
	syllables []string
}

// cost is what a way of cutting a name leaves unknown: characters without a
// word first, then the number of pieces.
type cost struct{ unknown, pieces int }

func (c cost) less(other cost) bool {
	return c.unknown < other.unknown || c.unknown == other.unknown && c.pieces < other.pieces
}

// step is the best way to read a name from one place on.
type step struct {
	cost    cost
	n       int // bytes of the first piece
	written string
	known   bool // the first piece is a word, or no character of the script
}

// segment cuts text so that as few characters as possible are in no word, and
// then into as few pieces as possible: 沃泰国际 is 沃泰 and 国际, not 泰国 within.
// Characters are read by read, which gives "" for those of other scripts.
func segment(text string, terms *lexicon, read func(rune) string) []piece {
	best := make([]step, len(text)+1)
	for i := len(text) - 1; i >= 0; i-- {
		if !utf8.RuneStart(text[i]) {
			continue
		}
		best[i] = stepAt(text, i, best, terms, read)
	}
	var out []piece
	open := false // the last piece is syllables, which the next character continues
	for i := 0; i < len(text); i += best[i].n {
		s := &best[i]
		if s.known {
			out, open = append(out, piece{text: text[i : i+s.n], written: s.written}), false
			continue
		}
		if !open {
			out, open = append(out, piece{}), true
		}
		last := &out[len(out)-1]
		last.text += text[i : i+s.n]
		last.syllables = append(last.syllables, s.written)
	}
	return out
}

func stepAt(text string, i int, best []step, terms *lexicon, read func(rune) string) step {
	r, n := utf8.DecodeRuneInString(text[i:])
	if s := read(r); s != "" {
		rest := best[i+n]
		out := step{cost: rest.cost, n: n, written: s}
		out.cost.unknown++
		if i+n == len(text) || rest.known {
			out.cost.pieces++
		}
		terms.each(text[i:], func(n int, value string) {
			rest := best[i+n].cost
			rest.pieces++
			if rest.less(out.cost) {
				out = step{cost: rest, n: n, written: value, known: true}
			}
		})
		return out
	}
	// A space, a digit, a Latin word, which stays.
	end := i + n
	for end < len(text) && text[i] != ' ' && text[end] != ' ' && text[end] < utf8.RuneSelf {
		end++
	}
	return step{cost: best[end].cost, n: end - i, written: text[i:end], known: true}
}

// join writes pieces with spaces between: of words their nth spelling, and the
// syllables of a piece as spell spaces them.
func join(pieces []piece, nth int, spell func([]string) string) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(choose(p.written, nth))
		if p.syllables != nil {
			b.WriteString(spell(p.syllables))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// joinUntranslated writes every piece by its sounds.
func joinUntranslated(pieces []piece, spell func([]string) string) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.syllables == nil {
			p.syllables = strings.Split(p.text, "")
		}
		b.WriteString(spell(p.syllables))
		b.WriteByte(' ')
	}
	return b.String()
}

// choose is the nth of spellings that "|" separates, or the last.
func choose(spellings string, nth int) string {
	for ; nth > 0; nth-- {
		_, rest, more := strings.Cut(spellings, "|")
		if !more {
			break
		}
		spellings = rest
	}
	spelling, _, _ := strings.Cut(spellings, "|")
	return spelling
}

func whole(syllables []string) string { return strings.Join(syllables, "") }

func single(syllables []string) string { return strings.Join(syllables, " ") }

// halves writes words of two syllables, of which most words of Chinese
// consist: 兴华恒成 is Xinghua Hengcheng. One of three stays whole.
func halves(syllables []string) string {
	var b strings.Builder
	for i, s := range syllables {
		b.WriteString(s)
		if i%2 == 1 && i+2 < len(syllables) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func pinyinOf(text string) string {
	var b strings.Builder
	for _, r := range text {
		if s := syllable(r); s != "" {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
