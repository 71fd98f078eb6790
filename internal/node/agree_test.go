package node

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/realdata"
)

// takeIn imports files of the collection, by a pattern below its folder of
// software.
func takeIn(t testing.TB, n *Node, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/software"), pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: filepath.Base(path), Bytes: b}}, ImportOptions{})
			if err != nil || len(r.Failed) > 0 {
				t.Fatal(path, err, r)
			}
		}
	}
}

// The two ways to findings agree: one release by looking its packages up, and
// the portfolio by its index, for every container at hand.
func TestTheTwoWaysToFindingsAgree(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	takeIn(t, n, "osv/*.zip", "sbom/containers-spdx/*.gz", "sbom/guac-data-cyclonedx/*")
	ask, err := n.Ledger.Resolve(t.Context(), access.Ask{Reader: access.Operator})
	if err != nil {
		t.Fatal(err)
	}
	releases, findings, unknown := 0, 0, 0
	err = n.portfolio.Each(t.Context(), ask, func(found *impact.Found) error {
		d, err := n.Show(t.Context(), ask, found.Release)
		if err != nil {
			return err
		}
		if d.Software == nil {
			return fmt.Errorf("%s: no release", found.Release)
		}
		var one, all []string
		for i := range d.Findings {
			f := &d.Findings[i]
			one = append(one, strings.Join([]string{f.Identity, f.Advisory, fmt.Sprint(sorted(f.Aliases)), string(f.State), fmt.Sprint(f.Fixed), fmt.Sprint(f.Weak)}, " "))
			if f.State == "unknown" {
				unknown++
			}
		}
		for i := range found.Findings {
			f := &found.Findings[i]
			all = append(all, strings.Join([]string{f.Component, f.Advisory, fmt.Sprint(sorted(f.Aliases)), string(f.State), fmt.Sprint(f.Fixed), fmt.Sprint(f.Weak)}, " "))
		}
		slices.Sort(one)
		slices.Sort(all)
		if diff := cmp.Diff(one, all); diff != "" {
			t.Errorf("%s (-one release +portfolio):\n%s", found.Release, diff)
		}
		releases, findings = releases+1, findings+len(one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d releases, %d findings, %d of them unknown", releases, findings, unknown)
	if releases < 118 || findings == 0 {
		t.Errorf("%d releases, %d findings", releases, findings)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
