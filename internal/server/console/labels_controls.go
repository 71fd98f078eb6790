package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// controlsView is the assessor's workbench: all controls of a profile, and one
// of them with everything that was weighed for it.
type controlsView struct {
	Problem  string
	File     *node.LabelFile
	Title    string
	Progress *progressView
	Profile  assessment.Source
	Show     string // "unknown", "not_met" or "all"
	Find     string // as typed
	Filters  []controlFilter
	Groups   []controlGroup
	Control  *criterionView // nil when the filter leaves none
	Before   string         // address of the control before it
	After    string
	NextRef  string               // of the control after it; "" at the end
	Tried    assessment.Judgement // what was filled in and refused
}

// controlFilter is one choice of which controls are listed.
type controlFilter struct {
	Name, Link string
	Here       bool
	Count      int
}

// controlGroup is the controls of one catalogue in the list.
type controlGroup struct {
	Title string
	Rows  []controlRow
}

// controlRow is one line of the list.
type controlRow struct {
	*assessment.Outcome
	ID   string
	Head bool
	Here bool
	Link string
}

// criterionView is the control that is looked at.
type criterionView struct {
	*assessment.Outcome
	ID         string
	Source     *catalogue.Catalogue
	Clause     string
	Verify     string // how sure the wording is: "meaning" is to be checked
	Judgements []judgementView
	Below      []controlRow
	Evidence   []heldView
	Methods    []assessment.Method
}

// judgementView is one judgement that was weighed.
type judgementView struct {
	assessment.Weighed
	Decides bool
	Left    map[string]string // why a document does not count, by digest
}

// heldView is a document of the application, and what was taken out of it.
type heldView struct {
	assessment.Evidence
	Link   string
	Used   bool // a judgement of the control rests on it
	Chosen bool // in the form
	Facts  []factView
	More   bool
}

// forPrograms is the kinds of facts that say nothing to who judges: contents in
// a compact form, and names to be found by.
var forPrograms = map[string]bool{software.FactBill: true, software.FactContents: true, software.FactHandle: true}

// mostHeldFacts is how many facts of a document stand beside a control.
const mostHeldFacts = 12

// controls is the workbench.
func (c *Console) controls(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := controlsView{Show: q.Get("show"), Find: strings.TrimSpace(q.Get("find"))}
	return c.showControls(w, r, http.StatusOK, v, r.PathValue("id"), q.Get("control"))
}

