package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/duty/directive"
)

// Sections is what a report can say, in the order in which it does where no
// directive asks for another.
var Sections = []string{"summary", "clocks", "impact", "timeline", "systems", "products", "indicators", "claims", "actions", "evidence", "told", "corrections"}

// Report is what is reported of an incident, as far as one reader may see it.
type Report struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Owner     string    `json:"owner"`
	OwnerName string    `json:"owner_name,omitempty"`
	State     State     `json:"state"`
	At        time.Time `json:"at"`              // as of when
	Under     string    `json:"under,omitempty"` // the directive whose order it has; "" for our own
	UnderName string    `json:"under_title,omitempty"`
	Basis     []string  `json:"legal_basis,omitempty"` // of the directive
	Sections  []Section `json:"sections"`
}

// Section is a part of a report: sentences, then a table.
type Section struct {
	ID    string     `json:"id"`
	Title string     `json:"title"`
	Lines []string   `json:"lines,omitempty"`
	Head  []string   `json:"head,omitempty"`
	Rows  [][]string `json:"rows,omitempty"`
}

// NewReport makes the report of an incident from its events, all of them as one
// reader may see them, as of an instant: what directive under asks for in its
// order, or everything when it is nil. A section that is asked for and has nothing
// to say says so; where nobody asked, it is left out.
func NewReport(s *Incident, events []*Event, clocks []Clock, at time.Time, under *directive.Directive) *Report {
	r := &Report{ID: s.ID, Title: s.Title, Owner: s.Owner, State: s.State, At: at.UTC().Truncate(time.Second), Sections: []Section{}}
	sections := Sections
	if under != nil {
		r.Under, r.UnderName = under.ID, under.Title
		for _, b := range under.LegalBasis {
			r.Basis = append(r.Basis, b.Cite)
		}
		if len(under.Asks) > 0 {
			sections = under.Asks
		}
		clocks = slices.DeleteFunc(slices.Clone(clocks), func(c Clock) bool { return c.Directive != under.ID })
	}
	effective, _ := Effective(events)
	w := &reporter{s: s, events: happened(effective, at), clocks: clocks, at: at}
	for _, id := range sections {
		section := Section{ID: id, Title: strings.ToUpper(id[:1]) + id[1:]}
		w.write(id, &section)
		if len(section.Lines)+len(section.Rows) == 0 {
			if under == nil {
				continue
			}
			section.Lines = []string{"Nothing is recorded."}
		}
		r.Sections = append(r.Sections, section)
	}
	return r
}

// reporter writes the sections of one report.
type reporter struct {
	s      *Incident
	events []*Event
	clocks []Clock
	at     time.Time
}

func (w *reporter) write(id string, to *Section) {
	switch id {
	case "summary":
		w.summary(to)
	case "clocks":
		to.Title, to.Head = "What is owed", []string{"duty", "to", "state", "by", "why", "citation"}
		for i := range w.clocks {
			c := &w.clocks[i]
			state := string(c.State)
			if !c.Binding {
				state += ", proposed"
			}
			to.Rows = append(to.Rows, []string{c.Title, c.Addressee, state, Stamp(c.Instant), c.Why, c.Citation})
		}
	case "impact":
		w.impact(to)
	case "timeline":
		w.timeline(to)
	case "systems":
		to.Title = "Systems and organisations affected"
		w.links(to, ToSystem, ToOrganisation)
	case "products":
		to.Title = "Products and components"
		w.links(to, ToProduct, ToComponent)
	case "indicators":
		to.Title = "Indicators, vulnerabilities and shared objects"
		w.links(to, ToIndicator, ToVulnerability, ToObject)
	case "claims":
		to.Title, to.Head = "What is said of who was behind it", []string{"date", "by", "what", "source"}
		for _, c := range w.s.Claims {
			to.Rows = append(to.Rows, []string{string(c.Date), c.Issuer, c.Text, c.Source})
		}
	case "actions":
		w.actions(to)
	case "evidence":
		to.Head = []string{"document", "digest"}
		for _, e := range w.s.Evidence {
			to.Rows = append(to.Rows, []string{e.Title, e.Digest})
		}
	case "told":
		to.Title, to.Head = "Who was told", []string{"when", "recipient", "what", "way", "reference", "acknowledged"}
		for _, t := range w.s.Told {
			to.Rows = append(to.Rows, []string{Stamp(t.At), spaced(t.Recipient, t.Name), strings.ReplaceAll(t.Report, "_", " "), t.Way, t.Reference, Stamp(t.Acknowledged)})
		}
	case "corrections":
		w.corrections(to)
	}
}

// Stamp is an instant as reports write it; "" for none.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func spaced(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

