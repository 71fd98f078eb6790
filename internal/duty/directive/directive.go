// Package directive reads directives: what a law, a rule or an order asks of
// whom, by when, written as data.
//
// Begin with [Parse], which reads a directive's file, and [Duty], which is one
// thing that it asks. A duty says for whom it is, what has to be recorded before
// it counts, and by which rule of package duty it falls due; it carries its
// citation, how it stands in law and from when to when, and how sure whoever
// wrote it was.
//
// The package does not know what the kinds of events mean that duties count
// from: those are of the room that records them.
package directive

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/problem"
)

// Form is the form of a directive's file.
const Form = "directive/v1"

// Kind is the kind of a directive's document, and of the fact that holds it.
const (
	Kind = "directive"
	Fact = "duty.directive"
)

// Status is how a duty stands in law.
type Status string

// The statuses.
const (
	InForce    Status = "in_force"
	Proposed   Status = "proposed"   // published for comment, binds nobody
	Superseded Status = "superseded" // another took its place
	Lapsed     Status = "lapsed"     // it ended, and nothing took its place
)

// Sure is how sure we are of what a directive's file says of the law.
type Sure string

// How sure one can be.
const (
	Verified  Sure = "verified"  // read in the law's own text
	Secondary Sure = "secondary" // read in what others write of it
	Believed  Sure = "believed"  // held to be so, and read nowhere
)

// Basis is a law, rule or order that a directive rests on.
type Basis struct {
	Cite string `yaml:"cite" json:"cite"`
	What string `yaml:"what" json:"what"`
	URL  string `yaml:"url" json:"url,omitempty"`
}

// Duty is one thing that a directive asks.
type Duty struct {
	ID     string    `yaml:"id" json:"id"`
	Title  string    `yaml:"title" json:"title"`           // what is to be done, "tell CISA of the incident"
	Needs  []string  `yaml:"needs" json:"needs,omitempty"` // kinds of events that all have to have happened
	Unless []string  `yaml:"unless" json:"unless,omitempty"`
	Rule   duty.Rule `yaml:"rule" json:"rule"`
	// AlsoMetBy is further kinds of events that meet the duty, as its rule's own
	// does: a full report sent before the early warning was due.
	AlsoMetBy []string `yaml:"also_met_by" json:"also_met_by,omitempty"`
	Calendar  string   `yaml:"calendar" json:"calendar,omitempty"` // as duty.NamedCalendar knows it

	Recipient string `yaml:"recipient" json:"recipient"`     // a word, "cisa"
	Report    string `yaml:"report" json:"report,omitempty"` // which of several it gets, "early_warning"
	Addressee string `yaml:"addressee" json:"addressee"`     // the recipient's name for people
	How       string `yaml:"how" json:"how,omitempty"`       // form and way
	HowURL    string `yaml:"how_url" json:"how_url,omitempty"`

	Status Status      `yaml:"status" json:"status"` // once Until has come; before, what ended in the end was in force
	From   access.Date `yaml:"from" json:"from"`     // first day on which it applies, or stood proposed
	Until  access.Date `yaml:"until" json:"until"`   // first day on which it no longer does; Forever when no end is known
	Cite   string      `yaml:"cite" json:"cite"`
	URL    string      `yaml:"url" json:"url,omitempty"`
	Sure   Sure        `yaml:"sure" json:"sure"`
	Note   string      `yaml:"note" json:"note,omitempty"`
}

// Directive is what one law, rule or order asks.
type Directive struct {
	ID         string   `yaml:"id" json:"id"`
	Title      string   `yaml:"title" json:"title"`
	Authority  string   `yaml:"authority" json:"authority"`
	AppliesTo  []string `yaml:"applies_to" json:"applies_to"` // regimes; an organisation under one of them owes it
	Regime     string   `yaml:"regime" json:"regime"`         // who that is, in a sentence for people
	LegalBasis []Basis  `yaml:"legal_basis" json:"legal_basis"`
	Note       string   `yaml:"note" json:"note,omitempty"`
	Asks       []string `yaml:"asks" json:"asks,omitempty"` // sections of a report under it, in its order
	Duties     []Duty   `yaml:"duties" json:"duties"`
	Code       string   `yaml:"code" json:"code,omitempty"`         // what people call it, "BOD-26-04"
	Remedies   []Remedy `yaml:"remedies" json:"remedies,omitempty"` // by when it has weaknesses fixed

	Digest string `yaml:"-" json:"digest,omitempty"` // of the file; set by whoever holds it
}

// StatusOn is how the duty stands in law on a day; "" before it was there.
func (d *Duty) StatusOn(day access.Date) Status {
	switch {
	case day < d.From:
		return ""
	case day < d.Until && d.Status != Proposed:
		return InForce
	}
	return d.Status
}

// Covers reports whether something that happened on a day falls under the duty.
func (d *Duty) Covers(day access.Date) bool { return d.From <= day && day < d.Until }