func (c *Console) showControls(w http.ResponseWriter, r *http.Request, status int, v controlsView, id, ref string) error {
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	got, err := c.questions.Assessment(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	v.File, v.Title, v.Profile, v.Progress = f, productName(f.Application), got.Assessment.Profile, progressViewOf(got)
	v.list(got.Assessment, ref)
	if ref == "" && len(v.Groups) > 0 {
		ref = v.Groups[0].Rows[0].Ref
		v.list(got.Assessment, ref)
	}
	if ref != "" {
		if v.Control, err = c.controlOf(r, got, ref, &v); err != nil {
			return err
		}
	}
	return c.pages.write(w, status, "labelcontrols", "layout", c.frame(r, c.present(), "Controls of "+v.Title, v))
}

// list is the controls that the filter leaves, with the neighbours of the one
// that is looked at.
func (v *controlsView) list(a *assessment.Assessment, ref string) {
	v.Groups, v.Filters, v.Before, v.After, v.NextRef = nil, nil, "", "", ""
	counts := map[string]int{"all": len(a.Outcomes)}
	for i := range a.Outcomes {
		if o := &a.Outcomes[i]; o.Required && !follows(a, o) {
			counts[string(o.Status)]++
		}
	}
	if v.Show != "not_met" && v.Show != "all" {
		v.Show = "unknown"
	}
	if v.Show == "unknown" && counts["unknown"] == 0 {
		v.Show = cmp.Or(map[bool]string{true: "not_met"}[counts["not_met"] > 0], "all")
	}
	for _, f := range []struct{ show, name string }{{"unknown", "Unknown"}, {"not_met", "Not met"}, {"all", "All"}} {
		v.Filters = append(v.Filters, controlFilter{f.name, v.link(ref, f.show), f.show == v.Show, counts[f.show]})
	}
	title, seen := "", false
	for i := range a.Outcomes {
		o := &a.Outcomes[i]
		if !v.lists(a, o) && o.Ref != ref {
			continue
		}
		source, control, _ := strings.Cut(o.Ref, "/")
		if n := len(v.Groups); n == 0 || title != source {
			title = source
			v.Groups = append(v.Groups, controlGroup{Title: catalogueTitle(a, source)})
		}
		g := &v.Groups[len(v.Groups)-1]
		g.Rows = append(g.Rows, controlRow{o, control, len(o.FollowsFrom) > 0, o.Ref == ref, v.link(o.Ref, v.Show)})
		switch {
		case o.Ref == ref:
			seen = true
		case !seen:
			v.Before = v.link(o.Ref, v.Show)
		case v.After == "":
			v.After, v.NextRef = v.link(o.Ref, v.Show), o.Ref
		}
	}
}

// follows reports whether a head stands as it does because of what is below it:
// then that is what somebody has to judge.
func follows(a *assessment.Assessment, head *assessment.Outcome) bool {
	return head.Decided == nil && slices.ContainsFunc(head.FollowsFrom, func(ref string) bool {
		below := a.Outcome(ref)
		return below != nil && below.Status == head.Status
	})
}

// lists reports whether the filter leaves a control.
func (v *controlsView) lists(a *assessment.Assessment, o *assessment.Outcome) bool {
	if v.Find != "" && !strings.Contains(strings.ToLower(o.Ref+" "+o.Title+" "+o.Statement), strings.ToLower(v.Find)) {
		return false
	}
	return v.Show == "all" || o.Required && string(o.Status) == v.Show && !follows(a, o)
}

// link is the address of a control in a list.
func (v *controlsView) link(ref, show string) string {
	return Moment{}.Link("/labelling/"+v.File.Label+"/controls", "show", show, "control", ref, "find", v.Find)
}

func catalogueTitle(a *assessment.Assessment, id string) string {
	for _, s := range a.Catalogues {
		if s.ID == id {
			return s.Title
		}
	}
	return id
}

// controlOf is a control with what was weighed for it and the documents of the
// application.
func (c *Console) controlOf(r *http.Request, got *node.Assessed, ref string, v *controlsView) (*criterionView, error) {
	o := got.Assessment.Outcome(ref)
	if o == nil {
		return nil, problem.New(problem.NotFound, "the scheme asks for no control %q", ref)
	}
	source, id, _ := strings.Cut(ref, "/")
	out := &criterionView{Outcome: o, ID: id, Source: got.Criteria.Catalogue(source), Verify: o.Verify}
	if out.Source != nil {
		out.Clause = out.Source.Control(id).Clause
	}
	if o.Decided != nil {
		out.Judgements = append(out.Judgements, judgementOf(*o.Decided, true))
	}
	for _, w := range o.Others {
		out.Judgements = append(out.Judgements, judgementOf(w, false))
	}
	for _, below := range o.FollowsFrom {
		if b := got.Assessment.Outcome(below); b != nil {
			_, id, _ := strings.Cut(below, "/")
			out.Below = append(out.Below, controlRow{b, id, len(b.FollowsFrom) > 0, false, v.link(below, v.Show)})
		}
	}
	out.Methods = []assessment.Method{assessment.Declared}
	if v.File.May.Test {
		out.Methods = []assessment.Method{assessment.Laboratory, assessment.Automated, assessment.Declared}
	} else if v.File.May.Judge {
		out.Methods = append(out.Methods, assessment.Laboratory)
	}
	var err error
	out.Evidence, err = c.heldOf(r, got, out, &v.Tried)
	return out, err
}

func judgementOf(w assessment.Weighed, decides bool) judgementView {
	v := judgementView{Weighed: w, Decides: decides, Left: map[string]string{}}
	for _, l := range w.Left {
		v.Left[l.Digest] = l.Why
	}
	return v
}

// heldOf is the documents of an application, those first that the control's
// judgements rest on.
func (c *Console) heldOf(r *http.Request, got *node.Assessed, control *criterionView, tried *assessment.Judgement) ([]heldView, error) {
	used := map[string]bool{}
	for _, j := range control.Judgements {
		for _, e := range j.Evidence {
			used[e.Digest] = true
		}
	}
	var out []heldView
	for _, e := range got.Evidence {
		h := heldView{Evidence: e, Link: "/documents/" + strconv.FormatInt(e.Position, 10), Used: used[e.Digest]}
		h.Chosen = slices.ContainsFunc(tried.Evidence, func(t assessment.Evidence) bool { return t.Digest == e.Digest })
		facts, err := c.questions.FactsOf(r.Context(), c.anyTime(r), e.Position, mostFacts)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return nil, err
		}
		facts = slices.DeleteFunc(facts, func(f ledger.Fact) bool { return forPrograms[f.Kind] })
		h.More = len(facts) > mostHeldFacts
		for i := range facts[:min(len(facts), mostHeldFacts)] {
			h.Facts = append(h.Facts, factOf(&facts[i]))
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b heldView) int {
		switch {
		case a.Used == b.Used:
			return 0
		case a.Used:
			return -1
		}
		return 1
	})
	return out, nil
}

