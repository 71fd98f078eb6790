package ssdf

import (
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/ledger"
)

// Kind is the kind of the documents and of what they state.
const Kind = "evidence.ssdf-form"

// Evidence is the body of each statement: what an assessor looks at.
type Evidence struct {
	Document     string            `json:"document"` // digest of the file
	Form         string            `json:"form"`     // its id
	Submission   Submission        `json:"submission"`
	Scope        Scope             `json:"scope"`
	Producer     string            `json:"producer"`
	Organisation string            `json:"organisation,omitempty"`
	Product      string            `json:"product,omitempty"` // name and version of what the statement is about; "" for the company
	Answers      map[string]Choice `json:"answers"`           // by the number of the statement
	Open         []string          `json:"open,omitempty"`    // numbers of what is not attested
	Due          access.Date       `json:"due,omitempty"`     // last milestone of all plans of action
	Signer       string            `json:"signer,omitempty"`
	Capacity     Capacity          `json:"capacity,omitempty"`
	Assessor     string            `json:"assessor,omitempty"` // third party
	Date         access.Date       `json:"date"`
	Confidential bool              `json:"confidential,omitempty"`
}

// Reading is what the ledger keeps of a form whose bytes have the digest. It is
// stated of each product, by its digests and its purl, by name where it has
// neither; of a whole company by its name.
func Reading(f *Form, digest string) *ledger.Reading {
	e := Evidence{
		Document: digest, Form: f.ID, Submission: f.Submission, Scope: f.Scope, Producer: f.Producer.Name, Organisation: f.Producer.Organisation,
		Answers: map[string]Choice{}, Open: f.Open(), Date: f.Date(), Confidential: f.Confidential(),
	}
	for id, a := range f.Statements {
		e.Answers[id] = a.Answer
		if a.Plan != nil {
			for _, m := range a.Plan.Milestones {
				e.Due = max(e.Due, m.By)
			}
		}
	}
	if s := f.Signature; s != nil {
		e.Signer, e.Capacity = s.Name+", "+s.Title, s.Capacity
	}
	out := &ledger.Reading{Kind: Kind, Source: "evidence/ssdf-form/" + f.series(), Mode: ledger.Snapshot, Published: e.Date, Rows: len(f.Statements)}
	if t := f.ThirdParty; t != nil {
		e.Assessor = t.Name
	}
	var said []string
	state := func(subject, product string) {
		if !slices.Contains(said, subject) {
			said = append(said, subject)
			body := e
			body.Product = product
			out.Statements = append(out.Statements, ledger.Statement{Kind: Kind, Subject: subject, Key: "attestation", Term: subject, Body: body, ValidFrom: e.Date})
		}
	}
	for _, p := range f.Products {
		product := strings.TrimSpace(p.Name + " " + p.Version)
		for _, subject := range p.subjects() {
			state(subject, product)
		}
	}
	if len(f.Products) == 0 {
		state("maker:"+form.Fold(f.Producer.Name), "")
	}
	return out
}

// series is the producer's own series of forms: two producers may give their
// forms the same id.
func (f *Form) series() string {
	producer := f.Producer.Organisation
	if producer == "" {
		producer = strings.ReplaceAll(form.Fold(f.Producer.Name), " ", "-")
	}
	return producer + "/" + f.ID
}

// subjects is how a product is called in the ledger.
func (p Product) subjects() []string {
	out := slices.Clone(p.Digests)
	if p.PURL != "" {
		out = append(out, p.PURL)
	}
	if len(out) == 0 {
		out = append(out, "name:"+form.Fold(p.Name+" "+p.Version))
	}
	return out
}
