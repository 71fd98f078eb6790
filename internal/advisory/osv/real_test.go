package osv

import (
	"os"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
)

func realArchive(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, "data/software/osv/"+name+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The archives are read whole, with the counts that their collector gives.
func TestRealArchives(t *testing.T) {
	for _, c := range []struct {
		name, part string
		records    int
		published  string
	}{
		{"Go", "go", 3157, ""},
		{"crates.io", "crates.io", 1113, "2026-08-12"},
		{"PyPI", "pypi", 2673, ""}, // one record has the zero time
		{"Bitnami", "bitnami", 6805, "2026-07-31"},
		{"npm", "npm", 1013, "2026-08-22"},
		{"Packagist", "packagist", 1586, "2026-08-06"},
		{"RubyGems", "rubygems", 1174, "2026-08-18"},
		{"Maven", "maven", 184, "2025-02-13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := realArchive(t, c.name)
			if !Recognise(c.name+".zip", b[:min(len(b), 64<<10)]) {
				t.Error("not recognised")
			}
			r, err := Read(t.Context(), c.name+".zip", b, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			kinds := map[string]int{}
			for _, s := range r.Statements {
				kinds[s.Kind]++
				if a, ok := s.Body.(*advisory.Affected); ok {
					if s.Term == "" {
						t.Errorf("%s: no term for %+v", s.Subject, a)
					}
				}
			}
			if r.Rows != c.records || kinds[advisory.FactRecord] != c.records || r.Part != c.part || string(r.Published) != c.published || len(r.Warnings) > 0 || r.Mode != ledger.Increment {
				t.Errorf("%d rows, %d records, source %s, published %q", r.Rows, kinds[advisory.FactRecord], r.Source, r.Published)
			}
			t.Logf("%s: published %q, facts %v, warnings %q", c.name, r.Published, kinds, r.Warnings)
		})
	}
}

func BenchmarkReadArchive(b *testing.B) {
	file := realArchive(b, "Go")
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var r *ledger.Reading
	for b.Loop() {
		var err error
		if r, err = Read(b.Context(), "Go.zip", file, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(r.Rows*b.N)/b.Elapsed().Seconds(), "records/s")
}
