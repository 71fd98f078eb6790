package decision

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// Form is the form of the decision documents that this package writes.
const Form = "decision/v1"

// maxRecord bounds a decision document, in bytes.
const maxRecord = 16 << 20

// ErrRecord is wrapped by the errors of [ParseRecord].
var ErrRecord = problem.New(problem.Invalid, "not a decision document")

// Circumstances are what an answer itself does not say but its repetition
// needs.
type Circumstances struct {
	Audiences  []string          // what the asker could see, see [Audiences]
	Programmes map[string]string // digests of the programmes' documents, by id; may be nil
}

// Audiences is what reader may see, as a decision document says it: "all" for
// the store's operator, else "public" and the organisations the reader
// belongs to.
func Audiences(reader access.Reader) []string {
	if reader.Operator {
		return []string{"all"}
	}
	out := []string{access.Public.String()}
	for _, id := range reader.Organisations {
		out = append(out, access.ForOrganisation(id).String())
	}
	slices.Sort(out[1:])
	return slices.Compact(out)
}

// Recorded is a decision as the ledger keeps it: what was asked, by what it
// was judged and what came out. It says nothing of when and by whom, which the
// ledger's entry does; so the same answer twice is one document.
type Recorded struct {
	Form       string              `json:"countersign"`
	Query      string              `json:"query"`
	Purpose    *string             `json:"purpose"` // null when every fitting policy was asked
	At         access.Date         `json:"at"`
	Known      access.Date         `json:"known"`
	Position   int64               `json:"position"`
	Audiences  []string            `json:"audiences"`
	Engine     string              `json:"engine"`
	Policies   []PolicyAnswer      `json:"policies"`
	Programmes []ProgrammeRef      `json:"programmes"`
	Subject    Subject             `json:"subject"`
	Candidates []dossier.Candidate `json:"candidates"`
	Verdict    policy.Verdict      `json:"verdict"`
	ChangesOn  *access.Date        `json:"changes_on"`
	Listings   []Listing           `json:"listings"`
	Reasons    []Reason            `json:"reasons"`
	Evidence   []DocumentRef       `json:"evidence"` // every document that a reason rests on
}

// ProgrammeRef names a programme in the exact form that took part.
type ProgrammeRef struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
}

// DocumentRef names a document of the ledger.
type DocumentRef struct {
	Position int64  `json:"position"`
	Digest   string `json:"digest"`
}

// Record is the decision document of an answer: JSON in one line with keys in
// a fixed order, ended by a newline. Equal answers give equal bytes.
func Record(a *Answer, c Circumstances) ([]byte, error) {
	r := recorded(a, c)
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("record the decision on %q: %w", a.Query, err)
	}
	return r.encode()
}

func recorded(a *Answer, c Circumstances) *Recorded {
	r := &Recorded{
		Form: Form, Query: a.Query, Purpose: a.Purpose,
		At: a.At, Known: a.Known, Position: a.Position,
		Audiences: append([]string{}, c.Audiences...), Engine: a.Engine,
		Policies: append([]PolicyAnswer{}, a.applied...), Programmes: []ProgrammeRef{},
		Subject: a.Subject, Candidates: append([]dossier.Candidate{}, a.Candidates...),
		Verdict: a.Verdict, ChangesOn: a.ChangesOn,
		Listings: append([]Listing{}, a.Listings...), Reasons: append([]Reason{}, a.Reasons...),
		Evidence: []DocumentRef{},
	}
	for id, digest := range c.Programmes {
		r.Programmes = append(r.Programmes, ProgrammeRef{ID: id, Digest: digest})
	}
	slices.SortFunc(r.Programmes, func(x, y ProgrammeRef) int { return cmp.Compare(x.ID, y.ID) })
	for _, reason := range a.Reasons {
		for _, e := range reason.Evidence {
			r.Evidence = append(r.Evidence, DocumentRef{Position: e.Document, Digest: e.Digest})
		}
	}
	if a.Software != nil {
		for _, e := range softwareEvidence(everything, a.Software) {
			r.Evidence = append(r.Evidence, DocumentRef{Position: e.Document, Digest: e.Digest})
		}
	}
	if a.Product != nil {
		for _, e := range labelEvidence(everything, a.Product) {
			r.Evidence = append(r.Evidence, DocumentRef{Position: e.Document, Digest: e.Digest})
		}
	}
	slices.SortFunc(r.Evidence, func(x, y DocumentRef) int {
		return cmp.Or(cmp.Compare(x.Position, y.Position), cmp.Compare(x.Digest, y.Digest))
	})
	r.Evidence = slices.Compact(r.Evidence)
	return r
}

// ParseRecord reads a decision document. Only the very bytes that [Record]
// writes are one: unknown fields, another order or other spaces are refused,
// so that a decision has one digest.
func ParseRecord(b []byte) (*Recorded, error) {
	if len(b) > maxRecord {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrRecord, len(b), maxRecord)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var r Recorded
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if r.Form != Form {
		return nil, fmt.Errorf("%w: countersign is %q, want %s", ErrRecord, r.Form, Form)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	again, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("%w: not in canonical form", ErrRecord)
	}
	return &r, nil
}

// check refuses what could not be repeated.
func (r *Recorded) check() error {
	for name, d := range map[string]access.Date{"at": r.At, "known": r.Known} {
		if _, err := access.ParseDate(string(d)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	switch {
	case r.Position < 0 || r.Position == access.Now:
		return ErrPosition
	case r.Engine == "":
		return errors.New("engine: missing")
	case len(r.Audiences) == 0:
		return errors.New("audiences: missing")
	case len(r.Policies) == 0:
		return errors.New("policies: missing")
	}
	_, err := policy.ParseVerdict(string(r.Verdict))
	return err
}

func (r *Recorded) encode() ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
