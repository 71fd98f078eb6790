package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// What the program says, and where:
//
//   - The result of a command goes to standard output, and nothing else does.
//     With --format json it is one JSON value.
//   - Everything else goes to standard error, a line each, behind the
//     program's name: "countersign: error: …", "warning:" or "hint:" likewise,
//     or bare for what is merely told.
//   - Lines begin in lower case, but for names, and end without a full stop.
//     There are no stack traces. An error says what was asked for, what is
//     wrong and, where it can be known, what to do: that is the hint.
//   - Colour carries nothing that the words do not say. It appears only on a
//     terminal, and not when NO_COLOR is set or TERM is "dumb".
//   - A verdict is a result, not an error: it sets the exit code and prints no
//     error line.

// printer prints by these rules.
type printer struct {
	out     *bufio.Writer
	err     io.Writer
	format  formatFlag
	colours bool
	columns int // to wrap text at
}

const (
	defaultColumns = 80
	maxColumns     = 110 // longer lines are hard to read
)

func newPrinter(out *bufio.Writer, stdout, stderr io.Writer, getenv func(string) string) *printer {
	p := &printer{out: out, err: stderr, format: formatText, columns: defaultColumns}
	if f, ok := stdout.(*os.File); ok && isTerminal(f) {
		p.colours = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 20 {
			p.columns = min(columns, maxColumns)
		}
	}
	return p
}

// isTerminal reports whether a person reads w.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// line prints a line of the result.
func (p *printer) line(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// json prints the result as JSON.
func (p *printer) json(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// wantsJSON reports whether the result is to be JSON.
func (p *printer) wantsJSON() bool { return p.format == formatJSON }

// tell prints a line that is not part of the result.
func (p *printer) tell(format string, args ...any) {
	fmt.Fprintf(p.err, "countersign: %s\n", oneLine(sprintf(format, args...)))
}

func (p *printer) warn(format string, args ...any) { p.tell("warning: "+format, args...) }
func (p *printer) hint(format string, args ...any) { p.tell("hint: "+format, args...) }

// end says what a command failed of, if it did, and gives the exit code.
func (p *printer) end(err error) int {
	var verdict verdictError
	var failed *failures
	switch {
	case err == nil:
		return problem.ExitDone
	case errors.As(err, &verdict):
		return decision.ExitCode(verdict.verdict)
	case errors.As(err, &resultError{}):
		return problem.ExitFailure
	case errors.Is(err, context.Canceled):
		p.tell("interrupted")
		return problem.ExitFailure
	case errors.As(err, &failed):
		for _, line := range failed.lines {
			p.tell("error: %s", line)
		}
	default:
		p.tell("error: %v", err)
	}
	var h *hintedError
	if errors.As(err, &h) {
		p.hint("%s", h.hint)
	}
	var u *usageError
	if errors.As(err, &u) {
		return problem.ExitUsage
	}
	return problem.ExitCode(err)
}

// verdictError ends a command whose result is a verdict.
type verdictError struct{ verdict policy.Verdict }

func (e verdictError) Error() string { return "verdict " + string(e.verdict) }

// resultError ends a command whose result, which is printed, is not the good one.
type resultError struct{}

func (resultError) Error() string { return "not valid" }

func isVerdict(err error) bool {
	var v verdictError
	return errors.As(err, &v) || errors.As(err, &resultError{})
}

// failures ends a command that met several errors and went on.
type failures struct{ lines []string }

func (e *failures) Error() string { return strings.Join(e.lines, "; ") }

// hintedError is an error together with what to do about it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

func hinted(err error, format string, args ...any) error {
	return &hintedError{err, sprintf(format, args...)}
}

// oneLine keeps what others wrote from breaking out of its line, or from
// speaking to the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20, r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}

// sprintf is fmt.Sprintf, but leaves a text without arguments as it is.
func sprintf(format string, args ...any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// colour is an ANSI style.
type colour string

const (
	bold   colour = "1"
	faint  colour = "2"
	red    colour = "1;31"
	green  colour = "1;32"
	yellow colour = "1;33"
)

// style colours a text, on a terminal that wants it.
func (p *printer) style(c colour, s string) string {
	if !p.colours || c == "" || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

var verdictColours = map[policy.Verdict]colour{policy.Allow: green, policy.Review: yellow, policy.Deny: red}

// paragraph prints text wrapped behind a label, with the following lines
// indented to where the text began.
func (p *printer) paragraph(label, text string) {
	indent := columnsOf(label)
	for i, l := range wrap(oneLine(text), max(p.columns-indent, 20)) {
		if i > 0 {
			label = strings.Repeat(" ", indent)
		}
		p.line("%s%s", label, l)
	}
}

// wrap breaks text into lines of at most so many columns, at spaces.
func wrap(text string, columns int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	for word := range strings.FieldsSeq(text) {
		w := columnsOf(word)
		if used > 0 && used+1+w > columns {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += w
	}
	return append(lines, line.String())
}

// pad is s, which may hold wide characters, filled up with spaces.
func pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(columns-columnsOf(s), 0))
}

// columnsOf is how many columns of a terminal s takes.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
