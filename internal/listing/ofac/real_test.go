package ofac

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

func realFile(t testing.TB, rel string) File {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, "data/screening/"+rel))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(rel, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return File{Name: rel, Bytes: b}
}

func realSet(t testing.TB, dir string, names ...string) []File {
	t.Helper()
	var files []File
	for _, n := range names {
		files = append(files, realFile(t, dir+"/"+n))
	}
	return files
}

// Every edition at hand is read whole: as many records as its files have.
func TestRealEditions(t *testing.T) {
	for _, c := range []struct {
		dir, source string
		names       []string
		rows        []int
	}{
		{"us_ofac_sdn/2019-01", SourceSDN, []string{"sdn.csv.gz", "alt.csv.gz", "add.csv.gz", "sdn_comments.csv.gz"}, []int{7379, 9682, 11696, 13}},
		{"us_ofac_sdn/2021-07", SourceSDN, []string{"sdn.csv.gz", "alt.csv.gz", "add.csv.gz", "sdn_comments.csv.gz"}, []int{8976, 11910, 13837, 5}},
		{"us_ofac_sdn/2023-01", SourceSDN, []string{"sdn_primary_with_header.csv.gz", "add_with_header.csv.gz"}, []int{11443, 16357}},
		{"us_ofac_sdn/2024-01", SourceSDN, []string{"alt.csv.gz", "add.csv.gz"}, []int{17091, 18990}},
		{"us_ofac_sdn/2025-12", SourceSDN, []string{"alt.csv.gz", "add.csv.gz", "sdn_comments.csv.gz"}, []int{20107, 24244, 28}},
		{"us_ofac_nonsdn", SourceNonSDN, []string{"cons_prim.csv", "cons_alt.csv", "cons_add.csv", "cons_comments.csv"}, []int{442, 1073, 574, 10}},
	} {
		for i, r := range ReadSet(t.Context(), realSet(t, c.dir, c.names...), "", Limits{}) {
			if r.Err != nil {
				t.Errorf("%s/%s: %v", c.dir, c.names[i], r.Err)
				continue
			}
			if r.Reading.Rows != c.rows[i] || r.Source != c.source {
				t.Errorf("%s/%s: %d records of %s, want %d of %s", c.dir, c.names[i], r.Reading.Rows, r.Source, c.rows[i], c.source)
			}
		}
	}
}

func TestRealChineseMilitaryIndustrial(t *testing.T) {
	r := ReadSet(t.Context(), realSet(t, "us_ofac_nonsdn", "cons_prim.csv"), "", Limits{})[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	programmes, events := map[string]int{}, map[string]listing.Event{}
	for _, s := range r.Reading.Statements {
		switch b := s.Body.(type) {
		case listing.Entry:
			programmes[b.Programme]++
		case listing.Event:
			events[s.Subject] = b
		}
	}
	if programmes[programmeCMIC] != 68 || programmes[programmeSSI] != 286 || programmes[programmePLC] != 78 || programmes[SourceNonSDN] != 10 {
		t.Errorf("entries by programme %v, want 68 CMIC, 286 SSI, 78 PLC, 10 others", programmes)
	}
	e, ok := events["us-ofac-nonsdn:30882"] // China Telecom Corporation Limited
	if !ok || e.Date != "2021-06-03" || len(e.Consequences) != 2 || e.Consequences[0].From != "2021-08-02" ||
		e.Consequences[1].WindDown != "2021-08-02" || e.Consequences[1].From != "2022-06-03" {
		t.Errorf("China Telecom's event %+v", e)
	}
	if len(events) != 68 {
		t.Errorf("%d events, want 68", len(events))
	}
}

// The alias part tells persons by the shape of their names; against what the
// primary part says, it must be right nearly always.
func TestRealPersonalNames(t *testing.T) {
	set := ReadSet(t.Context(), realSet(t, "us_ofac_sdn/2021-07", "sdn.csv.gz", "alt.csv.gz"), "", Limits{})
	kinds := map[string]party.Kind{}
	for _, s := range set[0].Reading.Statements {
		if e, ok := s.Body.(listing.Entry); ok {
			kinds[s.Subject] = e.Kind
		}
	}
	wrong, all := 0, 0
	for _, s := range set[1].Reading.Statements {
		if s.Kind == party.FactCore {
			all++
			if strings.HasPrefix(s.Term, "person:") != (kinds[s.Subject] == party.Person) {
				wrong++
			}
		}
	}
	if all != 11910 || wrong*100 > all {
		t.Errorf("%d of %d aliases taken for the wrong kind, want at most one in a hundred", wrong, all)
	}
}

func BenchmarkReadSet(b *testing.B) {
	files := realSet(b, "us_ofac_sdn/2021-07", "sdn.csv.gz", "alt.csv.gz", "add.csv.gz", "sdn_comments.csv.gz")
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range ReadSet(b.Context(), files, "", Limits{}) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
}

// edition reads a primary part and gives its statements by what they are.
func edition(t *testing.T, rel string) map[statementKey]string {
	t.Helper()
	r := ReadSet(t.Context(), []File{realFile(t, rel)}, SourceSDN, Limits{})[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	out := make(map[statementKey]string, len(r.Reading.Statements))
	for i, l := range lines(r.Reading) {
		s := r.Reading.Statements[i]
		out[statementKey{s.Kind, s.Subject, s.Key}] = l
	}
	return out
}

// Between two editions differ the entries that OFAC added, removed or changed,
// and nothing else: an entry whose own columns are the same in both has no
// other statement that differs.
func TestRealDifferences(t *testing.T) {
	editions := []map[statementKey]string{
		edition(t, "us_ofac_sdn/2019-01/sdn.csv.gz"), edition(t, "us_ofac_sdn/2021-07/sdn.csv.gz"), edition(t, "us_ofac_sdn/2023-01/sdn_primary_with_header.csv.gz"),
	}
	for i, want := range []struct{ added, removed int }{{1858, 261}, {2982, 515}} {
		old, now := editions[i], editions[i+1]
		added, removed, amended := 0, 0, map[string]bool{}
		for k, v := range now {
			if k.kind != listing.FactEntry {
				continue
			}
			switch before, ok := old[k]; {
			case !ok:
				added++
			case before != v:
				amended[k.subject] = true
			}
		}
		for k, v := range old {
			_, stays := now[statementKey{listing.FactEntry, k.subject, "entry"}]
			if k.kind == listing.FactEntry && !stays {
				removed++
			}
			if stays && now[k] != v && !amended[k.subject] && !columnOnly(k) {
				t.Errorf("%v differs though its entry is the same:\n%s\n%s", k, v, now[k])
			}
		}
		if added != want.added || removed != want.removed {
			t.Errorf("edition %d: %d added, %d removed; want %d and %d", i+1, added, removed, want.added, want.removed)
		}
		t.Logf("edition %d: %d added, %d removed, %d amended of %d statements", i+1, added, removed, len(amended), len(now))
	}
}

// columnOnly reports whether a statement comes from a vessel column, which the
// entry does not repeat.
func columnOnly(k statementKey) bool {
	return strings.HasPrefix(k.key, "vessel_") || strings.HasPrefix(k.key, "call_sign:") || strings.Contains(k.key, "tonnage:")
}
