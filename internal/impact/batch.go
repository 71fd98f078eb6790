package impact

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// batch is what the index learns on its way from one position to a later one.
// Contents go into the index while the ledger is read, since there may be more
// of them than fit beside it; nobody sees them before the batch is applied.
//
// Two goroutines work on it: one reads the ledger, unpacks contents and notes
// what is told of advisories; the other, for a stretch at a time, looks
// components up, with all cores, and puts them into the index.
type batch struct {
	x       *Index
	upto    int64
	taken   int64 // facts about contents up to here were taken in before
	waiting []parcel
	spare   []parcel        // memory of the stretch before
	passed  int             // things passed over for the length of their names
	size    int             // bytes of text in waiting
	busy    chan error      // tells when a stretch is in the index; nil when none is on its way
	closed  map[int64]int64 // fact to position
	touched map[uint32]bool // advisories
}

// parcel is a fact about contents, on its way into the index. Its memory is
// used again for others.
type parcel struct {
	held
	release string
	packed  []byte
	text    []byte // components one after another
	items   []item
	fresh   []fresh
	list    list
}

// item is one component of a parcel.
type item struct {
	end     uint32 // in the parcel's text
	number  uint32 // of the component, or in the parcel's fresh ones
	fresh   bool
	direct  bool
	guessed bool // from the one before
}

// fresh is a component that nobody had before.
type fresh struct {
	identity string
	hash     uint32
	names    []name
}

// The limits of a stretch, in contents and bytes of components, and how much
// memory one of its contents may keep for the next.
const (
	stretch     = 256
	stretchSize = 32 << 20
	parcelSize  = 1 << 20
)

func newBatch(x *Index, upto int64) *batch {
	return &batch{x: x, upto: upto, taken: x.taken, closed: map[int64]int64{}, touched: map[uint32]bool{}}
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
		long := len(f.Subject) > maxWord
		switch f.Kind {
		case software.FactContents:
			if long {
				b.passed++
				return nil
			}
			return b.contents(ctx, f)
		case advisory.FactRecord, advisory.FactAffected:
			if long {
				b.passed++
				return nil
			}
			b.x.mu.Lock()
			defer b.x.mu.Unlock()
			if err := b.x.advisories.open(f); err != nil {
				return err
			}
			b.touched[b.x.advisories.facts[f.ID]] = true
			return nil
		}
		if long && f.Kind == software.FactRelease {
			return nil // its contents are passed over too
		}
		b.x.mu.Lock()
		defer b.x.mu.Unlock()
		return b.x.describe(f)
	}
}

// contents takes in what a release contains.
func (b *batch) contents(ctx context.Context, f *ledger.Fact) error {
	if f.ID <= b.taken {
		return nil // by an attempt that did not come to its end
	}
	if len(b.waiting) < cap(b.waiting) {
		b.waiting = b.waiting[:len(b.waiting)+1]
	} else {
		b.waiting = append(b.waiting, parcel{})
	}
	p := &b.waiting[len(b.waiting)-1]
	p.held, p.release = heldOf(f, b.x.audiences.number(f.Audience)), f.Subject
	passed, err := p.unpack(f.Body)
	if err != nil {
		return fmt.Errorf("fact %d, contents of %s: %w", f.ID, f.Subject, err)
	}
	b.passed += passed
	if b.size += len(p.text); len(b.waiting) < stretch && b.size < stretchSize {
		return nil
	}
	return b.hand(ctx)
}

// hand gives the waiting contents to the other goroutine, once it is done with
// those before.
func (b *batch) hand(ctx context.Context) error {
	if err := b.wait(); err != nil {
		return err
	}
	full := b.waiting
	b.size = 0
	b.waiting, b.spare = b.spare[:0], full
	done := make(chan error, 1)
	b.busy = done
	go func() { done <- b.take(ctx, full) }()
	return nil
}

// wait waits until the other goroutine is done.
func (b *batch) wait() error {
	if b.busy == nil {
		return nil
	}
	err := <-b.busy
	b.busy = nil
	return err
}

// finish puts what is left into the index, unless reading failed.
func (b *batch) finish(ctx context.Context, failed error) error {
	if failed != nil {
		_ = b.wait() // reading failed first, or because of it
		return failed
	}
	if err := b.hand(ctx); err != nil {
		return err
	}
	return b.wait()
}

