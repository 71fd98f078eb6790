package console

import (
	"net/http"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// issueView is the page on which an authority gives a label.
type issueView struct {
	Problem     string
	File        *node.LabelFile
	Title       string
	Terms       *label.Terms // as they would be; nil when the label cannot be given
	From, Until string       // as typed
	Reason      string
	Image       string // address of the printed label
}

// issueForm shows what the label will say, as it will be printed.
func (c *Console) issueForm(w http.ResponseWriter, r *http.Request) error {
	return c.showIssue(w, r, http.StatusOK, issueView{}, r.PathValue("id"))
}

func (c *Console) showIssue(w http.ResponseWriter, r *http.Request, status int, v issueView, id string) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	if !f.May.Issue && v.Problem == "" {
		return problem.New(problem.Denied, "only the authority gives a label, once it was assessed; %s is %s", f.Label, words(string(f.Status)))
	}
	v.File, v.Title, v.Image = f, productName(f.Application), "/labelling/"+f.Label+"/sheet/svg?specimen=1&details=1"
	preview, err := c.questions.PreviewLabel(r.Context(), nowOf(r), id, node.IssueOptions{})
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		if v.Problem == "" {
			v.Problem = sentence(problem.Message(err))
		}
	default:
		if err != nil {
			return err
		}
		v.Terms = preview.Terms
	}
	return c.pages.write(w, status, "labelissue", "layout", c.frame(r, c.present(), "Give the label of "+v.Title, v))
}

// issue gives the label.
func (c *Console) issue(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "id")
	v := issueView{From: value(r, "from"), Until: value(r, "until"), Reason: value(r, "reason")}
	opts := node.IssueOptions{ValidFrom: access.Date(v.From), ValidUntil: access.Date(v.Until), Reason: v.Reason}
	var given *node.LabelState
	err := days(map[string]access.Date{"valid from": opts.ValidFrom, "valid until": opts.ValidUntil})
	if err == nil {
		given, err = c.questions.Issue(r.Context(), nowOf(r), id, opts)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		v.Problem = sentence(problem.Message(err))
		return c.showIssue(w, r, problem.Status(err), v, id)
	}
	if err != nil {
		return err
	}
	see(w, r, "/labelling/%s/sheet", given.Label)
	return nil
}

// days wants each of these to be a day, or nothing.
func days(all map[string]access.Date) error {
	for name, d := range all {
		if d == "" {
			continue
		}
		if _, err := access.ParseDate(string(d)); err != nil {
			return problem.Wrap(problem.Invalid, err, "%s", name)
		}
	}
	return nil
}

// sheetView is the page on which the printed label is looked at.
type sheetView struct {
	File     *node.LabelFile
	Title    string
	Details  bool
	Specimen bool // the label was not given yet
	Image    string
	Ways     []tab
	Files    []way
}

// sheetPage shows the printed label at its real size.
func (c *Console) sheetPage(w http.ResponseWriter, r *http.Request) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := sheetView{File: f, Title: productName(f.Application), Details: r.URL.Query().Get("details") != "0", Specimen: f.Code == ""}
	if v.Specimen && f.Status != label.StatusAssessed {
		return problem.New(problem.Conflict, "label %s is %s: there is something to print once it was assessed", f.Label, words(string(f.Status)))
	}
	here, specimen, details := "/labelling/"+f.Label+"/sheet", "", "1"
	if v.Specimen {
		specimen = "1"
	}
	if !v.Details {
		details = "0"
	}
	v.Image = Moment{}.Link(here+"/svg", "specimen", specimen, "details", details)
	v.Ways = []tab{{Name: "Front alone", Link: here + "?details=0", Here: !v.Details}, {Name: "With details", Link: here + "?details=1", Here: v.Details}}
	for _, d := range []struct{ name, form, dots string }{{"SVG", "svg", ""}, {"PDF", "pdf", ""}, {"PNG, 300 dpi", "png", "300"}, {"PNG, 600 dpi", "png", "600"}} {
		v.Files = append(v.Files, way{Name: d.name, Link: Moment{}.Link(here+"/"+d.form, "specimen", specimen, "details", details, "dpi", d.dots, "save", "1"), Plain: d.form != "pdf"})
	}
	return c.show(w, r, c.present(), "labelsheet", "Printed label of "+v.Title, v)
}

// Dots per inch that a picture of a label may have.
const (
	leastDots = 72
	mostDots  = 1200
)

// sheetFile is the printed label as a file: of one that was given, or as it
// would be when the address asks for a specimen.
func (c *Console) sheetFile(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	drawn, err := c.drawn(r, r.PathValue("id"), q.Get("specimen") != "")
	if err != nil {
		return err
	}
	if q.Get("details") == "0" {
		drawn.Details = nil
	}
	dots := 300
	if text := q.Get("dpi"); text != "" {
		if dots, err = strconv.Atoi(text); err != nil || dots < leastDots || dots > mostDots {
			return problem.New(problem.Invalid, "dpi %q: want a whole number from %d to %d", text, leastDots, mostDots)
		}
	}
	form := r.PathValue("form")
	b, media, err := c.questions.DrawSheet(drawn, form, dots)
	if err != nil {
		return err
	}
	if q.Get("save") != "" {
		return download(w, media, "label-"+drawn.ID+"."+form, b)
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(b) // the reader may have gone away
	return nil
}

func (c *Console) drawn(r *http.Request, id string, specimen bool) (*sheet.Label, error) {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return nil, err
	}
	if specimen && f.Code == "" {
		preview, err := c.questions.PreviewLabel(r.Context(), nowOf(r), id, node.IssueOptions{})
		if err != nil {
			return nil, err
		}
		return preview.Sheet, nil
	}
	s, err := c.questions.Label(r.Context(), nowOf(r), id)
	if err != nil {
		return nil, err
	}
	return c.questions.LabelSheet(r.Context(), nowOf(r), s)
}
