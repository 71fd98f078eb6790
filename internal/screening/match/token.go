package match

import (
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/screening/script"
)

// weight says how much a word tells, in hundredths: 100 for a word that hardly
// anybody else has.
type weight = int32

// role is what a word does in a name.
type role uint8

const (
	roleWord     role = iota // tells who it is
	roleNumber               // must be equal
	roleInitial              // stands for a word
	roleLight                // particle or honorific
	roleForm                 // legal form
	roleSkeleton             // consonants of a word whose vowels are not written
)

var roleNames = [...]string{"word", "number", "initial", "particle", "legal_form", "skeleton"}

// token is one word of a name as it is compared.
type token struct {
	text   string // one way of writing it
	role   role
	class  formClass // of a legal form
	mono   bool      // one syllable in Latin letters
	weight weight
}

// tokens cuts words into tokens, as those of a person or of anything else.
func tokens(words []string, person bool) []token {
	if !person {
		words = formSlips(words)
	}
	c := cutter{words: words, person: person, out: make([]token, 0, len(words))}
	for c.i < len(words) && len(c.out) < maxWords {
		c.next()
	}
	c.promote()
	return c.out
}

// cutter goes through the words of a name.
type cutter struct {
	words  []string
	person bool
	i      int
	out    []token
}

func (c *cutter) next() {
	w := c.words[c.i]
	if n, f := formAt(c.words, c.i, c.person); n > 0 {
		c.add(token{text: formNames[f.class], role: roleForm, class: f.class})
		c.i += n
		return
	}
	if c.number(w) || c.letters(w) || c.compound(w) || c.light(w) {
		return
	}
	c.i++
	if w[0] >= utf8.RuneSelf {
		c.native(w)
		return
	}
	c.latin(w)
}

func (c *cutter) add(t token) {
	if len(c.out) < maxWords {
		c.out = append(c.out, t)
	}
}

func (c *cutter) word(w string) { c.add(wordToken(w)) }

func wordToken(w string) token {
	return token{text: w, role: roleWord, weight: weightOf(w), mono: isSyllable(w)}
}

// number takes a number, in digits, Roman or in words. "V" is one at the end
// only; persons have none but digits.
func (c *cutter) number(w string) bool {
	n := w
	if !digits(w) {
		if c.person {
			return false
		}
		var ok bool
		if n, ok = numberWords[w]; !ok {
			if n, ok = lastNumbers[w]; !ok || c.i == 0 || c.i+1 < len(c.words) && !restForms(c.words[c.i+1:]) {
				return false
			}
		}
	}
	n = strings.TrimLeft(n, "0")
	if n == "" {
		n = "0"
	}
	c.add(token{text: n, role: roleNumber, weight: 70})
	c.i++
	return true
}

func digits(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return true
}

// letters takes single letters: a person's initials one by one, those of
// anything else together as the abbreviation that they are, "I.B.M.".
func (c *cutter) letters(w string) bool {
	if !singleLetter(w) {
		return false
	}
	if !c.person {
		n := 1
		for c.i+n < len(c.words) && singleLetter(c.words[c.i+n]) {
			n++
		}
		if n > 1 {
			c.word(strings.Join(c.words[c.i:c.i+n], ""))
			c.i += n
			return true
		}
	}
	if c.light(w) {
		return true
	}
	c.add(token{text: w, role: roleInitial, weight: 25})
	c.i++
	return true
}

// singleLetter reports whether w is one letter of an alphabet; a Chinese
// character or a syllable of Hangul is a whole word.
func singleLetter(w string) bool {
	if len(w) == 1 {
		return 'a' <= w[0] && w[0] <= 'z'
	}
	r, n := utf8.DecodeRuneInString(w)
	return n == len(w) && r < 0x530
}

