package nametext

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/party"
)

// Name is a name with what its text says of it.
type Name struct {
	Text    string
	Quality party.Quality // "" for what the place says in which the text stands
}

// maxNames bounds how many names one text is taken apart into.
const maxNames = 40

// maxText is how long a text, in bytes, may be to be taken apart.
const maxText = 4096

// Names is the names in one item, of a party of a kind. The first is the text
// without what is told apart from it; the others are spellings in another
// script, acronyms, and variants that stand in brackets, after "a.k.a." or
// after a stroke:
//
//	"Jin Tiesan (金铁三)"                 Jin Tiesan; 金铁三
//	"Ansar al-Shari'a (AAS)"             Ansar al-Shari'a; AAS, an acronym
//	"Khalid (a.k.a. Khaled) QADDUR"      Khalid QADDUR; Khaled QADDUR
//	"Yassin Sywal (formerly listed as)"  Yassin Sywal, a former name
//
// What a bracket says of a party and is no name, is left out: a reader that
// wants it kept keeps the text.
func Names(item string, kind party.Kind) []Name {
	item = strings.TrimSpace(labelled.ReplaceAllString(strings.TrimSpace(item), ""))
	c := &collector{person: kind == party.Person}
	if len(item) > maxText {
		return []Name{{Text: item}}
	}
	if rest := formerLabel.ReplaceAllString(item, ""); rest != item {
		item, c.quality = rest, party.Former
	}
	for _, one := range splitKnownAs(item, c.person) {
		for _, spelling := range strokes(one) {
			for _, n := range c.several(spelling, c.quality) {
				c.take(n.Text)
			}
		}
	}
	return c.names
}

// splitKnownAs splits at "a.k.a." outside brackets, and for persons at "or".
func splitKnownAs(item string, person bool) []string {
	var out []string
	start := 0
	for _, m := range knownAs.FindAllStringIndex(item, maxNames) {
		word := strings.ToLower(strings.TrimSpace(item[m[0]:m[1]]))
		if before := item[:m[0]]; strings.Count(before, "(") > strings.Count(before, ")") || word == "or" && !person {
			continue
		}
		out = append(out, item[start:m[0]])
		start = m[1]
	}
	return append(out, item[start:])
}

var (
	// labelled is a script or kind of name before the name itself.
	labelled = regexp.MustCompile(`^(?:Text of image|(?:In )?(?:Arabic|Chinese|Farsi|Korean|Kazakh|Russian|Ukrainian|Belarusian|Persian|Hebrew|Japanese|Burmese|original script)(?: script)?:|(?:Stage name|Call sign|[Aa]liases|a\.?k\.?a\.?):)\s*`)
	// formerLabel says before a name that it is a former one.
	formerLabel = regexp.MustCompile(`(?i)^\(?(?:f\.?k\.?a\.?:?|formerly(?: known as)?|previously(?: known as)?)\s+`)
	knownAs     = regexp.MustCompile(`(?i)\s*[,;]?\s+(?:a\.k\.a\.?|aka):?\s*|\s+(?:Russian|Ukrainian|Belarusian):\s*|\s+or\s+`)
	inBrackets  = regexp.MustCompile(`\(([^()]*(?:\([^()]*\)[^()]*)*)\)`)
	variants    = regexp.MustCompile(`(?i)^(?:a\.?k\.?a\.?|also known as|also|alias(?:es)?|or|variants?(?: spelling)?)[:,]?\s+`)
	formerly    = regexp.MustCompile(`(?i)^(?:f\.?k\.?a\.?|(?:formerly|previously)(?: known as| listed as)?|as previously listed|former name)[:,]?\s*`)
	acronym     = regexp.MustCompile(`^[\p{Lu}0-9][\p{Lu}0-9&./-]{1,9}$`)
	native      = regexp.MustCompile(`(?i)^(?:in |.*\bin )?(?:original script|russian(?: spelling)?|ukrainian|arabic(?: script)?|farsi|persian|chinese|korean|belarusian)\s*:\s*`)
	remark      = regexp.MustCompile(`(?i)\b(?:birth|born|name|passport|script|listed|identity|prominently|maiden|d\.?o\.?b|third|spelling|unit|issued|call sign|reportedly|possibly|initials|guerre|son of|brother|minister|governor|commander)\b`)
	midBracket  = regexp.MustCompile(`(\S+) ?\((?i:a\.?k\.?a\.?,?|alias|or) ([^()]+)\)?`)
)

