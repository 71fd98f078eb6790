package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening/match"
	"countersign.dev/internal/screening/specimen"
)

type benchScreenFlags struct {
	entities int
	queries  int
	names    string
}

func (a *app) benchScreen() *cobra.Command {
	var f benchScreenFlags
	c := command("screen", "Names screened a second, among as many entities as wanted", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.entities < 1 || f.queries < 100 {
			return usage(cmd, "want at least 1 entity and 100 queries")
		}
		return a.runBenchScreen(cmd.Context(), &f)
	})
	c.Long = "Screen measures how long it takes to build an index of names and to search it, in\nthis process and without a store. The names are made by rules: persons,\norganisations and ships in Latin, Cyrillic, Arabic and Chinese letters, with words as\ncommon and as rare as on real lists. Of the queries 40 % are names of nobody, 15 %\nexact, 20 % with a slip, 13 % in another order, 12 % with a word left out."
	c.Flags().IntVar(&f.entities, "entities", 100_000, "in the index, `N`")
	c.Flags().IntVar(&f.queries, "queries", 5000, "for each figure, `N`")
	c.Flags().StringVar(&f.names, "names", "", "ask for the names in the first column of this CSV `FILE`, after its header, instead")
	return c
}

// screenReport is what was measured, at one threshold and on one machine.
type screenReport struct {
	P50       float64 `json:"p50_ms"` // of searches from one client
	P99       float64 `json:"p99_ms"`
	PerSecond float64 `json:"queries_per_second"` // from as many clients as there are processors
	Build     float64 `json:"build_s"`
	Memory    float64 `json:"rss_mb"` // of the process, once the index is built
}

func (a *app) runBenchScreen(ctx context.Context, f *benchScreenFlags) error {
	queries := specimen.Queries(f.entities, 2*f.queries)
	asked := "made names"
	if f.names != "" {
		named, err := queriesFrom(f.names, 2*f.queries)
		if err != nil {
			return err
		}
		queries, asked = named, "names of "+f.names
	}
	at := time.Now()
	segment, err := match.Build(ctx, specimen.Names(f.entities))
	if err != nil {
		return err
	}
	r := screenReport{Build: float64(time.Since(at).Milliseconds()) / 1000, Memory: residentMB()}
	// Each figure is of queries of its own: what a segment remembers of one
	// must not flatter the other.
	alone, together := queries[:len(queries)/2], queries[len(queries)/2:]
	took, _, err := searchAll(ctx, segment, alone, 1)
	if err != nil {
		return err
	}
	slices.Sort(took)
	r.P50, r.P99 = milliseconds(quantile(took, 0.50)), milliseconds(quantile(took, 0.99))
	took, all, err := searchAll(ctx, segment, together, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	r.PerSecond = float64(int(10*float64(len(took))/all.Seconds())) / 10
	if a.wantsJSON() {
		return a.json(r)
	}
	a.line("%s", machine())
	a.line("%d names of %d made entities, %d queries for %s, threshold %v, %s", segment.Len(), f.entities, len(alone), oneLine(asked), match.Threshold, match.Version)
	a.table([][]string{
		{"p50 ms", "p99 ms", "queries a second", "build s", "rss MB"},
		{fmt.Sprintf("%.2f", r.P50), fmt.Sprintf("%.2f", r.P99), fmt.Sprintf("%.0f", r.PerSecond), fmt.Sprintf("%.2f", r.Build), fmt.Sprintf("%.0f", r.Memory)},
	})
	return nil
}

// searchAll searches for every query once, from several clients at the same
// time, and returns how long each search took, and all together.
func searchAll(ctx context.Context, s *match.Segment, queries []match.Query, clients int) ([]time.Duration, time.Duration, error) {
	took := make([]time.Duration, len(queries))
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range clients {
		wg.Go(func() {
			for i := c; i < len(queries) && ctx.Err() == nil; i += clients {
				at := time.Now()
				s.Search(match.Prepare(queries[i]), match.Threshold, nil)
				took[i] = time.Since(at)
			}
		})
	}
	wg.Wait()
	return took, time.Since(begun), ctx.Err()
}

// maxNameRow is the longest row of a file of names, in bytes.
const maxNameRow = 1 << 16

// queriesFrom is the first column of a CSV file, below its header, at most so
// many rows of it.
func queriesFrom(path string, limit int) ([]match.Query, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.New(problem.NotFound, "names %s: %v", path, err)
	}
	defer file.Close()
	r := csv.NewReader(bufio.NewReader(io.LimitReader(file, int64(limit+1)*maxNameRow)))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	if _, err := r.Read(); err != nil {
		return nil, problem.New(problem.Invalid, "names %s: want a header and rows: %v", path, err)
	}
	var out []match.Query
	for len(out) < limit {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "names %s: %v", path, err)
		}
		out = append(out, match.Query{Text: strings.Clone(row[0])})
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "names %s: no row below the header", path)
	}
	return out, nil
}

// residentMB is the memory of this process that is in use, in megabytes, after
// what building left over is given back; where the system does not tell, that
// of the heap.
func residentMB() float64 {
	runtime.GC()
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(b)); len(fields) > 1 {
			if pages, err := strconv.Atoi(fields[1]); err == nil {
				return float64(pages*os.Getpagesize()>>10) / 1024
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc>>10) / 1024
}
