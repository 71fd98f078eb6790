package ssdf

import (
	"slices"

	"countersign.dev/internal/access"
)

// Format is the form of the documents that this package reads.
const Format = "ssdf-form/v1"

// Statements is the numbers of what a producer attests, in the form's order.
// They are ids of the catalogue cisa-ssda-common-form.
var Statements = []string{"1", "1.a", "1.b", "1.c", "1.d", "1.e", "1.f", "2", "3", "4", "4.a", "4.b", "4.c"}

// Form is a form as filled in. One that [Read] gave is whole and does not
// contradict itself; it may still attest little.
type Form struct {
	Countersign string            `json:"countersign"` // [Format]
	ID          string            `json:"id"`
	Submission  Submission        `json:"submission"`
	Scope       Scope             `json:"scope"`
	Products    []Product         `json:"products,omitempty"`
	Producer    Producer          `json:"producer"`
	Contact     Contact           `json:"contact"`
	Statements  map[string]Answer `json:"statements"` // each of [Statements]
	Notify      bool              `json:"notify"`     // the producer tells the agencies when a practice ceases; always true
	Signature   *Signature        `json:"signature,omitempty"`
	ThirdParty  *ThirdParty       `json:"third_party,omitempty"`
	Attachments []Attachment      `json:"attachments,omitempty"`
}

// Submission is the type of submission (section I of the form).
type Submission string

// The types of submission.
const (
	New       Submission = "new"
	Following Submission = "extension_or_waiver"
	Revised   Submission = "revised"
)

// Scope is what a form is about (section I of the form).
type Scope string

// The scopes.
const (
	CompanyWide Scope = "company_wide"
	OneProduct  Scope = "product"
	Products    Scope = "products"
	Versions    Scope = "versions" // of products, each named
)

// Product is software that is attested for. The form binds for later versions
// too, until the producer gives notice.
type Product struct {
	Name     string      `json:"name"`
	Version  string      `json:"version,omitempty"`
	Released access.Date `json:"released,omitempty"`
	PURL     string      `json:"purl,omitempty"`
	Digests  []string    `json:"digests,omitempty"` // as "sha256:…"
}

// Producer is the company that attests (section II, 1).
type Producer struct {
	Name         string `json:"name"`
	Address      string `json:"address"`
	Website      string `json:"website"`
	Organisation string `json:"organisation,omitempty"` // its id here
}

// Contact is whom to ask (section II, 2). A role or an alias will do.
type Contact struct {
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Address string `json:"address,omitempty"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
}

// Choice is what a producer says of one statement.
type Choice string

// The choices.
const (
	Yes          Choice = "yes"
	No           Choice = "no"
	PlanOfAction Choice = "plan_of_action"
)

// Status is the status of a statement of which the producer says so, in the
// words of assessments. What is only planned is not met.
func (c Choice) Status() string {
	switch c {
	case Yes:
		return "met"
	case No, PlanOfAction:
		return "not_met"
	}
	return "unknown"
}

// Answer is a choice with what belongs to it.
type Answer struct {
	Answer Choice `json:"answer"`
	Note   string `json:"note,omitempty"`
	Plan   *Plan  `json:"plan,omitempty"` // with [PlanOfAction], and only there
}

// Plan is a plan of action and milestones for a practice that cannot be
// attested yet.
type Plan struct {
	Mitigations string      `json:"mitigations"`
	Milestones  []Milestone `json:"milestones"`
}

// Milestone is one step of a plan.
type Milestone struct {
	What string      `json:"what"`
	By   access.Date `json:"by"`
}

// Capacity is in which capacity somebody binds the company.
type Capacity string

// The capacities: the chief executive, or an employee with the authority to
// bind the company.
const (
	CEO      Capacity = "ceo"
	Designee Capacity = "designee"
)

// Signature is who signed the form, on which day. Whether it was signed is for
// the envelope around the statement to tell.
type Signature struct {
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	Capacity Capacity    `json:"capacity"`
	Date     access.Date `json:"date"`
}

// Basis is why a third party may assess.
type Basis string

// The bases: FedRAMP certified the assessor, or an agency approved it in
// writing.
const (
	FedRAMP Basis = "fedramp"
	Agency  Basis = "agency"
)

// ThirdParty is an assessment by a third party, which stands for the signature.
// It is not to be posted in public.
type ThirdParty struct {
	Name       string      `json:"name"`
	Basis      Basis       `json:"basis"`
	ApprovedBy string      `json:"approved_by,omitempty"` // with [Agency]
	Date       access.Date `json:"date"`
	Report     string      `json:"report"` // digest of the assessment
}

// Attachment is an artifact or addendum of the form.
type Attachment struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Digest      string `json:"digest,omitempty"`
}

// Open is the statements that are not attested, in the form's order.
func (f *Form) Open() []string {
	var out []string
	for _, id := range Statements {
		if f.Statements[id].Answer != Yes {
			out = append(out, id)
		}
	}
	return out
}

// Date is the day of the signature, or else of the third party's assessment.
func (f *Form) Date() access.Date {
	if f.Signature != nil {
		return f.Signature.Date
	}
	return f.ThirdParty.Date
}

// Confidential reports whether the form must not be posted in public, because a
// third party's assessment belongs to it.
func (f *Form) Confidential() bool { return f.ThirdParty != nil }

// Digests is the digests of all products, each once.
func (f *Form) Digests() []string {
	var out []string
	for _, p := range f.Products {
		for _, d := range p.Digests {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}
