package bods

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes      int // of the file; default 256 MiB
	Statements int // default 1,000,000
	Text       int // bytes of one name, id or note; default 4 KiB
	Interests  int // of one relationship; default 1,000
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Bytes, 256 << 20}, {&l.Statements, 1_000_000}, {&l.Text, 4 << 10}, {&l.Interests, 1000}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}

// statement is one statement in the form of 0.4. Fields of older versions
// stand beside it until [statement.modern] has moved what they say.
type statement struct {
	place string // in the file, for errors

	StatementID  string      `json:"statementId"`
	RecordID     string      `json:"recordId"`
	RecordType   string      `json:"recordType"`
	RecordStatus string      `json:"recordStatus"`
	Date         access.Date `json:"statementDate"`
	Details      details     `json:"recordDetails"`
	Publication  struct {
		Date access.Date `json:"publicationDate"`
	} `json:"publicationDetails"`
	Source struct {
		URL string `json:"url"`
	} `json:"source"`

	older
}

// older is what 0.2 and 0.3 have on the statement itself. Their "statementID"
// is read as statementId, since names of fields are matched without case.
type older struct {
	StatementType string   `json:"statementType"`
	Replaces      []string `json:"replacesStatements"`
	Name          string   `json:"name"`
	Names         []name   `json:"names"`
	details02
}

type details02 struct {
	Identifiers     []identifier    `json:"identifiers"`
	BirthDate       string          `json:"birthDate"`
	Nationalities   []nation        `json:"nationalities"`
	Subject         json.RawMessage `json:"subject"`
	InterestedParty json.RawMessage `json:"interestedParty"`
	Interests       []interest      `json:"interests"`
}

// details is what a record says.
type details struct {
	Name            string          `json:"name"`
	Names           []name          `json:"names"`
	AlternateNames  []string        `json:"alternateNames"`
	Identifiers     []identifier    `json:"identifiers"`
	BirthDate       string          `json:"birthDate"`
	Nationalities   []nation        `json:"nationalities"`
	Subject         json.RawMessage `json:"subject"`
	InterestedParty json.RawMessage `json:"interestedParty"`
	Interests       []interest      `json:"interests"`
}

type name struct {
	Type     string `json:"type"`
	FullName string `json:"fullName"`
}

type identifier struct {
	ID         string `json:"id"`
	Scheme     string `json:"scheme"`
	SchemeName string `json:"schemeName"`
}

type nation struct {
	Name string `json:"name"`
	Code string `json:"code"`
}

type interest struct {
	Type    string      `json:"type"`
	Direct  string      `json:"directOrIndirect"`
	Level   string      `json:"interestLevel"` // directOrIndirect of 0.2
	Details string      `json:"details"`
	Share   *share      `json:"share"`
	Start   access.Date `json:"startDate"`
	End     access.Date `json:"endDate"`
}

// share is a share in percent. Exclusive bounds are numbers in 0.4, and in 0.2
// booleans that speak of the bound beside them.
type share struct {
	Exact            json.Number     `json:"exact"`
	Minimum          json.Number     `json:"minimum"`
	Maximum          json.Number     `json:"maximum"`
	ExclusiveMinimum json.RawMessage `json:"exclusiveMinimum"`
	ExclusiveMaximum json.RawMessage `json:"exclusiveMaximum"`
}

// Recognise tells statements by their beginning.
func Recognise(_ string, head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(head) == 0 || head[0] != '[' && head[0] != '{' {
		return false
	}
	has := func(key string) bool { return bytes.Contains(head, []byte(`"`+key+`"`)) }
	return has("statementId") && has("recordType") || has("statementID") && has("statementType")
}

