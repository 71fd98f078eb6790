package scan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"runtime"
	"strings"
	"time"

	"countersign.dev/internal/logs"
	"countersign.dev/internal/sharing/observable"
)

// Hit is a line in which something was found that is looked for.
type Hit struct {
	File      string          `json:"file"`
	Line      int64           `json:"line"`
	Offset    int64           `json:"offset"` // of the line, in bytes, uncompressed
	SHA256    string          `json:"sha256"` // of the line without its break
	Kind      observable.Kind `json:"kind"`
	Value     string          `json:"value"` // as it stands in the line
	Indicator Indicator       `json:"indicator"`
	Time      time.Time       `json:"time,omitzero"`
	Host      string          `json:"host,omitempty"`
	Text      string          `json:"text"`           // of the line, the first 500 bytes
	With      []int64         `json:"with,omitempty"` // further lines by which a pattern matches
}

// Stats is what a log held.
type Stats struct {
	Format  string `json:"format"`
	Lines   int64  `json:"lines"`
	Bytes   int64  `json:"bytes"`
	Odd     int64  `json:"odd"`      // lines that are not what the format says; looked through nevertheless
	TooLong int64  `json:"too_long"` // lines of which only the beginning was looked through
	Hits    int64  `json:"hits"`
}

// Options of a scan.
type Options struct {
	Format string    // of the log; "" to be told by its beginning
	Jobs   int       // goroutines; one for each processor when 0
	At     time.Time // when lines without a time were written; now when zero
}

// work is a block under way, and what was found in it.
type work struct {
	block *logs.Block
	done  chan struct{}
	lines int64
	odd   int64
	hits  []Hit
	parts []candidate
}

// Scan looks through a log and calls hit for each line in which something is
// found, in order. What could be read of a log that is cut off was looked
// through; the error then names the line.
func (x *Index) Scan(ctx context.Context, name string, r io.Reader, opts Options, hit func(Hit) error) (*Stats, error) {
	l, err := logs.Open(name, r, opts.Format)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if opts.Jobs <= 0 {
		opts.Jobs = runtime.GOMAXPROCS(0)
	}
	if opts.At.IsZero() {
		opts.At = time.Now()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	todo, queue := make(chan *work), make(chan *work, 2*opts.Jobs)
	failed := make(chan error, 1)
	for range opts.Jobs {
		go x.look(l.Format, name, opts.At, todo)
	}
	go func() {
		defer close(queue)
		defer close(todo)
		failed <- deal(ctx, l, todo, queue)
	}()
	stats := &Stats{Format: l.Format.Name}
	seen := memory{}
	var told error
	for w := range queue {
		<-w.done
		if told == nil {
			told = x.tell(w, stats, seen, hit)
		}
		if told != nil {
			stop()
		}
	}
	err = <-failed
	stats.TooLong = l.TooLong()
	if told != nil {
		return stats, told
	}
	return stats, err
}

// deal reads blocks and hands them to whoever is free, and in their order to who
// tells of them.
func deal(ctx context.Context, l *logs.Reader, todo, queue chan<- *work) error {
	for {
		b, err := l.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		w := &work{block: b, done: make(chan struct{})}
		select {
		case todo <- w:
			queue <- w
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tell gives the hits of a block, with those of patterns that span lines.
func (x *Index) tell(w *work, stats *Stats, seen memory, hit func(Hit) error) error {
	stats.Lines, stats.Odd, stats.Bytes = stats.Lines+w.lines, stats.Odd+w.odd, stats.Bytes+int64(len(w.block.Bytes))
	give := func(h Hit) error {
		stats.Hits++
		return hit(h)
	}
	hits := w.hits
	for _, c := range w.parts {
		for len(hits) > 0 && hits[0].Line <= c.hit.Line {
			if err := give(hits[0]); err != nil {
				return err
			}
			hits = hits[1:]
		}
		by := seen.match(x, c)
		if len(by) == 0 {
			continue
		}
		h := by[len(by)-1].hit
		for _, b := range by[:len(by)-1] {
			h.With = append(h.With, b.hit.Line)
		}
		if err := give(h); err != nil {
			return err
		}
	}
	for _, h := range hits {
		if err := give(h); err != nil {
			return err
		}
	}
	return nil
}

// look looks through blocks until there are no more.
func (x *Index) look(format *logs.Format, name string, at time.Time, todo <-chan *work) {
	f := &finder{x: x}
	for w := range todo {
		number, offset := w.block.Line, w.block.Offset
		for rest := w.block.Bytes; len(rest) > 0; {
			line, next := rest, []byte(nil)
			if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				line, next = rest[:i], rest[i+1:]
			}
			size := int64(len(rest) - len(next))
			line = bytes.TrimSuffix(line, []byte{'\r'})
			if format.Odd(line) {
				w.odd++
			}
			values := f.find(line)
			if len(x.forms) > 0 {
				f.forms(line)
				values = f.out
			}
			if len(values) > 0 {
				x.hits(w, format, line, values, Hit{File: name, Line: number, Offset: offset}, at)
			}
			number, offset, rest = number+1, offset+size, next
			w.lines++
		}
		close(w.done)
	}
}

// maxShown is how much of a line a hit gives.
const maxShown = 500

// hits makes hits of the values that were found in a line, each indicator once.
func (x *Index) hits(w *work, format *logs.Format, line []byte, values []found, h Hit, at time.Time) {
	record := format.Record(line)
	sum := sha256.Sum256(line)
	h.SHA256, h.Time, h.Host = hex.EncodeToString(sum[:]), record.Time, record.Host
	h.Text = strings.ToValidUTF8(string(line[:min(len(line), maxShown)]), "\uFFFD")
	when := record.Time
	if when.IsZero() {
		when = at
	}
	told := map[link]bool{}
	for _, v := range values {
		for n := v.link; n > 0; n = x.next[n-1].next {
			k := link{indicator: x.next[n-1].indicator, window: x.next[n-1].window}
			if told[k] || !x.indicators[k.indicator].counts(when) {
				continue
			}
			told[k] = true
			h.Kind, h.Value, h.Indicator = v.kind, strings.ToValidUTF8(string(v.text), "\uFFFD"), x.indicator(k.indicator)
			if k.window == 0 {
				w.hits = append(w.hits, h)
				continue
			}
			o := observe(line, record)
			if record.Time.IsZero() {
				o.First, o.Last = at, at
			}
			w.parts = append(w.parts, candidate{window: k.window, hit: h, observed: o})
		}
	}
}

// fields is the parts of a text between characters of a class and above.
func fields(b []byte, from byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(b); {
			if class[b[i]] >= from {
				i++
				continue
			}
			start := i
			for i < len(b) && class[b[i]] < from {
				i++
			}
			if !yield(b[start:i]) {
				return
			}
		}
	}
}
