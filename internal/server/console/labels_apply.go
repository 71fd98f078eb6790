package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// applyView is the page on which a maker applies.
type applyView struct {
	Problem  string
	Faults   map[string]string // beside their fields, by the field's name
	Schemes  []*label.Scheme   // to choose among; none once one is chosen
	ID       string
	Seen     int // how many events the label had when the form was made
	Status   label.Status
	Saved    bool
	Title    string
	Scheme   *label.Scheme
	Tiers    []int
	Own      []string // organisations for which the reader may apply
	Limit    int64
	A        *label.Application
	Releases []releaseField
	Parties  []partyField
	Hosts    string
	Facts    []factField
	Groups   []declareGroup
	Evidence []evidenceField
	Progress *progressView
	Waits    string // why there is no progress to tell
}

// applyNew is the empty form of a scheme, or the choice of one.
func (c *Console) applyNew(w http.ResponseWriter, r *http.Request) error {
	reader := visitorOf(r.Context()).Reader
	if !reader.Is(access.RoleMaker) {
		return problem.New(problem.Denied, "applying for a label wants the role maker in an organisation")
	}
	schemes, err := c.questions.Schemes(r.Context(), nowOf(r))
	if err != nil {
		return err
	}
	id := r.URL.Query().Get("scheme")
	if id == "" {
		v := applyView{Schemes: inForce(schemes, access.Date(c.today()))}
		return c.show(w, r, c.present(), "labelapply", "Apply for a label", v)
	}
	if schemes[id] == nil {
		return problem.New(problem.NotFound, "no scheme %q", id)
	}
	a := &label.Application{Scheme: id}
	if own := makerOf(reader); len(own) > 0 {
		a.Parties = []label.Party{{Role: label.Maker, Organisation: own[0]}}
	}
	return c.showApply(w, r, http.StatusOK, applyView{A: a}, nil)
}

// inForce is the schemes under which labels are given on a day, by title.
func inForce(all map[string]*label.Scheme, day access.Date) []*label.Scheme {
	var out []*label.Scheme
	for _, s := range all {
		if s.InForce.From <= day && (s.InForce.Until == "" || day < s.InForce.Until) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *label.Scheme) int { return strings.Compare(a.Title, b.Title) })
	return out
}

// makerOf is the organisations for which a reader may apply.
func makerOf(r access.Reader) []string {
	var out []string
	for _, o := range r.Organisations {
		if r.Roles[o] == access.RoleMaker {
			out = append(out, o)
		}
	}
	return out
}

// applyAgain is the form of an application that was kept before.
func (c *Console) applyAgain(w http.ResponseWriter, r *http.Request) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !f.May.Apply {
		see(w, r, "/labelling/%s", f.Label)
		return nil
	}
	return c.showApply(w, r, http.StatusOK, applyView{A: f.Application, Saved: r.URL.Query().Get("saved") != ""}, f)
}

// showApply fills in what the form shows beside the application: the scheme's
// questions, what evidence is held and how far the application has come.
func (c *Console) showApply(w http.ResponseWriter, r *http.Request, status int, v applyView, f *node.LabelFile) error {
	if err := c.fillApply(r, &v, f); err != nil {
		return err
	}
	p := c.frame(r, c.present(), "Application for "+v.Title, v)
	part := "layout"
	if r.PostFormValue("answer") == "parts" {
		part = "applyparts"
	}
	return c.pages.write(w, status, "labelapply", part, p)
}

func (c *Console) fillApply(r *http.Request, v *applyView, f *node.LabelFile) error {
	schemes, err := c.questions.Schemes(r.Context(), nowOf(r))
	if err != nil {
		return err
	}
	if v.Scheme = schemes[v.A.Scheme]; v.Scheme == nil {
		return problem.New(problem.NotFound, "no scheme %q", v.A.Scheme)
	}
	set, err := c.questions.Criteria(r.Context(), nowOf(r), v.Scheme)
	if err != nil {
		return err
	}
	asked, err := criteriaOf(set, v.Scheme, v.A.Tier)
	if err != nil {
		return err
	}
	v.Title, v.Limit, v.Own = productName(v.A), c.opts.MaxUpload, makerOf(visitorOf(r.Context()).Reader)
	for t := range v.Scheme.Tiers {
		v.Tiers = append(v.Tiers, t+1)
	}
	v.Waits = "Save the draft with a release, by its package URL; what is held of each control is told from then on."
	var got *node.Assessed
	if f != nil {
		v.ID, v.Seen, v.Status = f.Label, len(f.Events), f.Status
	}
	if f != nil && named(f.Application) {
		if got, err = c.progressOf(r, v); err != nil {
			return err
		}
	}
	v.fill(asked, got)
	return nil
}

// named reports whether an application names its releases, without which
// nothing can be held of them.
func named(a *label.Application) bool {
	return len(a.Releases) > 0 && !slices.ContainsFunc(a.Releases, func(r label.Release) bool { return r.PURL == "" })
}

