package node

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/realdata"
)

// BenchmarkImportBills takes in the hundred container bills of the collection,
// packed as they are, as many at once as import does. Each round begins with an
// empty store on disk.
func BenchmarkImportBills(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(realdata.Path(b, "data/software/sbom/containers-spdx"), "*.gz"))
	if err != nil || len(paths) == 0 {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		n := openNode(b, b.TempDir(), "")
		b.StartTimer()
		next := make(chan string)
		var workers sync.WaitGroup
		for range 2 * runtime.GOMAXPROCS(0) {
			workers.Go(func() {
				for path := range next {
					text, err := os.ReadFile(path)
					if err != nil {
						b.Error(err)
						return
					}
					r, err := n.Import(context.Background(), access.Operator, []intake.File{{Name: filepath.Base(path), Bytes: text}}, ImportOptions{})
					if err != nil || len(r.Failed) > 0 {
						b.Error(err, r)
						return
					}
				}
			})
		}
		for _, path := range paths {
			next <- path
		}
		close(next)
		workers.Wait()
	}
	b.ReportMetric(float64(len(paths)*b.N)/b.Elapsed().Seconds(), "bills/s")
}
