package attestation

import (
	"bytes"
	"encoding/json"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// Statement is what somebody wants to sign.
type Statement struct {
	PredicateType string
	Predicate     []byte // JSON object; {} when nil
	Subjects      []intoto.Resource
	From, Until   access.Date // between which days it is valid: [From, Until); "" for no bound
}

// ParseSubject reads an artifact as people write it: "sha256:…" alone, or behind
// "NAME=", of which a purl is kept as such.
func ParseSubject(text string) (intoto.Resource, error) {
	name, digest := "", text
	if i := strings.LastIndexByte(text, '='); i >= 0 {
		name, digest = text[:i], text[i+1:]
	}
	algorithm, value, ok := strings.Cut(digest, ":")
	if !ok || algorithm == "" || value == "" {
		return intoto.Resource{}, problem.New(problem.Invalid, "%q: want DIGEST or NAME=DIGEST, as firmware.bin=sha256:…", text)
	}
	r := intoto.Resource{Name: name, Digest: map[string]string{algorithm: strings.ToLower(value)}}
	if strings.HasPrefix(name, "pkg:") {
		p, err := purl.Parse(name)
		if err != nil {
			return intoto.Resource{}, problem.New(problem.Invalid, "%s: %s", name, problem.Message(err))
		}
		r.URI = p.String()
	}
	return r, nil
}

// Payload is the statement as it is signed. What this program could not read
// back as it was meant is refused, lest it be signed.
func (s Statement) Payload() ([]byte, error) {
	predicate := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(s.Predicate)) > 0 {
		if err := dsse.Strict(s.Predicate, dsse.Limits{}); err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "predicate")
		}
		if err := json.Unmarshal(s.Predicate, &predicate); err != nil {
			return nil, problem.New(problem.Invalid, "predicate: want a JSON object")
		}
	}
	if err := s.bound(predicate); err != nil {
		return nil, err
	}
	b, err := json.Marshal(struct {
		Type          string                     `json:"_type"`
		Subject       []intoto.Resource          `json:"subject"`
		PredicateType string                     `json:"predicateType"`
		Predicate     map[string]json.RawMessage `json:"predicate"`
	}{intoto.TypeV1, s.Subjects, s.PredicateType, predicate})
	if err != nil {
		return nil, err
	}
	return b, CheckPayload(b, s.From != "" || s.Until != "")
}

// bound writes from when to when it is valid where verifiers look for it.
func (s Statement) bound(predicate map[string]json.RawMessage) error {
	if s.From == "" && s.Until == "" {
		return nil
	}
	if s.From != "" && s.Until != "" && s.From >= s.Until {
		return problem.New(problem.Invalid, "valid until %s, which is not after %s, from which on it is", s.Until, s.From)
	}
	annotations := map[string]json.RawMessage{}
	if held := predicate["annotations"]; held != nil {
		if err := json.Unmarshal(held, &annotations); err != nil {
			return problem.New(problem.Invalid, "predicate: annotations: want an object")
		}
	}
	for name, day := range map[string]access.Date{"validFrom": s.From, "validUntil": s.Until} {
		if day != "" {
			annotations[name] = json.RawMessage(`"` + string(day) + `T00:00:00Z"`)
		}
	}
	b, err := json.Marshal(annotations)
	predicate["annotations"] = b
	return err
}

// CheckPayload refuses to sign a statement that cannot be read back: of a known
// type and not shaped as that has it, or, where it is bounded, of a type in which
// nobody looks for the bounds.
func CheckPayload(payload []byte, bounded bool) error {
	st, err := intoto.Parse(payload)
	if err != nil {
		return err
	}
	if st.Problem != nil {
		return problem.New(problem.Invalid, "no %s: %s", st.PredicateType, problem.Message(st.Problem))
	}
	if st.PredicateType == ssdf.PredicateType {
		if _, err := ssdf.FromStatement(payload); err != nil {
			return err
		}
	}
	if v := st.Validity(); bounded && v.From.IsZero() && v.Until.IsZero() {
		return problem.New(problem.Invalid, "%s has no place for from when to when it is valid; take it back instead when it no longer holds", st.PredicateType)
	}
	return nil
}
