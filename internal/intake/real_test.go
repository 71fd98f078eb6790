package intake

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign.dev/internal/realdata"
)

func realFiles(t testing.TB, patterns ...string) []File {
	t.Helper()
	root := realdata.Path(t, "data/screening")
	var files []File
	for _, p := range patterns {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(p)))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files %s", p)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, File{Name: filepath.Base(path), Bytes: b})
		}
	}
	return files
}

// All lists at once, as they lie there, are one edition each.
func TestRealLists(t *testing.T) {
	start := time.Now()
	editions, errs := Read(t.Context(), realFiles(t, "us_ofac_sdn/2021-07/*", "us_ofac_nonsdn/*", "us_dod/*", "un_sc/*", "eu_oj/*", "uk/*",
		"us_misc/*", "us_bis/mieu.csv", "us_bis/dpl_2022.txt.gz"), Options{})
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	want := map[string]int{
		"us-ofac-sdn": 8976 + 11910 + 13837 + 5, "us-ofac-nonsdn": 442 + 1073 + 574 + 10, "us-dod-1237": 44, "us-dod-1260h": 397,
		"un-sc": 730 + 273, "eu-oj": 8017, "uk-sanctions": 5302,
		"us-bis-dpl": 581, "us-bis-mieu": 13, "us-fcc-covered": 16, "us-ndaa-889": 5, "us-ndaa-154": 6, "us-ndaa-5949": 3, "us-ndaa-1286": 443,
		"us-state-inksna": 28, "us-state-inksna/notices": 58, "us-trade-csl": 115,
	}
	for _, e := range editions {
		rows := 0
		for _, f := range e.Files {
			rows += f.Reading.Rows
		}
		if rows != want[e.Source] {
			t.Errorf("%s: %d records, want %d", e.Source, rows, want[e.Source])
		}
		delete(want, e.Source)
	}
	if len(want) != 0 {
		t.Errorf("no edition of %v", want)
	}
	t.Logf("read in %v", time.Since(start).Round(time.Millisecond))
}

// Each edition of one directory is read as one; two together are refused.
func TestRealEditions(t *testing.T) {
	for _, dir := range []string{"2019-01", "2021-07", "2023-01", "2024-01", "2025-12"} {
		editions, errs := Read(t.Context(), realFiles(t, "us_ofac_sdn/"+dir+"/*"), Options{})
		if len(errs) != 0 || len(editions) != 1 {
			t.Errorf("%s: %d editions, %v", dir, len(editions), errs)
		}
	}
	editions, errs := Read(t.Context(), realFiles(t, "us_ofac_sdn/2019-01/*", "us_ofac_sdn/2021-07/*"), Options{})
	if len(editions) != 0 || len(errs) == 0 {
		t.Errorf("two editions at once: %d editions, %v", len(editions), errs)
	}
}

// What lies beside the lists and is none is refused, not taken for one.
func TestRealStrangers(t *testing.T) {
	for _, p := range []string{"lifecycle/*", "ownership/*", "eval/*.csv", "README.md"} {
		files := realFiles(t, p)
		editions, errs := Read(t.Context(), files, Options{})
		if len(editions) != 0 || len(errs) != len(files) {
			t.Errorf("%s: %d editions, %d errors of %d files", p, len(editions), len(errs), len(files))
		}
	}
}
