package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Format is the form of policies that this package reads.
const Format = "policy/v1"

// Bounds of what a policy may be.
const (
	maxBytes = 256 << 10
	maxRules = 200
)

// KindRelease is the kind of a subject that is a release of a product, where
// the others are kinds of parties.
const KindRelease party.Kind = "release"

// KindProduct is the kind of a subject that is a product with a label, or that
// could have one: a device, or software for the public.
const KindProduct party.Kind = "product"

// Policy is a checked set of rules. It never changes and may be used by many
// goroutines.
type Policy struct {
	Name    string // of the file it was read from
	ID      string
	Title   string
	Purpose string       // what it judges, as "procure"
	Kinds   []party.Kind // of the subjects it fits; every kind when none
	Default Verdict      // where no rule speaks
	Digest  string       // of its bytes, "sha256:" and 64 hex digits

	rules []rule
	dates []access.Date // written in its conditions
	clock bool          // its conditions ask what day it is
	ages  []int64       // days that its conditions compare ages with
}

// A rule says when it speaks, what and why.
type rule struct {
	id      string
	each    scope
	when    *expression
	verdict Verdict
	because *template
	cite    *template
}

// Error is what is wrong with a policy, and where.
type Error struct {
	File string
	Line int
	Rule string // id; "" for what stands outside the rules
	Err  error
}

func (e *Error) Error() string {
	rule := ""
	if e.Rule != "" {
		rule = "rule " + e.Rule + ": "
	}
	return fmt.Sprintf("%s:%d: %s%v", e.File, e.Line, rule, e.Err)
}

// Unwrap is the error without its place, and that it is for the policy's
// author to correct.
func (e *Error) Unwrap() []error { return []error{e.Err, problem.Invalid} }

// Parse reads and checks a policy. Name is that of its file and appears in
// errors, which are of type [*Error].
func Parse(name string, b []byte) (*Policy, error) {
	if len(b) > maxBytes {
		return nil, &Error{File: name, Line: 1, Err: fmt.Errorf("has %d bytes, more than the %d a policy may have", len(b), maxBytes)}
	}
	sum := sha256.Sum256(b)
	p := &Policy{Name: name, Digest: "sha256:" + hex.EncodeToString(sum[:])}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, &Error{File: name, Line: yamlLine(err), Err: errors.New(yamlMessage(err))}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &Error{File: name, Line: 1, Err: errors.New("is empty, want a policy")}
	}
	r := &reader{file: name}
	if err := r.policy(doc.Content[0], p); err != nil {
		return nil, err
	}
	return p, nil
}

// Fits reports whether the policy is about subjects of this kind. One whose
// kind is not known fits every policy: better asked in vain than forgotten.
func (p *Policy) Fits(kind party.Kind) bool {
	return kind == "" || len(p.Kinds) == 0 || slices.Contains(p.Kinds, kind)
}

// reader turns the nodes of a YAML file into a policy.
type reader struct {
	file string
	rule string // id of the rule being read
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) error {
	return &Error{File: r.file, Line: n.Line, Rule: r.rule, Err: fmt.Errorf(format, args...)}
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (r *reader) policy(n *yaml.Node, p *Policy) error {
	fields, err := r.fields(n, "countersign", "id", "title", "purpose", "subjects", "default", "rules")
	if err != nil {
		return err
	}
	texts := map[string]*string{"id": &p.ID, "title": &p.Title, "purpose": &p.Purpose}
	var form, verdict string
	texts["countersign"], texts["default"] = &form, &verdict
	for _, key := range []string{"countersign", "id", "title", "purpose", "default"} {
		if *texts[key], err = r.text(n, fields, key); err != nil {
			return err
		}
	}
	if form != Format {
		return r.fail(fields["countersign"], "countersign: is %q, want %s", form, Format)
	}
	for _, key := range []string{"id", "purpose"} {
		if !idForm.MatchString(*texts[key]) {
			return r.fail(fields[key], "%s: is %q, want lower-case words joined by -", key, *texts[key])
		}
	}
	if p.Default, err = ParseVerdict(verdict); err != nil {
		return r.fail(fields["default"], "default: %w", err)
	}
	if p.Kinds, err = r.kinds(fields["subjects"]); err != nil {
		return err
	}
	return r.rules(n, fields["rules"], p)
}

func (r *reader) kinds(n *yaml.Node) ([]party.Kind, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, r.fail(n, "subjects: want a list of kinds, as [organisation, person]")
	}
	var kinds []party.Kind
	for _, k := range n.Content {
		switch kind := party.Kind(k.Value); kind {
		case party.Organisation, party.Person, party.Vessel, party.Aircraft, KindRelease, KindProduct:
			kinds = append(kinds, kind)
		default:
			return nil, r.fail(k, "subjects: has %q, want organisation, person, vessel, aircraft, release or product", k.Value)
		}
	}
	return kinds, nil
}

