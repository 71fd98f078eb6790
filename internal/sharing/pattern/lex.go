package pattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says where a pattern goes wrong.
type Error struct {
	Offset   int    `json:"offset"` // in bytes, from 0
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("at byte %d: want %s, found %s", e.Offset, e.Expected, e.Found)
}

type kind int

const (
	atEnd     kind = iota
	aWord          // identifier without hyphen, or keyword
	aHyphened      // identifier with one
	aString
	anInt
	aFloat
	aHex
	aBinary
	aTimestamp
	aSign // operator or punctuation
	aFault
)

// token is a word of a pattern.
type token struct {
	kind   kind
	text   string // as written, with quotes
	offset int
}

func (t token) found() string {
	switch t.kind {
	case atEnd:
		return "the end"
	case aFault:
		return t.text
	}
	text := t.text
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:40], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}

// space is what the grammar passes over besides comments.
const space = " \t\r\n\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

type lexer struct {
	text string
	at   int
}

// skip passes over space and comments.
func (l *lexer) skip() (fault string) {
	for l.at < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[l.at:])
		rest := l.text[l.at:]
		switch {
		case strings.ContainsRune(space, r) && !(r == utf8.RuneError && n == 1):
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return "a comment without an end"
			}
			l.at += end + 4
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexAny(rest, "\r\n")
			if end < 0 {
				end = len(rest)
			}
			l.at += end
		default:
			return ""
		}
	}
	return ""
}

// next is the next token.
func (l *lexer) next() token {
	fault := l.skip()
	t := token{offset: l.at}
	if fault != "" {
		t.kind, t.text = aFault, fault
		return t
	}
	if l.at == len(l.text) {
		return t
	}
	rest := l.text[l.at:]
	var n int
	switch c := rest[0]; {
	case c == '\'':
		t.kind, n = aString, quoted(rest)
	case (c == 'h' || c == 'b' || c == 't') && len(rest) > 1 && rest[1] == '\'':
		t.kind, n = special(c, rest)
	case isLetter(c):
		t.kind, n = word(rest)
	case isDigit(c) || c == '.' || c == '-' || c == '+':
		t.kind, n = numeral(rest)
	default:
		t.kind, n = aSign, sign(rest)
	}
	if n <= 0 {
		r, size := utf8.DecodeRuneInString(rest)
		t.kind, t.text = aFault, fmt.Sprintf("%q", string(r))
		if n < 0 {
			t.text = []string{"a string without an end", "a literal that is none"}[-n-1]
		}
		l.at += size
		return t
	}
	t.text = rest[:n]
	l.at += n
	return t
}

func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// quoted is the length of a string literal: only the quote and the backslash are
// escaped, and nothing else is.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\'':
			return i + 1
		case '\\':
			if i+1 >= len(s) || s[i+1] != '\'' && s[i+1] != '\\' {
				return -2
			}
			i++
		}
	}
	return -1
}

// special is the length of a hexadecimal, binary or timestamp literal.
func special(c byte, s string) (kind, int) {
	end := strings.IndexByte(s[2:], '\'')
	if end < 0 {
		return aFault, -1
	}
	body, n := s[2:2+end], end+3
	switch {
	case c == 'h' && isHex(body):
		return aHex, n
	case c == 'b' && isBase64(body):
		return aBinary, n
	case c == 't' && isTimestamp(body):
		return aTimestamp, n
	}
	return aFault, -2
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s)%2 == 0
}

func isBase64(s string) bool {
	body := strings.TrimRight(s, "=")
	if s == "" || len(s)%4 != 0 || len(s)-len(body) > 2 {
		return false
	}
	for i := range len(body) {
		if c := body[i]; !isDigit(c) && !(isLetter(c) && c != '_') && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// isTimestamp reports whether a text has the form of a timestamp. Whether there
// is such a day is for who reads it.
func isTimestamp(s string) bool {
	const form = "0000-00-00T00:00:00"
	if len(s) < len(form)+1 || s[len(s)-1] != 'Z' {
		return false
	}
	for i := range len(form) {
		if form[i] == '0' && !isDigit(s[i]) || form[i] != '0' && s[i] != form[i] {
			return false
		}
	}
	part := s[len(form) : len(s)-1]
	if part != "" && (part[0] != '.' || len(part) == 1 || strings.Trim(part[1:], "0123456789") != "") {
		return false
	}
	within := func(text, low, high string) bool { return low <= text && text <= high }
	return within(s[5:7], "01", "12") && within(s[8:10], "01", "31") && within(s[11:13], "00", "23") &&
		within(s[14:16], "00", "59") && within(s[17:19], "00", "60")
}

func word(s string) (kind, int) {
	n, k := 1, aWord
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '-') {
		if s[n] == '-' {
			k = aHyphened
		}
		n++
	}
	return k, n
}

// numeral is the length of the longest number: whole ones have no zero before
// others, and a fraction has a digit after its point.
func numeral(s string) (kind, int) {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		i = 1
	}
	digits := i
	for digits < len(s) && isDigit(s[digits]) {
		digits++
	}
	if digits+1 < len(s) && s[digits] == '.' && isDigit(s[digits+1]) {
		end := digits + 1
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		return aFloat, end
	}
	if digits == i {
		if s[0] == '.' {
			return aSign, 1
		}
		return aFault, 0
	}
	if s[i] == '0' {
		return anInt, i + 1
	}
	return anInt, digits
}

func sign(s string) int {
	for _, op := range []string{"==", "!=", "<>", "<=", ">="} {
		if strings.HasPrefix(s, op) {
			return 2
		}
	}
	if strings.IndexByte("=<>:,()[]*", s[0]) >= 0 {
		return 1
	}
	return 0
}