func (w *reporter) summary(to *Section) {
	to.Lines = append(to.Lines, fmt.Sprintf("%s: %s since %s.", w.s.Title, w.s.State, Stamp(w.s.Since)))
	for _, e := range w.events {
		if e.Kind == Opened && e.Text != "" {
			to.Lines = append(to.Lines, e.Text)
		}
	}
	to.Head = []string{"fact", "when", "said"}
	for _, f := range w.s.Facts {
		to.Rows = append(to.Rows, []string{f.Title, Stamp(f.At), f.Text})
	}
}

func (w *reporter) impact(to *Section) {
	s := w.s.Severity
	if s == nil {
		return
	}
	to.Lines = append(to.Lines, fmt.Sprintf("Severity %d of 5.", s.Level))
	for _, k := range [][2]string{{"functional", s.Functional}, {"information", s.Information}, {"recovery", s.Recovery}} {
		if k[1] != "" {
			to.Rows = append(to.Rows, []string{k[0], k[1]})
		}
	}
	to.Head = []string{"kind of impact", "found"}
}

func (w *reporter) timeline(to *Section) {
	to.Head = []string{"when", "what", "said"}
	sorted := slices.Clone(w.events)
	slices.SortStableFunc(sorted, func(a, b *Event) int { return a.At.Compare(b.At) })
	for _, e := range sorted {
		switch e.Kind {
		case Corrected, Warned, Shared, Subject, Claimed: // not what happened; claims have a section of their own
			continue
		}
		to.Rows = append(to.Rows, []string{Stamp(e.At), e.Headline(), e.Text})
	}
}

// Headline says in a few words what an event is.
func (e *Event) Headline() string {
	switch e.Kind {
	case Opened:
		return "opened: " + e.Title
	case Fact:
		title, _ := FactTitle(e.Fact)
		return title
	case Told:
		return "told " + spaced(e.Told.Recipient, e.Told.Name, strings.ReplaceAll(e.Told.Report, "_", " "))
	case Acknowledged, Corrected:
		return fmt.Sprintf("%s event %d", e.Kind, e.Of)
	case Linked, Unlinked:
		var things []string
		for _, l := range e.Links {
			kind := l.To
			if kind == ToObject {
				kind = "shared object"
			}
			things = append(things, kind+" "+cmp.Or(l.Title, l.ID))
		}
		return string(e.Kind) + ": " + strings.Join(things, ", ")
	case Claimed:
		return e.Claim.Issuer + " says: " + e.Claim.Text
	case Rated:
		return fmt.Sprintf("severity %d of 5", e.Severity.Level)
	case Shared:
		return "shared with " + strings.Join(e.With, ", ")
	case Subject:
		return "under " + strings.Join(e.Regimes, ", ")
	case Warned:
		return fmt.Sprintf("%d %% of the time for %s/%s had gone by", e.Warning.Percent, e.Warning.Directive, e.Warning.Duty)
	}
	return string(e.Kind)
}

func (w *reporter) links(to *Section, kinds ...string) {
	to.Head = []string{"kind", "id", "name", "impact"}
	for _, l := range w.s.Links {
		if slices.Contains(kinds, l.To) {
			to.Rows = append(to.Rows, []string{l.To, l.ID, l.Title, l.Impact})
		}
	}
}

// actions is the steps that were taken, and what was noted.
func (w *reporter) actions(to *Section) {
	to.Head = []string{"when", "what", "said"}
	for _, e := range w.events {
		if _, step := becomes[e.Kind]; step && e.Kind != Opened || e.Kind == Noted {
			to.Rows = append(to.Rows, []string{Stamp(e.At), string(e.Kind), e.Text})
		}
	}
}

func (w *reporter) corrections(to *Section) {
	to.Head = []string{"event", "first recorded", "now", "reason", "corrected"}
	for _, c := range w.s.Corrections {
		now := "did not happen"
		if !c.To.IsZero() {
			now = Stamp(c.To)
		}
		to.Rows = append(to.Rows, []string{fmt.Sprint(c.Event), Stamp(c.From), now, c.Reason, Stamp(c.Recorded)})
	}
}

// Text is the report as plain text, in lines as long as they come.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "INCIDENT REPORT\n%s\n\n", r.Title)
	fmt.Fprintf(&b, "incident  %s\nof        %s\nstate     %s\nas of     %s\n", r.ID, spaced(r.OwnerName, r.Owner), r.State, Stamp(r.At))
	if r.Under != "" {
		fmt.Fprintf(&b, "under     %s (%s)\n", r.UnderName, strings.Join(r.Basis, "; "))
	}
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "\n%s\n%s\n", s.Title, strings.Repeat("-", len([]rune(s.Title))))
		for _, line := range s.Lines {
			b.WriteString(line + "\n")
		}
		for _, row := range s.Rows {
			for i, cell := range row {
				if cell != "" {
					fmt.Fprintf(&b, "%s: %s\n", s.Head[i], cell)
				}
			}
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
