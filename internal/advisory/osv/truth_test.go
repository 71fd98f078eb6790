package osv

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/ecosystem"
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

// What the API of osv.dev answered is answered here, as far as the records are
// held. What is found here and not there is told, unless it is another record
// of a weakness that was answered: some sources here are not among osv.dev's.
func TestAnswersOfTheAPI(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/software/truth/osv-api-recorded.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []asked
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	all := readAll(t)
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
func TestRealRangesAreReadable(t *testing.T) {
	all := readAll(t)
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
