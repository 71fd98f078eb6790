package registry

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// subject is what every page about one label shows at its top.
type subject struct {
	ID      string
	Product string
	Maker   string
	Scheme  *label.Scheme
	State   *node.LabelState
	Advice  string
	Here    string // which of its pages this is: "label", "controls" or "history"
}

func (r *Registry) subject(req *http.Request, id string, m Moment, here string) (*subject, error) {
	s, err := r.labels.Label(req.Context(), m.ask(), id)
	if err != nil {
		return nil, err
	}
	if s.Terms == nil {
		return nil, problem.New(problem.NotFound, "no label %s", id)
	}
	product := s.Terms.Product
	if s.Terms.Model != "" && !strings.Contains(product, s.Terms.Model) {
		product += ", " + s.Terms.Model
	}
	return &subject{
		ID: id, Product: product, Maker: s.Terms.Party(label.Maker).Name, Scheme: s.Scheme, State: s, Advice: advice(s.Status), Here: here,
	}, nil
}

// Because is why the label stands as it does, as the rest of a sentence.
func (s *subject) Because() string {
	if s.State.Status == label.StatusActive && s.State.Reinstated == s.State.Since {
		return ", when it was given back. Before that it was suspended."
	}
	return ": " + sentence(s.State.Reason)
}

// Telling tells that the page is about another moment; "" when it is not.
func (s *subject) Telling(m Moment) string {
	if !m.Past() {
		return ""
	}
	return fmt.Sprintf("This is how the label stood on %s, by what was published until %s.", day(m.Day()), day(m.KnownBy()))
}

// frontView is what the page of a label shows.
type frontView struct {
	*subject
	Code     *scanned // that led here; nil for none
	Fields   []field
	Parties  []party
	Outcomes []outcome
	Printed  bool // it may be printed
	Badge    string
	PageURL  string
	Covers   []label.Release
}

// field is one of the ten that a registry has to show.
type field struct {
	Name, Value string
	Link        string // "" for none
	Note        string
}

// outcome is how many controls came out in one way.
type outcome struct {
	Word   string
	Of     label.Tally
	Number int
	Titles []string // at the top of what the catalogues group
}

// party is who has part in the label, and what is looked at about it.
type party struct {
	label.Party
	Watched bool
	Grounds []label.Ground
}

func (r *Registry) front(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	s, err := r.subject(req, id, m, "label")
	if err != nil {
		return err
	}
	v := &frontView{subject: s, Fields: fieldsOf(s), Parties: partiesOf(s), Printed: s.State.Status == label.StatusActive && !m.Past(), Covers: s.State.Terms.Releases}
	if code := req.URL.Query().Get("code"); code != "" {
		if v.Code, err = r.scan(req.Context(), id, code, s.State); err != nil {
			return err
		}
		if v.Code.Refused != "" {
			r.refuseCode(w, v.Code)
			return nil
		}
	}
	if v.Outcomes, err = r.outcomes(req, s); err != nil {
		return err
	}
	v.PageURL = s.State.StatusURL
	v.Badge = fmt.Sprintf(`<a href="%[1]s"><img src="%[1]s/badge.svg" height="22" alt="Security label %[2]s: its status, with the day"></a>`, s.State.StatusURL, id)
	return r.show(w, req, "label", fmt.Sprintf("%s: %s", s.Product, s.State.Status), m, v)
}

// notAnID tells that no label can have such an id; that is no secret of anybody.
func notAnID(err error) error {
	if err == nil {
		return nil
	}
	return problem.New(problem.NotFound, "%s", problem.Message(err))
}

// fieldsOf is the ten fields of 47 CFR 8.222(b), in its order.
func fieldsOf(s *subject) []field {
	t, f := s.State.Terms, FieldsOf(&s.State.State)
	people := func(p *Partaker) (string, string) {
		if p == nil {
			return "none: the scheme asks for none", ""
		}
		return p.Name, strings.Trim(p.Country+", "+p.Contact, ", ")
	}
	administrator, contact := people(f.Administrator)
	laboratory, labNote := people(f.Laboratory)
	updates := "not automatic"
	if f.UpdatesAutomatic {
		updates = "automatic"
	}
	support, note := "not stated by the maker", f.Support
	if f.SupportEnd != "" {
		support = "until " + lastDay(f.SupportEnd)
		if f.SupportEnd <= s.State.At {
			support = "ended on " + lastDay(f.SupportEnd) + ": weaknesses found since are not mended"
		}
	}
	return []field{
		{Name: "Product", Value: f.ProductName, Note: t.Model},
		{Name: "Manufacturer", Value: f.ManufacturerName, Note: f.ManufacturerCountry},
		{Name: "Given, and status", Value: "given on " + day(f.AuthorizationDate), Note: string(f.Status) + " since " + day(s.State.Since)},
		{Name: "Label administrator", Value: administrator, Note: contact},
		{Name: "Laboratory", Value: laboratory, Note: labNote},
		{Name: "Default password", Value: f.DefaultPassword},
		{Name: "Secure set-up", Value: f.SecureConfiguration, Link: webAddress(f.SecureConfiguration)},
		{Name: "Security updates", Value: updates, Note: f.Updates},
		{Name: "Support", Value: support, Note: note},
		{Name: "Parts lists kept", Value: parts(f.SBOM, f.HBOM)},
	}
}

