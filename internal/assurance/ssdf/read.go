package ssdf

import (
	"bytes"
	"context"
	"net/mail"
	"net/url"
	"regexp"
	"slices"

	"countersign.dev/internal/assurance/form"
)

// Limits bound what is read of one form. A zero field means its default.
type Limits struct {
	Bytes    int // default 1 MiB
	Products int // default 1000
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Products <= 0 {
		l.Products = 1000
	}
	return l
}

var header = regexp.MustCompile(`(?m)^(?:\s*\{)?\s*["']?countersign["']?:\s*["']?ssdf-form/`)

// Recognise tells a form by its header, "countersign: ssdf-form/v…".
func Recognise(_ string, head []byte) bool {
	return header.Match(bytes.TrimPrefix(head, []byte("\ufeff")))
}

// Read reads a form. Its error names every field that is missing or
// contradicts another.
func Read(_ context.Context, _ string, b []byte, limits Limits) (*Form, error) {
	limits = limits.orDefault()
	doc, err := form.Any(b, form.Limits{Bytes: limits.Bytes, Text: 8 << 10})
	if err != nil {
		return nil, err
	}
	return read(doc, limits)
}

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,127}$`)

func read(doc *form.Node, limits Limits) (*Form, error) {
	var in form.Reader
	in.Only(doc, "countersign", "id", "submission", "scope", "products", "producer", "contact", "statements", "notify", "signature", "third_party", "attachments")
	f := &Form{
		Countersign: form.Word(&in, doc, "countersign", form.Required, Format),
		ID:          in.Text(doc, "id", form.Required),
		Submission:  form.Word(&in, doc, "submission", form.Required, New, Following, Revised),
		Scope:       form.Word(&in, doc, "scope", form.Required, CompanyWide, OneProduct, Products, Versions),
		Statements:  map[string]Answer{},
	}
	if f.ID != "" && !idForm.MatchString(f.ID) {
		in.Complain(doc.Get("id"), "%q: want lower-case letters, digits, hyphens and points", form.Clip(f.ID))
	}
	f.products(&in, doc, limits)
	f.who(&in, doc)
	f.statements(&in, doc)
	f.signed(&in, doc)
	for _, n := range in.Maps(doc, "attachments", form.Optional) {
		in.Only(n, "title", "description", "digest")
		f.Attachments = append(f.Attachments, Attachment{
			Title: in.Text(n, "title", form.Required), Description: in.Text(n, "description", form.Optional), Digest: digest(&in, n, "digest", form.Optional),
		})
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// products reads what is attested for and holds it against the scope.
func (f *Form) products(in *form.Reader, doc *form.Node, limits Limits) {
	list := in.Maps(doc, "products", form.Need(f.Scope != CompanyWide && f.Scope != ""))
	if len(list) > limits.Products {
		in.Complain(doc.Get("products"), "%d products, the limit is %d", len(list), limits.Products)
		return
	}
	for _, n := range list {
		in.Only(n, "name", "version", "released", "purl", "digests")
		f.Products = append(f.Products, Product{
			Name: in.Text(n, "name", form.Required), Version: in.Text(n, "version", form.Need(f.Scope == Versions)), Released: in.Day(n, "released", form.Optional),
			PURL: in.PURL(n, "purl", form.Optional), Digests: in.Digests(n, "digests", form.Optional),
		})
	}
	switch n := len(f.Products); {
	case f.Scope == CompanyWide && n > 0:
		in.Complain(doc.Get("products"), "a company-wide form is about the company and names no products; want scope product, products or versions")
	case f.Scope == OneProduct && n > 1:
		in.Complain(doc.Get("products"), "%d products, but the scope is one; want scope products or versions", n)
	case f.Scope == Products && n == 1:
		in.Complain(doc.Get("products"), "one product, but the scope is several; want scope product")
	}
}

// who reads the producer and its contact.
func (f *Form) who(in *form.Reader, doc *form.Node) {
	p := in.Map(doc, "producer", form.Required)
	in.Only(p, "name", "address", "website", "organisation")
	f.Producer = Producer{
		Name: in.Text(p, "name", form.Required), Address: in.Text(p, "address", form.Required), Website: in.Text(p, "website", form.Required),
		Organisation: in.Text(p, "organisation", form.Optional),
	}
	if u, err := url.Parse(f.Producer.Website); f.Producer.Website != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		in.Complain(p.Get("website"), "%q: want an address like https://example.com", form.Clip(f.Producer.Website))
	}
	if f.Producer.Organisation != "" && !idForm.MatchString(f.Producer.Organisation) {
		in.Complain(p.Get("organisation"), "%q: want an id of lower-case letters, digits and hyphens", form.Clip(f.Producer.Organisation))
	}
	c := in.Map(doc, "contact", form.Required)
	in.Only(c, "name", "title", "address", "phone", "email")
	f.Contact = Contact{
		Name: in.Text(c, "name", form.Required), Title: in.Text(c, "title", form.Optional), Address: in.Text(c, "address", form.Optional),
		Phone: in.Text(c, "phone", form.Required), Email: in.Text(c, "email", form.Required),
	}
	if _, err := mail.ParseAddress(f.Contact.Email); f.Contact.Email != "" && err != nil {
		in.Complain(c.Get("email"), "%q: want an address like security@example.com", form.Clip(f.Contact.Email))
	}
}

// parents is the statements that hold only when those below them do.
var parents = map[string][]string{"1": {"1.a", "1.b", "1.c", "1.d", "1.e", "1.f"}, "4": {"4.a", "4.b", "4.c"}}

// statements reads the answers.
func (f *Form) statements(in *form.Reader, doc *form.Node) {
	n := in.Map(doc, "statements", form.Required)
	in.Only(n, Statements...)
	for _, id := range Statements {
		switch v := n.Get(id); {
		case v != nil:
			f.Statements[id] = answer(in, n, v, id)
		case n != nil:
			in.Complain(n, "statement %s is not answered; want yes, no or plan_of_action", id)
		}
	}
	for _, head := range []string{"1", "4"} {
		for _, id := range parents[head] {
			if a := f.Statements[id].Answer; f.Statements[head].Answer == Yes && a != Yes && a != "" {
				in.Complain(n.Get(head), "statement %s is attested, but %s below it is not", head, id)
			}
		}
	}
	if yes, ok := in.Flag(doc, "notify", form.Required); ok {
		if f.Notify = yes; !yes {
			in.Complain(doc.Get("notify"), "the form is void without the undertaking to tell the agencies when a practice ceases")
		}
	}
}

// answer reads one answer, a word or a mapping.
func answer(in *form.Reader, all, v *form.Node, id string) Answer {
	if v.Kind != form.Map {
		a := Answer{Answer: form.Word(in, all, id, form.Required, Yes, No, PlanOfAction)}
		if a.Answer == PlanOfAction {
			in.Complain(v, "the plan of action is missing; want a mapping with answer and plan")
		}
		return a
	}
	in.Only(v, "answer", "note", "plan")
	a := Answer{Answer: form.Word(in, v, "answer", form.Required, Yes, No, PlanOfAction), Note: in.Text(v, "note", form.Optional)}
	p := in.Map(v, "plan", form.Need(a.Answer == PlanOfAction))
	if p == nil {
		return a
	}
	if a.Answer != PlanOfAction && a.Answer != "" {
		in.Complain(p, "a plan, but the answer is %s; want answer plan_of_action", a.Answer)
	}
	in.Only(p, "mitigations", "milestones")
	a.Plan = &Plan{Mitigations: in.Text(p, "mitigations", form.Required)}
	for _, m := range in.Maps(p, "milestones", form.Required) {
		in.Only(m, "what", "by")
		a.Plan.Milestones = append(a.Plan.Milestones, Milestone{in.Text(m, "what", form.Required), in.Day(m, "by", form.Required)})
	}
	return a
}

// signed reads who stands for the form.
func (f *Form) signed(in *form.Reader, doc *form.Node) {
	if n := in.Map(doc, "signature", form.Optional); n != nil {
		in.Only(n, "name", "title", "capacity", "date")
		f.Signature = &Signature{
			Name: in.Text(n, "name", form.Required), Title: in.Text(n, "title", form.Required),
			Capacity: form.Word(in, n, "capacity", form.Required, CEO, Designee), Date: in.Day(n, "date", form.Required),
		}
	}
	n := in.Map(doc, "third_party", form.Optional)
	if n == nil {
		if !doc.Has("signature") {
			in.Complain(doc, `neither "signature" nor "third_party" is there: nobody stands for the form`)
		}
		return
	}
	in.Only(n, "name", "basis", "approved_by", "date", "report")
	t := &ThirdParty{
		Name: in.Text(n, "name", form.Required), Basis: form.Word(in, n, "basis", form.Required, FedRAMP, Agency), Date: in.Day(n, "date", form.Required),
		Report: digest(in, n, "report", form.Required),
	}
	t.ApprovedBy = in.Text(n, "approved_by", form.Need(t.Basis == Agency))
	if t.Basis == FedRAMP && t.ApprovedBy != "" {
		in.Complain(n.Get("approved_by"), "an approval, but the basis is fedramp; want basis agency")
	}
	if f.ThirdParty = t; len(f.Open()) > 0 && slices.ContainsFunc(f.Open(), func(id string) bool { return f.Statements[id].Answer != "" }) {
		in.Complain(n, "a third party assesses every statement, but %s are not attested", f.Open())
	}
}

// digest reads a single digest.
func digest(in *form.Reader, n *form.Node, name string, need form.Need) string {
	if v := n.Get(name); v != nil && v.Kind == form.List {
		in.Complain(v, "want one digest")
		return ""
	}
	if ds := in.Digests(n, name, need); len(ds) > 0 {
		return ds[0]
	}
	return ""
}
