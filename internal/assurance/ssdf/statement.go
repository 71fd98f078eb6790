package ssdf

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/problem"
)

// PredicateType is that of the form as an in-toto statement.
const PredicateType = "https://countersign.dev/attestation/ssdf-form/v1"

// Predicate is the form as JSON: what is said, in the same members as the
// document's. The same form gives the same bytes.
func (f *Form) Predicate() ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write form %s: %w", f.ID, err)
	}
	return b, nil
}

type statement struct {
	Type          string            `json:"_type"`
	Subject       []intoto.Resource `json:"subject"`
	PredicateType string            `json:"predicateType"`
	Predicate     json.RawMessage   `json:"predicate"`
}

// Statement is the in-toto statement that whoever stands for the form signs. It
// is about the products that have digests; where none has, as for a whole
// company, it is about the form itself.
func (f *Form) Statement() ([]byte, error) {
	predicate, err := f.Predicate()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(statement{intoto.TypeV1, f.subjects(predicate), PredicateType, predicate})
	if err != nil {
		return nil, fmt.Errorf("write statement of form %s: %w", f.ID, err)
	}
	return b, nil
}

// subjects is the products with their digests by algorithm. Of an algorithm
// that a product has several digests of, each is a subject.
func (f *Form) subjects(predicate []byte) []intoto.Resource {
	var out []intoto.Resource
	for _, p := range f.Products {
		for _, d := range p.Digests {
			algorithm, value, _ := strings.Cut(d, ":")
			out = append(out, intoto.Resource{Name: strings.TrimSpace(p.Name + " " + p.Version), URI: p.PURL, Digest: map[string]string{algorithm: value}})
		}
	}
	if len(out) == 0 {
		sum := sha256.Sum256(predicate)
		out = append(out, intoto.Resource{Name: "ssdf-form/" + f.ID, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}})
	}
	return out
}

// FromStatement reads the form out of an in-toto statement, the payload of a
// verified envelope. Subjects that the form does not name, and products that
// the subjects leave out, are errors: the signature would bind something else
// than what people read.
func FromStatement(payload []byte) (*Form, error) {
	s, err := intoto.Parse(payload)
	if err != nil {
		return nil, err
	}
	other, ok := s.Predicate.(*intoto.Other)
	if s.PredicateType != PredicateType || !ok {
		return nil, problem.New(problem.Invalid, "predicateType %q: want %s", form.Clip(s.PredicateType), PredicateType)
	}
	limits := Limits{}.orDefault()
	doc, err := form.JSON(other.JSON, form.Limits{Bytes: limits.Bytes, Text: 8 << 10})
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "predicate")
	}
	f, err := read(doc, limits)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "predicate")
	}
	predicate, err := f.Predicate()
	if err != nil {
		return nil, err
	}
	want, got := digestsOf(f.subjects(predicate)), digestsOf(s.Subjects)
	for _, d := range got {
		if !slices.Contains(want, d) {
			return nil, problem.New(problem.Invalid, "subject: %s is of no product that the form names", form.Clip(d))
		}
	}
	for _, d := range want {
		if !slices.Contains(got, d) {
			return nil, problem.New(problem.Invalid, "subject: %s is missing, which the form names", form.Clip(d))
		}
	}
	return f, nil
}

func digestsOf(subjects []intoto.Resource) []string {
	var out []string
	for _, s := range subjects {
		for algorithm, value := range s.Digest {
			out = append(out, algorithm+":"+strings.ToLower(value))
		}
	}
	slices.Sort(out)
	return out
}
