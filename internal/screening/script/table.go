package script

import (
	"embed"
	"fmt"
	"strings"
	"unicode/utf8"
)

// tables are the words of each language with what is written for them. A line
// is a word or several, a tab or (where words have no spaces) a space, and its
// spellings, separated by "|"; "#" begins a line of comment.
//
//go:embed tables/*.txt
var tables embed.FS

// lines is the lines of a table that are neither empty nor comments. The
// tables are part of the program, and a test reads each: one that is missing
// is a fault of the build.
func lines(name string) []string {
	text, err := tables.ReadFile("tables/" + name + ".txt")
	if err != nil {
		panic(fmt.Sprintf("script: table %s: %v", name, err))
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// lexicon finds the longest word of a table at a place in a text.
type lexicon struct {
	words   map[string]string
	longest map[rune]int // bytes of the longest word that begins with the letter
}

func newLexicon() *lexicon {
	return &lexicon{words: map[string]string{}, longest: map[rune]int{}}
}

// lexiconOf reads tables of words without spaces.
func lexiconOf(names ...string) *lexicon {
	l := newLexicon()
	for _, name := range names {
		for _, line := range lines(name) {
			word, value, _ := strings.Cut(line, " ")
			l.add(word, value)
		}
	}
	return l
}

func (l *lexicon) add(word, value string) {
	l.words[word] = value
	first, _ := utf8.DecodeRuneInString(word)
	l.longest[first] = max(l.longest[first], len(word))
}

// each calls use for every word that s begins with, the longest first.
func (l *lexicon) each(s string, use func(n int, value string)) {
	first, _ := utf8.DecodeRuneInString(s)
	for n := min(l.longest[first], len(s)); n > 0; n-- {
		if n < len(s) && !utf8.RuneStart(s[n]) {
			continue
		}
		if value, ok := l.words[s[:n]]; ok {
			use(n, value)
		}
	}
}

// at is the longest word that s begins with, in bytes, and its value; 0 when
// there is none.
func (l *lexicon) at(s string) (n int, value string) {
	first, _ := utf8.DecodeRuneInString(s)
	for n = min(l.longest[first], len(s)); n > 0; n-- {
		if n < len(s) && !utf8.RuneStart(s[n]) {
			continue
		}
		if value, ok := l.words[s[:n]]; ok {
			return n, value
		}
	}
	return 0, ""
}