func (r *reader) rules(n, list *yaml.Node, p *Policy) error {
	if list == nil {
		return r.fail(n, "rules: missing")
	}
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 || len(list.Content) > maxRules {
		return r.fail(list, "rules: want a list of 1 to %d rules", maxRules)
	}
	seen := map[string]int{ruleUnknown: 0, ruleAmbiguous: 0, ruleApart: 0, ruleUnseen: 0, ruleDefault: 0}
	for _, item := range list.Content {
		r.rule = ""
		rule, err := r.oneRule(item)
		if err != nil {
			return err
		}
		if line, twice := seen[rule.id]; twice && line == 0 {
			return r.fail(item, "id: %s is kept for what every policy says", rule.id)
		} else if twice {
			return r.fail(item, "id: also used by the rule in line %d", line)
		}
		seen[rule.id] = item.Line
		p.rules = append(p.rules, *rule)
		p.clock = p.clock || rule.when.clock
		p.dates = append(p.dates, rule.when.dates...)
		p.ages = append(p.ages, rule.when.ages...)
	}
	slices.Sort(p.dates)
	p.dates = slices.Compact(p.dates)
	return nil
}

func (r *reader) oneRule(n *yaml.Node) (*rule, error) {
	fields, err := r.fields(n, "id", "each", "when", "verdict", "because", "cite")
	if err != nil {
		return nil, err
	}
	var out rule
	if out.id, err = r.text(n, fields, "id"); err != nil {
		return nil, err
	}
	if !idForm.MatchString(out.id) {
		return nil, r.fail(fields["id"], "id: is %q, want lower-case words joined by -", out.id)
	}
	r.rule = out.id
	out.each = eachSubject
	if each := fields["each"]; each != nil {
		out.each = scope(each.Value)
	}
	if environments[out.each] == nil {
		return nil, r.fail(fields["each"], "each: is %q, want subject, listing, consequence, event, claim, control, finding, supplier, element, source, licence, label, party, party_listing or attestation", out.each)
	}
	verdict, err := r.text(n, fields, "verdict")
	if err != nil {
		return nil, err
	}
	if out.verdict, err = ParseVerdict(verdict); err != nil {
		return nil, r.fail(fields["verdict"], "%w", err)
	}
	return &out, r.expressions(n, fields, &out)
}

// expressions compiles the three parts of a rule that hold expressions.
func (r *reader) expressions(n *yaml.Node, fields map[string]*yaml.Node, out *rule) error {
	when, err := r.text(n, fields, "when")
	if err != nil {
		return err
	}
	if out.when, err = compile(out.each, when, types.BoolType); err != nil {
		return r.inExpression(fields["when"], "when", err)
	}
	for key, to := range map[string]**template{"because": &out.because, "cite": &out.cite} {
		source, err := r.text(n, fields, key)
		if err != nil {
			return err
		}
		if *to, err = compileTemplate(out.each, source); err != nil {
			return r.inExpression(fields[key], key, err)
		}
	}
	return nil
}

// inExpression places an error within the lines of a field. Those of a folded
// text no longer have their own, so there it is the field's first.
func (r *reader) inExpression(n *yaml.Node, key string, err error) error {
	line := n.Line
	var at *exprError
	if errors.As(err, &at) && at.line > 0 && n.Style == yaml.LiteralStyle {
		line += at.line
	}
	return &Error{File: r.file, Line: line, Rule: r.rule, Err: fmt.Errorf("%s: %w", key, err)}
}

// fields is a mapping's values by key, which have to be among those allowed.
func (r *reader) fields(n *yaml.Node, allowed ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, "want %s", strings.Join(allowed, ", "))
	}
	fields := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(allowed, key.Value):
			return nil, r.fail(key, "unknown field %q, want one of %s", key.Value, strings.Join(allowed, ", "))
		case fields[key.Value] != nil:
			return nil, r.fail(key, "%s: given twice", key.Value)
		case value.Kind == yaml.AliasNode:
			return nil, r.fail(value, "%s: is an alias, want it written out", key.Value)
		}
		fields[key.Value] = value
	}
	return fields, nil
}

// text is a field that has to be a text which is not empty.
func (r *reader) text(parent *yaml.Node, fields map[string]*yaml.Node, key string) (string, error) {
	n := fields[key]
	if n == nil {
		return "", r.fail(parent, "%s: missing", key)
	}
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return "", r.fail(n, "%s: want a text (one with braces in it stands in quotes)", key)
	}
	return strings.TrimSpace(n.Value), nil
}

var yamlPlace = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s+)?(?:line (\d+): )?`)

// yamlLine is the line that an error of the YAML package names, or the first.
func yamlLine(err error) int {
	line := 0
	if m := yamlPlace.FindStringSubmatch(err.Error()); m != nil {
		fmt.Sscan(m[1], &line)
	}
	return max(line, 1)
}

func yamlMessage(err error) string {
	s := yamlPlace.ReplaceAllString(err.Error(), "")
	first, _, _ := strings.Cut(s, "\n")
	return first
}
