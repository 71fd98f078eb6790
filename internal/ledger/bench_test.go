package ledger

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// BenchmarkAppend appends documents of 1 KiB, each in an edition of its own,
// from one caller and from sixty-four; BenchmarkFsync writes the same bytes to
// a file and syncs it after each.
func BenchmarkAppend(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", engine, callers), func(b *testing.B) {
				store, err := db.Open(context.Background(), dbtest.URL(b, engine), db.Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer store.Close()
				signer, verifier := newKeys(b)
				l := New(store, Options{Signer: signer, Verifier: verifier})
				defer l.Close()
				var n atomic.Int64
				b.SetParallelism(callers / 2)
				b.ResetTimer()
				run := func(more func() bool) {
					for more() {
						e := Edition{Documents: []Document{{Bytes: kilobyte(n.Add(1)), Kind: "bench", Name: "doc", Published: "2021-01-01"}}}
						if _, err := l.Append(context.Background(), e); err != nil {
							b.Error(err)
							return
						}
					}
				}
				if callers == 1 {
					run(b.Loop)
				} else {
					b.RunParallel(func(pb *testing.PB) { run(pb.Next) })
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
			})
		}
	}
}

func kilobyte(n int64) []byte {
	b := make([]byte, 1024)
	copy(b, fmt.Sprint(n))
	return b
}

func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var n int64
	for b.Loop() {
		n++
		if _, err := f.Write(kilobyte(n)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}
