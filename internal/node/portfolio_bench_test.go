package node

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// portfolioStore names the data folder of a store with a large portfolio. The
// benchmark adds advisories to it, so it is to be a copy.
const portfolioStore = "COUNTERSIGN_PORTFOLIO"

// BenchmarkPortfolioStore measures a store of many bills of the containers in
// the collection: how long it takes until the first question is answered, what
// one costs with its page of releases, and how long an advisory takes from its
// bytes to the counts of whom it concerns, durable in between. Its own time
// means nothing.
func BenchmarkPortfolioStore(b *testing.B) {
	dir := os.Getenv(portfolioStore)
	if dir == "" {
		b.Skipf("%s names no store", portfolioStore)
	}
	for b.Loop() {
		n, err := Open(b.Context(), Options{Data: dir})
		if err != nil {
			b.Fatal(err)
		}
		defer n.Close()
		ask := access.Ask{Reader: access.Operator}
		begun := time.Now()
		if _, err := n.Impact(b.Context(), ask, "pkg:npm/lodash", 0, 0); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "start-s")
		b.ReportMetric(heapMB(), "heap-MB")
		r := rand.New(rand.NewPCG(4, 2021))
		purls := containerPurls(b)
		report(b, "impact", 3000, func(i int) {
			answered(b, n, ask, subjectOf(b, n, ask, purls, r, i))
		})
		past := ask
		past.At.Known = "2026-06-01"
		report(b, "past", 500, func(i int) {
			answered(b, n, past, subjectOf(b, n, ask, purls, r, i))
		})
		report(b, "advisory", 100, func(i int) { advised(b, n, ask, purls, r, i) })
	}
}

func heapMB() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// report measures n times and reports quantiles in milliseconds.
func report(b *testing.B, what string, n int, do func(i int)) {
	took := make([]time.Duration, n)
	for i := range n {
		at := time.Now()
		do(i)
		took[i] = time.Since(at)
	}
	slices.Sort(took)
	for _, q := range []struct {
		name string
		at   int
	}{{"p50", n / 2}, {"p99", n * 99 / 100}, {"max", n - 1}} {
		b.ReportMetric(float64(took[q.at].Microseconds())/1000, what+"-"+q.name+"-ms")
	}
}

// containerPurls is what the containers of the collection contain, once for
// each that does.
func containerPurls(b *testing.B) (out []string) {
	b.Helper()
	f, err := os.Open(realdata.Path(b, "data/software/portfolio-purls.tsv.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		_, purl, ok := strings.Cut(lines.Text(), "\t")
		if ok && !strings.HasSuffix(bare(purl), "/") { // a few have no name
			out = append(out, purl)
		}
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

// bare is a purl without version, qualifiers and subpath.
func bare(purl string) string {
	purl, _, _ = strings.Cut(purl, "?")
	purl, _, _ = strings.Cut(purl, "#")
	if i := strings.LastIndex(purl, "@"); i > 0 {
		purl = purl[:i]
	}
	return purl
}

// subjectOf is what is asked i-th: packages as common as they are, in any
// version or in one, and weaknesses.
func subjectOf(b *testing.B, n *Node, ask access.Ask, purls []string, r *rand.Rand, i int) string {
	purl := purls[r.IntN(len(purls))]
	switch i % 4 {
	case 0, 1:
		return bare(purl)
	case 2:
		return purl
	}
	return weaknesses(b, n, ask)[r.IntN(sampled)]
}

const sampled = 200

var sample []string

// weaknesses is some that concern a component of some release.
func weaknesses(b *testing.B, n *Node, ask access.Ask) []string {
	if len(sample) > 0 {
		return sample
	}
	ask, err := n.Ledger.Resolve(b.Context(), ask)
	if err != nil {
		b.Fatal(err)
	}
	enough := errors.New("enough")
	err = n.portfolio.Each(b.Context(), ask, func(f *impact.Found) error {
		for _, one := range f.Findings {
			if sample = append(sample, one.Advisory); len(sample) == sampled {
				return enough
			}
		}
		return nil
	})
	if !errors.Is(err, enough) {
		b.Fatalf("%d findings in the whole portfolio, %v", len(sample), err)
	}
	return sample
}

func answered(b *testing.B, n *Node, ask access.Ask, subject string) *Impact {
	b.Helper()
	found, err := n.Impact(b.Context(), ask, subject, 0, 0)
	if problem.KindOf(err) == problem.NotFound {
		return nil // an advisory that was not published on the day
	}
	if err != nil {
		b.Fatal(err)
	}
	if _, err := json.Marshal(found); err != nil {
		b.Fatal(err)
	}
	return found
}

// advised imports an advisory about a package of the portfolio, and asks whom
// it concerns.
func advised(b *testing.B, n *Node, ask access.Ask, purls []string, r *rand.Rand, i int) {
	b.Helper()
	name := ""
	for name == "" {
		name, _ = strings.CutPrefix(bare(purls[r.IntN(len(purls))]), "pkg:golang/")
		if !strings.HasPrefix(name, "github.com/") { // others may be of no module
			name = ""
		}
	}
	id := fmt.Sprintf("GO-%d-%d", time.Now().UnixNano(), i)
	text := fmt.Appendf(nil, `{"schema_version":"1.6.0","id":%q,"modified":"2026-11-20T00:00:00Z","published":"2026-11-20T00:00:00Z",
		"affected":[{"package":{"ecosystem":"Go","name":%q},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"99.0.0"}]}]}]}`, id, name)
	got, err := n.Import(context.Background(), access.Operator, []intake.File{{Name: id + ".json", Bytes: text}}, ImportOptions{})
	if err != nil || len(got.Failed) > 0 {
		b.Fatal(err, got)
	}
	if found := answered(b, n, ask, id); found == nil || found.Total == 0 {
		b.Fatalf("%s is about %s, and concerns nobody", id, name)
	}
}
