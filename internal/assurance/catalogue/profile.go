package catalogue

import (
	"cmp"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Profile is what somebody asks: controls of one or several catalogues, tier by
// tier. It never changes once read and may be used by many goroutines.
type Profile struct {
	ID           string            `json:"id"` // "iot-tiers-1-4"
	Title        string            `json:"title"`
	Version      string            `json:"version"`
	Purpose      string            `json:"purpose"` // of the policies that ask it: "label", "operate"
	Basis        string            `json:"basis"`   // by what rule it is asked
	Source       string            `json:"source"`  // what it was made from
	Note         string            `json:"note,omitempty"`
	Verification string            `json:"verification"`    // how sure the selection is
	From         access.Date       `json:"from,omitempty"`  // first day of the duty; "" when it is nobody's duty
	Until        access.Date       `json:"until,omitempty"` // first day on which it no longer is one; "" while it lasts
	Tiers        []Tier            `json:"tiers,omitempty"` // in order; none when it is met or not
	Features     map[string]string `json:"features,omitempty"`
	Asks         []Ask             `json:"select"` // by tier, then as the file has them
	Digest       string            `json:"digest"` // of the file's bytes, "sha256:" and 64 hex digits

	text []byte // the bytes that Digest is of
	yaml bool   // text is YAML of our form
}

// Ask is one line of a profile: some controls of a catalogue, asked alike. They
// are those named in Controls, and those that satisfy all that is said of All,
// Branches, Kinds and Status, without those in Except.
type Ask struct {
	Catalogue string   `json:"catalogue"`           // id
	Tier      int      `json:"tier,omitempty"`      // 0 in a profile without tiers
	Controls  []string `json:"controls,omitempty"`  // ids
	All       bool     `json:"all,omitempty"`       // every control of the catalogue
	Branches  []string `json:"branches,omitempty"`  // ids, for them and all that is below them
	Kinds     []string `json:"kinds,omitempty"`     // those of these kinds
	Status    []string `json:"status,omitempty"`    // those of this status, or of this level
	Except    []string `json:"except,omitempty"`    // ids
	Required  bool     `json:"required"`            // else recommended
	Method    string   `json:"method,omitempty"`    // the least that counts; "" any
	Automatic string   `json:"automatic,omitempty"` // the automatic assessor that may judge them
	When      []string `json:"when,omitempty"`      // codes of the profile's features
	Because   string   `json:"because,omitempty"`

	at int // line in the file; 0 for none
}

// Tier is a level of a profile. A tier includes those below it.
type Tier struct {
	Number    int    `json:"number"` // from 1
	Title     string `json:"title"`
	Statement string `json:"statement"`
}

// The ways in which a control can be found to be met, weakest first.
const (
	Declared   = "declared"   // its maker says so
	Automated  = "automated"  // a program looked
	Laboratory = "laboratory" // somebody independent tested
)

var methods = []string{Declared, Automated, Laboratory}

// MethodCounts reports whether a method is enough where another is the least
// that counts; every one is where least is "".
func MethodCounts(method, least string) bool {
	return least == "" || slices.Contains(methods, method) && slices.Index(methods, method) >= slices.Index(methods, least)
}

// Selected is one control that a profile asks for at a tier.
type Selected struct {
	Catalogue *Catalogue `json:"-"`
	Control   *Control   `json:"-"`
	Tier      int        `json:"tier,omitempty"`      // the lowest that asks it; 0 in a profile without tiers
	Required  bool       `json:"required"`            // else recommended: shown, does not decide
	Method    string     `json:"method,omitempty"`    // the least that counts: declared, automated, laboratory; "" any
	Automatic string     `json:"automatic,omitempty"` // the automatic assessor that may judge it; "" none
	When      []Fact     `json:"when,omitempty"`      // all must be so for it to apply; none: it always does
	Because   string     `json:"because,omitempty"`   // why the profile asks it so
}

// Ref names the control across catalogues, "nistir-8425/AI.1".
func (s *Selected) Ref() string { return s.Catalogue.ID + "/" + s.Control.ID }

// Duty reports whether the profile was somebody's duty on a day.
func (p *Profile) Duty(on access.Date) bool {
	return p.From != "" && p.From <= on && (p.Until == "" || on < p.Until)
}

// Bytes is the file that the profile was read from, of which Digest is.
func (p *Profile) Bytes() []byte { return slices.Clone(p.text) }

// Catalogues is the ids of the catalogues that the profile picks from, in the
// order in which it names them.
func (p *Profile) Catalogues() []string {
	var out []string
	for i := range p.Asks {
		if id := p.Asks[i].Catalogue; !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// Select is the controls that the profile asks for at a tier, those of the
// lower tiers among them, in the order of their catalogues. A control that
// several lines ask for is asked once: required if one of them requires it, by
// the strictest method of those, and by the assessor and for the reason that the
// highest tier names. A head is asked beside those below it, from which its
// answer follows. Tier is 0 for
// a profile without tiers. It is an error of kind [problem.Invalid] to name a
// tier that the profile has not, and of kind [problem.NotFound] when set lacks
// a catalogue or a control.
func (p *Profile) Select(set *Set, tier int) ([]Selected, error) {
	if err := p.hasTier(tier); err != nil {
		return nil, err
	}
	byRef := map[string]*Selected{}
	for i := range p.Asks {
		l := &p.Asks[i]
		if l.Tier > tier {
			continue
		}
		picked, err := p.Pick(set, l)
		if err != nil {
			return nil, problem.New(problem.NotFound, "profile %s: %w", p.ID, err)
		}
		for _, s := range picked {
			if before := byRef[s.Ref()]; before != nil {
				before.stricter(&s)
			} else {
				byRef[s.Ref()] = &s
			}
		}
	}
	return p.ordered(set, byRef), nil
}

func (p *Profile) hasTier(tier int) error {
	n := len(p.Tiers)
	switch {
	case n == 0 && tier != 0:
		return problem.New(problem.Invalid, "profile %s has no tiers: want tier 0, not %d", p.ID, tier)
	case n > 0 && (tier < 1 || tier > n):
		return problem.New(problem.Invalid, "profile %s has tiers 1 to %d: want one of them, not %d", p.ID, n, tier)
	}
	return nil
}

// stricter takes over what other asks beyond s.
func (s *Selected) stricter(other *Selected) {
	s.Tier = min(s.Tier, other.Tier)
	// How a recommended control is found out does not decide either.
	if other.Required && (!s.Required || MethodCounts(other.Method, s.Method)) {
		s.Method = other.Method
	}
	s.Required = s.Required || other.Required
	// Lines come by tier: what the higher one says of these replaces the lower's.
	s.Automatic = cmp.Or(other.Automatic, s.Automatic)
	s.Because = cmp.Or(other.Because, s.Because)
}

// ordered is what was selected in the order of the profile's catalogues and of
// the controls in them.
func (p *Profile) ordered(set *Set, byRef map[string]*Selected) []Selected {
	out := make([]Selected, 0, len(byRef))
	for _, id := range p.Catalogues() {
		c := set.Catalogue(id)
		for i := range c.Controls {
			if s := byRef[c.ID+"/"+c.Controls[i].ID]; s != nil {
				out = append(out, *s)
			}
		}
	}
	return out
}

// Pick is the controls of one line, as that line alone asks for them. An error
// says what set lacks.
func (p *Profile) Pick(set *Set, l *Ask) ([]Selected, error) {
	c := set.Catalogue(l.Catalogue)
	if c == nil {
		return nil, fmt.Errorf("%sno catalogue %q", l.place(), l.Catalogue)
	}
	for _, ids := range [][]string{l.Controls, l.Branches, l.Except} {
		for _, id := range ids {
			if c.Control(id) == nil {
				return nil, fmt.Errorf("%scatalogue %s has no control %q", l.place(), c.ID, id)
			}
		}
	}
	var out []Selected
	for i := range c.Controls {
		ctl := &c.Controls[i]
		if l.wants(c, ctl) {
			out = append(out, Selected{
				Catalogue: c, Control: ctl, Tier: l.Tier, Required: l.Required, Method: l.Method,
				Automatic: l.Automatic, When: append(c.When(ctl), p.facts(l.When)...), Because: l.Because,
			})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%spicks no control of %s", l.place(), c.ID)
	}
	return out, nil
}

func (l *Ask) wants(c *Catalogue, ctl *Control) bool {
	if slices.Contains(l.Except, ctl.ID) {
		return false
	}
	if slices.Contains(l.Controls, ctl.ID) {
		return true
	}
	if !l.All && len(l.Branches)+len(l.Kinds)+len(l.Status) == 0 {
		return false
	}
	return (len(l.Branches) == 0 || c.under(ctl, l.Branches)) &&
		(len(l.Kinds) == 0 || slices.Contains(l.Kinds, ctl.Kind)) &&
		(len(l.Status) == 0 || slices.Contains(l.Status, ctl.Status) || slices.Contains(l.Status, ctl.Level))
}

// under reports whether a control is one of heads or below one.
func (c *Catalogue) under(ctl *Control, heads []string) bool {
	for ctl != nil {
		if slices.Contains(heads, ctl.ID) {
			return true
		}
		ctl = c.Control(ctl.Parent)
	}
	return false
}

// place is the beginning of an error that names the line.
func (l *Ask) place() string {
	if l.at == 0 {
		return ""
	}
	return fmt.Sprintf("line %d: ", l.at)
}

func (p *Profile) facts(codes []string) []Fact {
	var out []Fact
	for _, code := range codes {
		out = append(out, Fact{Key: p.ID + "/" + code, Text: p.Features[code]})
	}
	return out
}