// Kinds is every kind of event that the duty looks at, sorted.
func (d *Duty) Kinds() []string {
	out := slices.Concat(d.Needs, d.Unless, d.AlsoMetBy)
	for _, k := range []string{d.Rule.After, d.Rule.MetBy, d.Rule.Until} {
		if k != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Due is when the duty falls due by what happened, as [duty.Rounds] has it: its
// current round. Whether it applies is not asked.
func (d *Duty) Due(events []duty.Event, at time.Time) duty.Result {
	cal, _ := duty.NamedCalendar(d.Calendar)
	return duty.DueAt(d.Rule, d.translated(events), cal, at)
}

// Round is which round of a duty that recurs is the current one, from 1.
func (d *Duty) Round(events []duty.Event, at time.Time) int {
	cal, _ := duty.NamedCalendar(d.Calendar)
	return len(duty.Rounds(d.Rule, d.translated(events), cal, at))
}

// translated is the events with those that also meet the duty called as its rule
// calls them.
func (d *Duty) translated(events []duty.Event) []duty.Event {
	if len(d.AlsoMetBy) == 0 {
		return events
	}
	out := slices.Clone(events)
	for i := range out {
		if slices.Contains(d.AlsoMetBy, out[i].Kind) {
			out[i].Kind = d.Rule.MetBy
		}
	}
	return out
}

// Limits of a directive's file.
const (
	maxFile   = 1 << 18 // bytes
	maxDuties = 64
)

var (
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	codeForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9-]{1,63}$`)
	wordForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// Parse reads a directive's file. Its error names the line or the duty.
func Parse(b []byte) (*Directive, error) {
	if len(b) > maxFile {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit for a directive is %d", len(b), maxFile)
	}
	var file struct {
		Countersign string `yaml:"countersign"`
		Directive   `yaml:",inline"`
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	err := d.Decode(&file)
	if err == nil && !errors.Is(d.Decode(new(yaml.Node)), io.EOF) {
		err = errors.New("a second document follows: want one directive in one file")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "directive: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if file.Countersign != Form {
		return nil, problem.New(problem.Invalid, "directive: line 1: form %q: want %s", file.Countersign, Form)
	}
	out := file.Directive
	for i := range out.Duties {
		out.Duties[i].Until = cmp.Or(out.Duties[i].Until, access.Forever)
	}
	for i := range out.Remedies {
		out.Remedies[i].Until = cmp.Or(out.Remedies[i].Until, access.Forever)
	}
	return &out, out.validate()
}

func (d *Directive) validate() error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Invalid, "directive %s: %s", d.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case !idForm.MatchString(d.ID):
		return refuse("id %q: want lower case letters, digits and hyphens", d.ID)
	case d.Title == "" || d.Authority == "" || d.Regime == "":
		return refuse("title, authority and regime: want all three")
	case len(d.AppliesTo) == 0:
		return refuse("applies_to: want the regimes of those who owe it")
	case len(d.Duties)+len(d.Remedies) == 0 || len(d.Duties)+len(d.Remedies) > maxDuties:
		return refuse("duties and remedies: want 1 to %d together", maxDuties)
	case len(d.Remedies) > 0 && !codeForm.MatchString(d.Code):
		return refuse("code %q: want what people call it, as BOD-26-04", d.Code)
	}
	for _, r := range d.AppliesTo {
		if !idForm.MatchString(r) {
			return refuse("applies_to %q: want lower case letters, digits and hyphens", r)
		}
	}
	seen := map[string]bool{}
	for i := range d.Duties {
		if why := d.Duties[i].fault(); why != "" {
			return refuse("duty %d, %s: %s", i+1, d.Duties[i].ID, why)
		}
		if seen[d.Duties[i].ID] {
			return refuse("duty %s stands there twice", d.Duties[i].ID)
		}
		seen[d.Duties[i].ID] = true
	}
	for i := range d.Remedies {
		r := &d.Remedies[i]
		if why := r.fault(); why != "" {
			return refuse("remedy %d, %s: %s", i+1, r.ID, why)
		}
		if seen[r.ID] {
			return refuse("%s stands there twice", r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}

// fault is what is wrong with a duty; "" for nothing.
func (d *Duty) fault() string {
	if err := d.Rule.Validate(); err != nil {
		return "rule: " + err.Error()
	}
	for _, kind := range d.Kinds() {
		if !wordForm.MatchString(kind) {
			return fmt.Sprintf("%q is no kind of event: want lower_snake_case", kind)
		}
	}
	if _, known := duty.NamedCalendar(d.Calendar); !known && (d.Calendar != "" || d.Rule.Unit == duty.BusinessDays || d.Rule.EveryUnit == duty.BusinessDays || d.Rule.Roll != duty.None) {
		return fmt.Sprintf("calendar %q: want us-federal, eu or weekdays, since its rule needs one", d.Calendar)
	}
	switch {
	case !idForm.MatchString(d.ID):
		return "id: want lower case letters, digits and hyphens"
	case d.Title == "" || d.Addressee == "" || d.Cite == "":
		return "title, addressee and cite: want all three"
	case !wordForm.MatchString(d.Recipient) || d.Report != "" && !wordForm.MatchString(d.Report):
		return "recipient and report: want lower_snake_case"
	case !slices.Contains([]Status{InForce, Proposed, Superseded, Lapsed}, d.Status):
		return fmt.Sprintf("status %q: want in_force, proposed, superseded or lapsed", d.Status)
	case !slices.Contains([]Sure{Verified, Secondary, Believed}, d.Sure):
		return fmt.Sprintf("sure %q: want verified, secondary or believed", d.Sure)
	case (d.Status == Superseded || d.Status == Lapsed) && d.Until == access.Forever:
		return "until: what is " + string(d.Status) + " has ended on some day"
	}
	for _, day := range []access.Date{d.From, d.Until} {
		if _, err := access.ParseDate(string(day)); err != nil {
			return "from and until: " + err.Error()
		}
	}
	if d.Until <= d.From {
		return "until: want a day after from"
	}
	return ""
}
