package scan

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"countersign.dev/internal/sharing/observable"
)

// BenchOptions is what Bench measures on.
type BenchOptions struct {
	Lines      int // of the log
	Indicators int // one in ten is a network, four are addresses, four names, and one is a hash
	Planted    int // lines with one of them
	Jobs       int
	Seed       uint64
	Keep       string // directory to write the log and the values to, for other programs; "" for none
}

// Measured is what Bench measured.
type Measured struct {
	Lines      int           `json:"lines"`
	Bytes      int64         `json:"bytes"`
	Indicators int           `json:"indicators"`
	Planted    int           `json:"planted"`
	Found      int           `json:"found"` // planted lines that were found
	Hits       int64         `json:"hits"`
	Memory     uint64        `json:"index_bytes"` // of the index, with what Go keeps beside it
	Build      time.Duration `json:"-"`
	Scan       time.Duration `json:"-"`
	Compared   int           `json:"compared"` // lines that were compared with a plain look
	Wrong      int           `json:"wrong"`    // of them, those with other hits
}

// Bench makes indicators and a log in the form of Zeek's, of some 245 bytes a
// line, and measures how fast it is looked through. A sample of the lines is
// compared with a plain look for each indicator.
func Bench(ctx context.Context, opts BenchOptions) (*Measured, error) {
	r := rand.New(rand.NewPCG(opts.Seed, 1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	x, values := benchIndex(r, opts.Indicators)
	m := &Measured{Lines: opts.Lines, Indicators: x.Len(), Build: time.Since(begin)}
	runtime.ReadMemStats(&after)
	m.Memory = after.Sys - min(before.Sys, after.Sys)
	log := &benchLog{r: r, left: opts.Lines, values: values}
	if opts.Planted > 0 {
		log.every = max(1, opts.Lines/opts.Planted)
	}
	text, planted := log.make()
	m.Bytes = int64(len(text))
	if opts.Keep != "" {
		if err := keepBench(opts.Keep, text, values); err != nil {
			return nil, err
		}
	}
	found := map[int64]bool{}
	begin = time.Now()
	stats, err := x.Scan(ctx, "bench", bytes.NewReader(text), Options{Jobs: opts.Jobs}, func(h Hit) error {
		found[h.Line] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.Scan, m.Hits, m.Planted = time.Since(begin), stats.Hits, len(planted)
	for _, line := range planted {
		if found[line] {
			m.Found++
		}
	}
	m.compare(text, values, found)
	return m, nil
}

// keepBench writes the log, and the values one a line, as a search for fixed texts
// takes them: of a network what its addresses begin with.
func keepBench(dir string, text []byte, values []observable.Value) error {
	var list strings.Builder
	for _, v := range values {
		list.WriteString(strings.TrimSuffix(v.Text, "0/24") + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.log"), text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "values.txt"), []byte(list.String()), 0o644)
}

func benchIndex(r *rand.Rand, count int) (*Index, []observable.Value) {
	x := NewIndex()
	values := make([]observable.Value, 0, count)
	for len(values) < count {
		var text string
		switch n := len(values) % 10; {
		case n == 0:
			text = fmt.Sprintf("%d.%d.%d.0/24", 11+r.IntN(80), r.IntN(256), r.IntN(256))
		case n < 5:
			text = fmt.Sprintf("%d.%d.%d.%d", 11+r.IntN(80), r.IntN(256), r.IntN(256), r.IntN(256))
		case n < 9:
			text = fmt.Sprintf("c2-%08x.%s", r.Uint32(), []string{"evil.example", "bad-updates.org", "cdn77.test"}[r.IntN(3)])
		default:
			text = fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
		}
		v, ok := observable.ParseQuery(text)
		if ok && x.AddValue(v, Indicator{ID: fmt.Sprintf("indicator--%032x", len(values)), Marking: "TLP:AMBER"}) {
			values = append(values, v)
		}
	}
	return x, values
}

// benchLog makes the lines of a log.
type benchLog struct {
	r           *rand.Rand
	left, every int
	values      []observable.Value
}

func (l *benchLog) make() (text []byte, planted []int64) {
	text = append(text, "#separator \\x09\n#path\thttp\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\thost\turi\tuser_agent\tmd5\tnote\n"...)
	text = append(make([]byte, 0, l.left*250+1000), text...)
	for n := range l.left {
		to := fmt.Sprintf("%d.%d.%d.%d", 100+l.r.IntN(90), l.r.IntN(256), l.r.IntN(256), 1+l.r.IntN(254))
		host := fmt.Sprintf("www%d.%s.com", l.r.IntN(1000), []string{"intranet-portal", "news-site", "software-updates", "mail-service"}[l.r.IntN(4)])
		hash := fmt.Sprintf("%016x%016x", l.r.Uint64(), l.r.Uint64())
		if l.every > 0 && n%l.every == l.every/2 {
			switch v := l.values[l.r.IntN(len(l.values))]; {
			case v.Kind == observable.Domain:
				host = "sub." + v.Text
			case v.Kind == observable.IPv4:
				to = strings.TrimSuffix(v.Text, "0/24")
				if to != v.Text {
					to += "77"
				}
			default:
				hash = v.Text
			}
			planted = append(planted, int64(n)+4)
		}
		text = fmt.Appendf(text, "16078%05d.%06d\tC%016x\t10.%d.%d.%d\t%d\t%s\t443\ttcp\t%s\t/path/to/resource-%d/index.html?session=%08x\tMozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\t%s\t-\n",
			n%100000, l.r.IntN(1e6), l.r.Uint64(), l.r.IntN(256), l.r.IntN(256), l.r.IntN(256), 1024+l.r.IntN(60000), to, host, l.r.IntN(100), l.r.Uint32(), hash)
	}
	return text, planted
}

// compared is how many lines are compared with a plain look.
const compared = 100

// compare looks for each value in a sample of the lines, by cutting them up, and
// counts those where the scan said otherwise.
func (m *Measured) compare(text []byte, values []observable.Value, found map[int64]bool) {
	step := max(1, m.Lines/compared)
	line := int64(0)
	for b := range bytes.Lines(text) {
		if line++; line < 4 || int(line)%step != 0 && !found[line] || m.Compared >= 2*compared {
			continue
		}
		m.Compared++
		if plainly(string(b), values) != found[line] {
			m.Wrong++
		}
	}
}

// plainly reports whether a line has one of the values, column by column.
func plainly(line string, values []observable.Value) bool {
	columns := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' || r == '\n' || r == ' ' || r == '/' || r == '?' || r == '=' })
	for _, v := range values {
		for _, c := range columns {
			switch v.Kind {
			case observable.IPv4:
				if c == v.Text {
					return true
				}
				if p, network := strings.CutSuffix(v.Text, "0/24"); network && strings.HasPrefix(c, p) && strings.Count(c, ".") == 3 {
					return true
				}
			case observable.Domain:
				if c == v.Text || strings.HasSuffix(c, "."+v.Text) {
					return true
				}
			default:
				if c == v.Text {
					return true
				}
			}
		}
	}
	return false
}
