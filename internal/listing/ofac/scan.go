package ofac

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes int // of the file; default 512 MiB
	Rows  int // records; default 2,000,000
	Field int // bytes of one column; default 64 KiB
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 512 << 20
	}
	if l.Rows <= 0 {
		l.Rows = 2_000_000
	}
	if l.Field <= 0 {
		l.Field = 64 << 10
	}
	return l
}

// endMark ends a file of OFAC's.
const endMark = "\x1a"

// record is one record with its place.
type record struct {
	number int // 1 for the file's first, header included
	line   int
	fields []string // valid until the next record is read
}

// scanner reads the records of one file.
type scanner struct {
	data   []byte
	csv    *csv.Reader
	limits Limits
	last   record
	ended  bool // the end mark was seen
	mended bool // the file's last null had lost its end
}

func newScanner(b []byte, limits Limits) *scanner {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	// Editions are in circulation whose last null lost its end; nothing is
	// missing but that.
	mended := bytes.HasSuffix(b, []byte(",-0"))
	if mended {
		b = append(bytes.Clone(b), '-')
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	return &scanner{data: b, csv: r, limits: limits, mended: mended}
}

// next is the next record, or io.EOF after the last.
func (s *scanner) next() (record, error) {
	start := s.csv.InputOffset()
	fields, err := s.csv.Read()
	if errors.Is(err, io.EOF) {
		return record{}, io.EOF
	}
	if err != nil {
		return record{}, s.explain(err, s.data[start:])
	}
	line, _ := s.csv.FieldPos(0)
	if fields[0] == endMark {
		return record{}, s.end(fields, line)
	}
	s.last = record{number: s.last.number + 1, line: line, fields: fields}
	if s.last.number > s.limits.Rows+1 {
		return record{}, problem.New(problem.TooLarge, "line %d: more than %d records", line, s.limits.Rows)
	}
	for i, f := range fields {
		if err := s.checkField(line, i, f); err != nil {
			return record{}, err
		}
	}
	return s.last, nil
}

func (s *scanner) checkField(line, i int, f string) error {
	if len(f) > s.limits.Field {
		return problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(f), s.limits.Field)
	}
	for k, r := range f {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(f[k:]); size == 1 {
				return problem.New(problem.Invalid, "line %d, column %d: byte 0x%02x is no UTF-8; want a file in UTF-8 or ASCII, as OFAC publishes it", line, i+1, f[k])
			}
		}
		if r < ' ' && r != '\t' {
			return problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text; a quotation mark may be missing before it", line, i+1, r)
		}
	}
	return nil
}

// end handles the end mark: nothing but empty columns may follow it.
func (s *scanner) end(fields []string, line int) error {
	s.ended = true
	for _, f := range fields[1:] {
		if strings.TrimSpace(f) != "" {
			return problem.New(problem.Invalid, "line %d: %q follows the end-of-file mark; want nothing", line, f)
		}
	}
	if more, err := s.csv.Read(); !errors.Is(err, io.EOF) {
		at := line + 1
		if err == nil {
			at, _ = s.csv.FieldPos(0)
		}
		return problem.New(problem.Invalid, "line %d: %q follows the end-of-file mark; want nothing", at, strings.Join(more, ","))
	}
	return io.EOF
}

// explain says what is wrong in the user's words. rest is the data from the
// failed record on.
func (s *scanner) explain(err error, rest []byte) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	if atEnd := s.csv.InputOffset() >= int64(len(s.data)); atEnd && bytes.Count(rest, []byte{'"'})%2 == 1 {
		return problem.New(problem.Invalid, "line %d: a quoted text is not closed before the end of the file; the file seems cut off", parse.StartLine)
	}
	return problem.New(problem.Invalid, "line %d, column %d: stray or missing quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
}

// checkEnd refuses a file whose last record was cut. Without the end mark and
// without a line's end, the last column must at least be whole: null, quoted,
// or remarks with their full stop.
func (s *scanner) checkEnd() error {
	if s.ended || len(s.data) == 0 || s.data[len(s.data)-1] == '\n' {
		return nil
	}
	tail := s.data[max(0, len(s.data)-8):]
	if bytes.HasSuffix(tail, []byte{'"'}) || bytes.HasSuffix(tail, []byte{'.'}) || bytes.HasSuffix(bytes.TrimRight(tail, " "), []byte("-0-")) {
		return nil
	}
	return problem.New(problem.Invalid, "line %d: the last record ends with %q, neither null nor whole; the file seems cut off", s.last.line, tail)
}

// null is a column's text, "" for OFAC's null.
func null(field string) string {
	field = strings.TrimSpace(field)
	if field == "-0-" {
		return ""
	}
	return field
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(strings.TrimSpace(s), 10, 40)
	return err == nil
}

// number reads one of OFAC's numbers.
func number(line int, what, field string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(field), 10, 40)
	if err != nil {
		return 0, problem.New(problem.Invalid, "line %d: %q is no %s; want a whole number", line, clip(field), what)
	}
	return n, nil
}

// clip bounds what an error message repeats.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
