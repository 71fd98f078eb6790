package playbook

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Kinds of documents and facts by which the ledger holds runs.
const (
	KindRun = "playbook.run" // document: the act that starts a run
	KindAct = "playbook.act" // document: any act after it
	FactAct = "playbook.act" // fact: an act; its subject is the run
)

// ActForm is the form of an act.
const ActForm = "playbook-act/v1"

// Verb says what an act does.
type Verb string

// The verbs of acts.
const (
	Started   Verb = "started"   // a run of a playbook
	Begun     Verb = "begun"     // a step
	Decided   Verb = "decided"   // a condition, or a switch
	Sent      Verb = "sent"      // its command is about to be sent by the node
	Approved  Verb = "approved"  // somebody agreed to a step
	Late      Verb = "late"      // its time has gone by
	Ended     Verb = "ended"     // a step
	Excepted  Verb = "excepted"  // a step failed and nothing says what then: what was open is given up
	Finished  Verb = "finished"  // the run
	Cancelled Verb = "cancelled" // the run, by a person
)

// Outcome is how a step, or a run, ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Failed  Outcome = "failed"
	GivenUp Outcome = "given_up" // because something else failed, or the run was cancelled
)

// Act is one thing that was done in a run.
type Act struct {
	Form     string    `json:"playbook_act"`
	Run      string    `json:"run"`
	Sequence int       `json:"sequence"` // from 1, without gaps
	Verb     Verb      `json:"verb"`
	At       time.Time `json:"at"`              // to the millisecond, UTC
	Actor    string    `json:"actor,omitempty"` // member who did it; "" for what follows by itself
	By       string    `json:"by,omitempty"`    // the person, where the actor is not
	Note     string    `json:"note,omitempty"`

	Start *Start `json:"start,omitempty"` // of started

	// Of is the sequence of the act by which the step was begun that this one is
	// about.
	Of int `json:"of,omitempty"`

	Step     string    `json:"step,omitempty"`      // of begun
	Within   int       `json:"within,omitempty"`    // of begun: what it is a branch of, as Of; 0 for the workflow itself
	Branch   string    `json:"branch,omitempty"`    // of begun: which
	Playbook string    `json:"playbook,omitempty"`  // of begun, for a playbook that is called: the digest of its document
	NotBy    time.Time `json:"not_before,omitzero"` // of begun: its delay
	Due      time.Time `json:"due,omitzero"`        // of begun and late

	Result  string            `json:"result,omitempty"`  // of decided: "true", "false" or the case
	Outcome Outcome           `json:"outcome,omitempty"` // of ended and finished
	Values  map[string]string `json:"values,omitempty"`  // of ended: variables that it sets
}

// Start is what a run begins with.
type Start struct {
	Playbook string            `json:"playbook"` // its id
	Version  string            `json:"version"`
	Digest   string            `json:"digest"` // of its document
	Name     string            `json:"name"`
	Owner    string            `json:"owner"` // organisation whose run it is
	Incident string            `json:"incident,omitempty"`
	Values   map[string]string `json:"values,omitempty"` // variables of the playbook
}

// Limits of an act.
const (
	maxAct   = 1 << 18 // bytes
	maxNote  = 8000    // bytes
	maxValue = 1 << 16 // bytes of a variable
)

var runForm = regexp.MustCompile(`^run--` + uuidForm + `$`)

// IsRunID reports whether a text can be the id of a run.
func IsRunID(s string) bool { return runForm.MatchString(s) }

