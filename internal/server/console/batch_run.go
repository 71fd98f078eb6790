package console

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// batchRun is one batch in hand.
type batchRun struct {
	name      string
	file      multipart.File
	batch     *screening.Batch
	screening *node.Screening
	progress  batchProgress
}

func (b *batchRun) close() { _ = b.file.Close() } // it was only read from

// each screens the batch, a stretch of rows after another, and hands them on.
func (b *batchRun) each(r *http.Request, take func([]screening.Row, []*screening.Result) error) error {
	for {
		rows, err := b.batch.Next(chunk)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		results := b.screening.Rows(r.Context(), rows)
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		b.count(results)
		if err := take(rows, results); err != nil || last {
			return err
		}
	}
}

func (b *batchRun) count(results []*screening.Result) {
	p := &b.progress
	for _, one := range results {
		p.Rows++
		if len(one.Matches) > 0 {
			p.Matched++
		}
		if one.Error != "" {
			p.Failures++
			if len(p.Failed) < mostFailed {
				p.Failed = append(p.Failed, one.Error)
			}
		}
	}
}

// keep screens the batch and records it. Rows that cannot be read are left out
// and counted. lines, unless nil, is told after each stretch how far it is.
func (b *batchRun) keep(r *http.Request, lines *progressLines) error {
	var kept []screening.Screened
	err := b.each(r, func(rows []screening.Row, results []*screening.Result) error {
		for i, one := range results {
			if one.Error == "" {
				kept = append(kept, screening.Screened{Sought: rows[i].Sought, Matches: one.Matches})
			}
		}
		if len(kept) > screening.MaxRecorded {
			return problem.New(problem.TooLarge, "%s has more than %d names: hand it in in parts, or ask for a file, which is not recorded", b.name, screening.MaxRecorded)
		}
		if lines != nil {
			p := b.progress
			p.Failed = nil // told once, at the end
			lines.write(p)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(kept) == 0 && b.progress.Failures > 0:
		return problem.New(problem.Invalid, "no row can be screened; the first: %s", b.progress.Failed[0])
	case len(kept) == 0:
		return problem.New(problem.Invalid, "%s has a header and no rows", b.name)
	}
	digest, err := b.screening.Record(r.Context(), kept)
	if err == nil {
		b.progress.Result = "/screen/results/" + digest
	}
	return err
}

// send answers with a file as it is made, of any number of rows. What goes
// wrong after its beginning breaks the connection: a file that looks whole and
// is not would be worse than none.
func (b *batchRun) send(w http.ResponseWriter, r *http.Request, form string) error {
	var out *resultFile
	err := b.each(r, func(rows []screening.Row, results []*screening.Result) error {
		if out == nil {
			out = newResultFile(w, form, strings.TrimSuffix(path.Base(b.name), ".csv")+"-screened")
		}
		for i, one := range results {
			if err := out.write(&rows[i].Sought, one); err != nil {
				return err
			}
		}
		return out.flush()
	})
	if err != nil && out != nil {
		panic(http.ErrAbortHandler)
	}
	return err
}

// progressLines is the answer to a page's script while a batch is in hand. Its
// status is always 200: what becomes of the batch is known when it has been
// sent, and stands in the last line.
type progressLines struct{ w http.ResponseWriter }

// lineMedia is the media type of JSON objects, one a line.
const lineMedia = "application/x-ndjson"

func newProgressLines(w http.ResponseWriter) *progressLines {
	w.Header().Set("Content-Type", lineMedia)
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers answers would keep the lines to the end
	return &progressLines{w: w}
}

// write sends a line at once.
func (l *progressLines) write(p batchProgress) {
	_ = json.NewEncoder(l.w).Encode(p) // whoever has gone away ends the request's context
	_ = http.NewResponseController(l.w).Flush()
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n *int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}
