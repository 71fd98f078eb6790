package watch_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/watch"
)

// BenchmarkStart has a new watcher read and ask 2,000 decisions, half of them
// about listed parties, on SQLite.
func BenchmarkStart(b *testing.B) {
	const decisions = 2000
	s := benchStage(b, decisions)
	for b.Loop() {
		w := s.watcher(watch.Options{})
		s.catchUp(w)
		if got := w.Stats().Watched; got != decisions {
			b.Fatalf("%d are watched", got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/decisions, "µs/decision")
}

// BenchmarkMemory reports what a watched decision holds in memory.
func BenchmarkMemory(b *testing.B) {
	const decisions = 2000
	s := benchStage(b, decisions)
	for b.Loop() {
		before := heap()
		w := s.watcher(watch.Options{})
		s.catchUp(w)
		b.ReportMetric(float64(heap()-before)/decisions, "B/decision")
		runtime.KeepAlive(w)
	}
}

// BenchmarkOneChange imports an event file that concerns one of the watched
// decisions, and catches up; the figure is that of the catching up alone.
func BenchmarkOneChange(b *testing.B) {
	for _, decisions := range []int{200, 2000} {
		b.Run(fmt.Sprint(decisions, " watched"), func(b *testing.B) {
			s := benchStage(b, decisions)
			w := s.watcher(watch.Options{})
			s.catchUp(w)
			var spent time.Duration
			n := 0
			for b.Loop() {
				s.importYAML(listed(2*n, s.clock.today(), "stayed"), access.Public)
				n++
				begun := time.Now()
				s.catchUp(w)
				spent += time.Since(begun)
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(n), "µs/change")
		})
	}
}

func benchStage(b *testing.B, decisions int) *stage {
	s := openStage(b, b.TempDir(), "", "2021-01-14")
	for i := 0; i < decisions; i += 2 {
		s.importYAML(listed(i, "2021-01-14", "designated"), access.Public)
	}
	for i := range decisions {
		s.decide(access.Operator, fmt.Sprint("Maker ", i), "invest")
	}
	return s
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
