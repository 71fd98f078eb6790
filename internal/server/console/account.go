package console

import (
	"cmp"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"countersign.dev/internal/screening/match"
)

// accountView is how the similarity of two names came about.
type accountView struct {
	match.Why
	Drawing alignment
	Words   []wordView
	Steps   []stepLine
}

// Asked and Listed are how each side was read.
func (v *accountView) Asked() string  { return readingSays(v.Query.Reading) }
func (v *accountView) Listed() string { return readingSays(v.Name.Reading) }

// wordView is one line of the table of words: a pair, or a word that stands on
// one side only.
type wordView struct {
	Asked, Listed      string
	Similarity, Weight float64
	Paired             bool
	How                string
}

// stepLine is one step from nothing compared to the score.
type stepLine struct{ What, Share, Says string }

func accountOf(w *match.Why) *accountView {
	v := &accountView{Why: *w, Drawing: drawAlignment(w)}
	for _, p := range w.Pairs {
		v.Words = append(v.Words, wordView{p.Query, p.Name, p.Similarity, p.Weight, true, howWord(p.How)})
	}
	for _, t := range w.OnlyQuery {
		v.Words = append(v.Words, wordView{Asked: t.Word, Weight: t.Weight, How: words(t.Role) + " of the name asked for, without a partner"})
	}
	for _, t := range w.OnlyName {
		v.Words = append(v.Words, wordView{Listed: t.Word, Weight: t.Weight, How: words(t.Role) + " of the listed name, without a partner"})
	}
	v.Steps = stepsOfScore(w)
	return v
}

// stepsOfScore tells the parts of a score in the order of how much they count.
func stepsOfScore(w *match.Why) []stepLine {
	steps := []stepLine{{"Words that were taken for one", share(w.Parts.Paired), "of the weight of all that was compared"}}
	add := func(part float64, what, says string) {
		if part > 0 {
			steps = append(steps, stepLine{what, "−" + share(part), says})
		}
	}
	add(w.Parts.Lost, "Not quite equal", "what the pairs lose in which the words differ")
	add(w.Parts.Conflict, "Different", "both sides have words that are not each other's; this counts for the most")
	add(w.Parts.Extra, "Only asked for", "the listed name leaves it out, as names are often shortened; this counts for little")
	add(w.Parts.Missing, "Only listed", "the name asked for leaves it out; this counts for little")
	if off := 1 - w.Score; off > 0 {
		says := "each part counts for more or less by the model"
		if len(w.Caps) > 0 {
			says += ", and what follows takes from it too"
		}
		steps = append(steps, stepLine{"Taken off in all", "−" + share(off), says})
	}
	for _, c := range w.Caps {
		steps = append(steps, stepLine{capital(words(c)), "", capSays[c]})
	}
	return steps
}

// share is a part of a whole in percent.
func share(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + " %" }

// howWords says by what two words were taken for one.
var howWords = map[string]string{
	"equal": "equal", "spelling": "a slip or another spelling", "sound": "one consonant skeleton: spelled by ear",
	"consonants": "equal consonants; the script writes no vowels", "initial": "an initial of the word",
	"joined": "one word here is cut in two there", "joined_spelling": "one word here is cut in two there, and spelled otherwise",
	"article": "equal but for an article",
}

func howWord(how string) string { return cmp.Or(howWords[how], words(how)) }

// capSays explains what held or lowered a score beside the words.
var capSays = map[string]string{
	"order":              "the words stand in another order, which counts for organisations and ships",
	"legal_forms_differ": "the legal forms are of two sorts",
	"legal_form_missing": "one side has a legal form, the other none",
	"one_word":           "one word does not make a person: the score is held below the threshold",
	"numbers":            "the numbers differ: the score is held below the threshold",
	"other_kind":         "one is a person, the other is not",
	"weak_not_equal":     "a weak alias counts only when it is equal",
	"acronym_not_equal":  "an acronym counts only when it is equal",
}

// readingSays tells by which rule a name in another script was read in Latin
// letters.
func readingSays(rule string) string {
	switch pack, packed := strings.CutPrefix(rule, "pack:"); {
	case rule == "":
		return ""
	case packed:
		return "brand names of the pack " + pack
	}
	code, variant, _ := strings.Cut(rule, "-")
	says := code
	if tag, err := language.Parse(code); err == nil {
		says = display.English.Languages().Name(tag)
	}
	says += " → Latin"
	for variant != "" {
		ways, whole := variantWords[variant]
		rest := ""
		if !whole {
			variant, rest, _ = strings.Cut(variant, "-")
			ways = cmp.Or(variantWords[variant], variant)
		}
		says, variant = says+", "+ways, rest
	}
	return says
}

// variantWords says in which of a script's ways a name was read.
var variantWords = map[string]string{
	"terms": "common words translated", "skeleton": "consonants only", "press": "as the press writes", "icao": "as passports do",
	"bgn": "by the rules of BGN/PCGN", "pinyin": "in Pinyin", "wade-giles": "by Wade–Giles", "abroad": "as written abroad",
	"dprk": "as in the North", "rr": "in the revised romanisation", "mr": "by McCune–Reischauer", "custom": "as bearers spell it",
	"french": "in French spelling", "common": "as commonly written", "spoken": "as spoken",
}
