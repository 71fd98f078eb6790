package playbook

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Kinds of documents and facts by which the ledger holds playbooks.
const (
	Kind = "playbook" // document: one version of a playbook, byte for byte
	Fact = "playbook" // fact: its header; its subject is the playbook's id
)

// Types of steps (CACAO 2.0, section 4).
const (
	TypeStart    = "start"
	TypeEnd      = "end"
	TypeAction   = "action"
	TypePlaybook = "playbook-action"
	TypeParallel = "parallel"
	TypeIf       = "if-condition"
	TypeWhile    = "while-condition"
	TypeSwitch   = "switch-condition"
)

// Types of commands that the package knows how to show, or to send.
const (
	CommandManual = "manual"
	CommandHTTP   = "http-api"
)

// Playbook is a playbook as far as it is run and shown.
type Playbook struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Types       []string    `json:"playbook_types"`
	CreatedBy   string      `json:"created_by"`
	Created     time.Time   `json:"created"`
	Modified    time.Time   `json:"modified"`
	Revoked     bool        `json:"revoked"`
	ValidFrom   time.Time   `json:"valid_from"`
	ValidUntil  time.Time   `json:"valid_until"`
	Labels      []string    `json:"labels"`
	References  []Reference `json:"external_references"`

	Start     string               `json:"workflow_start"`
	Exception string               `json:"workflow_exception"`
	Steps     map[string]*Step     `json:"workflow"`
	Variables map[string]*Variable `json:"playbook_variables"`
	Agents    map[string]*Actor    `json:"agent_definitions"`
	Targets   map[string]*Actor    `json:"target_definitions"`
	Auth      map[string]*Auth     `json:"authentication_info_definitions"`

	// Version is the modified property as it is written: with the id it names
	// this version.
	Version string `json:"-"`
	tree    map[string]any
	order   []string
}

// Reference is where more is to be read (CACAO 2.0, section 10.9).
type Reference struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Source      string `json:"source"`
	URL         string `json:"url"`
	ExternalID  string `json:"external_id"`
}

// Step is one step of a workflow (CACAO 2.0, section 4).
type Step struct {
	ID           string                     `json:"-"`
	Type         string                     `json:"type"`
	Name         string                     `json:"name"`
	Description  string                     `json:"description"`
	References   []Reference                `json:"external_references"`
	Delay        Millis                     `json:"delay"`
	Timeout      Millis                     `json:"timeout"`
	Variables    map[string]*Variable       `json:"step_variables"`
	Owner        string                     `json:"owner"`
	OnCompletion string                     `json:"on_completion"`
	OnSuccess    string                     `json:"on_success"`
	OnFailure    string                     `json:"on_failure"`
	Extensions   map[string]json.RawMessage `json:"step_extensions"`

	Commands []Command         `json:"commands"`
	Agent    string            `json:"agent"`
	Targets  []string          `json:"targets"`
	In       []string          `json:"in_args"`
	Out      []string          `json:"out_args"`
	Playbook string            `json:"playbook_id"`
	Version  string            `json:"playbook_version"`
	Next     []string          `json:"next_steps"`
	If       string            `json:"condition"`
	OnTrue   string            `json:"on_true"`
	OnFalse  string            `json:"on_false"`
	Switch   string            `json:"switch"`
	Cases    map[string]string `json:"cases"`

	// Ours is what our extension says; never nil.
	Ours *Ours `json:"-"`
}

// Millis is a number of milliseconds, as CACAO has delays and timeouts.
type Millis int64

// Duration is the number as a duration, at most ten years.
func (m Millis) Duration() time.Duration {
	const most = 10 * 366 * 24 * time.Hour
	if int64(m) > most.Milliseconds() {
		return most
	}
	return time.Duration(m) * time.Millisecond
}

// Command is something that is to be done (CACAO 2.0, section 5).
type Command struct {
	Type        string              `json:"type"`
	Description string              `json:"description"`
	Command     string              `json:"command"`
	CommandB64  []byte              `json:"command_b64"`
	Headers     map[string][]string `json:"headers"`
	Content     string              `json:"content"`
	ContentB64  []byte              `json:"content_b64"`
	Activity    string              `json:"playbook_activity"`
}

// Text is the command for whoever is to run it.
func (c *Command) Text() string {
	if c.Command != "" {
		return c.Command
	}
	return string(c.CommandB64)
}

// Variable is a named value (CACAO 2.0, section 10.18).
type Variable struct {
	Type        string  `json:"type"`
	Description string  `json:"description"`
	Value       *string `json:"value"`
	Constant    bool    `json:"constant"`
	External    bool    `json:"external"`
}

