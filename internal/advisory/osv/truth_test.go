package osv

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/version"
)

// held is every record of the archives by id, and by term what they affect.
type held struct {
	records  map[string]*advisory.Record
	affected map[string][]*advisory.Affected
}

func readAll(t testing.TB) held {
	t.Helper()
	h := held{map[string]*advisory.Record{}, map[string][]*advisory.Affected{}}
	for _, name := range []string{"Go", "crates.io", "PyPI", "Bitnami", "npm", "Packagist", "RubyGems", "Maven"} {
		r, err := Read(t.Context(), name+".zip", realArchive(t, name), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Statements {
			switch body := s.Body.(type) {
			case *advisory.Record:
				h.records[body.ID] = body
			case *advisory.Affected:
				h.affected[s.Term] = append(h.affected[s.Term], body)
			}
		}
	}
	return h
}

// asked is one recorded answer of OSV's API.
type asked struct {
	Ecosystem string   `json:"ecosystem"`
	Name      string   `json:"name"`
	Version   string   `json:"version"`
	IDs       []string `json:"ids"`
}

// Every record of the archives, read once.
func TestRealRecords(t *testing.T) {
	all := readAll(t)
	t.Run("answers of the API", all.answersOfTheAPI)
	t.Run("ranges are readable", all.rangesAreReadable)
	t.Run("ranges are judged by the schema", all.rangesAreJudgedByTheSchema)
}

// What the API of osv.dev answered is answered here, as far as the records are
// held. What is found here and not there is told, unless it is another record
// of a weakness that was answered: some sources here are not among osv.dev's.
func (all held) answersOfTheAPI(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/software/truth/osv-api-recorded.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []asked
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	expected, notHeld, same, extra, unknown := 0, 0, 0, 0, 0
	for _, row := range rows {
		found := map[string]bool{}
		for _, a := range all.affected[ecosystem.FromName(row.Ecosystem, row.Name).Term()] {
			switch j := a.Judge(row.Version); {
			case j.State == advisory.Unknown:
				unknown++
				t.Logf("unknown: %s %s %s by %s: %s", row.Ecosystem, row.Name, row.Version, a.Advisory, j.Why)
			case j.State == advisory.IsAffected && all.records[a.Advisory].Withdrawn == "":
				found[a.Advisory] = true
			}
		}
		for _, id := range row.IDs {
			switch {
			case found[id]:
				expected++
				delete(found, id)
			case all.records[id] == nil:
				notHeld++
			default:
				t.Errorf("%s %s %s: %s is missing: %+v", row.Ecosystem, row.Name, row.Version, id, all.affected[ecosystem.FromName(row.Ecosystem, row.Name).Term()])
			}
		}
		for _, id := range slices.Sorted(maps.Keys(found)) {
			r := all.records[id]
			if slices.ContainsFunc(r.Aliases, func(alias string) bool { return slices.Contains(row.IDs, alias) }) {
				same++
				continue
			}
			extra++
			t.Logf("beside: %s %s %s: %s (published %q, modified %q, aliases %v)", row.Ecosystem, row.Name, row.Version, id, r.Published, r.Modified, r.Aliases)
		}
	}
	t.Logf("%d answers: %d ids found, %d of records that are not held, %d found as another record of what was answered, %d beside, %d unknown", len(rows), expected, notHeld, same, extra, unknown)
	if expected == 0 {
		t.Error("nothing was compared")
	}
}

// A version that everybody can read gets an answer from nearly every record.
func (all held) rangesAreReadable(t *testing.T) {
	judged, unknown := 0, 0
	for _, affected := range all.affected {
		for _, a := range affected {
			judged++
			if j := a.Judge("1.0.0"); j.State == advisory.Unknown {
				unknown++
				t.Logf("%s of %s %s: %s", a.Advisory, a.Ecosystem, a.Name, j.Why)
			}
		}
	}
	// Those told above have versions that their ecosystem does not allow.
	if t.Logf("%d judged, %d unknown", judged, unknown); unknown*1000 > judged {
		t.Errorf("%d of %d are unknown, want at most one in a thousand", unknown, judged)
	}
}

// naive is the evaluation algorithm of the OSV schema, word for word, without
// limits, which no real record has.
func naive(a *advisory.Affected, raw string, v version.Version) advisory.State {
	for _, s := range a.Versions {
		if w, err := version.Parse(a.Ecosystem, s); s == raw || err == nil && w.Compare(v) == 0 {
			return advisory.IsAffected
		}
	}
	state := advisory.NotAffected
	for _, r := range a.Ranges {
		if r.Type == "GIT" {
			continue
		}
		type at struct {
			advisory.Event
			v version.Version
		}
		var events []at
		for _, e := range r.Events {
			if e.Introduced == "0" {
				events = append([]at{{Event: e}}, events...)
				continue
			}
			w, err := version.Parse(a.Ecosystem, e.Introduced+e.Fixed+e.LastAffected)
			if err != nil {
				state = advisory.Unknown
			}
			events = append(events, at{e, w})
		}
		if state == advisory.Unknown {
			continue
		}
		first := 0
		for first < len(events) && events[first].Introduced == "0" {
			first++
		}
		slices.SortStableFunc(events[first:], func(a, b at) int { return a.v.Compare(b.v) })
		vulnerable := false
		for _, e := range events {
			switch {
			case e.Introduced == "0", e.Introduced != "" && v.Compare(e.v) >= 0:
				vulnerable = true
			case e.Fixed != "" && v.Compare(e.v) >= 0, e.LastAffected != "" && v.Compare(e.v) > 0:
				vulnerable = false
			}
		}
		if vulnerable {
			return advisory.IsAffected
		}
	}
	return state
}

// versionsIn is the versions that the ranges of a record name, and some of those
// that it lists.
func versionsIn(a *advisory.Affected) []string {
	out := slices.Clone(a.Versions[:min(len(a.Versions), 2)])
	for _, r := range a.Ranges {
		for _, e := range r.Events {
			if r.Type != "GIT" {
				out = append(out, e.Introduced+e.Fixed+e.LastAffected)
			}
		}
	}
	return out
}

// endsBeforeItBegins reports whether a range has a pair of events, as written,
// of which the end comes first in order.
func endsBeforeItBegins(a *advisory.Affected) bool {
	for _, r := range a.Ranges {
		for i := 0; i+1 < len(r.Events); i++ {
			begins, ends := r.Events[i].Introduced, r.Events[i+1].Fixed+r.Events[i+1].LastAffected
			if order, err := version.Compare(a.Ecosystem, ends, begins); begins != "" && begins != "0" && err == nil && order < 0 {
				return true
			}
		}
	}
	return false
}

// endsAndBeginsAt reports whether a range is written to end before a version and
// to begin with it as well. What that says of the version, the schema's
// algorithm leaves to the order of writing.
func endsAndBeginsAt(a *advisory.Affected, v string) bool {
	return slices.ContainsFunc(a.Ranges, func(r advisory.Range) bool {
		return slices.Contains(r.Events, advisory.Event{Fixed: v}) && slices.Contains(r.Events, advisory.Event{Introduced: v})
	})
}

// The schema's algorithm and the prepared intervals answer alike for every
// version that a real record names, save where a record ends an interval before
// it begins: by the schema all later versions would then be affected. The gem
// rails and CVE-2014-0081 is one. And some of retire.js have patterns that the
// schema does not know.
func (all held) rangesAreJudgedByTheSchema(t *testing.T) {
	judged, slips, patterns := 0, map[string]bool{}, map[string]bool{}
	for _, affected := range all.affected {
		for _, a := range affected {
			prepared := a.Prepare()
			for _, raw := range versionsIn(a) {
				v, err := version.Parse(a.Ecosystem, raw)
				if err != nil {
					continue
				}
				judged++
				want, got := naive(a, raw, v), prepared.Judge(v, raw).State
				switch {
				case want == got, endsAndBeginsAt(a, raw) && got == advisory.IsAffected:
				case want == advisory.Unknown && strings.HasPrefix(a.Advisory, "RETIRE-"):
					patterns[a.Advisory] = true
				case endsBeforeItBegins(a) && got == advisory.NotAffected:
					slips[a.Advisory] = true
				default:
					t.Errorf("%s: %s %s is %s, want %s: %+v", a.Advisory, a.Name, raw, got, want, a.Ranges)
				}
			}
		}
	}
	t.Logf("%d versions judged; %d records with an interval that ends before it begins: %v", judged, len(slips), slices.Sorted(maps.Keys(slips)))
	if judged == 0 || len(patterns) != 9 {
		t.Errorf("%d versions judged; patterns are read of %v", judged, slices.Sorted(maps.Keys(patterns)))
	}
}
