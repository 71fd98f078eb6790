package xmllist

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"

	"countersign.dev/internal/problem"
)

// charset decodes what is declared as one of the encodings with one byte a
// character, as ISO-8859-1 and Windows-1252. Wider ones no list is in.
func (r *reader) charset(declared string, in io.Reader) (io.Reader, error) {
	r.encoding = declared
	if strings.EqualFold(declared, "us-ascii") || strings.EqualFold(declared, "ascii") {
		return in, nil // the bytes of which are UTF-8, or else found to be neither
	}
	var narrow encoding.Encoding
	if of, err := ianaindex.IANA.Encoding(declared); err == nil {
		if m, ok := of.(*charmap.Charmap); ok {
			narrow = m
		}
	}
	if narrow == nil {
		return nil, problem.New(problem.Invalid, "line 1: the encoding %q is not read; save the document as UTF-8", clip(declared))
	}
	return narrow.NewDecoder().Reader(in), nil
}

// check refuses a text that is too long, or whose characters tell that it was
// decoded by another encoding than it was written in.
func (r *reader) check(s, where string) error {
	if len(s) > r.limits.Text {
		return r.tooLarge("the text of %s is longer than %d bytes", where, r.limits.Text)
	}
	for _, c := range s {
		// In UTF-8 the decoder has refused what is none; there the character is
		// the publisher's own.
		if c == utf8.RuneError && r.encoding != "" {
			return r.invalid("the text of %s has a byte that %s does not know; the declared encoding may be wrong", where, clip(r.encoding))
		}
		if unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' && c != '\u0085' {
			return r.invalid("the text of %s has the control character 0x%02x; the declared encoding may be wrong", where, c)
		}
	}
	return nil
}