// Actor is an agent that does something, or a target that it is done to (CACAO
// 2.0, section 7).
type Actor struct {
	Type        string           `json:"type"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Address     map[string][]any `json:"address"`
	Port        string           `json:"port"`
	Auth        string           `json:"authentication_info"`
	Contact     *Contact         `json:"contact"`
}

// Contact is how somebody is reached.
type Contact struct {
	Email   map[string]string `json:"email"`
	Phone   map[string]string `json:"phone"`
	Details string            `json:"contact_details"`
}

// Auth is by what an agent says who it is (CACAO 2.0, section 6). Its secrets
// are only ever sent.
type Auth struct {
	Type     string `json:"type"`
	UserID   string `json:"user_id"`
	Username string `json:"username"`
	Password string `json:"password"`
	Header   string `json:"oauth_header"`
	Token    string `json:"token"`
	KMS      bool   `json:"kms"`
}

// ExtensionID is the id of our extension of steps, whose content is [Ours].
const ExtensionID = "extension-definition--6c2b6f0e-5d0b-4f0c-9d59-0f3a1c6d7e42"

// Ours is what our extension says of a step.
type Ours struct {
	Phase     string    `json:"phase,omitempty"`     // of the response, for people
	Clock     string    `json:"clock,omitempty"`     // of the incident, DIRECTIVE/DUTY: the step is late when it is
	Approvals *Approval `json:"approvals,omitempty"` // that the step needs before it can be done
}

// Approval is who must agree to a step.
type Approval struct {
	Count int      `json:"count"` // different members
	Roles []string `json:"roles"` // any of these; none: any member who may write
}

// needs is how many members must approve a step.
func (s *Step) needs() int {
	if s.Ours.Approvals == nil {
		return 0
	}
	return s.Ours.Approvals.Count
}

// StepIDs is the ids of the steps: in the order in which they are reached, then
// those that are not, by id.
func (p *Playbook) StepIDs() []string { return p.order }

// Parse reads a playbook that can be run. It is refused with the first of what
// [Check] finds wrong with its form.
func Parse(b []byte, l Limits) (*Playbook, error) {
	p, found, err := read(b, l)
	if err != nil {
		return nil, err
	}
	if len(found.Errors) > 0 {
		first := found.Errors[0]
		return nil, problem.New(problem.Invalid, "%s: %s (%s)", first.Path, first.Message, first.Rule)
	}
	return p, nil
}

// read reads a playbook and checks its form. The playbook is nil when its form
// does not let it be looked at further.
func read(b []byte, l Limits) (*Playbook, *Result, error) {
	l = l.orDefault()
	v, err := tree(b, l)
	if err != nil {
		return nil, nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, nil, problem.New(problem.Invalid, "not a playbook: want a JSON object")
	}
	if steps, ok := root["workflow"].(map[string]any); ok && len(steps) > l.Steps {
		return nil, nil, problem.New(problem.TooLarge, "workflow: %d steps, the limit is %d", len(steps), l.Steps)
	}
	found := &Result{ID: textOf(root["id"])}
	known, err := checkForm(root, found)
	if err != nil {
		return nil, nil, err
	}
	if len(found.Errors) > 0 {
		found.done()
		return nil, found, nil
	}
	p := new(Playbook)
	if err := json.Unmarshal(known, p); err != nil {
		found.fail("", "form", "CACAO 2.0 section 3.1", "cannot be read: %v", err) // in what the standard does not define
		found.done()
		return nil, found, nil
	}
	p.tree, p.Version = root, textOf(root["modified"])
	for id, s := range p.Steps {
		s.ID, s.Ours = id, ours(s, found)
	}
	p.order = p.reached()
	found.done()
	return p, found, nil
}

// ours reads our extension of a step.
func ours(s *Step, found *Result) *Ours {
	out := new(Ours)
	raw, ok := s.Extensions[ExtensionID]
	if !ok {
		return out
	}
	path := "workflow." + s.ID + ".step_extensions." + ExtensionID
	if err := json.Unmarshal(raw, out); err != nil {
		found.fail(path, "extension", "our extension", "%v", err)
		return new(Ours)
	}
	if a := out.Approvals; a != nil && (a.Count < 1 || a.Count > 20) {
		found.fail(path+".approvals.count", "extension", "our extension", "%d: want 1 to 20", a.Count)
	}
	return out
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// successors is the steps that may follow when a step is over; branches is the
// first steps of what it does first.
func (s *Step) successors() []string {
	return existing(s.OnCompletion, s.OnSuccess, s.OnFailure)
}

func (s *Step) branches() []string {
	switch s.Type {
	case TypeIf, TypeWhile:
		return existing(s.OnTrue, s.OnFalse)
	case TypeParallel:
		return existing(s.Next...)
	case TypeSwitch:
		var out []string
		for _, key := range CaseKeys(s.Cases) {
			out = append(out, s.Cases[key])
		}
		return existing(out...)
	}
	return nil
}

// CaseKeys is the values of a switch, the default last.
func CaseKeys(cases map[string]string) []string {
	keys := make([]string, 0, len(cases))
	for k := range cases {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if (a == defaultCase) != (b == defaultCase) {
			if a == defaultCase {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	return keys
}

// defaultCase is the case that is taken when no other is (CACAO 2.0, section 4.10).
const defaultCase = "default"

func existing(ids ...string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
}

// reached is the ids of all steps, those that can be reached first.
func (p *Playbook) reached() []string {
	seen := map[string]bool{}
	var out []string
	for _, first := range existing(p.Start, p.Exception) {
		stack := []string{first}
		for len(stack) > 0 {
			id := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			s := p.Steps[id]
			if s == nil || seen[id] {
				continue
			}
			seen[id] = true
			out = append(out, id)
			after := slices.Concat(s.branches(), s.successors())
			slices.Reverse(after)
			stack = append(stack, after...)
		}
	}
	rest := make([]string, 0, len(p.Steps)-len(out))
	for id := range p.Steps {
		if !seen[id] {
			rest = append(rest, id)
		}
	}
	slices.Sort(rest)
	return append(out, rest...)
}

// variableForm is how a variable is called (CACAO 2.0, section 10.18), and
// references finds where one is asked for its value.
var (
	variableForm = regexp.MustCompile(`^__[a-zA-Z_][a-zA-Z0-9_-]{0,199}__$`)
	references   = regexp.MustCompile(`__[a-zA-Z_][a-zA-Z0-9_-]{0,199}?__(:value)?`)
)

// VariableNames is the names of the playbook's variables, sorted.
func (p *Playbook) VariableNames() []string { return sortedKeys(p.Variables) }
