package report

import (
	"slices"

	"countersign.dev/internal/access"
)

// Format is the form of test reports that this package reads.
const Format = "test-report/v1"

// Report is a laboratory's test report.
type Report struct {
	ID         string
	Issued     access.Date
	ValidUntil access.Date // first day on which it no longer is; "" when it does not say
	Laboratory Laboratory
	Product    Product
	Catalogue  string // id
	Edition    string // as the laboratory names it
	Results    []Result
	Warnings   []string
}

// Laboratory is who tested.
type Laboratory struct {
	Name          string         `json:"name"`
	Organisation  string         `json:"organisation"` // its id here
	Accreditation *Accreditation `json:"accreditation,omitempty"`
}

// Accreditation is who vouches for a laboratory, as it says itself.
type Accreditation struct {
	Body       string      `json:"body"`
	Number     string      `json:"number"`
	ValidUntil access.Date `json:"valid_until"` // first day on which it no longer is
}

// Product is what was tested.
type Product struct {
	Name    string   `json:"name"`
	Maker   string   `json:"maker"`
	Version string   `json:"version,omitempty"`
	PURL    string   `json:"purl,omitempty"`
	Digests []string `json:"digests"` // of the release, as "sha256:…"
}

// Verdict is what a test came to.
type Verdict string

// The verdicts.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	NotApplicable Verdict = "not_applicable"
	Inconclusive  Verdict = "inconclusive"
)

// Status is the status of a control that has the verdict, in the words of
// assessments: "met", "not_met", "not_applicable" or "unknown".
func (v Verdict) Status() string {
	switch v {
	case Pass:
		return "met"
	case Fail:
		return "not_met"
	case NotApplicable:
		return "not_applicable"
	}
	return "unknown"
}

// Method is how a control was tested.
type Method string

// The methods.
const (
	Conceptual Method = "conceptual" // what the documents say of the design
	Functional Method = "functional" // what the product does
)

// Result is the verdict on one control.
type Result struct {
	Control string      `json:"control"` // id within the catalogue
	Verdict Verdict     `json:"verdict"`
	Methods []Method    `json:"methods,omitempty"`
	Date    access.Date `json:"date,omitempty"` // of the test; "" when only the report has one
	Note    string      `json:"note,omitempty"`
}

// Result is the verdict on a control, and whether the report has one.
func (r *Report) Result(control string) (Result, bool) {
	i := slices.IndexFunc(r.Results, func(v Result) bool { return v.Control == control })
	if i < 0 {
		return Result{}, false
	}
	return r.Results[i], true
}

// Accredited reports whether the laboratory says that it was accredited on a
// day.
func (r *Report) Accredited(day access.Date) bool {
	a := r.Laboratory.Accreditation
	return a != nil && day < a.ValidUntil
}
