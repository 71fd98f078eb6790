package console

import (
	"cmp"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// What becomes of a batch: a page that the ledger keeps, or a file that nobody
// keeps and that may have any number of rows.
const (
	batchPage  = "page"
	batchCSV   = "csv"
	batchLines = "jsonl"
)

// chunk is how many rows are screened before the next are read. With a file
// for an answer, one chunk is all of a batch that is in memory.
const chunk = 512

// mostBatches is how many batches are screened at once for all readers: each
// takes every processor.
const mostBatches = 2

// mostFailed is how many rows that could not be read are named one by one.
const mostFailed = 20

type batchView struct {
	Ways     []tab
	Problem  string
	Answer   string // batchPage, batchCSV or batchLines
	Account  bool   // of each match
	MayKeep  bool
	List     string
	Lists    []listOption
	Limit    int64 // bytes of a file
	Most     int   // names in one record
	Progress *batchProgress
}

// batchProgress is how far a batch is. As JSON it is one line of the answer to
// the page's script; the last has the address of the result, or the error.
type batchProgress struct {
	Read     int64    `json:"read"` // bytes
	Size     int64    `json:"size"`
	Rows     int      `json:"rows"`
	Matched  int      `json:"matched"` // rows with a match
	Failures int      `json:"failures"`
	Failed   []string `json:"failed,omitempty"` // the first of them, with places
	Result   string   `json:"result,omitempty"` // address
	Error    string   `json:"error,omitempty"`
}

// batchForm is the page where a batch is handed in.
func (c *Console) batchForm(w http.ResponseWriter, r *http.Request) error {
	return c.showBatch(w, r, http.StatusOK, batchView{Answer: batchPage})
}

func (c *Console) showBatch(w http.ResponseWriter, r *http.Request, status int, v batchView) error {
	if err := r.ParseForm(); err != nil { // for the form's own page, whose moment is in the address
		return problem.Wrap(problem.Invalid, err, "address")
	}
	m, err := c.momentOf(r.Form)
	if err != nil && v.Problem == "" {
		return err
	}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v.Ways, v.Lists = waysToScreen(m, "/screen/batch"), listOptions(programmes, v.List)
	v.MayKeep, v.Limit, v.Most = visitorOf(r.Context()).Reader.MayWrite(), c.opts.MaxUpload, screening.MaxRecorded
	if !v.MayKeep && v.Answer == batchPage {
		v.Answer = batchCSV
	}
	return c.pages.write(w, status, "batch", "layout", c.frame(r, m, "Screen a batch", v))
}

// batch screens an uploaded table of names. A page's script is told how far it
// is; without one the answer is the result's page or file.
func (c *Console) batch(w http.ResponseWriter, r *http.Request) error {
	select {
	case c.batches <- struct{}{}:
		defer func() { <-c.batches }()
	default:
		return problem.New(problem.Unavailable, "other batches are being screened")
	}
	v := batchView{Answer: cmp.Or(value(r, "answer"), batchPage), Account: value(r, "account") != "", List: value(r, "list")}
	var lines *progressLines // nil where no script listens
	if v.Answer == batchPage && strings.Contains(r.Header.Get("Accept"), lineMedia) {
		lines = newProgressLines(w)
	}
	run, err := c.beginBatch(r, &v)
	if err == nil {
		defer run.close()
		if v.Answer == batchPage {
			err = run.keep(r, lines)
		} else {
			err = run.send(w, r, v.Answer)
		}
	}
	switch kind := problem.KindOf(err); {
	case lines != nil:
		return c.endLines(r, lines, run, err)
	case kind == problem.Invalid, kind == problem.TooLarge:
		v.Problem = sentence(problem.Message(err))
		return c.showBatch(w, r, problem.Status(err), v)
	case err != nil || v.Answer != batchPage:
		return err
	case run.progress.Failures > 0:
		v.Progress = &run.progress
		return c.showBatch(w, r, http.StatusOK, v)
	}
	see(w, r, "%s", run.progress.Result)
	return nil
}

// endLines writes the last line of progress, with the result or the error.
func (c *Console) endLines(r *http.Request, lines *progressLines, run *batchRun, err error) error {
	var last batchProgress
	if run != nil {
		last = run.progress
	}
	if err != nil {
		last.Error = sentence(problem.Message(err))
		if problem.KindOf(err) == problem.Internal && c.opts.Failed != nil {
			c.opts.Failed(r, err)
		}
	}
	lines.write(last)
	return nil
}

// beginBatch reads the form and the table's header.
func (c *Console) beginBatch(r *http.Request, v *batchView) (*batchRun, error) {
	switch v.Answer {
	case batchPage, batchCSV, batchLines:
	default:
		return nil, problem.New(problem.Invalid, "answer %q: want page, csv or jsonl", v.Answer)
	}
	reader := visitorOf(r.Context()).Reader
	if v.Answer == batchPage && !reader.MayWrite() {
		return nil, problem.New(problem.Invalid, "your role may not record screenings; ask for a file instead")
	}
	m, err := c.momentOf(r.PostForm)
	if err != nil {
		return nil, err
	}
	opts := ScreenOptions{Why: v.Account}
	if v.List != "" {
		opts.Lists = []string{v.List}
	}
	run := &batchRun{}
	if run.file, run.name, run.progress.Size, err = uploaded(r.MultipartForm); err != nil {
		return nil, err
	}
	if run.batch, err = screening.ReadBatch(run.name, &counted{run.file, &run.progress.Read}); err == nil {
		run.screening, err = c.questions.Screening(r.Context(), m.ask(r), opts)
	}
	if err != nil {
		run.close()
		return nil, err
	}
	return run, nil
}

// uploaded is the form's one file.
func uploaded(form *multipart.Form) (multipart.File, string, int64, error) {
	if form != nil {
		for _, h := range form.File["file"] {
			if h.Filename == "" && h.Size == 0 {
				continue
			}
			f, err := h.Open()
			if err != nil {
				return nil, "", 0, fmt.Errorf("batch %s: %w", h.Filename, err)
			}
			return f, h.Filename, h.Size, nil
		}
	}
	return nil, "", 0, problem.New(problem.Invalid, "choose a file with the names to screen")
}
