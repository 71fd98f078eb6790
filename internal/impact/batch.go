package impact

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"sync"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// batch is what the index learns on its way from one position to a later one.
// Contents go into the index while the ledger is read, since there may be more
// of them than fit beside it; nobody sees them before the batch is applied.
type batch struct {
	x       *Index
	upto    int64
	waiting []parcel
	closed  map[int64]int64 // fact to position
	touched map[uint32]bool // advisories
	bills   int             // there were before
	known   int             // releases there were before
}

// parcel is a fact about contents, on its way into the index.
type parcel struct {
	held
	release string
	body    []byte
	bytes   []byte // components one after another
	items   []item
	err     error
}

// item is one component of a parcel.
type item struct {
	hash   uint64
	number uint32
	end    uint32 // in the parcel's bytes
	names  []name // of a component that nobody had before
	fresh  bool
	direct bool
}

// parcels is how many contents are unpacked at a time.
const parcels = 512

func newBatch(x *Index, upto int64) *batch {
	return &batch{x: x, upto: upto, closed: map[int64]int64{}, touched: map[uint32]bool{}, bills: len(x.releases.bills), known: len(x.releases.of)}
}

func (b *batch) close(id, at int64) error {
	b.closed[id] = at
	if advisory, ok := b.x.advisories.facts[id]; ok {
		b.touched[advisory] = true
	}
	return nil
}

// open takes in facts as the ledger tells them.
func (b *batch) open(ctx context.Context) func(*ledger.Fact) error {
	return func(f *ledger.Fact) error {
		if f.Kind != software.FactContents {
			b.x.mu.Lock()
			defer b.x.mu.Unlock()
			if err := b.x.advisories.open(f); err != nil {
				return err
			}
			b.touched[b.x.advisories.facts[f.ID]] = true
			return nil
		}
		if f.ID <= b.x.taken {
			return nil // by an attempt that did not come to its end
		}
		b.waiting = append(b.waiting, parcel{
			held: heldOf(f, b.x.audiences.number(f.Audience)), release: f.Subject, body: bytes.Clone(f.Body),
		})
		if len(b.waiting) < parcels {
			return nil
		}
		return b.flush(ctx)
	}
}

// flush takes the waiting contents in: unpacked by all cores while nothing
// changes, and then one after another.
func (b *batch) flush(ctx context.Context) error {
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(b.waiting) && ctx.Err() == nil; i += workers {
				p := &b.waiting[i]
				p.err = b.x.components.unpack(p)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.x.mu.Lock()
	defer b.x.mu.Unlock()
	for i := range b.waiting {
		p := &b.waiting[i]
		if p.err != nil {
			return fmt.Errorf("fact %d, contents of %s: %w", p.fact, p.release, p.err)
		}
		if err := b.x.take(p); err != nil {
			return err
		}
	}
	b.waiting = b.waiting[:0]
	return nil
}

// unpack reads a parcel's components and looks them up.
func (c *components) unpack(p *parcel) error {
	contents, err := contentsOf(p.body)
	if err != nil {
		return err
	}
	p.body = nil
	p.items = make([]item, 0, max(0, min(contents.Components, 1<<16)))
	return contents.Unpack(func(purl []byte, direct bool) error {
		if len(purl) > maxWord {
			return fmt.Errorf("component of %d bytes: at most %d are kept", len(purl), maxWord)
		}
		p.bytes = append(p.bytes, purl...)
		it := item{hash: hashOf(purl), end: uint32(len(p.bytes)), direct: direct}
		var known bool
		if it.number, known = c.purls.find(purl, it.hash); !known {
			it.fresh, it.names = true, namesOf(string(purl))
		}
		p.items = append(p.items, it)
		return nil
	})
}

// contentsOf reads the body of a fact. All are written the same way, and there
// are a hundred thousand: what matters is cut out.
func contentsOf(body []byte) (c software.Contents, err error) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"components":`))
	count, rest, cut := bytes.Cut(rest, []byte(`,"packed":"`))
	packed, whole := bytes.CutSuffix(rest, []byte(`"}`))
	if n, err := strconv.Atoi(string(count)); ok && cut && whole && err == nil {
		c.Components, c.Packed = n, make([]byte, base64.StdEncoding.DecodedLen(len(packed)))
		if n, err := base64.StdEncoding.Decode(c.Packed, packed); err == nil {
			c.Packed = c.Packed[:n]
			return c, nil
		}
	}
	err = json.Unmarshal(body, &c)
	return c, err
}

// take puts what was unpacked into the index, where nobody sees it yet.
func (x *Index) take(p *parcel) error {
	if len(p.release) > maxWord {
		return fmt.Errorf("fact %d: release's id of %d bytes", p.fact, len(p.release))
	}
	release, added := x.releases.ids.add(p.release)
	if added {
		x.releases.of = append(x.releases.of, nil)
	}
	l, fresh := x.components.number(p)
	n := x.releases.same(release, l)
	if n < 0 || fresh {
		n = len(x.releases.lists)
		x.releases.lists = append(x.releases.lists, append(list(nil), l...))
		x.releases.owner = append(x.releases.owner, release)
		for i := range p.items {
			x.components.postings.add(p.items[i].number, uint32(n))
		}
	}
	x.releases.of[release] = append(x.releases.of[release], uint32(len(x.releases.bills)))
	x.releases.bills = append(x.releases.bills, bill{p.held, release, uint32(n)})
	x.taken = p.fact
	*p = parcel{}
	return nil
}

// number numbers the components of a parcel, new ones included, and gives the
// list of them and whether there were new ones.
func (c *components) number(p *parcel) (l list, fresh bool) {
	from, last := uint32(0), uint32(0)
	for i := range p.items {
		it := &p.items[i]
		if it.fresh {
			var added bool
			if it.number, added = c.purls.number(p.bytes[from:it.end], it.hash); added {
				c.join(it.number, it.names)
				fresh = true
			}
		}
		l = l.append(last, it.number, it.direct)
		from, last = it.end, it.number
	}
	return l, fresh
}

// same is the list that a release has already and that is the same; -1 for none.
func (r *releases) same(release uint32, l list) int {
	for _, n := range r.of[release] {
		if of := r.bills[n].list; bytes.Equal(r.lists[of], l) {
			return int(of)
		}
	}
	return -1
}
