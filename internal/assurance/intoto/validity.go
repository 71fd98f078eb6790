package intoto

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// Validity is from when to when a statement claims to be valid. A zero time is
// no bound.
type Validity struct {
	From  time.Time
	Until time.Time // the first moment at which it no longer is
}

// What a moment is to a validity.
const (
	Valid       = "valid"
	Expired     = "expired"
	NotYetValid = "not-yet-valid"
)

// At is what the moment is: before From [NotYetValid], from Until on [Expired].
func (v Validity) At(moment time.Time) string {
	switch {
	case !v.From.IsZero() && moment.Before(v.From):
		return NotYetValid
	case !v.Until.IsZero() && !moment.Before(v.Until):
		return Expired
	}
	return Valid
}

// Validity is from when to when the statement claims to be valid: validFrom and
// validUntil in the annotations of a verification result, or of a predicate of a
// type that is not known here. in-toto leaves expiry to who uses it; a statement
// that names no dates has no bounds.
func (s *Statement) Validity() Validity {
	r, ok := s.Predicate.(*Result)
	if other, unknown := s.Predicate.(*Other); unknown {
		r, ok = other.annotated(), true
	}
	if !ok {
		return Validity{}
	}
	v, _ := r.validity() // of a result, read once already, when the statement was
	return v
}

// annotated is what an unknown predicate has in the place where results have
// their annotations.
func (o *Other) annotated() *Result {
	var w struct {
		Annotations jsontext.Value `json:"annotations"`
	}
	if o.JSON.Kind() != '{' || decode(o.JSON, &w) != nil {
		return &Result{}
	}
	return &Result{Annotations: w.Annotations}
}

func (r *Result) validity() (Validity, error) {
	var v Validity
	if r.Annotations.Kind() != '{' {
		return v, nil
	}
	var w struct {
		From  jsontext.Value `json:"validFrom"`
		Until jsontext.Value `json:"validUntil"`
	}
	if err := decode(r.Annotations, &w); err != nil {
		return v, problem.New(problem.Invalid, "annotations: %s", problem.Message(err))
	}
	for _, d := range []struct {
		name string
		from jsontext.Value
		to   *time.Time
	}{{"validFrom", w.From, &v.From}, {"validUntil", w.Until, &v.Until}} {
		if len(d.from) == 0 {
			continue
		}
		if err := decode(d.from, d.to); err != nil || d.from.Kind() != '"' {
			return Validity{}, problem.New(problem.Invalid, "annotations.%s: want a time like 2026-01-01T00:00:00Z", d.name)
		}
	}
	if !v.From.IsZero() && !v.Until.IsZero() && !v.From.Before(v.Until) {
		return Validity{}, problem.New(problem.Invalid, "annotations: validUntil is not after validFrom")
	}
	return v, nil
}
