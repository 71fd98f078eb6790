// Package specimen makes portfolios of bills of materials to measure an index
// over them by: as many as wanted, from lists of components that real
// containers have.
//
// Begin with [Make]. A [Portfolio] tells of its facts as a ledger does, from a
// file, so that what is measured is the index and not the store, and its
// memory not the portfolio's. Equal arguments make equal portfolios.
package specimen

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/purl"
)

// limits of the table that lists are read from.
const (
	maxRow  = 1 << 16
	maxRows = 10_000_000
)

// original is the components of one real container.
type original struct {
	name  string
	purls []string
}

// read reads rows of a container's name, a tab and a purl. Rows of purls that
// cannot be read are left out.
func read(r io.Reader) ([]original, error) {
	var out []original
	rows := bufio.NewScanner(r)
	rows.Buffer(nil, maxRow)
	n := 0
	for rows.Scan() {
		if n++; n > maxRows {
			return nil, problem.New(problem.TooLarge, "row %d: at most %d are read", n, maxRows)
		}
		name, text, ok := strings.Cut(rows.Text(), "\t")
		if !ok || name == "" {
			return nil, problem.New(problem.Invalid, "row %d: want a container's name, a tab and a purl", n)
		}
		if last := len(out) - 1; last < 0 || out[last].name != name {
			out = append(out, original{name: name})
		}
		if p, err := purl.Read(text); err == nil {
			last := &out[len(out)-1]
			last.purls = append(last.purls, p.String())
		}
	}
	if err := rows.Err(); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "row %d", n+1)
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "no rows: want a container's name, a tab and a purl in each")
	}
	return out, nil
}

// Portfolio is made bills in a file.
type Portfolio struct {
	file  *os.File
	ends  []int64 // of each bill's body in the file
	ids   []string
	purls []string // of the containers as they are, each once
	edges int

	history
}

// Make makes so many bills from rows of a container's name, a tab and a purl.
// The first ones are the containers as they are; after these each comes again,
// with the last number of every tenth version another. The file is in dir, the
// system's own place for such when it is "", and is gone after Close.
func Make(ctx context.Context, rows io.Reader, bills int, dir string) (*Portfolio, error) {
	originals, err := read(rows)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "portfolio-*")
	if err != nil {
		return nil, err
	}
	p := &Portfolio{file: f, purls: distinct(originals), history: newHistory()}
	if err := p.write(ctx, originals, bills); err != nil {
		return nil, fmt.Errorf("portfolio: %w", joined(err, p.Close()))
	}
	return p, nil
}

func joined(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// write packs the bills on all cores and writes them in order.
func (p *Portfolio) write(ctx context.Context, originals []original, bills int) error {
	const stretch = 1024
	out := bufio.NewWriterSize(p.file, 1<<20)
	end := int64(0)
	for from := 0; from < bills; from += stretch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(stretch, bills-from)
		bodies, counts, errs := make([][]byte, n), make([]int, n), make([]error, n)
		var group sync.WaitGroup
		workers := runtime.GOMAXPROCS(0)
		for w := range workers {
			group.Go(func() {
				for i := w; i < n; i += workers {
					bodies[i], counts[i], errs[i] = body(originals, from+i)
				}
			})
		}
		group.Wait()
		for i := range n {
			if errs[i] != nil {
				return errs[i]
			}
			if _, err := out.Write(bodies[i]); err != nil {
				return err
			}
			end += int64(len(bodies[i]))
			p.ends = append(p.ends, end)
			p.ids = append(p.ids, idOf(originals, from+i))
			p.edges += counts[i]
		}
	}
	return out.Flush()
}

func idOf(originals []original, i int) string {
	o := &originals[i%len(originals)]
	return "pkg:generic/" + strings.ToLower(o.name) + "@" + strconv.Itoa(i/len(originals))
}

// body is a bill as a ledger keeps it, with the release itself among the
// components.
func body(originals []original, i int) ([]byte, int, error) {
	o, id := &originals[i%len(originals)], idOf(originals, i)
	purls := make([]string, 0, len(o.purls)+1)
	purls = append(purls, id)
	for j, text := range o.purls {
		if h := chance(i, j); i >= len(originals) && h%10 == 0 {
			text = other(text, h/10%variants)
		}
		purls = append(purls, text)
	}
	slices.Sort(purls)
	purls = slices.Compact(purls)
	direct := make([]bool, len(purls))
	for j := range purls {
		direct[j] = chance(j, i)%8 == 0
	}
	c, err := software.Pack(purls, direct)
	if err != nil {
		return nil, 0, err
	}
	b, err := json.Marshal(c)
	return b, len(purls), err
}

// variants is how many other versions a component may get.
const variants = 32

// chance is a number that follows from two others as if by chance.
func chance(a, b int) uint64 {
	h := fnv.New64a()
	var buf [16]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(a))
	binary.LittleEndian.PutUint64(buf[8:], uint64(b))
	h.Write(buf[:])
	n := h.Sum64()
	return n ^ n>>29
}

// other is a purl whose version has another last number.
func other(text string, number uint64) string {
	at := strings.IndexByte(text, '@')
	if at < 0 {
		return text
	}
	end := len(text)
	if i := strings.IndexAny(text[at:], "?#"); i >= 0 {
		end = at + i
	}
	last := strings.LastIndexAny(text[:end], "0123456789")
	if last < at {
		return text
	}
	first := last
	for text[first-1] >= '0' && text[first-1] <= '9' {
		first--
	}
	if text[first-1] == '%' { // an escaped character, and no number
		return text[:end] + "." + strconv.FormatUint(number, 10) + text[end:]
	}
	return text[:first] + strconv.FormatUint(number, 10) + text[last+1:]
}

// Close removes the file.
func (p *Portfolio) Close() error {
	if err := p.file.Close(); err != nil {
		return err
	}
	return os.Remove(p.file.Name())
}

// Releases is the ids of all bills' releases, in the order in which they were
// made.
func (p *Portfolio) Releases() []string { return p.ids }

// Purls is the components of the containers as they are, each once.
func (p *Portfolio) Purls() []string { return p.purls }

func distinct(originals []original) []string {
	var out []string
	for i := range originals {
		out = append(out, originals[i].purls...)
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// Edges is how many components all bills list together.
func (p *Portfolio) Edges() int { return p.edges }

// at is the body of a bill.
func (p *Portfolio) at(i int) ([]byte, error) {
	from := int64(0)
	if i > 0 {
		from = p.ends[i-1]
	}
	b := make([]byte, p.ends[i]-from)
	_, err := p.file.ReadAt(b, from)
	return b, err
}

// Bills is every release with what it contains, by release. It ends at what
// cannot be read, which failed then tells.
func (p *Portfolio) Bills(failed *error) iter.Seq2[string, software.Contents] {
	order := make([]int, len(p.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(p.ids[a], p.ids[b]) })
	return func(yield func(string, software.Contents) bool) {
		for _, i := range order {
			b, err := p.at(i)
			var c software.Contents
			if err == nil {
				err = json.Unmarshal(b, &c)
			}
			if err != nil {
				*failed = fmt.Errorf("bill %d: %w", i, err)
				return
			}
			if !yield(p.ids[i], c) {
				return
			}
		}
	}
}
