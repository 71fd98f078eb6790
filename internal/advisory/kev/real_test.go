package kev

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
)

const latest = "data/software/kev/known_exploited_vulnerabilities.json"

// realFile is a file of the collection, unpacked.
func realFile(t testing.TB, rel string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(rel, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealCatalogues(t *testing.T) {
	for _, c := range []struct {
		rel        string
		entries    int
		published  access.Date
		ransomware int
	}{
		{latest, 1404, "2025-08-25", 293},
		{"data/network/kev/kev.2023-05-09.json.gz", 926, "2023-05-09", 0}, // before there was the flag
		{"data/network/kev/kev.2025-08-25.json.gz", 1404, "2025-08-25", 293},
		{"data/network/kev/kev.2026-07-10.json.gz", 1637, "2026-07-10", 329},
	} {
		b := realFile(t, c.rel)
		if !Recognise(c.rel, b[:4096]) {
			t.Errorf("%s: not recognised", c.rel)
		}
		r, err := Read(t.Context(), c.rel, b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ransomware := 0
		for _, s := range r.Statements {
			e, ok := s.Body.(advisory.Exploited)
			if !ok {
				continue // what the catalogue covers
			}
			if e.Ransomware {
				ransomware++
			}
			if e.Added == "" || e.Due == "" || e.Vendor == "" || e.Action == "" {
				t.Errorf("%s: %+v", c.rel, e)
			}
		}
		if r.Rows != c.entries || len(r.Statements) != c.entries+1 || r.Published != c.published || ransomware != c.ransomware || len(r.Warnings) > 0 {
			t.Errorf("%s: %d entries of %s, %d in ransomware campaigns, %q", c.rel, r.Rows, r.Published, ransomware, r.Warnings)
		}
	}
}

// release is what one release of the catalogue changed.
type release struct {
	Version string `json:"catalogVersion"`
	Count   int
	Added   []string
	Removed []string
	Changed map[string]map[string][2]any // by id and field: before, after
}

// catalogueOn is a release of the catalogue, entries by id.
type catalogueOn struct {
	day     access.Date
	entries map[string]map[string]any
}

// releases works back from the latest catalogue, by what each release changed.
func releases(t testing.TB) []catalogueOn {
	t.Helper()
	var newest struct {
		Vulnerabilities []map[string]any `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(realFile(t, latest), &newest); err != nil {
		t.Fatal(err)
	}
	entries := map[string]map[string]any{}
	for _, e := range newest.Vulnerabilities {
		entries[e["cveID"].(string)] = e
	}
	var log []release
	lines := bufio.NewScanner(bytes.NewReader(realFile(t, "data/software/kev/kev-history.jsonl.gz")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r release
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		log = append(log, r)
	}
	out := make([]catalogueOn, len(log))
	for i, r := range slices.Backward(log) {
		if len(entries) != r.Count {
			t.Fatalf("release %s: %d entries, want %d", r.Version, len(entries), r.Count)
		}
		out[i] = catalogueOn{access.Date(strings.ReplaceAll(r.Version, ".", "-")), maps.Clone(entries)}
		for id, fields := range r.Changed {
			before := maps.Clone(entries[id])
			for field, values := range fields {
				before[field] = values[0]
			}
			entries[id] = before
		}
		for _, id := range r.Added {
			delete(entries, id)
		}
		for _, id := range r.Removed { // of which the log keeps the id alone
			entries[id] = map[string]any{"cveID": id, "dateAdded": "2025-06-05"}
		}
	}
	return out
}

// stated is what of each entry the releases changed, in short.
func stated(e advisory.Exploited) string {
	return fmt.Sprintf("%s %s due %s ransomware %v %s", e.CVE, e.Product, e.Due, e.Ransomware, e.Notes)
}

// The 78 releases from January to August 2025 go into a ledger, latest first;
// then the ledger says of each of their days what the release of that day said:
// entries that came, the one that went, due dates and ransomware flags.
func TestReplayOfReleases(t *testing.T) {
	all := releases(t)
	l := ledger.New(dbtest.Open(t, "sqlite"), ledger.Options{Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }})
	t.Cleanup(func() { l.Close() })
	lastOf := map[access.Date]catalogueOn{} // of each day
	for _, c := range all {
		lastOf[c.day] = c
	}
	for i, day := range slices.Backward(slices.Sorted(maps.Keys(lastOf))) {
		c := lastOf[day]
		doc, err := json.Marshal(map[string]any{
			"catalogVersion": string(day), "dateReleased": string(day) + "T17:00:00Z", "count": len(c.entries), "vulnerabilities": slices.Collect(maps.Values(c.entries)),
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(t.Context(), "kev.json", doc, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
			Bytes: doc, Kind: r.Kind, Source: r.Source, Name: fmt.Sprint(i), Mode: r.Mode, Published: r.Published, Rows: r.Rows, Statements: r.Statements, Head: advisory.FactKEV,
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
	for day, c := range lastOf {
		var want, got []string
		for id, e := range c.entries {
			text := func(field string) string { s, _ := e[field].(string); return s }
			want = append(want, stated(advisory.Exploited{
				CVE: id, Product: strings.TrimSpace(text("product")), Due: text("dueDate"), Ransomware: text("knownRansomwareCampaignUse") == "Known", Notes: strings.TrimSpace(text("notes")),
			}))
		}
		for i := range facts {
			if f := &facts[i]; f.Kind == advisory.FactKEV && f.StatedOn(day) {
				var e advisory.Exploited
				if err := f.Decode(&e); err != nil {
					t.Fatal(err)
				}
				got = append(got, stated(e))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := gocmp.Diff(want, got); d != "" {
			t.Fatalf("release of %s (-want +got):\n%s", day, d)
		}
	}
	t.Logf("%d releases on %d days, %d facts", len(all), len(lastOf), len(facts))
}

func BenchmarkRead(b *testing.B) {
	file := realFile(b, latest)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), "kev.json", file, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
