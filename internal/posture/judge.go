package posture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/duty/directive"
)

// Finding is a weakness on an asset, with what decides by when it is to be fixed.
type Finding struct {
	Found      access.Date
	Remediated access.Date // "" while it is there

	Listed    access.Date // in the catalogue of weaknesses known to be exploited; "" when it is not
	Catalogue access.Date // the day by which the catalogue wants it fixed; "" when it gives none
	Forensic  bool        // the catalogue wants evidence collected first

	Exposed     string   // "yes", "no" or "" when nobody knows
	Automatable string   // "yes", "no" or ""
	Impact      string   // "partial", "total" or ""
	Spared      []string // what the system is that directives may spare, "nss"
}

// State is where the fixing of a finding stands on a day.
type State string

// The states.
const (
	Open         State = "open"
	Overdue      State = "overdue"
	ClosedOnTime State = "closed-on-time"
	ClosedLate   State = "closed-late"
	Deferred     State = "deferred"     // it waits for the next upgrade, on no day
	OutOfScope   State = "out-of-scope" // directives spare the system
	NoClock      State = "no-clock"     // no directive asks for it
	Undetermined State = "undetermined" // what the rule needs is not known
)

// NoRule is the rule of a finding that no directive asks for.
const NoRule = "none"

// Owed is by when a finding is to be fixed, and where that stands.
type Owed struct {
	Rule       string      `json:"rule"`                // what people call the directive, "BOD-26-04"; [NoRule] for none
	Directive  string      `json:"directive,omitempty"` // its id
	Remedy     string      `json:"remedy,omitempty"`    // which of its remedies
	Row        int         `json:"row,omitempty"`       // of the remedy's table, from 1
	Due        access.Date `json:"due,omitempty"`
	State      State       `json:"state"`
	Incomplete bool        `json:"incomplete"` // something that decides is not known, and something else stood in for it
	Forensic   bool        `json:"forensic"`   // evidence is collected before the asset is changed
	Why        string      `json:"why"`
	Assumed    []string    `json:"assumed,omitempty"` // what is not known, with what counted instead
	Cite       string      `json:"cite,omitempty"`
	Sure       string      `json:"sure,omitempty"`
}

// values is the finding by the variables of tables.
func (f *Finding) values() map[string]string {
	v := map[string]string{"exploited": "no", "exposed": f.Exposed, "automatable": f.Automatable, "impact": f.Impact, "assessed": "no"}
	if f.Listed != "" {
		v["exploited"] = "yes"
	}
	if f.Automatable != "" && f.Impact != "" {
		v["assessed"] = "yes"
	}
	return v
}

// decides is the day that decides which rule counts for a finding.
func (f *Finding) decides() access.Date { return cmp.Or(f.Listed, f.Found) }

// Began reports whether there was something to fix on a day: the weakness had been
// found on the asset, or listed as exploited.
func (f *Finding) Began(on access.Date) bool {
	return f.Found <= on || f.Listed != "" && f.Listed <= on
}

// Judge works out by when a finding is to be fixed, and where that stands on a day.
// Where several remedies ask for it, the earliest due day counts.
func Judge(f *Finding, directives []*directive.Directive, at access.Date) Owed {
	var best *Owed
	spared := ""
	for _, d := range directives {
		for i := range d.Remedies {
			r := &d.Remedies[i]
			if s := sparedBy(r, f); s != "" {
				spared = s
				continue
			}
			if !r.Covers(f.decides()) {
				continue
			}
			if o, asks := judge(f, d, r, at); asks && (best == nil || sooner(&o, best)) {
				best = &o
			}
		}
	}
	switch {
	case best != nil:
		return *best
	case spared != "":
		return Owed{Rule: NoRule, State: OutOfScope, Why: "the directives spare it: " + spared}
	}
	return Owed{Rule: NoRule, State: NoClock, Why: "no directive asks for it"}
}

func sparedBy(r *directive.Remedy, f *Finding) string {
	for _, s := range r.Spares {
		if slices.Contains(f.Spared, s) {
			return s
		}
	}
	return ""
}

// sooner reports whether one owes earlier than another; what has no day is last.
func sooner(a, b *Owed) bool {
	if a.Due == "" || b.Due == "" {
		return a.Due != ""
	}
	return a.Due < b.Due
}

// judge is Judge by one remedy; it reports whether that asks for the finding at
// all.
func judge(f *Finding, d *directive.Directive, r *directive.Remedy, at access.Date) (Owed, bool) {
	values := f.values()
	n := r.Row(values)
	if n < 0 {
		return Owed{}, false
	}
	row := &r.Rows[n]
	o := Owed{
		Rule: d.Code, Directive: d.ID, Remedy: r.ID, Row: n + 1, Incomplete: row.Incomplete, Forensic: row.Forensic || f.Forensic,
		Why: row.Says, Assumed: assumed(r, values), Cite: r.Cite, Sure: string(r.Sure),
	}
	switch {
	case row.By == directive.ByUpgrade:
		o.State = Deferred
		return o, true
	case row.By == directive.ByCatalogue:
		o.Due = f.Catalogue
	default:
		o.Due, o.Why = f.count(r, row, at)
	}
	if o.Due == "" {
		o.State, o.Incomplete = Undetermined, true
		return o, true
	}
	o.State = f.state(o.Due, at)
	return o, true
}

// count is the due day by a row's rule, with how it comes about.
func (f *Finding) count(r *directive.Remedy, row *directive.Row, at access.Date) (due access.Date, why string) {
	var events []duty.Event
	add := func(day access.Date, kinds ...string) {
		for _, kind := range kinds {
			if day != "" {
				events = append(events, duty.Event{Kind: kind, Date: day})
			}
		}
	}
	add(f.Found, directive.Found, directive.FoundOrListed)
	add(f.Listed, directive.Listed, directive.FoundOrListed)
	cal, _ := duty.NamedCalendar(r.Calendar)
	// By when it is owed does not depend on the day that is asked about.
	result := duty.Due(*row.Rule, events, cal, max(at, f.Found, f.Listed))
	if len(result.Inputs) == 0 {
		return result.Due, row.Says + ": " + result.Why
	}
	return result.Due, row.Says + ", counted from " + string(result.Inputs[0].Date)
}

func (f *Finding) fixed(at access.Date) bool { return f.Remediated != "" && f.Remediated <= at }

func (f *Finding) state(due, at access.Date) State {
	switch {
	case f.fixed(at) && f.Remediated <= due:
		return ClosedOnTime
	case f.fixed(at):
		return ClosedLate
	case at > due:
		return Overdue
	}
	return Open
}

// asks reports whether a remedy's table asks for a variable.
func asks(r *directive.Remedy, name string) bool {
	return slices.ContainsFunc(r.Rows, func(row directive.Row) bool { return row.When[name] != "" })
}

// assumed is what is not known of a finding, with what counted instead.
func assumed(r *directive.Remedy, values map[string]string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; v != "" && v != directive.NotKnown || !asks(r, name) {
			continue
		}
		if instead := r.Assume[name]; instead != "" {
			out = append(out, fmt.Sprintf("%s is not known and counts as %s", name, instead))
		} else {
			out = append(out, strings.TrimSpace(name+" is not known"))
		}
	}
	return out
}
