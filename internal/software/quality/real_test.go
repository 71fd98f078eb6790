package quality

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/spdx"
)

// containers are the bills of popular containers whose names begin alike, as
// one generator made them.
func containers(t *testing.T, prefix string) []*software.Bill {
	t.Helper()
	dir := realdata.Path(t, "data/software/sbom/containers-spdx")
	files, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no bills of %s: %v", prefix, err)
	}
	var out []*software.Bill
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		bill, err := spdx.Read(t.Context(), b, spdx.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, bill)
	}
	return out
}

// TestContainers holds the assessment to what is known of these bills, in
// shares of all components: nobody names a supplier, trivy writes no hashes,
// syft relates hardly anything to anything, and nearly all could be matched if
// advisories of every ecosystem were held.
func TestContainers(t *testing.T) {
	type share struct{ least, most float64 }
	all := shippedCatalogues(t)
	for generator, want := range map[string]map[string]share{
		"syft-": {
			"supplier": {0, 0}, "name": {1, 1}, "version": {0.98, 1}, "producer": {0.4, 0.6}, "hash": {0.3, 0.45},
			"licence": {0.3, 0.45}, "relation": {0, 0.1}, "matched": {0.97, 1},
		},
		"trivy-": {
			"supplier": {0, 0}, "name": {1, 1}, "version": {0.98, 1}, "producer": {0, 0}, "hash": {0, 0},
			"licence": {0.5, 0.7}, "relation": {0.99, 1}, "matched": {0.97, 1},
		},
	} {
		got, components := map[string]int{}, 0
		var took time.Duration
		for _, b := range containers(t, generator) {
			start := time.Now()
			r := Assess(b, all, Env{Day: "2026-07-01", Source: func(string) bool { return true }})
			took += time.Since(start)
			components += r.Components
			got["supplier"] += elementOf(t, r, "sbom-ntia-2021", "data.supplier").Have
			got["name"] += elementOf(t, r, "sbom-cisa-2026", "component.name").Have
			got["version"] += elementOf(t, r, "sbom-cisa-2026", "component.version").Have
			got["producer"] += elementOf(t, r, "sbom-cisa-2026", "component.producer").Have
			got["hash"] += elementOf(t, r, "sbom-cisa-2026", "component.hash").Have
			got["licence"] += elementOf(t, r, "sbom-cisa-2026", "component.licence").Have
			got["relation"] += elementOf(t, r, "sbom-cisa-2026", "component.relationship").Have
			got["matched"] += r.Matchability.Sourced
		}
		t.Logf("%s: %d components in %v: %v", generator, components, took, got)
		for what, w := range want {
			if has := float64(got[what]) / float64(components); has < w.least || has > w.most {
				t.Errorf("%s: %s of %d of %d components, want a share from %v to %v", generator, what, got[what], components, w.least, w.most)
			}
		}
	}
}
