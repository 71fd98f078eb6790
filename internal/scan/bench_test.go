package scan

import (
	"context"
	"testing"
)

// TestBench finds all that was planted, and what a plain look finds.
func TestBench(t *testing.T) {
	m, err := Bench(context.Background(), BenchOptions{Lines: 20_000, Indicators: 5_000, Planted: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if m.Found != m.Planted || m.Wrong > 0 || m.Compared == 0 {
		t.Errorf("%+v", m)
	}
}

// BenchmarkScan looks through 200,000 lines with 100,000 indicators, on one
// goroutine.
func BenchmarkScan(b *testing.B) {
	for b.Loop() {
		m, err := Bench(context.Background(), BenchOptions{Lines: 200_000, Indicators: 100_000, Planted: 200, Jobs: 1, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(m.Lines)/m.Scan.Seconds(), "lines/s")
		b.ReportMetric(float64(m.Bytes)/1e6/m.Scan.Seconds(), "MB/s")
	}
}
