package label

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// SchemeForm is the form of a scheme's file.
const SchemeForm = "scheme/v1"

// Which of its two ends a label comes to first.
const (
	EndsByValidity = "validity"
	EndsBySupport  = "support-end"
)

// AnyAuthority is what a scheme calls its authority when whoever runs the node is
// meant: the name of that organisation then stands in labels.
const AnyAuthority = "the authority that runs this registry"

// Trigger is what a rule of a scheme watches for.
type Trigger string

// The triggers.
const (
	OnParty     Trigger = "party"     // a party to the label is restricted, by the scheme's policy
	OnExploited Trigger = "exploited" // a component has a weakness that is known to be exploited, and no remedy is at hand
	OnMalicious Trigger = "malicious" // a component is itself an attack
	OnSupport   Trigger = "support"   // support ended
	OnTest      Trigger = "test"      // a test on the market was failed
	OnRetired   Trigger = "retired"   // the catalogue or profile is retired
	ByAuthority Trigger = "authority" // whatever else the authority finds
)

var triggers = []Trigger{OnParty, OnExploited, OnMalicious, OnSupport, OnTest, OnRetired, ByAuthority}

// Rule is what a scheme does when something is found.
type Rule struct {
	ID    string  `yaml:"id" json:"id"`
	On    Trigger `yaml:"on" json:"on"`
	Roles []Role  `yaml:"roles" json:"roles,omitempty"` // of party: whose restriction counts
	Days  int     `yaml:"days" json:"days"`             // to cure; the label is warned meanwhile
	Title string  `yaml:"title" json:"title"`           // one sentence for people
	Cite  string  `yaml:"cite" json:"cite,omitempty"`
}

// Scheme is the rules under which labels are given.
type Scheme struct {
	ID        string `yaml:"id" json:"id"`
	Title     string `yaml:"title" json:"title"`
	Mark      string `yaml:"mark" json:"mark"` // what the mark is called
	Authority struct {
		Name         string `yaml:"name" json:"name"`
		Organisation string `yaml:"organisation" json:"organisation"` // on this node; "" for the one that runs it
		Contact      string `yaml:"contact" json:"contact"`
		Country      string `yaml:"country" json:"country,omitempty"`
	} `yaml:"authority" json:"authority"`
	Basis        string `yaml:"basis" json:"basis"`
	Verification string `yaml:"verification" json:"verification"` // how sure we are of what the file says of the law
	Profile      string `yaml:"profile" json:"profile"`
	Tiers        int    `yaml:"tiers" json:"tiers"` // 0 for none
	Policy       string `yaml:"policy" json:"policy"`
	ValidMonths  int    `yaml:"valid_months" json:"valid_months"`
	Laboratory   bool   `yaml:"laboratory" json:"laboratory"` // one must have tested
	InForce      struct {
		From  access.Date `yaml:"from" json:"from,omitempty"`
		Until access.Date `yaml:"until" json:"until,omitempty"`
	} `yaml:"in_force" json:"in_force"`
	Rules []Rule `yaml:"rules" json:"rules"`

	Digest string `yaml:"-" json:"digest"`
}

// Rule is the rule that watches for something; false when the scheme has none.
func (s *Scheme) Rule(on Trigger) (Rule, bool) {
	i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.On == on })
	if i < 0 {
		return Rule{}, false
	}
	return s.Rules[i], true
}

var schemeID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,11}$`)

// maxScheme bounds a scheme's file, in bytes.
const maxScheme = 1 << 18

// ParseScheme reads a scheme's file. Its error names the line or the rule.
func ParseScheme(b []byte) (*Scheme, error) {
	if len(b) > maxScheme {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for a scheme is %d", len(b), maxScheme)
	}
	var file struct {
		Countersign string `yaml:"countersign"`
		Published   string `yaml:"published"`
		Scheme      `yaml:",inline"`
	}
	if err := decodeYAML(b, &file); err != nil {
		return nil, err
	}
	if file.Countersign != SchemeForm {
		return nil, problem.New(problem.Invalid, "line 1: form %q: want %s", file.Countersign, SchemeForm)
	}
	s := file.Scheme
	return &s, s.validate()
}

// decodeYAML reads one YAML document strictly into v.
func decodeYAML(b []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		text := strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: ")
		return problem.New(problem.Invalid, "%s", strings.TrimPrefix(text, "unmarshal errors: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "a second YAML document follows; want one in one file")
	}
	return nil
}

func (s *Scheme) validate() error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Invalid, "scheme %s: %s", s.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case !schemeID.MatchString(s.ID):
		return problem.New(problem.Invalid, "id %q: want 1 to 12 lower-case letters, digits and hyphens", s.ID)
	case s.Title == "" || s.Mark == "" || s.Authority.Name == "":
		return refuse("title, mark and the authority's name: want all three")
	case s.Profile == "":
		return refuse("profile: missing")
	case s.Policy == "":
		return refuse("policy: missing")
	case s.Tiers < 0 || s.Tiers > 9:
		return refuse("tiers %d: want 0 to 9", s.Tiers)
	case s.ValidMonths < 1 || s.ValidMonths > 120:
		return refuse("valid_months %d: want 1 to 120", s.ValidMonths)
	}
	for _, d := range []access.Date{s.InForce.From, s.InForce.Until} {
		if d == "" {
			continue
		}
		if _, err := access.ParseDate(string(d)); err != nil {
			return refuse("in_force: %v", err)
		}
	}
	seen := map[string]bool{}
	for _, r := range s.Rules {
		switch {
		case r.ID == "" || seen[r.ID]:
			return refuse("rule %q: want an id of its own", r.ID)
		case !slices.Contains(triggers, r.On):
			return refuse("rule %s: on %q: want one of %v", r.ID, r.On, triggers)
		case r.Days < 0 || r.Days > 3650:
			return refuse("rule %s: days %d: want 0 to 3650", r.ID, r.Days)
		case r.Title == "":
			return refuse("rule %s: title: missing", r.ID)
		case (r.On == OnParty) != (len(r.Roles) > 0):
			return refuse("rule %s: roles: want them for rules about parties, and for no others", r.ID)
		}
		for _, role := range r.Roles {
			if !slices.Contains([]Role{Maker, Owner, Laboratory, Administrator}, role) {
				return refuse("rule %s: role %q: want maker, owner, laboratory or administrator", r.ID, role)
			}
		}
		seen[r.ID] = true
	}
	return nil
}
