package console

import (
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

type importView struct {
	Problem       string
	Published     string
	Audience      string
	AcceptLoss    bool
	Organisations []string
	Limit         int64
	Report        *importReport
}

// importReport is what became of an import, edition by edition.
type importReport struct {
	Heading  string
	Editions []importedView
	Failed   []string
}

type importedView struct {
	ImportedEdition
	Outcome, Says, Path string
}

// importForm is the page where documents are handed in.
func (c *Console) importForm(w http.ResponseWriter, r *http.Request) error {
	v, err := c.importView(r)
	if err != nil {
		return err
	}
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	return c.show(w, r, m, "import", "Import", v)
}

func (c *Console) importView(r *http.Request) (importView, error) {
	reader := visitorOf(r.Context()).Reader
	if !reader.MayWrite() {
		return importView{}, problem.New(problem.Denied, "importing needs a role that may write; yours may only read")
	}
	return importView{Organisations: reader.Organisations, Limit: c.opts.MaxUpload}, nil
}

// importFiles takes the form and shows what became of each edition. What
// cannot be taken leaves the form as it was filled in, but for the files.
func (c *Console) importFiles(w http.ResponseWriter, r *http.Request) error {
	v, err := c.importView(r)
	if err != nil {
		return err
	}
	v.Published, v.Audience = r.PostFormValue("published"), r.PostFormValue("audience")
	v.AcceptLoss = r.PostFormValue("accept_loss") != ""
	report, err := c.importNow(r, v)
	if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict {
		v.Problem = sentence(problem.Message(err))
	} else if err != nil {
		return err
	} else {
		v.Report = reportOf(report)
	}
	status := http.StatusOK
	if v.Problem != "" {
		status = http.StatusBadRequest
	}
	return c.pages.write(w, status, "import", "layout", c.frame(r, c.present(), "Import", v))
}

func (c *Console) importNow(r *http.Request, v importView) (*ImportReport, error) {
	opts := ImportOptions{AcceptLoss: v.AcceptLoss}
	var err error
	if v.Published != "" {
		if opts.Published, err = access.ParseDate(v.Published); err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "published")
		}
	}
	if opts.Audience, err = access.ParseAudience(v.Audience); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "audience")
	}
	files, err := filesOf(r.MultipartForm)
	if err != nil {
		return nil, err
	}
	return c.questions.Import(r.Context(), visitorOf(r.Context()).Reader, files, opts)
}

// filesOf reads the form's files. Browsers send an empty one when none was
// chosen.
func filesOf(form *multipart.Form) ([]File, error) {
	var files []File
	if form != nil {
		for _, h := range form.File["file"] {
			if h.Filename == "" && h.Size == 0 {
				continue
			}
			b, err := readFile(h)
			if err != nil {
				return nil, fmt.Errorf("import %s: %w", h.Filename, err)
			}
			files = append(files, File{Name: h.Filename, Bytes: b})
		}
	}
	if len(files) == 0 {
		return nil, problem.New(problem.Invalid, "choose at least one file")
	}
	return files, nil
}

func readFile(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f) // no longer than the door lets a body be
}

func reportOf(report *ImportReport) *importReport {
	out := &importReport{Failed: report.Failed}
	fresh := 0
	for _, e := range report.Editions {
		v := importedView{ImportedEdition: e, Outcome: "Held already", Path: "/lists/" + e.Source}
		v.Says = fmt.Sprintf("%s rows; nothing changed", grouped(fmt.Sprint(e.Rows)))
		if e.New {
			fresh++
			v.Outcome = "Imported"
			v.Says = fmt.Sprintf("%s rows; %s added, %s removed, %s changed", grouped(fmt.Sprint(e.Rows)),
				grouped(fmt.Sprint(e.Added)), grouped(fmt.Sprint(e.Removed)), grouped(fmt.Sprint(e.Changed)))
		}
		if release, ok := strings.CutPrefix(e.Source, billSeries); ok {
			v.Source, v.Path = release, Moment{}.Link("/release", "subject", release)
		}
		if v.Source == "" {
			v.Source, v.Path = strings.Join(e.Files, ", "), ""
		}
		out.Editions = append(out.Editions, v)
	}
	switch {
	case fresh > 0 && len(out.Failed) == 0:
		out.Heading = "Imported"
	case fresh > 0:
		out.Heading = "Imported in part"
	case len(out.Failed) > 0:
		out.Heading = "Nothing was imported"
	default:
		out.Heading = "Nothing new"
	}
	return out
}
