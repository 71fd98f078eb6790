package policy

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"

	"countersign.dev/internal/access"
)

// A template is text for people with expressions in braces.
type template struct {
	pieces []piece
}

// A piece is either text or an expression whose value is put in its place.
type piece struct {
	text string
	expr *expression
}

// noDay stands in a text where a day is not set. A sentence with a gap serves
// better than no answer; in conditions the same is an error.
const noDay = "a day not stated"

// compileTemplate reads source and checks its expressions.
func compileTemplate(each scope, source string) (*template, error) {
	t := &template{}
	for rest := source; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			t.add(rest)
			break
		}
		t.add(rest[:i])
		rest = rest[i:]
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			t.add(rest[:1])
			rest = rest[2:]
		case rest[0] == '}':
			return nil, errors.New(`has "}" without "{"; write "}}" for the brace itself`)
		default:
			n := holeEnd(rest)
			if n < 0 {
				return nil, errors.New(`has "{" without "}"; write "{{" for the brace itself`)
			}
			hole := strings.TrimSpace(rest[1:n])
			expr, err := compile(each, hole, types.StringType, types.IntType, dayType)
			if err != nil {
				return nil, fmt.Errorf("{%s}: %w", hole, err)
			}
			t.pieces = append(t.pieces, piece{expr: expr})
			rest = rest[n+1:]
		}
	}
	return t, nil
}

func (t *template) add(text string) {
	if text != "" {
		t.pieces = append(t.pieces, piece{text: text})
	}
}

// holeEnd is where the "}" is that closes the "{" with which s begins, braces
// within it and within quoted text left aside; -1 when nothing closes it.
func holeEnd(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// render is the text with the values of its expressions, each run of spaces
// and line ends made one space.
func (t *template) render(vars *variables) (string, error) {
	var b strings.Builder
	for _, p := range t.pieces {
		if p.expr == nil {
			b.WriteString(p.text)
			continue
		}
		val, err := p.expr.eval(vars)
		switch {
		case errors.Is(err, errUnset):
			b.WriteString(noDay)
			continue
		case err != nil:
			return "", err
		}
		switch v := val.Value().(type) {
		case access.Date:
			b.WriteString(string(v))
		default:
			fmt.Fprint(&b, v)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
}