type collector struct {
	names   []Name
	quality party.Quality
	person  bool
}

func (c *collector) add(text string, quality party.Quality) {
	for _, one := range splitScripts(text) {
		one = withoutQuotes(strings.Join(strings.Fields(strings.Trim(one, ",;:–— \t")), " "))
		known := slices.ContainsFunc(c.names, func(o Name) bool { return o.Text == one })
		if party.Fold(one) != "" && len(c.names) < maxNames && !known {
			c.names = append(c.names, Name{one, quality})
		}
	}
}

// take adds a name with what stands in its brackets.
func (c *collector) take(text string) {
	text = strings.TrimSpace(text)
	if c.spread(text) {
		return
	}
	var beside []Name
	quality := c.quality
	bare := inBrackets.ReplaceAllStringFunc(text, func(bracket string) string {
		b := c.bracket(bracket, text)
		if !b.apart {
			return bracket
		}
		if b.former {
			quality = party.Former
		}
		beside = append(beside, b.names...)
		return " "
	})
	c.add(bare, quality)
	for _, n := range beside {
		c.add(n.Text, n.Quality)
	}
}

// bracketed is what stands in a bracket. It is not apart when it belongs to the
// name around it.
type bracketed struct {
	names  []Name
	former bool // it says that the name around it is a former one
	apart  bool
}

// bracket says what the text in a bracket is.
func (c *collector) bracket(bracket, around string) bracketed {
	inner := strings.TrimSpace(bracket[1 : len(bracket)-1])
	outside := strings.Replace(around, bracket, " ", 1)
	if cut := formerly.ReplaceAllString(inner, ""); cut != inner {
		cut = native.ReplaceAllString(strings.TrimLeft(cut, ". "), "")
		return bracketed{c.several(cut, party.Former), cut == "" || scriptsOf(cut) != scriptsOf(around), true}
	}
	if cut := native.ReplaceAllString(inner, ""); cut != inner {
		return bracketed{names: c.several(cut, c.quality), apart: true}
	}
	if cut := variants.ReplaceAllString(inner, ""); cut != inner {
		return bracketed{names: c.several(strings.ReplaceAll(cut, ",", ";"), c.quality), apart: true}
	}
	if head, tail, ok := strings.Cut(inner, " - "); ok && remark.MatchString(tail) {
		inner = head
	}
	switch {
	case party.Fold(outside) == "":
		return bracketed{}
	case remark.MatchString(inner):
		return bracketed{apart: true}
	case scriptsOf(inner) != 0 && scriptsOf(inner)&scriptsOf(outside) == 0:
		return bracketed{names: c.several(inner, c.quality), apart: true}
	case c.person:
		return c.besidePerson(inner, around[:strings.Index(around, bracket)], outside)
	}
	// What follows may still be a legal form; more makes it another's acronym,
	// as that of a body of which this one is a branch.
	after := strings.Fields(around[strings.Index(around, bracket)+len(bracket):])
	first, _, _ := strings.Cut(inner, " ")
	switch {
	case len(after) > 1 || len(strings.Fields(outside)) < 2:
		return bracketed{}
	case acronym.MatchString(inner):
		return bracketed{names: c.several(inner, party.Acronym), apart: true}
	case strings.ContainsAny(inner, "«“‘\"") || acronym.MatchString(first) && utf8.RuneCountInString(first) > 2:
		return bracketed{names: c.several(inner, c.quality), apart: true}
	case len(after) == 0 && isOwnName(inner):
		quality := c.quality
		if !strings.Contains(inner, " ") {
			quality = party.Weak // it may be a place
		}
		return bracketed{names: c.several(inner, quality), apart: true}
	}
	return bracketed{}
}

