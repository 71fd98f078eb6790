package screening

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
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
	in      *lines
	columns map[string]int
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

// ReadBatch reads the header of a batch; file names it in errors. Its cells are
// parted by commas, semicolons or tabs.
func ReadBatch(file string, r io.Reader) (*Batch, error) {
	limit := &rowLimit{r: r, file: file}
	in := bufio.NewReaderSize(limit, 64<<10)
	head, _ := in.Peek(3)
	switch {
	case string(head) == "\ufeff":
		_, _ = in.Discard(3)
	case len(head) > 1 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff):
		return nil, problem.New(problem.Invalid, "%s: is in UTF-16; save it as UTF-8", file)
	}
	b := &Batch{file: file, in: &lines{in: in, limit: limit, comma: ','}, columns: map[string]int{}}
	first, err := b.in.read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "%s: is empty; want a header line with the column name, and a row for each name", file)
	}
	if err != nil {
		return nil, err
	}
	b.in.comma, b.in.back, b.in.line = separatorOf(first), []string{first}, 0
	header, _, err := b.in.next()
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
		return nil, problem.New(problem.Invalid, "%s: the header has no column name, but %s; want %s, of which only name is needed",
			file, strings.Join(slices.Sorted(maps.Keys(b.columns)), ", "), strings.Join(batchColumns, ","))
	}
	return b, nil
}

// Next is the next rows, at most n. With the last of them, or after it, comes
// [io.EOF]; any other error ends the batch where it stands.
func (b *Batch) Next(n int) ([]Row, error) {
	rows := make([]Row, 0, n)
	for len(rows) < n {
		record, line, err := b.in.next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, io.EOF
		case errors.Is(err, errOpenQuote):
			r := Row{file: b.file, line: line}
			r.Err = r.wrong("%v", err)
			rows = append(rows, r)
			continue
		case err != nil:
			return rows, b.broken(err)
		}
		rows = append(rows, b.row(record, line))
	}
	return rows, nil
}

func (b *Batch) row(record []string, line int) Row {
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

// broken says where a file cannot be read on.
func (b *Batch) broken(err error) error {
	if errors.Is(err, errOpenQuote) {
		return problem.New(problem.Invalid, "%s: line %d: %v", b.file, b.in.line, err)
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
