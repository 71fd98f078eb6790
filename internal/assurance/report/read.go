package report

import (
	"bytes"
	"context"
	"regexp"
	"slices"

	"countersign.dev/internal/assurance/form"
)

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes   int // default 4 MiB
	Results int // verdicts of a report, rows of a statement; default 5000
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 4 << 20
	}
	if l.Results <= 0 {
		l.Results = 5000
	}
	return l
}

var header = regexp.MustCompile(`(?m)^(?:\s*\{)?\s*["']?countersign["']?:\s*["']?test-report/`)

// Recognise tells a report by its header, "countersign: test-report/v…".
func Recognise(_ string, head []byte) bool {
	return header.Match(bytes.TrimPrefix(head, []byte("\ufeff")))
}

// The forms of ids. Those of reports keep the laboratory's own numbering.
var (
	reportID       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	organisationID = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,127}$`)
	catalogueID    = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	controlID      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.()/_-]{0,63}$`)
)

// Read reads a test report in YAML or JSON. Its error names everything that is
// missing or contradicts itself.
func Read(ctx context.Context, _ string, b []byte, limits Limits) (*Report, error) {
	limits = limits.orDefault()
	doc, err := form.Any(b, form.Limits{Bytes: limits.Bytes, Text: 16 << 10})
	if err != nil {
		return nil, err
	}
	var in form.Reader
	in.Only(doc, "countersign", "id", "issued", "valid_until", "laboratory", "product", "catalogue", "edition", "results")
	form.Word(&in, doc, "countersign", form.Required, Format)
	r := &Report{
		ID: id(&in, doc, "id", reportID, "L-2026-0042"), Issued: in.Day(doc, "issued", form.Required), ValidUntil: in.Day(doc, "valid_until", form.Optional),
		Catalogue: id(&in, doc, "catalogue", catalogueID, "etsi-en-303-645"), Edition: in.Text(doc, "edition", form.Optional),
	}
	if r.ValidUntil != "" && r.ValidUntil <= r.Issued {
		in.Complain(doc.Get("valid_until"), "%s is not after the day of issue, %s", r.ValidUntil, r.Issued)
	}
	r.laboratory(&in, doc)
	r.product(&in, doc)
	if err := r.results(ctx, &in, doc, limits); err != nil {
		return nil, err
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// id reads a required id of a form.
func id(in *form.Reader, n *form.Node, name string, is *regexp.Regexp, example string) string {
	s := in.Text(n, name, form.Required)
	if s != "" && !is.MatchString(s) {
		in.Complain(n.Get(name), "%q is no id; want one like %s", form.Clip(s), example)
		return ""
	}
	return s
}

func (r *Report) laboratory(in *form.Reader, doc *form.Node) {
	n := in.Map(doc, "laboratory", form.Required)
	in.Only(n, "name", "organisation", "accreditation")
	r.Laboratory = Laboratory{Name: in.Text(n, "name", form.Required), Organisation: id(in, n, "organisation", organisationID, "north-lab")}
	a := in.Map(n, "accreditation", form.Optional)
	if a == nil {
		if n != nil {
			r.Warnings = append(r.Warnings, n.Say("no accreditation is stated"))
		}
		return
	}
	in.Only(a, "body", "number", "valid_until")
	r.Laboratory.Accreditation = &Accreditation{
		Body: in.Text(a, "body", form.Required), Number: in.Text(a, "number", form.Required), ValidUntil: in.Day(a, "valid_until", form.Required),
	}
	if until := r.Laboratory.Accreditation.ValidUntil; until != "" && r.Issued != "" && !r.Accredited(r.Issued) {
		r.Warnings = append(r.Warnings, a.Say("the accreditation ended on %s, before the report of %s", until, r.Issued))
	}
}

func (r *Report) product(in *form.Reader, doc *form.Node) {
	n := in.Map(doc, "product", form.Required)
	in.Only(n, "name", "maker", "version", "purl", "digests")
	r.Product = Product{
		Name: in.Text(n, "name", form.Required), Maker: in.Text(n, "maker", form.Required), Version: in.Text(n, "version", form.Optional),
		PURL: in.PURL(n, "purl", form.Optional), Digests: in.Digests(n, "digests", form.Required),
	}
}

func (r *Report) results(ctx context.Context, in *form.Reader, doc *form.Node, limits Limits) error {
	list := in.Maps(doc, "results", form.Required)
	if len(list) > limits.Results {
		in.Complain(doc.Get("results"), "%d results, the limit is %d", len(list), limits.Results)
		return nil
	}
	seen := map[string]bool{}
	for _, n := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := r.result(in, n)
		if v.Control != "" && seen[v.Control] {
			in.Complain(n, "control %s has a verdict already", v.Control)
		}
		seen[v.Control] = true
		r.Results = append(r.Results, v)
	}
	return nil
}

func (r *Report) result(in *form.Reader, n *form.Node) Result {
	in.Only(n, "control", "verdict", "methods", "date", "note")
	v := Result{
		Control: id(in, n, "control", controlID, "5.1-1"), Verdict: form.Word(in, n, "verdict", form.Required, Pass, Fail, NotApplicable, Inconclusive),
		Date: in.Day(n, "date", form.Optional), Note: in.Text(n, "note", form.Optional),
	}
	tested := v.Verdict == Pass || v.Verdict == Fail
	for _, m := range in.Texts(n, "methods", form.Need(tested)) {
		switch method := Method(m); {
		case method != Conceptual && method != Functional:
			in.Complain(n.Get("methods"), "%q: want conceptual, functional", form.Clip(m))
		case !slices.Contains(v.Methods, method):
			v.Methods = append(v.Methods, method)
		}
	}
	if v.Verdict != "" && !tested && v.Note == "" {
		in.Complain(n, "the verdict %s needs a note that says why", v.Verdict)
	}
	if v.Date != "" && r.Issued != "" && v.Date > r.Issued {
		in.Complain(n.Get("date"), "tested on %s, after the report of %s", v.Date, r.Issued)
	}
	return v
}
