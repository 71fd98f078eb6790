package match_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"countersign.dev/internal/screening/match"
	"countersign.dev/internal/screening/specimen"
)

// BenchmarkSearch measures one search among the specimen names of so many
// entries, from one goroutine; p50 and p99 are over all that ran.
func BenchmarkSearch(b *testing.B) {
	for _, entries := range []int{20_000, 100_000, 500_000} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			s := built(b, entries)
			queries := specimen.Queries(entries, 5000)
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				q := queries[i%len(queries)]
				at := time.Now()
				s.Search(match.Prepare(q), match.Threshold, nil)
				took = append(took, time.Since(at))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	names := slices.Collect(specimen.Names(100_000))
	for b.Loop() {
		if _, err := match.Build(context.Background(), slices.Values(names)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(names)), "names")
}

func BenchmarkPrepare(b *testing.B) {
	queries := specimen.Queries(1000, 1000)
	for i := 0; b.Loop(); i++ {
		match.Prepare(queries[i%len(queries)])
	}
}

func built(b *testing.B, entries int) *match.Segment {
	b.Helper()
	at := time.Now()
	s, err := match.Build(context.Background(), specimen.Names(entries))
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(at)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("%d names of %d entries: built in %v, heap %d MB", s.Len(), entries, took.Round(time.Millisecond), m.HeapAlloc>>20)
	return s
}
