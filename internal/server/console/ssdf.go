package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/problem"
)

// catalogueOfForm has the words of the form's statements.
const catalogueOfForm = "cisa-ssda-common-form"

// ssdfView is the page of the form on secure development.
type ssdfView struct {
	Problems   []string
	Form       *ssdf.Form
	Products   []productField
	Statements []statementField
	Choices    []choice
	Audiences  []audienceOption
	Audience   string
	Required   bool // whether agencies had to ask for the form today
	Act        ssdf.Act
}

// productField is one row of the products; Name is the start of its fields'.
type productField struct {
	Field string
	ssdf.Product
	Digested string
}

// statementField is one statement with what is said of it.
type statementField struct {
	ID, Title, Asks string
	Below           bool
	ssdf.Answer
	Mitigations, Milestones string
}

// answersOfForm are the answers that a statement takes.
var answersOfForm = []choice{{"yes", "Yes"}, {"no", "No"}, {"plan_of_action", "Not yet: there is a plan of action"}}

// ssdfForm is the empty form.
func (c *Console) ssdfForm(w http.ResponseWriter, r *http.Request) error {
	if !visitorOf(r.Context()).Reader.MayWrite() {
		return problem.New(problem.Denied, "keeping a form needs a role that may write; yours may only read")
	}
	f := &ssdf.Form{Submission: ssdf.New, Scope: ssdf.OneProduct, Signature: &ssdf.Signature{Capacity: ssdf.CEO}}
	return c.showSSDF(w, r, http.StatusOK, ssdfView{Form: f})
}

func (c *Console) showSSDF(w http.ResponseWriter, r *http.Request, status int, v ssdfView) error {
	set, err := catalogue.Shipped()
	if err != nil {
		return err
	}
	said := set.Catalogue(catalogueOfForm)
	for _, id := range ssdf.Statements {
		f := statementField{ID: id, Answer: v.Form.Statements[id], Below: strings.Contains(id, ".")}
		if said != nil {
			if ctl := said.Control(id); ctl != nil {
				f.Title, f.Asks = ctl.Title, ctl.Statement
			}
		}
		if f.Plan != nil {
			f.Mitigations, f.Milestones = f.Plan.Mitigations, milestoneText(f.Plan.Milestones)
		}
		v.Statements = append(v.Statements, f)
	}
	for i, p := range append(slices.Clone(v.Form.Products), ssdf.Product{}) {
		v.Products = append(v.Products, productField{fmt.Sprintf("product-%d", i), p, strings.Join(p.Digests, "\n")})
	}
	v.Choices = answersOfForm
	for _, o := range visitorOf(r.Context()).Reader.Organisations {
		v.Audiences = append(v.Audiences, audienceOption{access.ForOrganisation(o).String(), "Only " + o})
	}
	v.Audiences = append(v.Audiences, audienceOption{access.Public.String(), "Everybody"})
	v.Required, v.Act = ssdf.RequiredOn(access.Date(c.today()))
	return c.pages.write(w, status, "ssdf", "layout", c.frame(r, c.present(), "Secure software development attestation", v))
}

// keepSSDF keeps a form as a document, or says everything that is missing.
func (c *Console) keepSSDF(w http.ResponseWriter, r *http.Request) error {
	v := ssdfView{Form: readSSDF(r), Audience: value(r, "audience")}
	audience, err := access.ParseAudience(v.Audience)
	if err == nil && v.Audience == "" {
		err = errors.New("say who may see it")
	}
	if err != nil {
		return problem.Wrap(problem.Invalid, err, "audience")
	}
	b, err := json.MarshalIndent(v.Form, "", "  ")
	if err != nil {
		return err
	}
	if _, err := ssdf.Read(r.Context(), "form", b, ssdf.Limits{}); err != nil {
		v.Problems = strings.Split(problem.Message(err), "; ")
		return c.showSSDF(w, r, http.StatusBadRequest, v)
	}
	report, err := c.questions.Import(r.Context(), visitorOf(r.Context()).Reader, []File{{Name: v.Form.ID + ".ssdf.json", Bytes: append(b, '\n')}}, ImportOptions{Audience: audience})
	if err != nil {
		return err
	}
	if len(report.Failed) > 0 || len(report.Editions) == 0 {
		v.Problems = report.Failed
		return c.showSSDF(w, r, http.StatusBadRequest, v)
	}
	see(w, r, "/documents/%d", report.Editions[0].Position)
	return nil
}

func readSSDF(r *http.Request) *ssdf.Form {
	f := &ssdf.Form{
		Countersign: ssdf.Format, ID: value(r, "form"), Submission: ssdf.Submission(value(r, "submission")), Scope: ssdf.Scope(value(r, "scope")),
		Producer:   ssdf.Producer{Name: value(r, "producer"), Address: value(r, "address"), Website: value(r, "website"), Organisation: value(r, "organisation")},
		Contact:    ssdf.Contact{Name: value(r, "contact"), Title: value(r, "contact_title"), Address: value(r, "contact_address"), Phone: value(r, "phone"), Email: value(r, "email")},
		Statements: map[string]ssdf.Answer{}, Notify: value(r, "notify") != "",
	}
	for i := 0; r.PostForm.Has(fmt.Sprintf("product-%d-name", i)); i++ {
		at := fmt.Sprintf("product-%d-", i)
		p := ssdf.Product{Name: value(r, at+"name"), Version: value(r, at+"version"), Released: access.Date(value(r, at+"released")), PURL: value(r, at+"purl"), Digests: lines(r, at+"digests")}
		if p.Name != "" || p.PURL != "" || len(p.Digests) > 0 {
			f.Products = append(f.Products, p)
		}
	}
	for _, id := range ssdf.Statements {
		if a := ssdf.Choice(value(r, "answer-"+id)); a != "" {
			f.Statements[id] = answerOf(r, id, a)
		}
	}
	if s := (ssdf.Signature{Name: value(r, "signer"), Title: value(r, "signer_title"), Capacity: ssdf.Capacity(value(r, "capacity")), Date: access.Date(value(r, "signed"))}); s.Name != "" || s.Title != "" || s.Date != "" {
		f.Signature = &s
	}
	if t := (ssdf.ThirdParty{Name: value(r, "assessor"), Basis: ssdf.Basis(value(r, "basis")), ApprovedBy: value(r, "approved_by"), Date: access.Date(value(r, "assessed")), Report: value(r, "report")}); t.Name != "" || t.Report != "" {
		f.ThirdParty = &t
	}
	return f
}

func answerOf(r *http.Request, id string, a ssdf.Choice) ssdf.Answer {
	out := ssdf.Answer{Answer: a, Note: value(r, "note-"+id)}
	if a != ssdf.PlanOfAction {
		return out
	}
	out.Plan = &ssdf.Plan{Mitigations: value(r, "mitigations-"+id)}
	for _, line := range strings.Split(r.PostFormValue("milestones-"+id), "\n") {
		if by, what, _ := strings.Cut(strings.TrimSpace(line), " "); by != "" {
			out.Plan.Milestones = append(out.Plan.Milestones, ssdf.Milestone{What: strings.TrimSpace(what), By: access.Date(by)})
		}
	}
	return out
}

// milestoneText is milestones as they are typed, one on a line.
func milestoneText(all []ssdf.Milestone) string {
	rows := make([]string, len(all))
	for i, m := range all {
		rows[i] = strings.TrimSpace(string(m.By) + " " + m.What)
	}
	return strings.Join(rows, "\n")
}
