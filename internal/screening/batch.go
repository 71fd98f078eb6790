package screening

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Batch reads the CSV of names to be screened, a stretch at a time. Its header
// names the columns id, name, type, dob, country and identifier in any order;
// only name is needed.
type Batch struct {
	file    string
	in      *csv.Reader
	limit   *rowLimit
	columns map[string]int
	rows    int
}

// Row is one row of a batch.
type Row struct {
	Sought
	Err error // what is wrong with the row; it has been read over

	file string
	line int
}

// Place is where the row stands, as errors begin.
func (r *Row) Place() string { return fmt.Sprintf("%s: line %d: ", r.file, r.line) }

// wrong is an error with the row's place.
func (r *Row) wrong(format string, args ...any) error {
	return problem.New(problem.Invalid, "%s%s", r.Place(), fmt.Sprintf(format, args...))
}

// maxCell bounds a cell of a batch, in bytes.
const maxCell = 16 << 10

var batchColumns = []string{"id", "name", "type", "dob", "country", "identifier"}

// ReadBatch reads the header of a batch; file names it in errors.
func ReadBatch(file string, r io.Reader) (*Batch, error) {
	limit := &rowLimit{r: r, file: file}
	in := bufio.NewReaderSize(limit, 64<<10)
	if head, _ := in.Peek(3); string(head) == "\ufeff" {
		_, _ = in.Discard(3)
	}
	b := &Batch{file: file, in: csv.NewReader(in), limit: limit, columns: map[string]int{}}
	b.in.FieldsPerRecord = -1
	b.in.ReuseRecord = true
	header, err := b.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "%s: is empty; want a header line with the column name, and a row for each name", file)
	}
	if err != nil {
		return nil, b.broken(err)
	}
	for i, cell := range header {
		column := strings.ToLower(strings.TrimSpace(cell))
		if _, twice := b.columns[column]; twice {
			return nil, problem.New(problem.Invalid, "%s: the header has the column %q twice", file, column)
		}
		b.columns[column] = i
	}
	if _, ok := b.columns["name"]; !ok {
		return nil, problem.New(problem.Invalid, "%s: the header has no column name; want %s, of which only name is needed", file, strings.Join(batchColumns, ","))
	}
	return b, nil
}

// Next is the next rows, at most n. With the last of them, or after it, comes
// [io.EOF]; any other error ends the batch where it stands.
func (b *Batch) Next(n int) ([]Row, error) {
	rows := make([]Row, 0, n)
	for len(rows) < n {
		b.limit.run = 0
		record, err := b.in.Read()
		if errors.Is(err, io.EOF) {
			return rows, io.EOF
		}
		if err != nil {
			return rows, b.broken(err)
		}
		b.rows++
		rows = append(rows, b.row(record))
	}
	return rows, nil
}

func (b *Batch) row(record []string) Row {
	line, _ := b.in.FieldPos(0)
	r := Row{file: b.file, line: line}
	cell := func(column string) string {
		i, ok := b.columns[column]
		if !ok || i >= len(record) {
			return ""
		}
		text := strings.Clone(strings.TrimSpace(record[i]))
		switch {
		case len(text) > maxCell:
			r.Err = r.wrong("column %s: is %d bytes long; want at most %d", column, len(text), maxCell)
			return ""
		case !utf8.ValidString(text):
			r.Err = r.wrong("column %s: is not UTF-8; save the file as UTF-8", column)
			return strings.ToValidUTF8(text, "\ufffd")
		}
		return text
	}
	r.ID, r.Name = cell("id"), cell("name")
	r.Birth, r.Country, r.Identifier = cell("dob"), cell("country"), cell("identifier")
	kind, ok := KindNamed(cell("type"))
	r.Kind = kind
	switch {
	case r.Err != nil:
	case r.Name == "" && r.Identifier == "":
		r.Err = r.wrong("column name: is empty")
	case !ok:
		r.Err = r.wrong("column type: %q: want person, company, vessel, aircraft or nothing", cell("type"))
	}
	return r
}

// broken says where a file is no CSV.
func (b *Batch) broken(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return problem.New(problem.Invalid, "%s: line %d: %v", b.file, p.Line, p.Err)
	}
	return err
}

// KindNamed is the sort of party that people and other programs mean by a
// word; "" is any sort. ok is false for a word that is not known.
func KindNamed(word string) (kind party.Kind, ok bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, k := range kindWords {
		if slices.Contains(k.words, word) {
			return k.kind, true
		}
	}
	return "", word == ""
}

var kindWords = []struct {
	kind  party.Kind
	words []string
}{
	{party.Person, []string{"person", "individual", "people", "natural person"}},
	{party.Organisation, []string{"organisation", "organization", "company", "entity", "business", "legalentity", "legal entity", "publicbody"}},
	{party.Vessel, []string{"vessel", "ship"}},
	{party.Aircraft, []string{"aircraft", "airplane", "plane"}},
	{"", []string{"any", "thing", "unknown"}},
}

// rowLimit refuses rows that no table of names has, such as a quote that is
// never closed, before they fill the memory.
type rowLimit struct {
	r    io.Reader
	file string
	run  int // bytes read since a row began, or a buffer's more
}

const maxRow = 1 << 20

func (l *rowLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.run += n; l.run > maxRow {
		return 0, problem.New(problem.TooLarge, "%s: a row of more than %d bytes, or a quote that is not closed; want a CSV file with a name a row", l.file, maxRow)
	}
	return n, err
}
