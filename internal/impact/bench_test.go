package impact

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/advisory/osv"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// real is what a benchmark over real containers and advisories runs on.
func real(t testing.TB, sboms int) Options {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	rows, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return Options{SBOMs: sboms, Purls: rows, Advisories: published(t), Dir: t.TempDir()}
}

// published is all that the collection has of them.
func published(t testing.TB) (out []ledger.Statement) {
	t.Helper()
	for _, name := range []string{"Bitnami", "Go", "Maven", "Packagist", "PyPI", "RubyGems", "crates.io", "npm"} {
		path := realdata.Path(t, "data/software/osv/"+name+".zip")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := osv.Read(context.Background(), path, b, osv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Statements...)
	}
	return out
}

// The real containers as they are, and half as many again with other versions:
// the index says of every one what a full scan says.
func TestRealContainers(t *testing.T) {
	o := real(t, 2500)
	o.Compared = true
	f, err := Bench(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(f)
	t.Logf("%s", b)
	if f.Equal == nil || !*f.Equal {
		t.Error("the index does not say what a full scan says")
	}
	if f.Findings == 0 || f.Components < 84_000 {
		t.Errorf("%d distinct components, %d findings: the real lists have 84,000 and more", f.Components, f.Findings)
	}
}

func TestBenchRefuses(t *testing.T) {
	rows := func() io.Reader { return strings.NewReader("a\tpkg:npm/a@1\n") }
	for name, o := range map[string]Options{
		"no SBOMs":      {SBOMs: 0, Purls: rows()},
		"no advisories": {SBOMs: 1, Purls: rows(), Dir: t.TempDir()},
		"no rows":       {SBOMs: 1, Purls: strings.NewReader(""), Dir: t.TempDir()},
	} {
		if _, err := Bench(context.Background(), o); !errors.Is(err, problem.Invalid) {
			t.Errorf("%s: %v, want an error of kind invalid", name, err)
		}
	}
}

func BenchmarkPortfolio10k(b *testing.B)  { benchmark(b, 10_000) }
func BenchmarkPortfolio100k(b *testing.B) { benchmark(b, 100_000) }

// benchmark reports the figures of one run; its own time means nothing.
func benchmark(b *testing.B, sboms int) {
	for b.Loop() {
		o := real(b, sboms)
		o.Compared = true
		f, err := Bench(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, o.Purls)
		b.ReportMetric(f.Build, "build-s")
		b.ReportMetric(f.Heap, "heap-MB")
		b.ReportMetric(f.ImpactP99, "impact-p99-ms")
		b.ReportMetric(f.AdvisoryP99, "advisory-p99-ms")
		b.ReportMetric(f.Delta, "delta-s")
		line, _ := json.Marshal(f)
		b.Logf("%s", line)
	}
}
