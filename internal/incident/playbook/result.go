package playbook

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is something that is wrong with a playbook.
type Problem struct {
	Path    string `json:"path"`    // where: names joined by dots, indexes in brackets
	Code    string `json:"code"`    // a stable word for what it is
	Rule    string `json:"rule"`    // which rule says so, as "CACAO 2.0 section 4.1"
	Message string `json:"message"` // for people
}

// Result is what a check found. A playbook with errors is not run.
type Result struct {
	ID       string    `json:"id"`
	Valid    bool      `json:"valid"`
	Errors   []Problem `json:"errors"`
	Warnings []Problem `json:"warnings"`
}

// maxProblems is how many problems of a kind are told: more help nobody.
const maxProblems = 200

func (r *Result) fail(path, code, rule, format string, args ...any) {
	if len(r.Errors) < maxProblems {
		r.Errors = append(r.Errors, Problem{path, code, rule, fmt.Sprintf(format, args...)})
	}
}

func (r *Result) warn(path, code, rule, format string, args ...any) {
	if len(r.Warnings) < maxProblems {
		r.Warnings = append(r.Warnings, Problem{path, code, rule, fmt.Sprintf(format, args...)})
	}
}

// done puts what was found in order.
func (r *Result) done() {
	for _, list := range []*[]Problem{&r.Errors, &r.Warnings} {
		if *list == nil {
			*list = []Problem{}
		}
		slices.SortStableFunc(*list, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
		})
		*list = slices.Compact(*list)
	}
	r.Valid = len(r.Errors) == 0
}

// Has reports whether a problem with this code was found.
func (r *Result) Has(code string) bool {
	is := func(p Problem) bool { return p.Code == code }
	return slices.ContainsFunc(r.Errors, is) || slices.ContainsFunc(r.Warnings, is)
}
