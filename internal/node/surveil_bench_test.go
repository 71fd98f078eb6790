package node

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countersign.dev/internal/label"
	"countersign.dev/internal/surveillance/specimen"
)

// BenchmarkSurveillance lists a maker of 2,000 labels, or of one in a hundred of
// them, on SQLite; the figures are from the import to the last event durable. The
// whole is measured by "countersign bench labels".
func BenchmarkSurveillance(b *testing.B) {
	for _, share := range []int{1, 100} {
		b.Run(fmt.Sprintf("1 label of %d", share), func(b *testing.B) {
			const labels = 2000
			var spent time.Duration
			n := 0
			for b.Loop() {
				b.StopTimer()
				k := openKeeping(b, "", "2021-01-10")
				given := make([]specimen.Given, labels)
				for i := range given {
					given[i] = specimen.Given{ID: specimen.Number(i), Terms: specimen.Terms("iot-mark", specimen.Maker(i%share), cameraPURL, k.day)}
				}
				e, err := specimen.Edition(k.options.Now(), given)
				k.must(err)
				_, err = k.Ledger.Append(context.Background(), e)
				k.must(err)
				k.must(k.watcher.CatchUp(context.Background()))
				b.StartTimer()
				begun := time.Now()
				k.take(listingFile("bench", "us-dod-1260h", specimen.Maker(0), k.day, "designated", string(k.day)))
				k.must(k.watcher.CatchUp(context.Background()))
				spent += time.Since(begun)
				if s := k.watcher.Stats(); s.Appended != int64(labels/share) || k.status(given[0].ID, k.day) != label.StatusSuspended {
					b.Fatalf("%+v", s)
				}
				n += labels / share
			}
			b.ReportMetric(float64(n)/spent.Seconds(), "labels/s")
			b.ReportMetric(float64(spent.Microseconds())/float64(n), "µs/label")
		})
	}
}