// progressOf asks how far the application has come that was last kept. What
// keeps that from being told is no error of the page.
func (c *Console) progressOf(r *http.Request, v *applyView) (*node.Assessed, error) {
	got, err := c.questions.Assessment(r.Context(), nowOf(r), v.ID)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.NotFound, problem.Conflict:
		v.Waits = "What is held of each control cannot be told yet. " + sentence(problem.Message(err))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v.Progress, v.Waits = progressViewOf(got), ""
	return got, nil
}

// apply keeps an application, or hands it in.
func (c *Console) apply(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "id")
	var f *node.LabelFile
	base := &label.Application{Scheme: value(r, "scheme")}
	if id != "" {
		var err error
		if f, err = c.questions.LabelFile(r.Context(), nowOf(r), id); err != nil {
			return err
		}
		if !f.May.Apply {
			return problem.New(problem.Denied, "the application of label %s is not yours to change", f.Label)
		}
		base = f.Application
	}
	schemes, err := c.questions.Schemes(r.Context(), nowOf(r))
	if err != nil {
		return err
	}
	if schemes[base.Scheme] == nil {
		return problem.New(problem.NotFound, "no scheme %q", base.Scheme)
	}
	set, err := c.questions.Criteria(r.Context(), nowOf(r), schemes[base.Scheme])
	if err != nil {
		return err
	}
	a, err := readApplication(r, base, schemes[base.Scheme], set)
	if err == nil {
		err = unchanged(r, f)
	}
	if err != nil {
		return c.refuseApply(w, r, f, a, err)
	}
	kept, err := c.keepApplication(r, f, a)
	if err != nil {
		return c.refuseApply(w, r, f, a, err)
	}
	switch {
	case r.PostFormValue("answer") == "parts":
		if f, err = c.questions.LabelFile(r.Context(), nowOf(r), kept.Label); err != nil {
			return err
		}
		w.Header().Set("Content-Location", "/labelling/"+kept.Label+"/apply")
		return c.showApply(w, r, http.StatusOK, applyView{A: f.Application, Saved: true}, f)
	case kept.Status == label.StatusDraft:
		see(w, r, "/labelling/%s/apply?saved=1#progress", kept.Label)
	default:
		see(w, r, "/labelling/%s", kept.Label)
	}
	return nil
}

// unchanged refuses a form that was made before somebody else changed the
// application: what it does not know of would be lost.
func unchanged(r *http.Request, f *node.LabelFile) error {
	if seen := value(r, "seen"); f != nil && seen != "" && seen != strconv.Itoa(len(f.Events)) {
		return problem.New(problem.Conflict, "the application was changed since this page was loaded; what you filled in is below and is not kept yet. Save again to put it in place of the other")
	}
	return nil
}

// keepApplication keeps the files that came with an application for those who
// may see it, and then itself. A file that is no document leaves nothing kept
// but the files before it.
func (c *Console) keepApplication(r *http.Request, f *node.LabelFile, a *label.Application) (*node.LabelState, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	by := visitorOf(r.Context()).Reader
	audience, err := c.questions.ApplicationAudience(r.Context(), by, a)
	if err != nil {
		return nil, err
	}
	held, err := c.keepFiles(r, audience)
	if err != nil {
		return nil, err
	}
	for _, e := range held {
		if !slices.ContainsFunc(a.Evidence, func(was label.Evidence) bool { return was.Digest == e.Digest }) {
			a.Evidence = append(a.Evidence, e)
		}
	}
	opts := node.ApplyOptions{Submit: value(r, "do") == "submit"}
	if f != nil {
		opts.ID = f.Label
		opts.Submit = opts.Submit || f.Status == label.StatusApplied // what was handed in is no draft again
	}
	return c.questions.Apply(r.Context(), nowOf(r), a, opts)
}

// keepFiles keeps the form's files as documents for an audience.
func (c *Console) keepFiles(r *http.Request, audience access.Audience) ([]label.Evidence, error) {
	if r.MultipartForm == nil || !hasFile(r.MultipartForm.File["file"]) {
		return nil, nil
	}
	files, err := filesOf(r.MultipartForm)
	if err != nil {
		return nil, err
	}
	var out []label.Evidence
	for _, f := range files {
		if err := c.questions.KeepEvidence(r.Context(), visitorOf(r.Context()).Reader, f, audience); err != nil {
			if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict || kind == problem.TooLarge {
				return out, problem.New(kind, "evidence: %s", problem.Message(err))
			}
			return out, err
		}
		out = append(out, label.Evidence{Digest: ledger.Digest(f.Bytes), Title: f.Name})
	}
	return out, nil
}

// refuseApply shows the form as it was filled in, with what was wrong.
func (c *Console) refuseApply(w http.ResponseWriter, r *http.Request, f *node.LabelFile, a *label.Application, err error) error {
	var p *problem.Error
	if !errors.As(err, &p) {
		return err
	}
	switch kind := problem.KindOf(err); kind {
	case problem.Invalid, problem.Conflict, problem.TooLarge:
		v := applyView{A: a, Problem: sentence(problem.Message(err)), Faults: faultsOf(problem.Message(err))}
		if kind != problem.Conflict {
			v.Problem = fmt.Sprint("Nothing was kept. ", v.Problem)
		}
		return c.showApply(w, r, problem.Status(err), v, f)
	}
	return err
}
