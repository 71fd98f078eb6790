package script

import (
	"strings"
	"sync"
	"unicode/utf8"

	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/script/pack"
)

// packed is the shipped packs, ready to be looked up in.
type packed struct {
	names map[string]packName   // by whole name, without spaces where the script has none
	parts *lexicon              // native names that may be within longer ones
	rule  map[string]string     // of each of these
	latin map[string][]packName // the other names of a Latin name, by its core
}

// packName is what a pack writes for a name.
type packName struct {
	spellings string // "|" between them, folded
	rule      string
}

var packs = sync.OnceValue(func() *packed { return index(pack.Shipped()) })

func index(all []*pack.Pack) *packed {
	out := &packed{names: map[string]packName{}, parts: newLexicon(), rule: map[string]string{}, latin: map[string][]packName{}}
	for _, p := range all {
		rule := "pack:" + p.ID
		for _, a := range p.Aliases {
			out.alias(&a, rule)
		}
	}
	return out
}

func (p *packed) alias(a *pack.Alias, rule string) {
	folded := make([]string, len(a.Latin))
	for i, n := range a.Latin {
		folded[i] = party.Fold(n)
	}
	all := strings.Join(folded, "|")
	for _, natives := range a.Native {
		for _, native := range natives {
			text := scriptFold(party.Fold(native))
			p.names[closed(text)] = packName{all, rule}
			if a.Part {
				p.parts.add(text, all)
				p.rule[text] = rule
			}
		}
	}
	if len(a.Native) > 0 {
		return
	}
	for i, n := range folded {
		core := party.Core(n)
		for j, other := range folded {
			if i != j {
				p.latin[core] = append(p.latin[core], packName{other, rule})
			}
		}
	}
}

// closed is a name without its spaces, when it is of a script that has none.
func closed(folded string) string {
	if strings.IndexFunc(folded, unspaced) >= 0 {
		return strings.ReplaceAll(folded, " ", "")
	}
	return folded
}

// unspaced is whether a letter is of a script that puts no spaces between
// words, or puts them as people like.
func unspaced(r rune) bool {
	s := of(r)
	return s == Hanzi || s == Kana || s == Hangul
}

// scriptFold folds what a script writes in two ways, beyond party.Fold.
func scriptFold(text string) string { return arabicLetters.Replace(Han(text)) }

// Aliases is the other names of a party that a pack knows by this whole name
// in Latin letters, legal forms aside: CNOOC for China National Offshore Oil
// Corporation, and the reverse. Text is folded.
func Aliases(text string) []Reading {
	if text == "" || len(text) > maxRunes || !ascii(text) {
		return nil
	}
	var out []Reading
	for _, n := range packs().latin[party.Core(text)] {
		out = append(out, Reading{Text: n.spellings, Rule: n.rule})
	}
	return out
}

// readPacks adds what packs say of the whole name, and returns whether they
// say anything.
func readPacks(out *readings, text string, foreign Script) bool {
	switch foreign {
	case Arabic:
		text = arabicLetters.Replace(text)
	case Hanzi, Kana, Hangul:
		text = closed(Han(text))
	}
	n, ok := packs().find(text)
	if !ok {
		return false
	}
	for i := range strings.Count(n.spellings, "|") + 1 {
		if i < maxReadings/2 {
			out.add(choose(n.spellings, i), n.rule, false)
		}
	}
	return true
}

// wholeForms are legal forms and trades that are written without a space
// before them, longest first, as [Han] leaves them.
var wholeForms = []string{
	"股份有限责任公司", "股份有限公司", "有限责任公司", "集团有限公司", "集团公司", "有限公司", "总公司", "公司", "集团", "科技", "技术", "控股", "株式会社", "주식회사",
}

// find looks up a name as it is, and without what it may carry: a legal form,
// which is a word at either end where words have spaces; elsewhere legal
// forms, trades and a place. 上海海康威视科技 is then found as Hikvision: a name
// that is a brand and nothing that tells it apart is that brand's.
func (p *packed) find(text string) (packName, bool) {
	if n, ok := p.names[text]; ok {
		return n, true
	}
	if _, rest, ok := strings.Cut(text, " "); ok {
		if n, ok := p.names[rest]; ok {
			return n, true
		}
		n, ok := p.names[text[:strings.LastIndexByte(text, ' ')]]
		return n, ok
	}
	for range maxStrips {
		rest := bare(text)
		if rest == text {
			break
		}
		text = rest
		if n, ok := p.names[text]; ok {
			return n, true
		}
	}
	return packName{}, false
}

// maxStrips bounds how many legal forms, places and trades are taken off one
// name. 广东高云半导体科技股份有限公司 has three.
const maxStrips = 5

// bare takes one legal form or trade off the end of a name, or else the legal
// form or the place off its beginning.
func bare(text string) string {
	for _, form := range wholeForms {
		if rest, ok := strings.CutSuffix(text, form); ok && rest != "" {
			return rest
		}
	}
	for _, form := range []string{"株式会社", "주식회사"} {
		if rest, ok := strings.CutPrefix(text, form); ok && rest != "" {
			return rest
		}
	}
	if n, _ := chinesePlaces().at(text); n < len(text) {
		return text[n:]
	}
	return text
}

// brand replaces native names that packs know within a longer name of a
// script without spaces, by their nth spelling; rule is that of the first, ""
// when there is none.
func brand(text string, nth int) (replaced, rule string) {
	p := packs()
	var b strings.Builder
	for i := 0; i < len(text); {
		n, spellings := p.parts.at(text[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
			i += size
			continue
		}
		if rule == "" {
			rule = p.rule[text[i:i+n]]
		}
		b.WriteByte(' ')
		b.WriteString(choose(spellings, nth))
		b.WriteByte(' ')
		i += n
	}
	return b.String(), rule
}
