package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/node"
)

// Labeller gives labels: what makers, laboratories and the authority do with
// them on the pages under /labelling. The public registry is another door.
type Labeller interface {
	Schemes(ctx context.Context, ask access.Ask) (map[string]*label.Scheme, error)
	// Criteria is the catalogues and profiles that labels of a scheme go by.
	Criteria(ctx context.Context, ask access.Ask, s *label.Scheme) (*catalogue.Set, error)
	// LabelDesk is what waits for the ask's reader.
	LabelDesk(ctx context.Context, ask access.Ask) (*node.LabelDesk, error)
	// LabelFile is a label with its application; NotFound for whoever has no
	// part in it, whether there is one or not.
	LabelFile(ctx context.Context, ask access.Ask, id string) (*node.LabelFile, error)

	Apply(ctx context.Context, ask access.Ask, a *label.Application, opts node.ApplyOptions) (*node.LabelState, error)
	ApplicationAudience(ctx context.Context, by access.Reader, a *label.Application) (access.Audience, error)
	KeepEvidence(ctx context.Context, by access.Reader, f File, audience access.Audience) error

	Assessment(ctx context.Context, ask access.Ask, id string) (*node.Assessed, error)
	Judge(ctx context.Context, ask access.Ask, id string, judgements []assessment.Judgement) (*node.Assessed, error)
	JudgeByReport(ctx context.Context, ask access.Ask, id string, f File) (*node.Assessed, error)
	FinishAssessment(ctx context.Context, ask access.Ask, id string) (*node.Assessed, error)

	// PreviewLabel is the label as it would be given now, under a code that is
	// not genuine.
	PreviewLabel(ctx context.Context, ask access.Ask, id string, opts node.IssueOptions) (*node.LabelPreview, error)
	Issue(ctx context.Context, ask access.Ask, id string, opts node.IssueOptions) (*node.LabelState, error)
	Act(ctx context.Context, ask access.Ask, id string, act node.LabelAct) (*node.LabelState, error)
	Amend(ctx context.Context, ask access.Ask, id string, m node.Amendment) (*node.LabelState, error)
	Label(ctx context.Context, ask access.Ask, id string) (*node.LabelState, error)
	LabelSheet(ctx context.Context, ask access.Ask, s *node.LabelState) (*sheet.Label, error)
	DrawSheet(l *sheet.Label, form string, dots int) ([]byte, string, error)

	// Attestations is what is attested of a release, an artifact or a maker.
	Attestations(ctx context.Context, ask access.Ask, subject string) (*node.Attested, error)
}

func (c *Console) labelRoutes() {
	c.page("GET /labelling", c.labelDesk)
	c.page("GET /labelling/apply", c.applyNew)
	c.form("POST /labelling/apply", c.apply)
	c.page("GET /labelling/{id}", c.labelFile)
	c.page("GET /labelling/{id}/apply", c.applyAgain)
	c.page("GET /labelling/{id}/controls", c.controls)
	c.form("POST /labelling/judge", c.judge)
	c.form("POST /labelling/report", c.judgeByReport)
	c.form("POST /labelling/close", c.closeAssessment)
	c.page("GET /labelling/{id}/issue", c.issueForm)
	c.form("POST /labelling/issue", c.issue)
	c.form("POST /labelling/act", c.act)
	c.page("GET /labelling/{id}/sheet", c.sheetPage)
	c.page("GET /labelling/{id}/sheet/{form}", c.sheetFile)
	c.form("POST /labelling/amend", c.amend)
	c.page("GET /attestations", c.attestations)
	c.page("GET /attestations/ssdf", c.ssdfForm)
	c.form("POST /attestations/ssdf", c.keepSSDF)
}

// now is an ask of the request's reader about this moment: what is done to a
// label is done now.
func nowOf(r *http.Request) access.Ask {
	return access.Ask{Reader: visitorOf(r.Context()).Reader, At: access.At{Position: access.Now}}
}

// deskView is the page of what waits for a reader.
type deskView struct {
	MayApply  bool
	Waiting   []deskRow // applications that the reader can do something about
	Elsewhere []deskRow // and those that wait for somebody else
	Open      []openView
	AllOpen   int
	Others    []label.State
	Counts    []labelCount
}

// deskRow is one application.
type deskRow struct {
	*node.LabelFile
	Days int // since when it stands so
	Next way // what the reader can do; its Link is "" when nothing
}