// judge records what the reader finds of a control, and leads to the next one.
func (c *Console) judge(w http.ResponseWriter, r *http.Request) error {
	id, ref := value(r, "id"), value(r, "control")
	v := controlsView{Show: value(r, "show"), Find: value(r, "find")}
	v.Tried = assessment.Judgement{Control: ref, Status: assessment.Status(value(r, "status")), Method: assessment.Method(value(r, "method")), Reason: value(r, "reason")}
	for _, digest := range r.PostForm["evidence"] {
		v.Tried.Evidence = append(v.Tried.Evidence, assessment.Evidence{Digest: digest})
	}
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	err = c.judgeOne(r, f, v.Tried)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.TooLarge:
		v.Problem = sentence(problem.Message(err))
		return c.showControls(w, r, problem.Status(err), v, id, ref)
	}
	if err != nil {
		return err
	}
	v.File = f
	next := value(r, "next") // the control after it, as the page had it
	if _, _, ok := strings.Cut(next, "/"); !ok {
		next = ref
	}
	see(w, r, "%s", v.link(next, v.Show))
	return nil
}

func (c *Console) judgeOne(r *http.Request, f *node.LabelFile, j assessment.Judgement) error {
	if j.Status != assessment.Met && j.Status != assessment.NotMet {
		return problem.New(problem.Invalid, "say whether it is met or not; what does not apply follows from what is declared of the product")
	}
	if f.May.Judge {
		audience, err := c.questions.ApplicationAudience(r.Context(), visitorOf(r.Context()).Reader, f.Application)
		if err != nil {
			return err
		}
		held, err := c.keepFiles(r, audience)
		if err != nil {
			return err
		}
		for _, e := range held {
			j.Evidence = append(j.Evidence, assessment.Evidence{Digest: e.Digest, Title: e.Title})
		}
	}
	_, err := c.questions.Judge(r.Context(), nowOf(r), f.Label, []assessment.Judgement{j}) // refuses whoever may not
	return err
}

// judgeByReport records the verdicts of a laboratory's report.
func (c *Console) judgeByReport(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "id")
	files, err := filesOf(r.MultipartForm)
	if err == nil {
		_, err = c.questions.JudgeByReport(r.Context(), nowOf(r), id, files[0])
	}
	return c.judged(w, r, id, err, "/controls?show=unknown")
}

// closeAssessment records that all that is asked is met.
func (c *Console) closeAssessment(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "id")
	_, err := c.questions.FinishAssessment(r.Context(), nowOf(r), id)
	return c.judged(w, r, id, err, "")
}

// judged leads on after something was recorded of the whole assessment; what was
// refused is told on the workbench.
func (c *Console) judged(w http.ResponseWriter, r *http.Request, id string, err error, then string) error {
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict, problem.TooLarge:
		return c.showControls(w, r, problem.Status(err), controlsView{Problem: sentence(problem.Message(err))}, id, "")
	}
	if err != nil {
		return err
	}
	f, err := c.questions.LabelFile(r.Context(), nowOf(r), id)
	if err != nil {
		return err
	}
	see(w, r, "/labelling/%s%s", f.Label, then)
	return nil
}
