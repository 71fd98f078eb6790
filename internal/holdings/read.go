package holdings

import (
	"bytes"
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

// Bounds of a table.
const (
	MaxBytes = 64 << 20
	MaxRows  = 100_000
	maxCell  = 2000 // bytes
)

// columns are the headings under which people and banks keep what is needed.
var columns = map[string][]string{
	"id":       {"id", "ref", "reference", "account", "portfolio", "position id"},
	"isin":     {"isin", "isin code", "isin number"},
	"ticker":   {"ticker", "symbol", "equity ticker", "bloomberg ticker", "bloomberg"},
	"name":     {"name", "issuer", "issuer name", "security", "security name", "company", "company name", "description", "instrument"},
	"quantity": {"quantity", "qty", "shares", "units", "nominal", "position", "amount"},
}

// Row is one row of a table, or what is wrong with it.
type Row struct {
	Security
	Err error
}

// Read reads a table: CSV with commas, semicolons or tabs, whose header names
// at least one of isin, ticker and name, in any order and beside any others;
// file names it in errors. The error is for a table that cannot be read, with
// the line where it breaks.
func Read(file string, b []byte) ([]Row, error) {
	if len(b) > MaxBytes {
		return nil, problem.New(problem.TooLarge, "%s: larger than %d MB", file, MaxBytes>>20)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(b))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord, in.TrimLeadingSpace = separator(b), -1, true, true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "%s: is empty; want a header line with isin, ticker or name, and a row for each security", file)
	}
	if err != nil {
		return nil, broken(file, err)
	}
	at, err := placesOf(file, header)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(file, err)
		}
		if len(rows) == MaxRows {
			return nil, problem.New(problem.TooLarge, "%s: more than %d rows", file, MaxRows)
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, rowOf(file, line, record, at))
	}
	if len(rows) == 0 {
		return nil, problem.New(problem.Invalid, "%s: has a header and no rows", file)
	}
	return rows, nil
}

// separator is what stands between the headings.
func separator(b []byte) rune {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	best := ','
	for _, r := range ";\t" {
		if bytes.Count(first, []byte(string(r))) > bytes.Count(first, []byte(string(best))) {
			best = r
		}
	}
	return best
}

// placesOf is where each column stands.
func placesOf(file string, header []string) (map[string]int, error) {
	at := map[string]int{}
	for i, cell := range header {
		heading := strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(cell, "_", " "))), " ")
		for column, headings := range columns {
			if !slices.Contains(headings, heading) {
				continue
			}
			// Of several headings for one thing its own name counts.
			if other, twice := at[column]; !twice || heading == column {
				if twice && strings.EqualFold(strings.TrimSpace(header[other]), column) {
					return nil, problem.New(problem.Invalid, "%s: the header has the column %q twice", file, column)
				}
				at[column] = i
			}
		}
	}
	for _, column := range []string{"isin", "ticker", "name"} {
		if _, ok := at[column]; ok {
			return at, nil
		}
	}
	return nil, problem.New(problem.Invalid, "%s: the header has none of the columns isin, ticker and name", file)
}

func rowOf(file string, line int, record []string, at map[string]int) Row {
	r := Row{Security: Security{Line: line}}
	wrong := func(format string, args ...any) {
		if r.Err == nil {
			r.Err = problem.New(problem.Invalid, "%s: line %d: %s", file, line, fmt.Sprintf(format, args...))
		}
	}
	cell := func(column string) string {
		i, ok := at[column]
		if !ok || i >= len(record) {
			return ""
		}
		text := strings.Clone(strings.TrimSpace(record[i]))
		switch {
		case len(text) > maxCell:
			wrong("column %s: is %d bytes long; want at most %d", column, len(text), maxCell)
			return ""
		case !utf8.ValidString(text):
			wrong("column %s: is not UTF-8; save the file as UTF-8", column)
			return strings.ToValidUTF8(text, "\ufffd")
		}
		return text
	}
	r.ID, r.Quantity, r.Name = cell("id"), cell("quantity"), cell("name")
	r.ISIN, r.Ticker = strings.ToUpper(strings.ReplaceAll(cell("isin"), " ", "")), cell("ticker")
	switch {
	case r.ISIN == "" && r.Ticker == "" && party.Fold(r.Name) == "":
		wrong("has no ISIN, ticker or name")
	case r.ISIN != "" && !validISIN(r.ISIN):
		wrong("column isin: %q is no ISIN: want two letters, nine letters or digits, and the check digit that belongs to them", r.ISIN)
	}
	return r
}

// validISIN reports whether the check digit of ISO 6166 is right: letters count
// as two digits from 10 to 35, and every second digit from the right doubles.
func validISIN(s string) bool {
	if len(s) != 12 || s[11] < '0' || s[11] > '9' {
		return false
	}
	var digits []int
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && i >= 2:
			digits = append(digits, int(c-'0'))
		case c >= 'A' && c <= 'Z':
			digits = append(digits, int(c-'A'+10)/10, int(c-'A'+10)%10)
		default:
			return false
		}
	}
	sum := 0
	for i, d := range digits {
		if (len(digits)-i)%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// broken says where a file is no CSV.
func broken(file string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return problem.New(problem.Invalid, "%s: line %d: %v", file, p.Line, p.Err)
	}
	return err
}