// light takes a particle or honorific.
func (c *cutter) light(w string) bool {
	table := otherLight
	if c.person {
		table = personLight
	}
	l, ok := table[w]
	if !ok && !c.person {
		// Particles of Arabic names are such in names of organisations too.
		if l, ok = personLight[w]; ok && l.text != "al" && l.text != "bin" && l.text != "abu" && l.text != "abdul" {
			ok = false
		}
	}
	if !ok || l.text == "al" && !c.article(w) {
		return false
	}
	c.add(token{text: l.text, role: roleLight, weight: l.weight})
	c.i++
	return true
}

// article reports whether a word is an Arabic article here. One that took on the
// first letter of the word behind it, as in ash-Shami, is only before that
// letter: An Myong Hun is a Korean.
func (c *cutter) article(w string) bool {
	switch w {
	case "al", "el", "ul", "il":
		return true
	}
	return c.i+1 < len(c.words) && strings.HasPrefix(c.words[c.i+1], w[1:])
}

// native takes a word of another script.
func (c *cutter) native(w string) {
	if script.Of(w) == script.Hanzi || script.Of(w) == script.Kana || script.Of(w) == script.Hangul {
		w = script.Han(w)
		for _, end := range unspacedEnds {
			if rest := strings.TrimSuffix(w, end); rest != w && rest != "" {
				c.word(rest)
				c.add(token{text: formNames[formCompany], role: roleForm, class: formCompany})
				return
			}
		}
	}
	c.word(w)
}

// latin takes a word in Latin letters.
func (c *cutter) latin(w string) {
	if c.person {
		c.word(slavicEnd(unleet(w)))
		return
	}
	for _, end := range gluedEnds {
		if rest, ok := strings.CutSuffix(w, end); ok && len(rest) > 2 {
			c.latinWord(rest)
			c.add(token{text: formNames[forms[end].class], role: roleForm, class: forms[end].class})
			return
		}
	}
	for _, start := range gluedStarts {
		if rest, ok := strings.CutPrefix(w, start); ok && len(rest) > 3 {
			c.add(token{text: formNames[forms[start].class], role: roleForm, class: forms[start].class})
			c.latinWord(rest)
			return
		}
	}
	c.latinWord(w)
}

func (c *cutter) latinWord(w string) {
	if one, ok := sameWords[w]; ok {
		w = one
	}
	c.word(w)
}

// promote makes words of what else there is, in a name without any word: "The
// Company", "A. B."; nobody would find it otherwise. In a person's name of one
// word, a particle that is a name of its own elsewhere is taken for one: Wang
// Bin, Le Duc.
func (c *cutter) promote() {
	words, others := 0, 0
	for i := range c.out {
		switch c.out[i].role {
		case roleWord, roleNumber:
			words++
		case roleInitial:
			others++
		}
	}
	for i := range c.out {
		t := &c.out[i]
		switch {
		case words == 0, c.person && words == 1 && others == 0 && t.role == roleLight && (t.text == "bin" || t.text == "de"):
			*t = wordToken(t.text)
		}
	}
}

// unleet puts letters for the digits that stand in for them within a word of a
// person's name: "I9or Sech1n".
func unleet(w string) string {
	if strings.IndexFunc(w, func(r rune) bool { return '0' <= r && r <= '9' }) < 0 {
		return w
	}
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune("0134579", r); i >= 0 {
			return rune("oieastg"[i])
		}
		return r
	}, w)
}

// slavicEnd writes the endings of Slavic surnames one way, whatever language
// the name was romanised for.
func slavicEnd(w string) string {
	if len(w) < 5 {
		return w
	}
	for _, e := range slavicEnds {
		if start, ok := strings.CutSuffix(w, e.from); ok && len(start) > 1 {
			return start + e.to
		}
	}
	return w
}

var slavicEnds = []struct{ from, to string }{
	{"off", "ov"}, {"eff", "ev"}, {"ow", "ov"}, {"ovitch", "ovich"}, {"evitch", "evich"}, {"owicz", "ovich"}, {"ewicz", "evich"},
	{"skiy", "sky"}, {"skii", "sky"}, {"skij", "sky"}, {"skyi", "sky"}, {"skyy", "sky"}, {"ski", "sky"}, {"skaia", "skaya"}, {"skaja", "skaya"},
}