// Marshal writes an act as its document.
func (a *Act) Marshal() ([]byte, error) {
	if err := a.validate(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(a)
	if err == nil && len(b) > maxAct {
		err = problem.New(problem.TooLarge, "the act has %d bytes, the limit is %d", len(b), maxAct)
	}
	return b, err
}

// ParseAct reads an act's document.
func ParseAct(b []byte) (*Act, error) {
	if len(b) > maxAct {
		return nil, problem.New(problem.TooLarge, "an act of %d bytes, the limit is %d", len(b), maxAct)
	}
	a := new(Act)
	if err := json.Unmarshal(b, a); err != nil {
		return nil, problem.New(problem.Invalid, "not an act of a run: %v", err)
	}
	return a, a.validate()
}

func (a *Act) validate() error {
	fault := ""
	switch {
	case a.Form != ActForm:
		fault = fmt.Sprintf("form %q: want %s", a.Form, ActForm)
	case !IsRunID(a.Run):
		fault = fmt.Sprintf("run %q: want run--UUID", clipped(a.Run))
	case a.Sequence < 1 || (a.Verb == Started) != (a.Sequence == 1) || (a.Verb == Started) != (a.Start != nil):
		fault = "want started first, and only then"
	case a.At.IsZero():
		fault = "at: want when it was done"
	case len(a.Note) > maxNote || !utf8.ValidString(a.Note):
		fault = fmt.Sprintf("note: want at most %d bytes of UTF-8", maxNote)
	case a.Verb == Begun && a.Step == "":
		fault = "step: want which one is begun"
	case a.Of < 0 || a.Of >= a.Sequence || a.Within < 0 || a.Within >= a.Sequence:
		fault = "of and within: want the number of an earlier act"
	}
	for name, value := range a.Values {
		if !variableForm.MatchString(name) || len(value) > maxValue || !utf8.ValidString(value) {
			fault = fmt.Sprintf("values: %s: want a variable, with at most %d bytes of UTF-8", clipped(name), maxValue)
		}
	}
	if fault != "" {
		return problem.New(problem.Invalid, "act %d of %s: %s", a.Sequence, clipped(a.Run), fault)
	}
	return nil
}

// Set checks what a variable is to be set to (CACAO 2.0, section 10.18.3).
func (v *Variable) Set(name, value string) error {
	wrong := func(want string) error {
		return problem.New(problem.Invalid, "%s: %q: want %s", name, clipped(value), want)
	}
	if v.Constant {
		return problem.New(problem.Invalid, "%s is constant", name)
	}
	if len(value) > maxValue || !utf8.ValidString(value) {
		return problem.New(problem.TooLarge, "%s: %d bytes: want at most %d of UTF-8", name, len(value), maxValue)
	}
	switch v.Type {
	case "bool":
		if l := strings.ToLower(value); l != "true" && l != "false" {
			return wrong("true or false")
		}
	case "integer", "long":
		if n, ok := number(value); !ok || !n.IsInt() {
			return wrong("a whole number")
		}
	case "float":
		if _, ok := number(value); !ok {
			return wrong("a number")
		}
	case "ipv4-addr", "ipv6-addr":
		p, err := prefix(value)
		if err != nil || p.Addr().Is4() != (v.Type == "ipv4-addr") {
			return wrong("an address, " + v.Type)
		}
	case "mac-addr":
		if !macForm.MatchString(value) {
			return wrong("a MAC address")
		}
	case "md5-hash":
		return digits(value, 32, wrong)
	case "sha256-hash":
		return digits(value, 64, wrong)
	case "uuid":
		if !regexp.MustCompile(`^` + uuidForm + `$`).MatchString(value) {
			return wrong("a UUID")
		}
	}
	return nil
}

func digits(value string, n int, wrong func(string) error) error {
	if len(value) != n || strings.Trim(strings.ToLower(value), "0123456789abcdef") != "" {
		return wrong(fmt.Sprintf("%d hexadecimal digits", n))
	}
	return nil
}

// NewValues checks what a run is to begin with: what is external must be given,
// and what is given must be a variable of the playbook.
func (p *Playbook) NewValues(given map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range sortedKeys(given) {
		v := p.Variables[name]
		if v == nil {
			return nil, problem.New(problem.Invalid, "%s is no variable of %s; it has %s", clipped(name), p.Name, strings.Join(sortedKeys(p.Variables), ", "))
		}
		if err := v.Set(name, given[name]); err != nil {
			return nil, err
		}
		out[name] = given[name]
	}
	for _, name := range sortedKeys(p.Variables) {
		if v := p.Variables[name]; v.External && v.Value == nil && given[name] == "" {
			return nil, problem.New(problem.Invalid, "%s must be given: %s", name, v.Description)
		}
	}
	return out, nil
}

// Ready refuses a playbook that is not to be run: one with errors, and one that
// is revoked or not valid on a day.
func (p *Playbook) Ready(now time.Time) error {
	found := p.Check(now)
	if !found.Valid {
		return problem.New(problem.Invalid, "%s cannot be run: %s: %s", p.Name, found.Errors[0].Path, found.Errors[0].Message)
	}
	for _, w := range found.Warnings {
		switch w.Code {
		case "revoked", "expired", "not_yet_valid":
			return problem.New(problem.Conflict, "%s is not to be run: %s", p.Name, w.Message)
		}
	}
	return nil
}

// clockTime is an instant as acts have it.
func clockTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// AudienceOf is who may see a run: the organisations that have part in it.
func AudienceOf(organisations ...string) (access.Audience, error) {
	for i, o := range organisations {
		organisations[i] = "org:" + o
	}
	return access.ParseAudience(strings.Join(organisations, "|"))
}
