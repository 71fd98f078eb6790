package intoto

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Types of statements that are read.
const (
	TypeV01 = "https://in-toto.io/Statement/v0.1"
	TypeV1  = "https://in-toto.io/Statement/v1"

	typePrefix = "https://in-toto.io/Statement/"
)

// Bounds of a statement.
const (
	maxBytes    = 24 << 20
	maxSubjects = 10_000
	maxDigests  = 32 // of one subject
	maxText     = 4 << 10
)

// Statement is who says what about which artifacts, without the who: that is
// for the envelope's signature to tell.
type Statement struct {
	Type          string // TypeV01 or TypeV1
	PredicateType string
	Subjects      []Resource
	Predicate     any // a pointer to one of this package's types
	// Problem is why the predicate is an [Other] although its type is known:
	// it is not shaped as its type says. It names the place.
	Problem error
}

// Resource describes an artifact: a ResourceDescriptor of statement 1. A
// subject has a digest, which alone says what it is.
type Resource struct {
	Name             string            `json:"name,omitempty"`
	URI              string            `json:"uri,omitempty"`
	Digest           map[string]string `json:"digest,omitempty"` // by algorithm: "sha256", "gitCommit"
	DownloadLocation string            `json:"downloadLocation,omitempty"`
	MediaType        string            `json:"mediaType,omitempty"`
}

type wireStatement struct {
	Type          string         `json:"_type"`
	PredicateType string         `json:"predicateType"`
	Subject       []Resource     `json:"subject"`
	Predicate     jsontext.Value `json:"predicate"`
}

// Parse reads a statement. Members that it does not know are passed over, as
// the framework asks; a member twice, another version of statement and a
// statement about nothing are refused. The error names the place.
func Parse(payload []byte) (*Statement, error) {
	var w wireStatement
	if err := dsse.Unmarshal(payload, &w, dsse.Limits{Bytes: maxBytes}); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	s := &Statement{Type: w.Type, PredicateType: w.PredicateType, Subjects: w.Subject}
	s.Predicate, s.Problem = decodePredicate(w.PredicateType, w.Predicate)
	return s, nil
}

func (w *wireStatement) check() error {
	switch {
	case w.Type == "":
		return problem.New(problem.Invalid, "_type: missing; want %s", TypeV1)
	case strings.HasPrefix(w.Type, typePrefix) && w.Type != TypeV01 && w.Type != TypeV1:
		return problem.New(problem.Invalid, "_type: statements of version %.40q are not read; want v0.1 or v1", strings.TrimPrefix(w.Type, typePrefix))
	case w.Type != TypeV01 && w.Type != TypeV1:
		return problem.New(problem.Invalid, "_type: %.100q is no in-toto statement; want %s", w.Type, TypeV1)
	case w.PredicateType == "":
		return problem.New(problem.Invalid, "predicateType: missing")
	case len(w.PredicateType) > maxText:
		return problem.New(problem.TooLarge, "predicateType: %d bytes, the limit is %d", len(w.PredicateType), maxText)
	case len(w.Subject) == 0:
		return problem.New(problem.Invalid, "subject: empty; want at least one artifact")
	case len(w.Subject) > maxSubjects:
		return problem.New(problem.TooLarge, "subject: %d artifacts, the limit is %d", len(w.Subject), maxSubjects)
	}
	for i, s := range w.Subject {
		if err := s.check("subject[" + strconv.Itoa(i) + "]"); err != nil {
			return err
		}
	}
	return nil
}

func (r *Resource) check(place string) error {
	if len(r.Digest) == 0 {
		return problem.New(problem.Invalid, "%s.digest: missing; want the artifact's digests by algorithm", place)
	}
	if len(r.Digest) > maxDigests {
		return problem.New(problem.TooLarge, "%s.digest: %d digests, the limit is %d", place, len(r.Digest), maxDigests)
	}
	for algorithm, value := range r.Digest {
		if algorithm == "" || value == "" {
			return problem.New(problem.Invalid, "%s.digest: a digest without algorithm or value", place)
		}
		if len(algorithm)+len(value) > maxText {
			return problem.New(problem.TooLarge, "%s.digest: longer than %d bytes", place, maxText)
		}
	}
	return nil
}

// sameAs reports whether the resource is what these digests are of: one
// algorithm at least is in both, and no algorithm that is says otherwise.
func (r *Resource) sameAs(digests map[string]string) bool {
	same := false
	for algorithm, value := range r.Digest {
		of, known := digests[strings.ToLower(algorithm)]
		if !known {
			continue
		}
		if !strings.EqualFold(of, value) {
			return false
		}
		same = true
	}
	return same
}

// About reports whether the statement is about the artifact that has these
// digests, by algorithm in lower case, and which of its subjects that is. A
// name binds nothing, and is not looked at.
func (s *Statement) About(digests map[string]string) (Resource, bool) {
	for i := range s.Subjects {
		if s.Subjects[i].sameAs(digests) {
			return s.Subjects[i], true
		}
	}
	return Resource{}, false
}