// parse reads all statements of a file.
func parse(ctx context.Context, b []byte, limits Limits) ([]*statement, error) {
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	dec := json.NewDecoder(bytes.NewReader(b))
	list := len(b) > 0 && b[0] == '['
	if list {
		if _, err := dec.Token(); err != nil {
			return nil, explain(err, dec)
		}
	}
	var out []*statement
	for !list || dec.More() {
		if len(out)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s := &statement{}
		if err := dec.Decode(s); errors.Is(err, io.EOF) && !list {
			return out, nil
		} else if err != nil {
			return nil, problem.Wrap(problem.Invalid, explain(err, dec), "statement %d", len(out)+1)
		}
		if len(out) == limits.Statements {
			return nil, problem.New(problem.TooLarge, "more than %d statements", limits.Statements)
		}
		s.place = fmt.Sprintf("statement %d", len(out)+1)
		if s.StatementID != "" {
			s.place += fmt.Sprintf(" (%.40q)", s.StatementID)
		}
		if err := s.modern(); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if _, err := dec.Token(); err != nil {
		return nil, explain(err, dec)
	}
	return out, nil
}

// explain says where the JSON of a file is broken.
func explain(err error, dec *json.Decoder) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return problem.New(problem.Invalid, "field %q: is a %s", kind.Field, kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return problem.New(problem.Invalid, "the JSON ends too early, at byte %d", dec.InputOffset())
	}
	return problem.New(problem.Invalid, "byte %d: not JSON (%v)", dec.InputOffset(), err)
}

// modern moves what an older version says into the form of 0.4.
func (s *statement) modern() error {
	switch s.StatementType {
	case "":
	case "entityStatement", "personStatement":
		s.RecordType = strings.TrimSuffix(s.StatementType, "Statement")
	case "ownershipOrControlStatement":
		s.RecordType = "relationship"
	default:
		return problem.New(problem.Invalid, "%s: statementType is %.40q, want entityStatement, personStatement or ownershipOrControlStatement", s.place, s.StatementType)
	}
	if s.StatementType != "" {
		s.Details = details{
			Name: s.Name, Names: s.Names, Identifiers: s.Identifiers, BirthDate: s.BirthDate, Nationalities: s.Nationalities,
			Subject: s.Subject, InterestedParty: s.InterestedParty, Interests: s.Interests,
		}
		s.RecordID = s.StatementID
	}
	switch s.RecordType {
	case "entity", "person", "relationship":
	default:
		return problem.New(problem.Invalid, "%s: recordType is %.40q, want entity, person or relationship", s.place, s.RecordType)
	}
	if s.RecordID == "" {
		return problem.New(problem.Invalid, "%s: no %s", s.place, cmp.Or(map[bool]string{true: "statementID"}[s.StatementType != ""], "recordId"))
	}
	if strings.ContainsFunc(s.RecordID, unicode.IsControl) {
		return problem.New(problem.Invalid, "%s: control character in the id of a record", s.place)
	}
	for i := range s.Details.Interests {
		in := &s.Details.Interests[i]
		in.Direct = cmp.Or(in.Direct, in.Level)
	}
	return nil
}

// reference is whom a relationship names: a record, or nobody who is
// specified, with the reason.
type reference struct {
	Record string `json:"-"`
	Reason string `json:"reason"`
	Words  string `json:"description"`

	Entity      string     `json:"describedByEntityStatement"`
	Person      string     `json:"describedByPersonStatement"`
	Unspecified *reference `json:"unspecified"`
}

// referenceIn reads one end of a relationship.
func (s *statement) referenceIn(field string, raw json.RawMessage) (reference, error) {
	var r reference
	wrong := problem.New(problem.Invalid, "%s: %s is neither a recordId nor says why there is none", s.place, field)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return r, nil
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &r.Record); err != nil {
			return r, wrong
		}
	case raw[0] != '{':
		return r, wrong
	default:
		if err := json.Unmarshal(raw, &r); err != nil {
			return r, wrong
		}
		r.Record = cmp.Or(r.Entity, r.Person)
	}
	if r.Unspecified != nil {
		r.Reason, r.Words = r.Unspecified.Reason, r.Unspecified.Words
	}
	if strings.ContainsFunc(r.Record, unicode.IsControl) {
		return r, problem.New(problem.Invalid, "%s: %s has a control character", s.place, field)
	}
	return r, nil
}
