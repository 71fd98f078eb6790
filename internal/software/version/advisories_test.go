package version_test

import (
	"archive/zip"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/version"
)

// TestAdvisories reads every bound of every range of 17,700 advisories.
func TestAdvisories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/software/osv"), "*.zip"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	bounds, unread := map[string]int{}, map[string][]string{}
	for _, file := range files {
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			for _, b := range boundsOf(t, f) {
				bounds[b.ecosystem]++
				if _, err := version.Parse(b.ecosystem, b.version); err != nil && !slices.Contains(unread[b.ecosystem], b.version) {
					unread[b.ecosystem] = append(unread[b.ecosystem], b.version)
				}
			}
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("bounds read: %v", bounds)
	counts := map[string]int{}
	for e, list := range unread {
		slices.Sort(list)
		t.Logf("%s: not versions: %q", e, list)
		counts[e] = len(list)
	}
	want := map[string]int{"PyPI": 2, "npm": 10} // dates, patterns, and what NSWG wrote before it had a form
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("bounds that are no versions: %s", diff)
	}
}

type bound struct{ ecosystem, version string }

func boundsOf(t *testing.T, f *zip.File) (out []bound) {
	t.Helper()
	if !strings.HasSuffix(f.Name, ".json") {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var record struct {
		Affected []struct {
			Package struct{ Ecosystem string }
			Ranges  []struct {
				Type   string
				Events []map[string]string
			}
		}
	}
	if err := json.NewDecoder(r).Decode(&record); err != nil {
		t.Logf("%s: %v", f.Name, err)
		return nil
	}
	for _, a := range record.Affected {
		for _, r := range a.Ranges {
			for _, event := range r.Events {
				for _, v := range event {
					if r.Type != "GIT" {
						out = append(out, bound{a.Package.Ecosystem, v})
					}
				}
			}
		}
	}
	return out
}
