package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// vexChoices is what a statement may say, and to whom.
type vexChoices struct {
	MayState       bool
	Statuses       []choice
	Justifications []choice
	Audiences      []audienceOption
}

// choice is a term of the data with its words.
type choice struct{ Value, Words string }

// statuses are what can be said of a weakness, as OpenVEX writes it.
var statuses = []choice{
	{"not_affected", "Not affected: nothing has to be done"},
	{"affected", "Affected: something should be done"},
	{"fixed", "Fixed in this release"},
	{"under_investigation", "Under investigation"},
}

func choicesOf(reader access.Reader) vexChoices {
	v := vexChoices{MayState: reader.MayWrite(), Statuses: statuses}
	for _, j := range vex.Justifications {
		v.Justifications = append(v.Justifications, choice{j, capital(words(j))})
	}
	v.Audiences = audiencesOf(reader)
	if everybody := access.Public.String(); !slices.ContainsFunc(v.Audiences, func(o audienceOption) bool { return o.Value == everybody }) {
		v.Audiences = append(v.Audiences, audienceOption{everybody, "Everybody"})
	}
	return v
}

// vexForm is the form for one statement.
type vexForm struct {
	Choices vexChoices
	Suffix  string // of the fields' ids, where a page has several forms
	node.Assertion
	Chosen string // audience
}

// vexFormPart is what the template "vexform" shows beside a finding.
func vexFormPart(p page, v releaseView, f findingView) any {
	return formPart{p, vexForm{Choices: v.Form, Suffix: fmt.Sprint("-", f.Number), Assertion: node.Assertion{Weakness: f.CVE, Release: f.Release, Component: f.Inside}}}
}

// formPart is a form with the page that it is on.
type formPart struct {
	Page page
	Form vexForm
}

// vexFormView is the page of a statement that could not be taken.
type vexFormView struct {
	Problem string
	Release string
	Part    formPart
}

// assert keeps a statement and leads back to the release. What cannot be taken
// leaves the form as it was filled in.
func (c *Console) assert(w http.ResponseWriter, r *http.Request) error {
	s := node.Assertion{
		Weakness: value(r, "weakness"), Release: value(r, "release"), Component: value(r, "component"),
		Status: value(r, "status"), Impact: value(r, "impact"), Action: value(r, "action"),
	}
	if s.Status == "not_affected" {
		s.Justification = value(r, "justification")
	}
	audience, err := access.ParseAudience(value(r, "audience"))
	if err != nil {
		return problem.Wrap(problem.Invalid, err, "audience")
	}
	s.Audience = audience
	visitor := visitorOf(r.Context())
	said, err := c.questions.Assert(r.Context(), access.Ask{Reader: visitor.Reader}, s)
	if kind := problem.KindOf(err); kind == problem.Invalid || kind == problem.Conflict {
		p := c.frame(r, c.present(), "State what a weakness does", nil)
		p.Body = vexFormView{
			Problem: sentence(problem.Message(err)), Release: s.Release,
			Part: formPart{p, vexForm{Choices: choicesOf(visitor.Reader), Assertion: s, Chosen: audience.String()}},
		}
		return c.pages.write(w, problem.Status(err), "vexform", "layout", p)
	}
	if err != nil {
		return err
	}
	see(w, r, "%s#findings", Moment{}.Link("/release", "subject", s.Release, "stated", fmt.Sprint(said.Position)))
	return nil
}

// vexView is the page of what analysts on this node say.
type vexView struct {
	Ways       []tab
	Release    string
	Statements []statementView
	Downloads  []way
	Pager      pager
}

type statementView struct {
	node.Asserted
	Tone            string
	Weakness, About way
}

// statements is the page of what analysts say of one release, or of all.
func (c *Console) statements(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	release := strings.TrimSpace(r.URL.Query().Get("release"))
	all, err := c.questions.Assertions(r.Context(), m.ask(r), release)
	if err != nil {
		return err
	}
	page, err := pageOf(r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	v := vexView{Ways: waysOfSoftware(m, "/vex"), Release: release}
	from, to, pager := paged(len(all), page, func(n string) string { return m.Link("/vex", "release", release, "page", n) })
	v.Pager = pager
	for _, a := range all[from:to] {
		v.Statements = append(v.Statements, statementView{
			Asserted: a, Tone: statusTone(a.Status),
			Weakness: way{Name: a.Weakness, Link: m.Link("/advisory", "id", a.Weakness)},
			About:    way{Name: a.Product, Link: m.Link("/release", "subject", a.Product)},
		})
	}
	if len(all) > 0 {
		for _, d := range []struct{ name, form, signed string }{
			{"OpenVEX", node.FormOpenVEX, ""}, {"CSAF 2.0", node.FormCSAF, ""}, {"OpenVEX, signed", node.FormOpenVEX, "1"}, {"CSAF 2.0, signed", node.FormCSAF, "1"},
		} {
			v.Downloads = append(v.Downloads, way{Name: d.name, Link: m.Link("/vex/export", "release", release, "form", d.form, "signed", d.signed), Plain: d.signed != ""})
		}
	}
	return c.show(w, r, m, "vex", "Statements", v)
}

// statusTone is the tone of what a statement says.
func statusTone(status string) string {
	switch status {
	case "not_affected", "fixed":
		return "allow"
	case "affected":
		return "deny"
	}
	return "review"
}

// export sends what analysts say as one document, signed where that is asked.
func (c *Console) export(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	form := q.Get("form")
	p, err := c.questions.Publish(r.Context(), m.ask(r), strings.TrimSpace(q.Get("release")), form, namespaceOf(r))
	if err != nil {
		return err
	}
	name := map[string]string{node.FormOpenVEX: "statements.openvex", node.FormCSAF: "statements.csaf"}[form]
	if q.Get("signed") == "" {
		return download(w, p.MediaType, name+".json", p.Body)
	}
	if p.Envelope == nil {
		return problem.New(problem.Unavailable, "this node has no signing key; ask the node that signs the log's checkpoints")
	}
	return download(w, "application/vnd.dsse.envelope.v1+json", name+".dsse.json", p.Envelope)
}

// namespaceOf is the address under which this node publishes, as the reader
// reaches it; CSAF wants one (section 3.2.1.8.4).
func namespaceOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
