package directive

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
)

// Remedy is by when a directive has a weakness fixed where it was found: which
// findings it is about, and a table from what is known of one to a time.
type Remedy struct {
	ID    string `yaml:"id" json:"id"`
	Title string `yaml:"title" json:"title"`

	// From and Until bound the day that decides which rule counts: on which the
	// weakness was listed as exploited, or found where it is not.
	From  access.Date `yaml:"from" json:"from"`
	Until access.Date `yaml:"until" json:"until"` // first day on which it no longer does; Forever when no end is known

	Spares []string          `yaml:"spares" json:"spares,omitempty"` // what it does not apply to, "nss"
	Assume map[string]string `yaml:"assume" json:"assume,omitempty"` // of a variable, what counts where nobody knows it
	Rows   []Row             `yaml:"rows" json:"rows"`               // the first that fits counts; none: it asks nothing

	Calendar string `yaml:"calendar" json:"calendar,omitempty"` // as duty.NamedCalendar knows it
	Cite     string `yaml:"cite" json:"cite"`
	URL      string `yaml:"url" json:"url,omitempty"`
	Sure     Sure   `yaml:"sure" json:"sure"`
	Note     string `yaml:"note" json:"note,omitempty"`
}

// Row is one row of a remedy's table. It has a rule, or waits for the catalogue's
// own day or the next upgrade.
type Row struct {
	When       map[string]string `yaml:"when" json:"when,omitempty"` // value of each variable; one that is not named may have any
	Rule       *duty.Rule        `yaml:"rule" json:"rule,omitempty"`
	By         By                `yaml:"by" json:"by,omitempty"`
	Forensic   bool              `yaml:"forensic" json:"forensic,omitempty"`     // evidence is collected before the asset is changed
	Incomplete bool              `yaml:"incomplete" json:"incomplete,omitempty"` // it stands in for what is not known
	Says       string            `yaml:"says" json:"says"`                       // for people
}

// By is what a row waits for that has no rule.
type By string

// What a row can wait for.
const (
	ByCatalogue By = "catalogue" // the day that the catalogue gives
	ByUpgrade   By = "upgrade"   // the next upgrade of the system, on no day
)

// The variables of tables, with the values that each can have. One that nobody
// knows is [NotKnown].
var variables = map[string][]string{
	"exploited":   {"yes", "no"}, // listed in the catalogue of weaknesses known to be exploited
	"exposed":     {"yes", "no"}, // anybody on the internet can reach the asset
	"automatable": {"yes", "no"}, // SSVC, automatable 2.0.0
	"impact":      {"partial", "total"},
	"assessed":    {"yes", "no"}, // both of the two before are known
}

// NotKnown is the value of a variable that nobody knows.
const NotKnown = "unknown"

// The kinds of events that the rules of remedies count from and are met by.
const (
	Found         = "found"           // on the asset
	Listed        = "listed"          // in the catalogue
	FoundOrListed = "found_or_listed" // either; a rule that counts from the first takes the earlier
	Remediated    = "remediated"
)

// Covers reports whether the remedy counts for a finding by the day that decides
// it.
func (r *Remedy) Covers(day access.Date) bool { return r.From <= day && day < r.Until }

// Row is the first row that fits the values of variables, after what is assumed
// where one is not known; -1 when there is none.
func (r *Remedy) Row(values map[string]string) int {
	known := maps.Clone(values)
	for name, value := range r.Assume {
		if v := known[name]; v == "" || v == NotKnown {
			known[name] = value
		}
	}
	return slices.IndexFunc(r.Rows, func(row Row) bool {
		for name, want := range row.When {
			if have := known[name]; have != want && (have != "" || want != NotKnown) {
				return false
			}
		}
		return true
	})
}

// fault is what is wrong with a remedy; "" for nothing.
func (r *Remedy) fault() string {
	switch {
	case !idForm.MatchString(r.ID):
		return "id: want lower case letters, digits and hyphens"
	case r.Title == "" || r.Cite == "":
		return "title and cite: want both"
	case !slices.Contains([]Sure{Verified, Secondary, Believed}, r.Sure):
		return fmt.Sprintf("sure %q: want verified, secondary or believed", r.Sure)
	case r.Until <= r.From:
		return "until: want a day after from"
	case len(r.Rows) == 0 || len(r.Rows) > maxRows:
		return fmt.Sprintf("rows: want 1 to %d", maxRows)
	}
	if _, ok := duty.NamedCalendar(r.Calendar); r.Calendar != "" && !ok {
		return fmt.Sprintf("calendar %q is not known", r.Calendar)
	}
	for _, day := range []access.Date{r.From, r.Until} {
		if _, err := access.ParseDate(string(day)); err != nil {
			return "from and until: " + err.Error()
		}
	}
	for name, value := range r.Assume {
		if !slices.Contains(variables[name], value) {
			return fmt.Sprintf("assume: %s: %s", name, wantValue(name, value))
		}
	}
	for i := range r.Rows {
		if why := r.Rows[i].fault(); why != "" {
			return fmt.Sprintf("row %d: %s", i+1, why)
		}
	}
	return ""
}

// maxRows bounds the table of a remedy.
const maxRows = 200

func (row *Row) fault() string {
	for name, value := range row.When {
		if variables[name] == nil || value != NotKnown && !slices.Contains(variables[name], value) {
			return fmt.Sprintf("when: %s: %s", name, wantValue(name, value))
		}
	}
	switch {
	case (row.Rule == nil) == (row.By == ""):
		return "want a rule, or by, and not both"
	case row.By != "" && row.By != ByCatalogue && row.By != ByUpgrade:
		return fmt.Sprintf("by %q: want catalogue or upgrade", row.By)
	case row.Says == "":
		return "says: want words for people"
	case row.Rule != nil && row.Rule.On == "" && !slices.Contains([]string{Found, Listed, FoundOrListed}, row.Rule.After):
		return fmt.Sprintf("rule counts from %q: want found, listed or found_or_listed", row.Rule.After)
	case row.Rule != nil && row.Rule.MetBy != Remediated:
		return "rule: want it met by remediated"
	}
	return ""
}

func wantValue(name, value string) string {
	values, ok := variables[name]
	if !ok {
		return "no variable of this name; want " + strings.Join(slices.Sorted(maps.Keys(variables)), ", ")
	}
	return fmt.Sprintf("%q: want %s", value, strings.Join(values, ", "))
}
