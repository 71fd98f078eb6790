package listing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/problem"
	"go.yaml.in/yaml/v3"
)

// programmeFormat is the first line's promise: which form a file is written in.
const programmeFormat = "programme/v1"

// ParseProgramme reads a programme from its written form, YAML. It is strict:
// what it does not know, or finds missing, is an error of kind
// [problem.Invalid] that names the line.
func ParseProgramme(text []byte) (*Programme, error) {
	var doc programmeDoc
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	err := dec.Decode(&doc)
	if err == nil {
		if more := dec.Decode(new(yaml.Node)); !errors.Is(more, io.EOF) {
			err = errors.New("a second document follows: want one programme in one file")
		}
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "programme: %s", plain(err))
	}
	p, err := doc.programme()
	if err != nil {
		return nil, problem.New(problem.Invalid, "programme: %w", err)
	}
	return p, nil
}

var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType    = regexp.MustCompile("cannot unmarshal (.+) into \\S+")
)

// plain says an error of the YAML decoder in one line, without Go's types.
func plain(err error) string {
	text := err.Error()
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		text = strings.Join(typed.Errors, "; ")
	}
	text = strings.TrimPrefix(text, "yaml: ")
	text = unknownField.ReplaceAllString(text, `unknown field "$1"`)
	return wrongType.ReplaceAllString(text, "$1 is out of place here")
}

// scalar is a text with the line that it stands in.
type scalar struct {
	text string
	line int
}

// UnmarshalYAML takes any single value as text.
func (s *scalar) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: want a single value here", n.Line)
	}
	s.text, s.line = strings.Join(strings.Fields(n.Value), " "), n.Line
	return nil
}

type programmeDoc struct {
	Countersign  scalar           `yaml:"countersign"`
	ID           scalar           `yaml:"id"`
	Title        scalar           `yaml:"title"`
	Authority    scalar           `yaml:"authority"`
	LegalBasis   []basisDoc       `yaml:"legal_basis"`
	Purposes     []scalar         `yaml:"purposes"`
	URL          scalar           `yaml:"url"`
	Also         []scalar         `yaml:"also"`
	FTMDatasets  []scalar         `yaml:"ftm_datasets"`
	Note         scalar           `yaml:"note"`
	Validity     []stepDoc        `yaml:"validity"`
	Consequences []consequenceDoc `yaml:"consequences"`
}

type basisDoc struct {
	Cite scalar `yaml:"cite"`
	What scalar `yaml:"what"`
	URL  scalar `yaml:"url"`
}

type stepDoc struct {
	From      scalar `yaml:"from"`
	State     scalar `yaml:"state"`
	Published scalar `yaml:"published"`
	Why       scalar `yaml:"why"`
	Source    scalar `yaml:"source"`
}

type consequenceDoc struct {
	Kind             scalar    `yaml:"kind"`
	What             scalar    `yaml:"what"`
	Cite             scalar    `yaml:"cite"`
	Source           scalar    `yaml:"source"`
	DesignatedSince  scalar    `yaml:"designated_since"`
	DesignatedBefore scalar    `yaml:"designated_before"`
	Starts           scalar    `yaml:"starts"`
	WindDown         scalar    `yaml:"wind_down"`
	Ends             scalar    `yaml:"ends"`
	RuleValidity     []stepDoc `yaml:"rule_validity"`
}

// checker collects what a written form says, and the first thing that is wrong
// with it.
type checker struct{ err error }

func (c *checker) fail(line int, format string, args ...any) {
	if c.err != nil {
		return
	}
	c.err = fmt.Errorf(format, args...)
	if line > 0 {
		c.err = fmt.Errorf("line %d: %w", line, c.err)
	}
}

// required is the text of s, which must not be empty. near is a line close by,
// for when s is not there at all.
func (c *checker) required(s scalar, near int, name string) string {
	if s.text == "" {
		c.fail(cmp.Or(s.line, near), "%s is missing", name)
	}
	return s.text
}

func (c *checker) oneOf(s scalar, near int, name string, allowed []string) string {
	if c.required(s, near, name) != "" && !slices.Contains(allowed, s.text) {
		c.fail(s.line, "%s %q: want one of %s", name, s.text, strings.Join(allowed, ", "))
	}
	return s.text
}

func (c *checker) url(s scalar) string {
	if s.text != "" && !strings.HasPrefix(s.text, "https://") {
		c.fail(s.line, "%q: want an address that begins with https://", s.text)
	}
	return s.text
}

func (c *checker) day(s scalar) access.Date {
	if s.text == "" {
		return ""
	}
	d, err := access.ParseDate(s.text)
	if err != nil {
		c.fail(s.line, "%w", err)
	}
	return d
}

func (c *checker) duty(s scalar) *duty.Rule {
	if s.text == "" {
		return nil
	}
	r, err := duty.ParseRule(s.text)
	if err != nil {
		c.fail(s.line, "%w", err)
	}
	if r.After != "" && !slices.Contains(eventKinds, EventKind(r.After)) {
		c.fail(s.line, "%q is no kind of event of a listing", r.After)
	}
	return &r
}

