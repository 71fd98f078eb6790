package console

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"countersign.dev/internal/screening"
)

// resultFile is results to be saved: a table with a row for each match, and
// one for each name without, or the JSON lines of the other doors.
type resultFile struct {
	out   *bufio.Writer
	w     http.ResponseWriter
	table *csv.Writer // nil for JSON lines
	lines *json.Encoder
}

var resultColumns = []string{
	"id", "name", "type", "dob", "country", "identifier",
	"matches", "score", "evidence", "list", "status", "entry", "listed_name", "matched_name", "quality", "error",
}

// newResultFile begins the answer with a file of this name and form, batchCSV
// or batchLines.
func newResultFile(w http.ResponseWriter, form, name string) *resultFile {
	f := &resultFile{out: bufio.NewWriterSize(w, 64<<10), w: w}
	media := "text/csv; charset=utf-8"
	if form == batchLines {
		media = lineMedia
		f.lines = json.NewEncoder(f.out)
		f.lines.SetEscapeHTML(false)
	} else {
		f.table = csv.NewWriter(f.out)
		_ = f.table.Write(resultColumns) // into memory; flush tells
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", attachment(name+"."+form))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	return f
}

func (f *resultFile) write(s *screening.Sought, r *screening.Result) error {
	if f.lines != nil {
		return f.lines.Encode(r)
	}
	asked := []string{s.ID, s.Name, string(s.Kind), s.Birth, s.Country, s.Identifier, strconv.Itoa(len(r.Matches))}
	if len(r.Matches) == 0 {
		return f.row(append(asked, "", "", "", "", "", "", "", "", r.Error))
	}
	for i := range r.Matches {
		m := &r.Matches[i]
		cells := append(asked[:len(asked):len(asked)], decimal(m.Score), decimal(m.Evidence), m.List, string(m.Status), m.ID, m.Name, m.Matched, string(m.Quality), "")
		if err := f.row(cells); err != nil {
			return err
		}
	}
	return nil
}

// decimal is a number with a point, so many digits as it has.
func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func (f *resultFile) row(cells []string) error { return f.table.Write(guarded(cells)) }

// guarded is cells of which no spreadsheet takes a text for a formula: an
// apostrophe goes before the signs that begin one.
func guarded(cells []string) []string {
	for i, cell := range cells {
		if strings.IndexAny(cell, "=+-@\t\r") != 0 {
			continue
		}
		if _, err := strconv.ParseFloat(cell, 64); err != nil {
			cells[i] = "'" + cell
		}
	}
	return cells
}

// flush sends what has been written.
func (f *resultFile) flush() error {
	if f.table != nil {
		f.table.Flush()
		if err := f.table.Error(); err != nil {
			return err
		}
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	_ = http.NewResponseController(f.w).Flush() // where it cannot, it is sent at the end
	return nil
}
