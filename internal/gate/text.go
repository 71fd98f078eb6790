package gate

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a stranger's text fit to be shown in one line of at most limit
// bytes: no control characters, and so no escape sequences of terminals; no
// marks that turn the direction of writing; no bytes that are not UTF-8. What
// is left out leaves a mark. What is cut ends in "…".
func clean(text string, limit int) string {
	if plain(text) {
		return cut(text, limit)
	}
	var b strings.Builder
	space := false
	for len(text) > 0 && b.Len() <= limit {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == ' ':
			space = b.Len() > 0
			continue
		case hidden(r):
			r = utf8.RuneError
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return cut(b.String(), limit)
}

// cut shortens a text to limit bytes, between characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := max(limit-len("…"), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// plain reports whether a text needs no cleaning, as nearly all do not.
func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(text)-1 || text[i-1] == ' ') {
			return false
		}
	}
	return true
}

// hidden reports whether a character is not seen or changes how others are:
// controls, invisible marks of direction (Unicode Bidirectional Algorithm,
// section 2), noncharacters and what stands for bytes that were none.
func hidden(r rune) bool {
	if r >= ' ' && r <= '~' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) ||
		r == '\u2028' || r == '\u2029' || r == utf8.RuneError || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}

// joined is texts with commas, at most limit bytes together.
func joined(texts []string, limit int) string {
	return clean(strings.Join(texts, ", "), limit)
}

// counted is a number of things, in the form that the number wants.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// labelled is a component as people read it: "golang.org/x/net v0.17.0", or its
// purl where it has no name.
func (f *Finding) labelled() string {
	name := f.Name
	if name == "" {
		name = f.Component
	}
	if name == "" {
		name = "a component without a name"
	}
	if f.Version != "" && f.Name != "" {
		name += " " + f.Version
	}
	return clean(name, 200)
}

// fix is what to do about a finding, in words.
func (f *Finding) fix() string {
	if len(f.Fixed) == 0 {
		return "no fixed version is known"
	}
	return "fixed in " + joined(f.Fixed, 200)
}

// capital begins a text with a capital letter.
func capital(text string) string {
	if text == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
