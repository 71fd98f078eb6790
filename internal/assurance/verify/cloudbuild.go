package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// The form in which Google's Cloud Build shows the provenance of an image
// ("gcloud artifacts docker images describe --show-provenance --format json"):
// signed envelopes, and around them the same in the clear, which nobody signed.
type wireCloudBuild struct {
	Image struct {
		Digest    string `json:"digest"`
		Qualified string `json:"fully_qualified_digest"`
	} `json:"image_summary"`
	Summary struct {
		Provenance []wireBuild `json:"provenance"`
	} `json:"provenance_summary"`
}

type wireBuild struct {
	Build struct {
		Statement   jsontext.Value `json:"intotoStatement"`
		StatementV1 jsontext.Value `json:"inTotoSlsaProvenanceV1"`
	} `json:"build"`
	Envelope jsontext.Value `json:"envelope"`
	Kind     string         `json:"kind"`
	Resource string         `json:"resourceUri"`
}

// cloudBuild verifies the provenance of an image. One build that is signed is
// enough; the text around it must agree with what was signed.
func (c *checker) cloudBuild(f File) ([]*Attestation, error) {
	var w wireCloudBuild
	if err := dsse.Unmarshal(f.Bytes, &w, dsse.Limits{Bytes: maxFile}); err != nil {
		return nil, named(f.Name, err)
	}
	builds := w.Summary.Provenance
	switch {
	case len(builds) == 0:
		return nil, problem.New(problem.Invalid, "%s: provenance_summary.provenance: empty", f.Name)
	case len(builds) > maxAttestations:
		return nil, problem.New(problem.TooLarge, "%s: provenance_summary.provenance: %d, the limit is %d", f.Name, len(builds), maxAttestations)
	}
	var signed []*Attestation
	var why error
	for i, b := range builds {
		p := part{kind: kindEnvelope, place: at(f.Name, "build", i+1)}
		a := &Attestation{File: p.place}
		e, err := c.builtBy(b, a)
		if err != nil {
			if why == nil {
				why = named(p.place, err)
			}
			c.add(p.place + " was passed over: " + problem.Message(err))
			continue
		}
		if err := c.build(w, b, e, p, a); err != nil {
			return nil, named(p.place, err)
		}
		c.inForce(a)
		signed = append(signed, a)
	}
	if len(signed) == 0 {
		c.answer.Notes = nil
		return nil, why
	}
	return signed, nil
}

// builtBy verifies the signature of a build.
func (c *checker) builtBy(b wireBuild, a *Attestation) (*dsse.Envelope, error) {
	if b.Envelope.Kind() != '{' {
		return nil, problem.New(problem.Invalid, "envelope: missing")
	}
	e, err := dsse.Parse(b.Envelope)
	if err != nil {
		return nil, problem.New(problem.Invalid, "envelope: %s", problem.Message(err))
	}
	if key, err := e.Verify(c.keys); err == nil {
		a.Signer = &Signer{KeyID: key.ID()}
		return e, nil
	}
	keys, err := known()
	if err != nil {
		return nil, err
	}
	why := dsse.ErrNoSignature
	for _, s := range e.Signatures {
		k, ok := keys[formatCloudBuild][s.KeyID]
		if !ok {
			why = dsse.ErrUntrusted
			continue
		}
		message := e.Payload
		if !k.Bare {
			message = dsse.PAE(e.PayloadType, e.Payload)
		}
		if k.Key.Verifies(message, s.Sig) {
			a.Signer = &Signer{KeyID: k.Key.ID(), Publisher: k.Publisher}
			return e, nil
		}
		why = dsse.ErrSignature
	}
	return nil, problem.New(problem.Invalid, "%v", why)
}

// build holds what was signed against what is shown.
func (c *checker) build(w wireCloudBuild, b wireBuild, e *dsse.Envelope, p part, a *Attestation) error {
	if err := c.content(e, p, a); err != nil {
		return err
	}
	if b.Kind != "" && b.Kind != "BUILD" {
		return problem.New(problem.Invalid, "kind is %.40q; want BUILD", b.Kind)
	}
	for place, text := range map[string]string{"image_summary.digest": w.Image.Digest, "image_summary.fully_qualified_digest": w.Image.Qualified, "resourceUri": b.Resource} {
		if text != "" && !imageOf(a.Subjects, text) {
			return problem.New(problem.Invalid, "%s is %.200q, and the provenance is about another image", place, text)
		}
	}
	for place, shown := range map[string]jsontext.Value{"build.intotoStatement": b.Build.Statement, "build.inTotoSlsaProvenanceV1": b.Build.StatementV1} {
		if err := agree(place, shown, e.Payload, a.PredicateType); err != nil {
			return err
		}
	}
	return nil
}

// imageOf reports whether text, which ends in a digest, is one of the subjects.
func imageOf(subjects []Subject, text string) bool {
	_, digest, ok := strings.Cut(text[strings.LastIndex(text, "@")+1:], ":")
	if !ok {
		return false
	}
	for _, s := range subjects {
		if strings.EqualFold(s.Digest["sha256"], digest) {
			return true
		}
	}
	return false
}

// agree checks that the statement that is shown says nothing else than the one
// that was signed. It may leave things out, and one of another type is another's.
func agree(place string, shown jsontext.Value, payload []byte, predicateType string) error {
	if shown.Kind() != '{' {
		return nil
	}
	var text, signed map[string]any
	if err := dsse.Unmarshal(shown, &text, dsse.Limits{}); err != nil {
		return problem.New(problem.Invalid, "%s: %s", place, problem.Message(err))
	}
	if text["predicateType"] != predicateType {
		return nil
	}
	if err := json.Unmarshal(payload, &signed); err != nil {
		return fmt.Errorf("signed statement: %w", err) // read once already
	}
	if where, ok := same(text, signed); !ok {
		return problem.New(problem.Invalid, "%s%s is not what was signed", place, where)
	}
	return nil
}

// same compares two decoded JSON values and names the first difference. A
// member that only one object has is none.
func same(a, b any) (where string, ok bool) {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return "", false
		}
		for _, name := range slices.Sorted(maps.Keys(a)) {
			other, both := b[name]
			if !both {
				continue
			}
			if where, ok := same(a[name], other); !ok {
				return "." + name + where, false
			}
		}
		return "", true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return "", false
		}
		for i := range a {
			if where, ok := same(a[i], b[i]); !ok {
				return fmt.Sprintf("[%d]%s", i, where), false
			}
		}
		return "", true
	case string:
		b, ok := b.(string)
		return "", ok && (a == b || sameTime(a, b))
	default:
		return "", a == b
	}
}

func sameTime(a, b string) bool {
	s, err := time.Parse(time.RFC3339, a)
	t, wrong := time.Parse(time.RFC3339, b)
	return err == nil && wrong == nil && s.Equal(t)
}