var (
	purposes    = []string{"procure", "invest", "export", "operate", "label"}
	eventKinds  = []EventKind{Designated, Redesignated, Amended, Respelled, Stayed, StayLifted, Removed, Vacated, Expired, Challenged, Announced, Agreed, MarketAction}
	ruleStates  = []string{string(RuleInForce), string(RuleSuspended), string(RuleUnverified), string(RuleEnded)}
	listStates  = []string{string(RuleInForce), string(RuleEnded)}
	ruledKinds  = []string{string(Purchase), string(Holding), string(Procurement), string(Export), string(AffiliateExport), string(Blocking), string(AssetFreeze), string(Restriction), string(Visa), string(Secondary)}
	programmeID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

func (d *programmeDoc) programme() (*Programme, error) {
	c := &checker{}
	if d.Countersign.text != programmeFormat {
		c.fail(max(d.Countersign.line, 1), "countersign: want %s, to say what this file is", programmeFormat)
	}
	p := &Programme{
		ID: c.required(d.ID, 1, "id"), Title: c.required(d.Title, 1, "title"), Authority: c.required(d.Authority, 1, "authority"),
		URL: c.url(d.URL), Note: d.Note.text, Also: texts(d.Also), FTMDatasets: texts(d.FTMDatasets),
	}
	if p.ID != "" && !programmeID.MatchString(p.ID) {
		c.fail(d.ID.line, "id %q: want words of a-z and 0-9 joined by hyphens", p.ID)
	}
	for _, b := range d.LegalBasis {
		p.LegalBasis = append(p.LegalBasis, LegalBasis{Cite: c.required(b.Cite, b.What.line, "cite of a legal basis"), What: b.What.text, URL: c.url(b.URL)})
	}
	if len(p.LegalBasis) == 0 {
		c.fail(0, "legal_basis is missing: want at least one citation")
	}
	for _, s := range d.Purposes {
		p.Purposes = append(p.Purposes, c.oneOf(s, s.line, "purpose", purposes))
	}
	if len(p.Purposes) == 0 {
		c.fail(0, "purposes are missing: want at least one of %s", strings.Join(purposes, ", "))
	}
	p.Validity = c.steps(d.Validity, listStates)
	if len(p.Validity) == 0 {
		c.fail(0, "validity is missing: want the day from which the list has a legal basis")
	}
	for i := range d.Consequences {
		p.Consequences = append(p.Consequences, c.consequence(&d.Consequences[i]))
	}
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

func (c *checker) consequence(d *consequenceDoc) ConsequenceRule {
	near := cmp.Or(d.Kind.line, d.What.line, d.Cite.line, d.Starts.line)
	r := ConsequenceRule{
		Kind: ConsequenceKind(c.oneOf(d.Kind, near, "kind of consequence", ruledKinds)),
		What: c.required(d.What, near, "what of a consequence"), Cite: c.required(d.Cite, near, "cite of a consequence"),
		Source: c.url(d.Source), DesignatedSince: c.day(d.DesignatedSince), DesignatedBefore: c.day(d.DesignatedBefore),
		WindDown: c.duty(d.WindDown), Ends: c.duty(d.Ends), Validity: c.steps(d.RuleValidity, ruleStates),
	}
	if r.DesignatedSince != "" && r.DesignatedBefore != "" && r.DesignatedSince >= r.DesignatedBefore {
		c.fail(d.DesignatedBefore.line, "designated_before %s leaves no day after designated_since %s", r.DesignatedBefore, r.DesignatedSince)
	}
	c.required(d.Starts, near, "starts of a consequence")
	if starts := c.duty(d.Starts); starts != nil {
		r.Starts = *starts
	}
	return r
}

// steps checks the life of a rule: in order, and ended at most once, by the
// last step. A step that does not say when it was published was when it began.
func (c *checker) steps(docs []stepDoc, allowed []string) []Step {
	var out []Step
	for _, d := range docs {
		near := cmp.Or(d.From.line, d.State.line)
		c.required(d.From, near, "from of a step")
		s := Step{
			From: c.day(d.From), State: RuleState(c.oneOf(d.State, near, "state", allowed)), Published: c.day(d.Published),
			Why: d.Why.text, Source: c.url(d.Source),
		}
		if s.Published == "" {
			s.Published = s.From
		}
		if s.State != RuleInForce {
			c.required(d.Why, near, "why of a step that is "+string(s.State))
		}
		if n := len(out); n > 0 {
			switch last := out[n-1]; {
			case s.From <= last.From:
				c.fail(near, "the step from %s does not come after that from %s", s.From, last.From)
			case s.Published < last.Published:
				c.fail(near, "the step from %s was published before the one that it follows", s.From)
			case last.State == RuleEnded:
				c.fail(near, "the rule has ended on %s: want no step after it, or suspended in place of ended", last.From)
			}
		}
		out = append(out, s)
	}
	return out
}

func texts(in []scalar) []string {
	var out []string
	for _, s := range in {
		if s.text != "" {
			out = append(out, s.text)
		}
	}
	return out
}