// unpack reads the components out of a fact's body, and counts those that are
// passed over for their length.
func (p *parcel) unpack(body []byte) (passed int, err error) {
	contents, err := p.contents(body)
	if err != nil {
		return 0, err
	}
	p.text, p.items = p.text[:0], p.items[:0]
	err = contents.Unpack(func(purl []byte, direct bool) error {
		if len(purl) > maxWord {
			passed++
			return nil
		}
		p.text = append(p.text, purl...)
		p.items = append(p.items, item{end: uint32(len(p.text)), direct: direct})
		return nil
	})
	return passed, err
}

// contents reads the body of a fact. All are written the same way, and there
// are a hundred thousand: what matters is cut out.
func (p *parcel) contents(body []byte) (c software.Contents, err error) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"components":`))
	count, rest, cut := bytes.Cut(rest, []byte(`,"packed":"`))
	packed, whole := bytes.CutSuffix(rest, []byte(`"}`))
	if n, err := strconv.Atoi(string(count)); ok && cut && whole && err == nil {
		size := base64.StdEncoding.DecodedLen(len(packed))
		p.packed = slices.Grow(p.packed[:0], size)[:size]
		if end, err := base64.StdEncoding.Decode(p.packed, packed); err == nil {
			return software.Contents{Components: n, Packed: p.packed[:end]}, nil
		}
	}
	err = json.Unmarshal(body, &c)
	return c, err
}

// take puts a stretch of contents into the index: its components are looked up
// by all cores while nothing changes, and then it goes in, one after another.
func (b *batch) take(ctx context.Context, parcels []parcel) error {
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(parcels) && ctx.Err() == nil; i += workers {
				b.x.components.lookUp(&parcels[i])
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	b.x.mu.Lock()
	defer b.x.mu.Unlock()
	for i := range parcels {
		if err := b.x.take(&parcels[i]); err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds the numbers of a parcel's components. Bills list components in
// one order and many have the same ones, so what followed a component in an
// earlier bill is tried first.
func (c *components) lookUp(p *parcel) {
	p.fresh = p.fresh[:0]
	guess, from := none, uint32(0)
	for i := range p.items {
		it := &p.items[i]
		purl := p.text[from:it.end]
		from = it.end
		it.number, it.guessed = guess, int(guess) < c.len() && c.purls.at(guess) == string(purl)
		if !it.guessed {
			hash := hashOf(purl)
			var known bool
			if it.number, known = c.purls.find(purl, hash); !known {
				it.number, it.fresh = uint32(len(p.fresh)), true
				identity := string(purl)
				p.fresh = append(p.fresh, fresh{identity, hash, c.look(namesOf(identity))})
			}
		}
		if guess = c.follower(guess); !it.fresh && c.after[it.number] != none {
			guess = c.after[it.number]
		}
	}
}

// take puts what was unpacked into the index, where nobody sees it yet.
func (x *Index) take(p *parcel) error {
	if len(p.text) > x.components.purls.room() {
		return problem.New(problem.TooLarge, "fact %d, contents of %s: the portfolio names more distinct components than are kept, 4 GiB of them", p.fact, p.release)
	}
	release := x.release(p.release)
	x.components.number(p)
	n := x.releases.same(release, p.list)
	if n < 0 {
		n = len(x.releases.lists)
		x.releases.lists = append(x.releases.lists, bytes.Clone(p.list))
		x.releases.owner = append(x.releases.owner, release)
		for i := range p.items {
			x.components.postings.add(p.items[i].number, uint32(n))
		}
	}
	x.releases.of[release] = append(x.releases.of[release], uint32(len(x.releases.bills)))
	x.releases.bills = append(x.releases.bills, bill{p.held, release, uint32(n)})
	x.taken = p.fact
	if cap(p.text) > parcelSize {
		*p = parcel{}
	}
	return nil
}

// number numbers the components of a parcel, those included that nobody had
// before it was unpacked, and makes the list of them. A list with a component
// that is new even now is no release's yet.
func (c *components) number(p *parcel) {
	p.list = p.list[:0]
	last := uint32(0)
	for i := range p.items {
		it := &p.items[i]
		if it.fresh {
			f := &p.fresh[it.number]
			var added bool
			if it.number, added = c.purls.number([]byte(f.identity), f.hash); added {
				c.after = append(c.after, none)
				c.join(it.number, f.names)
			}
		}
		if i > 0 && !it.guessed {
			c.after[last] = it.number
		}
		p.list = p.list.append(last, it.number, it.direct)
		last = it.number
	}
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