// openView is a label against which something stands.
type openView struct {
	*node.LabelFile
	Grounds  []groundView
	Warnings []groundView
}

// groundView is one ground or warning, with whether the reader may answer it.
type groundView struct {
	label.Ground
	Label string
	May   bool
	Days  int // until a warning is due; negative when that has passed
}

type labelCount struct {
	Status label.Status
	Count  int
}

// labelDesk is the page of what waits for the reader.
func (c *Console) labelDesk(w http.ResponseWriter, r *http.Request) error {
	desk, err := c.questions.LabelDesk(r.Context(), nowOf(r))
	if err != nil {
		return err
	}
	v := deskView{MayApply: visitorOf(r.Context()).Reader.Is(access.RoleMaker), AllOpen: desk.AllOpen, Others: desk.Others}
	today := access.Date(c.today())
	for _, f := range desk.Applications {
		if f.Status.IsFinal() {
			continue
		}
		row := deskRow{LabelFile: f, Days: daysBetween(f.Since, today), Next: nextOf(f)}
		if row.Next.Link != "" {
			v.Waiting = append(v.Waiting, row)
		} else {
			v.Elsewhere = append(v.Elsewhere, row)
		}
	}
	oldest := func(a, b deskRow) int { return b.Days - a.Days }
	slices.SortStableFunc(v.Waiting, oldest)
	slices.SortStableFunc(v.Elsewhere, oldest)
	for _, f := range desk.Open {
		v.Open = append(v.Open, openOf(f, today))
	}
	for _, s := range []label.Status{label.StatusActive, label.StatusSuspended, label.StatusExpired, label.StatusWithdrawn, label.StatusRevoked, label.StatusSuperseded} {
		if n := desk.Counts[s]; n > 0 {
			v.Counts = append(v.Counts, labelCount{s, n})
		}
	}
	return c.show(w, r, c.present(), "labels", "Labels", v)
}

// nextOf is what a reader can do about an application.
func nextOf(f *node.LabelFile) way {
	at := "/labelling/" + f.Label
	switch {
	case f.May.Issue:
		return way{Name: "Give the label", Link: at + "/issue"}
	case f.May.Judge && f.Status == label.StatusApplied:
		return way{Name: "Judge its controls", Link: at + "/controls?show=unknown"}
	case f.May.Apply && f.Status == label.StatusDraft:
		return way{Name: "Complete the draft", Link: at + "/apply"}
	}
	return way{}
}

// openOf is a label with what stands against it.
func openOf(f *node.LabelFile, today access.Date) openView {
	v := openView{LabelFile: f}
	for _, g := range f.State.Grounds {
		v.Grounds = append(v.Grounds, groundView{Ground: g, Label: f.Label, May: f.May.Does(label.Reinstated)})
	}
	for _, g := range f.State.Warnings {
		v.Warnings = append(v.Warnings, groundView{Ground: g, Label: f.Label, May: f.May.Does(label.Cleared), Days: daysBetween(today, g.Due)})
	}
	return v
}

// openPart is what the template "grounds" shows: a label with the page that it
// is on.
type openPart struct {
	Page page
	Open openView
}

func labelPart(p page, v any) openPart {
	switch v := v.(type) {
	case openView:
		return openPart{p, v}
	case labelFileView:
		return openPart{p, v.openView}
	}
	panic(fmt.Sprintf("labelpart: %T", v)) // a template's fault, which any test finds
}

// Next is where an answer on the desk leads: back to it.
func (deskView) Next() string { return "desk" }

// Next is where an answer on the page of a label leads: back to it.
func (labelFileView) Next() string { return "" }

// labelTone is the tone of how a label stands.
func labelTone(s label.Status) string {
	switch s {
	case label.StatusActive:
		return "allow"
	case label.StatusSuspended, label.StatusExpired:
		return "review"
	case label.StatusRevoked, label.StatusWithdrawn:
		return "deny"
	case label.StatusApplied:
		return "pending"
	case label.StatusAssessed:
		return "stayed"
	}
	return "ended"
}

// controlTone is the tone of how a control came out.
func controlTone(s assessment.Status) string {
	switch s {
	case assessment.Met:
		return "allow"
	case assessment.NotMet:
		return "deny"
	case assessment.Unknown:
		return "review"
	}
	return "ended"
}

// productName is what an application calls the product, for headings.
func productName(a *label.Application) string {
	if name := strings.TrimSpace(a.Product + " " + a.Model); name != "" {
		return name
	}
	return "Product without a name"
}
