package assessment

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

// Status is what is held of a control.
type Status string

// The statuses.
const (
	Met           Status = "met"
	NotMet        Status = "not_met"
	NotApplicable Status = "not_applicable" // what it is asked of is not there
	Unknown       Status = "unknown"        // never passes
)

// Method is how it was found out. The zero value is none.
type Method string

// The methods, weakest first.
const (
	Declared   Method = catalogue.Declared   // the maker says so
	Automated  Method = catalogue.Automated  // a program looked
	Laboratory Method = catalogue.Laboratory // somebody independent and accredited tested
)

// rank orders methods by strength, from 1; what is no method is 0.
func (m Method) rank() int {
	switch m {
	case Declared:
		return 1
	case Automated:
		return 2
	case Laboratory:
		return 3
	}
	return 0
}

// Role is in what office somebody judges. It is the office that the judge holds
// with this node, never one that it claims in a document.
type Role string

// The roles.
const (
	RoleMaker      Role = "maker"      // declares
	RoleAssessor   Role = "assessor"   // weighs evidence for the authority
	RoleLaboratory Role = "laboratory" // tests
	RoleAutomatic  Role = "automatic"  // a program of the node, see [Run]
)

// Evidence is a document that a judgement rests on.
type Evidence struct {
	Digest     string      `json:"digest"`                // of its bytes, "sha256:" and 64 hex digits
	Kind       string      `json:"kind"`                  // "test-report", "sbom", "provenance", "form", …
	Title      string      `json:"title,omitempty"`       // for people
	Position   int64       `json:"position,omitempty"`    // in the ledger
	About      []string    `json:"about"`                 // digests and purls of what it is about
	Signer     string      `json:"signer,omitempty"`      // id of the organisation whose signature was verified
	ValidFrom  access.Date `json:"valid_from,omitempty"`  // first day; "" for always
	ValidUntil access.Date `json:"valid_until,omitempty"` // first day on which it no longer is; "" for none
}

// Judgement is what one judge found of one control.
type Judgement struct {
	Control      string      `json:"control"` // "nistir-8425/AI.1"
	Status       Status      `json:"status"`
	Method       Method      `json:"method"`                 // as claimed; see [Weighed] for what it counts as
	Assessor     string      `json:"assessor"`               // person, or name of the automatic assessor
	Organisation string      `json:"organisation,omitempty"` // id of the organisation it judges for; "" for the node's own programs
	Role         Role        `json:"role"`
	Reason       string      `json:"reason,omitempty"`
	Evidence     []Evidence  `json:"evidence,omitempty"`
	On           access.Date `json:"on"`              // day of the judgement
	Since        access.Date `json:"since,omitempty"` // first day on which it was as a failure found it, where that is known
	Until        access.Date `json:"until,omitempty"` // first day on which a "met" no longer holds; "" for none
}

// check reports what makes a judgement none at all, as opposed to one that does
// not count.
func (j *Judgement) check() error {
	switch j.Status {
	case Met, NotMet, NotApplicable, Unknown:
	default:
		return problem.New(problem.Invalid, "judgement of %s: status %q: want met, not_met, not_applicable or unknown", j.Control, j.Status)
	}
	if j.Method.rank() == 0 {
		return problem.New(problem.Invalid, "judgement of %s: method %q: want declared, automated or laboratory", j.Control, j.Method)
	}
	switch j.Role {
	case RoleMaker, RoleAssessor, RoleLaboratory, RoleAutomatic:
	default:
		return problem.New(problem.Invalid, "judgement of %s: role %q: want maker, assessor, laboratory or automatic", j.Control, j.Role)
	}
	switch {
	case !isDay(j.On):
		return problem.New(problem.Invalid, "judgement of %s: on %q: want a day, as 2026-03-12", j.Control, j.On)
	case j.Since != "" && (!isDay(j.Since) || j.Since > j.On):
		return problem.New(problem.Invalid, "judgement of %s: since %q: want a day up to that of the judgement, %s", j.Control, j.Since, j.On)
	case j.Until != "" && !isDay(j.Until):
		return problem.New(problem.Invalid, "judgement of %s: until %q: want a day, as 2026-03-12", j.Control, j.Until)
	}
	for i := range j.Evidence {
		switch e := &j.Evidence[i]; {
		case e.Digest == "":
			return problem.New(problem.Invalid, "judgement of %s: evidence %d: want the digest of a document", j.Control, i+1)
		case e.ValidFrom != "" && !isDay(e.ValidFrom):
			return problem.New(problem.Invalid, "judgement of %s: evidence %s: valid from %q: want a day, as 2026-03-12", j.Control, e.Digest, e.ValidFrom)
		case e.ValidUntil != "" && !isDay(e.ValidUntil):
			return problem.New(problem.Invalid, "judgement of %s: evidence %s: valid until %q: want a day, as 2026-03-12", j.Control, e.Digest, e.ValidUntil)
		}
	}
	return nil
}

// isDay reports whether a date is a day. Days are compared as text, so that
// anything else would be in force or not by accident.
func isDay(d access.Date) bool {
	_, err := access.ParseDate(string(d))
	return err == nil
}

// compare is a total order of judgements, strongest and latest first, so that
// what is shown does not depend on how they came.
func (j *Judgement) compare(k *Judgement) int {
	return cmp.Or(
		cmp.Compare(k.On, j.On),
		cmp.Compare(j.Organisation, k.Organisation),
		cmp.Compare(j.Role, k.Role),
		cmp.Compare(j.Assessor, k.Assessor),
		cmp.Compare(j.Status, k.Status),
		cmp.Compare(j.Method, k.Method),
		cmp.Compare(j.Reason, k.Reason),
		cmp.Compare(j.Since, k.Since),
		cmp.Compare(j.Until, k.Until),
		slices.CompareFunc(j.Evidence, k.Evidence, func(a, b Evidence) int { return a.compare(&b) }),
	)
}

func (e *Evidence) compare(f *Evidence) int {
	return cmp.Or(
		cmp.Compare(e.Digest, f.Digest),
		cmp.Compare(e.Kind, f.Kind),
		cmp.Compare(e.Position, f.Position),
		cmp.Compare(e.Title, f.Title),
		slices.Compare(e.About, f.About),
		cmp.Compare(e.Signer, f.Signer),
		cmp.Compare(e.ValidFrom, f.ValidFrom),
		cmp.Compare(e.ValidUntil, f.ValidUntil),
	)
}
