package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// Rules are documents like any other, so that a decision can be repeated with
// the rules of its time. They are held as text: their room compiles them.

// rule is the body of a statement that holds one.
type rule struct {
	ID   string `json:"id"`
	YAML string `json:"yaml"`
}

// maxRule bounds a rule's text, in bytes.
const maxRule = 1 << 20

// recogniseRule recognises YAML files with the header "countersign: <kind>/v…".
// A byte order mark may stand before it; the reader of YAML passes over it too,
// so that the text is kept as it came.
func recogniseRule(kind string) func(string, []byte) bool {
	header := regexp.MustCompile(`(?m)^(?:\{\s*)?["']?countersign["']?:\s*["']?` + kind + `/`)
	return func(_ string, head []byte) bool { return header.Match(bytes.TrimPrefix(head, []byte("\ufeff"))) }
}

func readProgramme(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	reading, err := ruleReading("programme", "listing.programme", f.Bytes)
	if err != nil {
		return nil, err
	}
	_, err = listing.ParseProgramme(f.Bytes)
	return reading, err
}

func readScheme(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	reading, err := ruleReading(label.KindScheme, label.FactScheme, f.Bytes)
	if err != nil {
		return nil, err
	}
	_, err = label.ParseScheme(f.Bytes)
	return reading, err
}

func readDirective(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	reading, err := ruleReading(directive.Kind, directive.Fact, f.Bytes)
	if err != nil {
		return nil, err
	}
	_, err = directive.Parse(f.Bytes)
	return reading, err
}

func readPlaybook(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	return playbook.Read(f.Bytes, playbook.Limits{})
}

func readCommunity(_ context.Context, f File, _ Options) (*ledger.Reading, error) {
	return sharing.ReadCommunity(f.Bytes)
}

func readPolicy(_ context.Context, f File, opts Options) (*ledger.Reading, error) {
	reading, err := ruleReading("policy", "policy.policy", f.Bytes)
	if err == nil && opts.CheckPolicy != nil {
		err = opts.CheckPolicy(f.Bytes)
	}
	return reading, err
}

var ruleID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// ruleReading holds a rule's text as one statement whose key is its id.
func ruleReading(kind, fact string, b []byte) (*ledger.Reading, error) {
	if len(b) > maxRule {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for a %s is %d", len(b), kind, maxRule)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var head struct {
		Countersign string    `yaml:"countersign"`
		ID          string    `yaml:"id"`
		Published   yaml.Node `yaml:"published"`
	}
	if err := dec.Decode(&head); err != nil {
		return nil, problem.New(problem.Invalid, "%s", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "a second YAML document follows; want one %s in one file", kind)
	}
	if want := kind + "/v1"; head.Countersign != want {
		return nil, problem.New(problem.Invalid, "line 1: format %q: want %s", head.Countersign, want)
	}
	if !ruleID.MatchString(head.ID) {
		return nil, problem.New(problem.Invalid, "id %q: want lower-case letters, digits and hyphens", head.ID)
	}
	r := &ledger.Reading{
		Kind: kind, Source: kind + "/" + head.ID, Mode: ledger.Chronicle, Rows: 1,
		Statements: []ledger.Statement{{Kind: fact, Subject: head.ID, Key: head.ID, Body: rule{ID: head.ID, YAML: string(b)}}},
	}
	if v := head.Published.Value; v != "" {
		day, err := access.ParseDate(v)
		if err != nil {
			return nil, problem.New(problem.Invalid, "line %d: published %q is no date; want YYYY-MM-DD", head.Published.Line, v)
		}
		r.Published = day
	}
	return r, nil
}

// quoteStart is the first characters of a file, fit for a message.
func quoteStart(b []byte) string {
	const most = 40
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	s := strconv.QuoteToASCII(string(b[:min(len(b), most)]))
	if len(b) > most {
		s += "…"
	}
	return s
}
