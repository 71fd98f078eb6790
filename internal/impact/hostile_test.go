package impact

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/access"
)

// A bill with very many components, or with names of any length, is a bill like
// others, and what comes after it is still taken in.
func TestHostileBills(t *testing.T) {
	w := newWorld(t, open(t))
	const many = 100_000
	purls := make([]string, many)
	for i := range purls {
		purls[i] = fmt.Sprintf("pkg:npm/p%06d@1.0.%d", i, i%7)
	}
	w.bill(access.Public, "2024-01-01", "pkg:oci/huge@1", purls...)
	long := strings.Repeat("x", 1<<16)
	w.bill(access.Public, "2024-01-02", "pkg:oci/long@1", "cpe:2.3:a:v:"+long, "pkg:npm/p000001@1.0.1", "not a purl at all", "pkg:npm/p000001@1.0.1")
	w.bill(access.Public, "2024-01-03", "pkg:oci/none@1")
	w.bill(access.Public, "2024-01-04", "pkg:oci/"+long+"@1", "pkg:npm/p000001@1.0.1")
	w.bill(access.Public, "2024-01-05", "pkg:oci/small@1", "pkg:npm/p000001@1.0.1")
	a := w.contains(w.now(), Query{PURL: "pkg:npm/p000001"}, 0, 10)
	var got []string
	for _, c := range a.Page {
		got = append(got, c.Release)
	}
	if want := "pkg:oci/huge@1 pkg:oci/long@1 pkg:oci/small@1"; strings.Join(got, " ") != want || a.Releases != 3 {
		t.Errorf("contained in %d: %v, want %s", a.Releases, got, want)
	}
	if s := w.index.Size(); s.Passed != 2 || s.Components != many+1 || s.Releases != 4 {
		t.Errorf("%+v: want 2 passed over, %d components, 4 releases", s, many+1)
	}
}