// besidePerson reads a bracket in a person's name: another form of the word
// before it, as a name by marriage, or whole names that share a word with it.
func (c *collector) besidePerson(inner, before, outside string) bracketed {
	words := strings.Fields(before)
	if len(words) == 0 {
		return bracketed{}
	}
	if len(strings.Fields(inner)) == 1 {
		words[len(words)-1] = inner
		rest := strings.Fields(outside)[min(len(words), len(strings.Fields(outside))):]
		return bracketed{names: c.several(strings.Join(append(words, rest...), " "), c.quality), apart: true}
	}
	known := " " + party.Fold(outside) + " "
	for w := range strings.FieldsSeq(party.Fold(inner)) {
		if strings.Contains(known, " "+w+" ") {
			return bracketed{names: c.several(inner, c.quality), apart: true}
		}
	}
	return bracketed{apart: true}
}

// several is the names that stand in one text with semicolons between them, or
// with commas where it is sure that they part names: where every part of a
// person's has two words, or an organisation's has at least four parts and none
// begins with a small letter.
func (c *collector) several(text string, q party.Quality) []Name {
	var out []Name
	for _, one := range splitOutside(text, ';') {
		parts := splitOutside(one, ',')
		sure := c.person || len(parts) >= 4
		for _, p := range parts {
			first, _ := utf8.DecodeRuneInString(strings.TrimSpace(p))
			if c.person && len(strings.Fields(p)) < 2 || !c.person && unicode.IsLower(first) || remark.MatchString(p) {
				sure = false
			}
		}
		if !sure {
			parts = []string{one}
		}
		for _, p := range parts {
			out = append(out, Name{strings.TrimSpace(p), q})
		}
	}
	return out
}

// spread handles variants of single words within a name: the name itself, and
// once for each variant the name with it in the word's place.
func (c *collector) spread(text string) bool {
	marks := midBracket.FindAllStringSubmatchIndex(text, 8)
	if len(marks) == 0 {
		return false
	}
	plain := func(s string) string {
		s, _, _ = strings.Cut(strings.ReplaceAll(midBracket.ReplaceAllString(s, "$1 "), ")", ""), "(")
		return s
	}
	c.add(plain(text), c.quality)
	for _, m := range marks {
		last := scriptsOf(text[m[1]:])&scriptsOf(text[m[4]:m[5]]) == 0 // nothing of the name follows
		for variant := range strings.FieldsFuncSeq(text[m[4]:m[5]], func(r rune) bool { return r == ',' || r == ';' }) {
			variant = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(variant), "or "))
			if last && (!c.person || strings.Contains(variant, " ")) {
				c.add(variant, c.quality) // a whole name
				continue
			}
			before := text[:m[2]]
			if !c.person {
				before = dropLast(before, len(strings.Fields(variant))-1)
			}
			c.add(plain(before+" "+variant+" "+text[m[1]:]), c.quality)
		}
	}
	return true
}

// dropLast is a text without its last n words.
func dropLast(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:max(0, len(words)-n)], " ")
}

// strokes splits a text at strokes between names: those with spaces around
// them, and those between two scripts.
func strokes(text string) []string {
	if !strings.Contains(text, "/") || strings.Contains(text, "(") {
		return []string{text}
	}
	parts := strings.Split(text, " / ")
	if len(parts) == 1 {
		if parts = strings.SplitN(text, "/", 2); scriptsOf(parts[0])&scriptsOf(parts[1]) != 0 || scriptsOf(parts[1]) == 0 {
			return []string{text}
		}
	}
	return parts
}

// withoutQuotes takes off quotation marks around the whole of a name.
func withoutQuotes(s string) string {
	for _, pair := range [][2]string{{`"`, `"`}, {"“", "”"}, {"‘", "’"}, {"«", "»"}} {
		if strings.HasPrefix(s, pair[0]) && strings.HasSuffix(s, pair[1]) && len(s) > len(pair[0])+len(pair[1]) &&
			!strings.Contains(s[len(pair[0]):len(s)-len(pair[1])], pair[0]) {
			return strings.TrimSpace(s[len(pair[0]) : len(s)-len(pair[1])])
		}
	}
	return s
}
