package watchlist

import (
	"cmp"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Engine names the versions of everything that takes part in a report. Reports
// of different engines are not compared.
const Engine = "watchlist/1+" + screening.Engine

// reportForm is the form of the documents that reports are.
const reportForm = "rescreening/v1"

// maxReport bounds such a document, in bytes.
const maxReport = 256 << 20

// Report is what one run of a watch list found to have changed.
type Report struct {
	Form      string   `json:"countersign"`
	List      string   `json:"list"`
	From      *Moment  `json:"from"` // of the run before; null when all that was found is told as new
	To        Moment   `json:"to"`
	Because   string   `json:"because,omitempty"` // why From is null
	Previous  string   `json:"previous"`          // digest of the report before; "" for the first
	Engine    string   `json:"engine"`
	Threshold float64  `json:"threshold"` // of the similarity of names
	Counts    Counts   `json:"counts"`
	Changes   []Change `json:"changes"` // in the order of the list
}

// Moment is as of when the names of a list were screened.
type Moment struct {
	At       access.Date `json:"at"` // day asked about, and known day
	Position int64       `json:"position"`
	Names    string      `json:"names"` // digest of the file of names
}

// Counts is what a run came upon.
type Counts struct {
	Names       int `json:"names"`    // watched
	Added       int `json:"added"`    // of them not in the version of the list before
	Dropped     int `json:"dropped"`  // names of that version that are watched no longer
	Subjects    int `json:"subjects"` // whose facts changed
	Screened    int `json:"screened"` // names that may be concerned, and so were screened again
	Appeared    int `json:"appeared"`
	Disappeared int `json:"disappeared"`
	Changed     int `json:"changed"`
}

// What a [Change] can be.
const (
	Appeared    = "appeared"    // a match that there was not
	Disappeared = "disappeared" // a match that there is no longer
	Changed     = "changed"     // a match of which something is different
)

// Change is one match of a watched name that is not what it was.
type Change struct {
	ID     string   `json:"id"`    // the asker's own, of the name
	Query  string   `json:"query"` // the watched name
	Change string   `json:"change"`
	Fields []string `json:"fields,omitempty"` // what is different, of a match that changed
	Entry  string   `json:"entry"`            // id of the entry matched
	Was    *State   `json:"was"`              // null for what appeared
	Is     *State   `json:"is"`               // null for what disappeared
}

// State is a match at one moment.
type State struct {
	Name     string         `json:"name"`    // as listed
	Matched  string         `json:"matched"` // the name by which it was found
	Score    float64        `json:"score"`
	Evidence float64        `json:"evidence"`
	List     string         `json:"list"`
	Status   listing.Status `json:"status"`
}

func stateOf(m *screening.Match) *State {
	return &State{Name: m.Name, Matched: m.Matched, Score: m.Score, Evidence: m.Evidence, List: m.List, Status: m.Status}
}

// fields names what is different between two states, in a fixed order.
func (s *State) fields(t *State) []string {
	var out []string
	for _, f := range []struct {
		name   string
		differ bool
	}{
		{"status", s.Status != t.Status}, {"list", s.List != t.List}, {"name", s.Name != t.Name},
		{"matched", s.Matched != t.Matched}, {"score", s.Score != t.Score}, {"evidence", s.Evidence != t.Evidence},
	} {
		if f.differ {
			out = append(out, f.name)
		}
	}
	return out
}

// compare is what changed from the matches that a name had to those it has:
// what appeared and what changed, best first, then what disappeared.
func compare(sought *screening.Sought, was, is []screening.Match) []Change {
	before := make(map[string]*screening.Match, len(was))
	for i := range was {
		before[was[i].ID] = &was[i]
	}
	var out []Change
	for i := range is {
		c := Change{ID: sought.ID, Query: sought.Name, Change: Appeared, Entry: is[i].ID, Is: stateOf(&is[i])}
		if old := before[is[i].ID]; old != nil {
			delete(before, is[i].ID)
			c.Change, c.Was = Changed, stateOf(old)
			if c.Fields = c.Was.fields(c.Is); len(c.Fields) == 0 {
				continue
			}
		}
		out = append(out, c)
	}
	gone := len(out)
	for _, m := range before {
		out = append(out, Change{ID: sought.ID, Query: sought.Name, Change: Disappeared, Entry: m.ID, Was: stateOf(m)})
	}
	slices.SortFunc(out[gone:], func(a, b Change) int { return cmp.Compare(a.Entry, b.Entry) })
	return out
}

// add puts the changes of a name into the report.
func (r *Report) add(changes []Change) {
	for _, c := range changes {
		switch c.Change {
		case Appeared:
			r.Counts.Appeared++
		case Disappeared:
			r.Counts.Disappeared++
		default:
			r.Counts.Changed++
		}
	}
	r.Changes = append(r.Changes, changes...)
}

// Encode is the report as a document. Equal reports give equal bytes.
func (r *Report) Encode() ([]byte, error) {
	b, err := encode(r)
	if err != nil {
		return nil, fmt.Errorf("report on %s: %w", placeOf(r.List), err)
	}
	if len(b) > maxReport {
		return nil, problem.New(problem.TooLarge, "the report on %s, with %d changes, has %d bytes; at most %d fit in a document: watch the names in several lists",
			placeOf(r.List), len(r.Changes), len(b), maxReport)
	}
	return b, nil
}

// ParseReport reads such a document.
func ParseReport(b []byte) (*Report, error) {
	if len(b) > maxReport {
		return nil, problem.New(problem.TooLarge, "a report on a watch list has at most %d bytes", maxReport)
	}
	var r Report
	if err := decode(b, &r); err != nil {
		return nil, problem.New(problem.Invalid, "not a report on a watch list: %v", err)
	}
	if r.Form != reportForm || r.List == "" || r.To.Position < 1 {
		return nil, problem.New(problem.Invalid, "not a report on a watch list in the form %s", reportForm)
	}
	return &r, nil
}
