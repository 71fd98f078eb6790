package sheet

import (
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// Press prints labels to PNG and PDF. The zero value is ready.
type Press struct {
	Fonts []*Font                  // tried in their order for what the Go fonts do not have
	Latin func(text string) string // how a name is read; for names that cannot be set. nil: boxes
}

// run is letters that one font sets.
type run struct {
	font  *Font
	words string
	own   bool // the package's own font
}

// runs parts a text by the fonts that have its letters.
func (p *Press) runs(words string, w weight) []run {
	b := new(sfnt.Buffer)
	var out []run
	for _, r := range words {
		f := p.fontFor(b, r, w)
		if n := len(out); n > 0 && out[n-1].font == f {
			out[n-1].words += string(r)
		} else {
			out = append(out, run{f, string(r), f == own()[w]})
		}
	}
	return out
}

// readable is a label with every text such that it can be set, as it is or as it
// is read.
func (p *Press) readable(l Label) Label {
	b := new(sfnt.Buffer)
	read := func(words string) string {
		words = norm.NFC.String(plain(words))
		if p.Latin == nil || p.settable(b, words, bold) {
			return words
		}
		return plain(p.Latin(words))
	}
	all := func(entries []string) []string {
		out := make([]string, len(entries))
		for i, e := range entries {
			out[i] = read(e)
		}
		return out
	}
	l.Maker, l.Product, l.Scheme, l.Authority = read(l.Maker), read(l.Product), read(l.Scheme), read(l.Authority)
	if d := l.Details; d != nil {
		l.Details = &Details{all(d.Met), all(d.NotMet), all(d.NotApplicable)}
	}
	return l
}

// settable reports whether every character can be drawn by itself and is in a
// font.
func (p *Press) settable(b *sfnt.Buffer, words string, w weight) bool {
	for _, r := range words {
		if shaped(r) || !p.fontFor(b, r, w).has(b, r) {
			return false
		}
	}
	return true
}

// fontFor is the first font that has a character, the package's own if none
// does: that one then shows its box.
func (p *Press) fontFor(b *sfnt.Buffer, r rune, w weight) *Font {
	first := own()[w]
	if first.has(b, r) {
		return first
	}
	for _, f := range p.Fonts {
		if f.has(b, r) {
			return f
		}
	}
	return first
}

// shaped reports whether a character changes with its neighbours or its place
// in the line.
func shaped(r rune) bool {
	return r > 0x2ff && (unicode.Is(unicode.M, r) || unicode.In(r,
		unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
		unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao,
		unicode.Tibetan, unicode.Myanmar, unicode.Khmer, unicode.Mongolian))
}
