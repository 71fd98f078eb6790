package osv

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
)

// revision is one record as it stood, in a form that ledgers take.
func revision(id, modified, fixed, more string) string {
	return fmt.Sprintf(`{"schema_version": "1.6.0", "id": %q, "modified": %q, "affected": [{"package": {"ecosystem": "Go", "name": "example.org/x"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": %q}]}]}]%s}`, id, modified, fixed, more)
}

// What an advisory said on a day is told from its revisions, in whichever order
// and form they came: by the archive, or one by one. A record without a day
// counts from the day on which it came here, and an archive says nothing of
// advisories that it has not.
func TestWhatAnAdvisorySaidOnADay(t *testing.T) {
	today := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	l := ledger.New(dbtest.Open(t, "sqlite"), ledger.Options{Now: func() time.Time { return today }})
	t.Cleanup(func() { l.Close() })
	for i, doc := range [][]byte{
		[]byte(revision("GO-1", "2026-03-01T00:00:00Z", "1.3.0", "")),
		zipped(t, "a.json", revision("GO-1", "2026-01-01T00:00:00Z", "1.2.0", ""), "b.json", revision("GO-2", "0001-01-01T00:00:00Z", "1.0.0", "")),
		[]byte(revision("GO-1", "2026-06-01T00:00:00Z", "1.3.0", `, "withdrawn": "2026-06-01T00:00:00Z"`)),
	} {
		r, err := Read(t.Context(), "x", doc, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
			Bytes: doc, Kind: r.Kind, Source: r.Source, Part: r.Part, Name: fmt.Sprint(i), Mode: r.Mode, Published: r.Published, Rows: r.Rows, Statements: r.Statements, Head: advisory.FactRecord,
		}}}); err != nil {
			t.Fatal(err)
		}
	}
	ask, err := l.Resolve(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}})
	if err != nil {
		t.Fatal(err)
	}
	facts, err := l.ByDocumentKind(t.Context(), ask, Kind)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[access.Date][]string{
		"2025-12-31": nil,
		"2026-02-01": {"GO-1 fixed in 1.2.0", "GO-1 withdrawn "},
		"2026-03-01": {"GO-1 fixed in 1.3.0", "GO-1 withdrawn "},
		"2026-07-01": {"GO-1 fixed in 1.3.0", "GO-1 withdrawn 2026-06-01T00:00:00Z"},
		"2026-11-01": {"GO-1 fixed in 1.3.0", "GO-1 withdrawn 2026-06-01T00:00:00Z", "GO-2 fixed in 1.0.0", "GO-2 withdrawn "},
	} {
		var got []string
		for i := range facts {
			f := &facts[i]
			if !f.StatedOn(day) {
				continue
			}
			switch f.Kind {
			case advisory.FactRecord:
				var r advisory.Record
				if err := f.Decode(&r); err != nil {
					t.Fatal(err)
				}
				got = append(got, r.ID+" withdrawn "+r.Withdrawn)
			case advisory.FactAffected:
				var a advisory.Affected
				if err := f.Decode(&a); err != nil {
					t.Fatal(err)
				}
				got = append(got, a.Advisory+" fixed in "+a.Judge("0.1.0").Fixed[0])
			}
		}
		slices.Sort(got)
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("on %s (-want +got):\n%s", day, d)
		}
	}
}
