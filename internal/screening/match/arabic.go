package match

import "strings"

// compound takes the compounds of Arabic names, which every custom cuts in
// another place: Abd al-Rahman, Abdul Rahman, Abdurrahman; Saif al-Din,
// Saifuddin; Asad Allah, Asadullah.
func (c *cutter) compound(w string) bool {
	if w[0] >= 0x80 {
		return false
	}
	if servant[w] {
		return c.servant()
	}
	if n := c.faith(); n > 0 && c.joinLast("uddin") {
		c.i += n
		return true
	}
	if ofGod[w] && c.joinLast("ullah") {
		c.i++
		return true
	}
	if rest := servantOf(w); rest != "" {
		c.add(token{text: "abdul", role: roleLight, weight: personLight["abdul"].weight})
		c.word(rest)
		c.i++
		return true
	}
	if one := compoundEnd(w); one != w {
		c.word(one)
		c.i++
		return true
	}
	return false
}

// servant are the spellings of "servant of", the first half of a name.
var servant = map[string]bool{"abd": true, "abdul": true, "abdel": true, "abdal": true, "abdol": true, "abdoul": true, "abdur": true, "abdu": true}

// ofGod are the spellings of God's name as the second half of one.
var ofGod = map[string]bool{"allah": true, "ullah": true, "ollah": true, "allh": true, "alla": true, "ulla": true}

var articles = map[string]bool{"al": true, "el": true, "ul": true, "ur": true, "ar": true, "as": true, "us": true, "ad": true, "ud": true, "od": true, "ed": true, "es": true, "er": true}

// servant takes "abd" with the article behind it. Abd Allah is a name of its
// own.
func (c *cutter) servant() bool {
	k := c.i + 1
	for k < len(c.words) && articles[c.words[k]] {
		k++
	}
	if k < len(c.words) && ofGod[c.words[k]] {
		c.word("abdullah")
		c.i = k + 1
		return true
	}
	if k < len(c.words) {
		c.add(token{text: "abdul", role: roleLight, weight: personLight["abdul"].weight})
		c.i = k
		return true
	}
	return false
}

// faith is how many of the words from here on say "of the faith": al-Din,
// ud Din, Eddin; 0 when they do not.
func (c *cutter) faith() int {
	switch w := c.words[c.i]; {
	case w == "uddin" || w == "eddin" || w == "eddine" || w == "aldin" || w == "aldeen" || w == "udin":
		return 1
	case articles[w] && c.i+1 < len(c.words):
		switch c.words[c.i+1] {
		case "din", "deen", "dine", "dean":
			return 2
		}
	}
	return 0
}

// joinLast puts an end to the word before, and reports whether there was one
// that takes it.
func (c *cutter) joinLast(end string) bool {
	n := len(c.out)
	if n == 0 || c.out[n-1].role != roleWord || len(c.out[n-1].text) < 3 || c.out[n-1].text[0] >= 0x80 {
		return false
	}
	c.out[n-1] = wordToken(c.out[n-1].text + end)
	return true
}

// servantOf is whose servant a name written as one word says: "rahman" of
// Abdurrahman. It is "" of any other word, and of Abdullah.
func servantOf(w string) string {
	if len(w) < 8 || !strings.HasPrefix(w, "abd") {
		return ""
	}
	rest := w[3:]
	if rest[0] == 'o' && rest[1] == 'u' {
		rest = rest[1:]
	}
	switch rest[0] {
	case 'u', 'e', 'a', 'o':
	default:
		return ""
	}
	rest = rest[1:]
	switch {
	case len(rest) > 4 && rest[0] == 'l' && rest[1] != 'l':
		return rest[1:]
	case len(rest) > 4 && rest[0] == rest[1] && strings.IndexByte("rszndt", rest[0]) >= 0:
		return rest[1:]
	}
	return ""
}

// compoundEnd writes the second halves of names one way.
func compoundEnd(w string) string {
	if len(w) < 7 {
		return w
	}
	for _, end := range []string{"allah", "ollah", "ullah", "oullah", "alla", "ulla", "olla"} {
		if start, ok := strings.CutSuffix(w, end); ok && len(start) > 2 {
			return start + "ullah"
		}
	}
	for _, end := range []string{"uddin", "eddin", "eddine", "addin", "aldin", "aldeen", "uddeen", "oddin", "ouddine"} {
		if start, ok := strings.CutSuffix(w, end); ok && len(start) > 2 {
			return start + "uddin"
		}
	}
	return w
}
