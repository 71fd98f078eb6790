package ftm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes  int // of the file; default 4 GiB
	Lines  int // entities that stand in lines of their own; default 8,000,000
	Line   int // bytes of one line; default 4 MiB
	Depth  int // of brackets within brackets; default 32, eight entities deep
	Values int // of one entity, over all its properties; default 5,000
	Text   int // bytes of one value; default 64 KiB
}

func (l Limits) orDefault() Limits {
	set := func(v *int, or int) {
		if *v <= 0 {
			*v = or
		}
	}
	set(&l.Bytes, 4<<30)
	set(&l.Lines, 8_000_000)
	set(&l.Line, 4<<20)
	set(&l.Depth, 32)
	set(&l.Values, 5_000)
	set(&l.Text, 64<<10)
	return l
}

// checkLine refuses what must not come to the decoder: it reads whatever is
// nested anew at each level, and takes bytes that are no UTF-8 for others.
func (l Limits) checkLine(line int, b []byte) error {
	if len(b) > l.Line {
		return problem.New(problem.TooLarge, "line %d: %d bytes, the limit is %d", line, len(b), l.Line)
	}
	if !utf8.Valid(b) {
		return problem.New(problem.Invalid, "line %d: not UTF-8", line)
	}
	if depthOf(b) > l.Depth {
		return problem.New(problem.TooLarge, "line %d: brackets nested more than %d deep", line, l.Depth)
	}
	return nil
}

// depthOf is how deep brackets are nested in JSON text.
func depthOf(b []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '{', '[':
			if !quoted {
				depth++
				deepest = max(deepest, depth)
			}
		case '}', ']':
			if !quoted {
				depth--
			}
		}
	}
	return deepest
}

// tidy is a text in one line, without control characters and without white
// space at its ends.
func tidy(s string) string {
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, unicode.IsControl) {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
	}
	return s
}

// clip bounds what an error message repeats.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