func parts(sbom, hbom bool) string {
	switch {
	case sbom && hbom:
		return "of software (SBOM) and of hardware (HBOM)"
	case sbom:
		return "of software (SBOM), not of hardware"
	case hbom:
		return "of hardware (HBOM), not of software"
	}
	return "none"
}

// partiesOf is who has part in the label, with what stands against them.
func partiesOf(s *subject) []party {
	rule, _ := s.Scheme.Rule(label.OnParty)
	var out []party
	for _, p := range s.State.Terms.Parties {
		view := party{Party: p, Watched: slices.Contains(rule.Roles, p.Role)}
		for _, g := range s.State.Grounds {
			if g.Rule == rule.ID && strings.EqualFold(g.Subject, p.Name) {
				view.Grounds = append(view.Grounds, g)
			}
		}
		out = append(out, view)
	}
	return out
}

// outcomes is how the controls came out, what was not met first: it is what one
// looks for.
func (r *Registry) outcomes(req *http.Request, s *subject) ([]outcome, error) {
	said, err := r.saidBy(req, s)
	if err != nil {
		return nil, err
	}
	set, tally := said.criteria, s.State.Terms.Controls
	out := []outcome{
		{Word: "not met", Number: tally.NotMet, Titles: tops(set, said.NotMet)},
		{Word: "met", Number: tally.Met, Titles: tops(set, said.Met)},
		{Word: "not applicable", Number: tally.NotApplicable, Titles: tops(set, said.NotApplicable)},
	}
	if tally.Unknown > 0 {
		out = append(out, outcome{Word: "not known, and not asked for", Number: tally.Unknown})
	}
	return out, nil
}

// saying is what a label's signed document says, and the criteria that it is
// written in.
type saying struct {
	*label.Said
	criteria *catalogue.Set
}

// mostSaid is how many labels' documents are kept, read: some kilobytes each.
const mostSaid = 1000

// saidBy is what the label's signed document says. It is read as of the very
// position at which the label's state was: another document may have been signed
// since.
func (r *Registry) saidBy(req *http.Request, s *subject) (saying, error) {
	if said, ok := r.said.get(s.State.Document); ok {
		return said, nil
	}
	ask := access.Ask{At: access.At{Date: s.State.At, Known: s.State.Known, Position: s.State.Position}}
	said, err := r.labels.LabelSaid(req.Context(), ask, s.ID)
	if err != nil {
		return saying{}, err
	}
	criteria, err := r.labels.LabelCriteria(req.Context(), ask, s.ID)
	if err != nil {
		return saying{}, err
	}
	out := saying{said, criteria}
	r.said.put(s.State.Document, out)
	return out, nil
}

// tops is the titles of the controls whose head did not come out in the same way.
func tops(set *catalogue.Set, refs []string) []string {
	in := map[string]bool{}
	for _, ref := range refs {
		in[ref] = true
	}
	var out []string
	for _, ref := range refs {
		if c, ctl := controlOf(set, ref); ctl != nil && !in[c.ID+"/"+ctl.Parent] {
			out = append(out, ctl.Title)
		}
	}
	return out
}

// controlOf finds a control by "catalogue/id"; nil for one that is not shipped.
func controlOf(set *catalogue.Set, ref string) (*catalogue.Catalogue, *catalogue.Control) {
	id, control, _ := strings.Cut(ref, "/")
	c := set.Catalogue(id)
	if c == nil {
		return nil, nil
	}
	return c, c.Control(control)
}

// Said is how the registry answered on the day, where that is not what is known
// since.
func (s *subject) Said() string {
	was := s.State.Said
	if was == nil {
		return ""
	}
	return fmt.Sprintf("On %s this registry said: %s. What is told above was published later, and counts from before that day.", day(s.State.At), was.Status)
}

// Until is the last day of the label, and by what it ends.
func (s *subject) Until() string {
	t := s.State.Terms
	if t.EndsBy == label.EndsBySupport {
		return lastDay(t.ValidUntil) + ", with the maker's support"
	}
	return lastDay(t.ValidUntil)
}

// Tier is the tier that was reached; "" for a scheme without tiers.
func (s *subject) Tier() string {
	if s.State.Terms.Tier == 0 {
		return ""
	}
	return fmt.Sprintf("tier %d of %d", s.State.Terms.Tier, s.Scheme.Tiers)
}

// Standing is what the label is suspended for. Of one that has ended it makes no
// difference any more.
func (s *subject) Standing() []label.Ground {
	if s.State.Status != label.StatusSuspended {
		return nil
	}
	return s.State.Grounds
}

// Warnings is for what the label will be suspended, if it has not ended.
func (s *subject) Warnings() []label.Ground {
	if s.State.Status != label.StatusSuspended && s.State.Status != label.StatusActive {
		return nil
	}
	return s.State.Warnings
}

// Rule is what a rule of the scheme says, by its id.
func (s *subject) Rule(id string) string {
	for _, rule := range s.Scheme.Rules {
		if rule.ID == id {
			return rule.Title
		}
	}
	return id
}

// Changes is the day on which time alone changes the status; "" when it is the
// label's own end, which is told of anyway.
func (s *subject) Changes() access.Date {
	if s.State.ChangesOn == s.State.Terms.ValidUntil {
		return ""
	}
	return s.State.ChangesOn
}
