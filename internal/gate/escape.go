package gate

import (
	"strings"
	"unicode/utf8"
)

const (
	// markup is the ASCII punctuation that means something within a line of
	// Markdown, and that a backslash takes the meaning of (CommonMark 0.31, section
	// 2.4; mathematics between dollars is GitHub's).
	markup = "\\`*_[]#~$"
	// atStart is what means something at the beginning of a line only.
	atStart = "-+="
	// references are the marks with which GitHub and GitLab refer to people,
	// issues, merge requests, labels, milestones, snippets, alerts and epics.
	references = "@#!~%$^&"
)

// prose makes a stranger's text fit for running Markdown text and for a cell of
// a table, as GitHub and GitLab render it: it shows what it says and does
// nothing. It is cut to limit bytes before it is escaped.
func prose(text string, limit int) string {
	text = clean(text, limit)
	var b strings.Builder
	for i, r := range text {
		escape(&b, text, i, r)
		if strings.ContainsRune(references, r) && refers(text[i+utf8.RuneLen(r):]) {
			b.WriteString("&#8203;") // parted from what it would refer to
		}
	}
	return b.String()
}

// code makes a stranger's text, as a purl or a version, a piece of code. It is
// HTML's element, since in a table a pipe ends a cell in a span of backticks as
// well. What looks like a reference is none in it.
func code(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<code>")
	for i, r := range text {
		escape(&b, text, i, r)
	}
	b.WriteString("</code>")
	return b.String()
}

// escape writes the character r at i of a text so that it stands for itself.
func escape(b *strings.Builder, text string, i int, r rune) {
	switch {
	case r == '<':
		b.WriteString("&lt;")
	case r == '>':
		b.WriteString("&gt;")
	case r == '&':
		b.WriteString("&amp;")
	case r == '|':
		b.WriteString("&#124;")
	case r == ':' && strings.HasPrefix(text[i:], "://"):
		b.WriteString("&#58;") // no address becomes a link
	case r == '.' && i >= 3 && strings.EqualFold(text[i-3:i], "www"):
		b.WriteString("&#46;")
	case strings.ContainsRune(markup, r) || i == 0 && strings.ContainsRune(atStart, r):
		b.WriteByte('\\')
		b.WriteRune(r)
	default:
		b.WriteRune(r)
	}
}

// refers reports whether text goes on as a reference would.
func refers(text string) bool {
	if text == "" {
		return false
	}
	c := text[0]
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '"'
}
