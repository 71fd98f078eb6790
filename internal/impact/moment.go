package impact

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// day is a calendar day as a number that sorts as days do: 20210314.
type day int32

func dayOf(d access.Date) day {
	n := day(0)
	for i := range min(len(d), len("2006-01-02")) {
		if c := d[i]; '0' <= c && c <= '9' {
			n = n*10 + day(c-'0')
		}
	}
	return n
}

// held is what of a fact decides who sees it, and when it counts.
type held struct {
	fact       int64
	knownTo    int64
	published  day
	superseded day // never where the source still says so, or the ledger does not tell
	audience   uint16
}

func heldOf(f *ledger.Fact, audience uint16) held {
	h := held{fact: f.ID, knownTo: f.KnownTo, published: dayOf(f.Published), superseded: never, audience: audience}
	if f.Superseded != "" {
		h.superseded = dayOf(f.Superseded)
	}
	return h
}

// never is later than any day.
const never day = 99991231

// last is the last day on which the fact comes to count, or ceases to.
func (h *held) last() day {
	if h.superseded == never {
		return h.published
	}
	return h.superseded
}

func (h *held) knownFrom() int64 { return h.fact >> 24 }

// newer reports whether h tells better than o what is so, as [ledger.Fact.Newer]
// has it.
func (h *held) newer(o *held) bool {
	if h.published != o.published {
		return h.published > o.published
	}
	return h.fact < o.fact
}

// moment is whose eyes and which clocks a question is asked with.
type moment struct {
	known    day
	position int64
	seen     []bool // by audience
}

func (m *moment) has(h *held) bool {
	return h.published <= m.known && m.known < h.superseded && h.knownFrom() <= m.position && m.position < h.knownTo && m.sees(h.audience)
}

func (m *moment) sees(audience uint16) bool { return int(audience) < len(m.seen) && m.seen[audience] }

// audiences numbers audiences.
type audiences struct {
	mu      sync.RWMutex
	numbers map[access.Audience]uint16
	all     []access.Audience
}

func (a *audiences) number(of access.Audience) uint16 {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, ok := a.numbers[of]
	if !ok {
		if a.numbers == nil {
			a.numbers = map[access.Audience]uint16{}
		}
		n = uint16(len(a.all))
		a.numbers[of], a.all = n, append(a.all, of)
	}
	return n
}

// seenBy is for each audience whether the reader is inside.
func (a *audiences) seenBy(r access.Reader) []bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	seen := make([]bool, len(a.all))
	for i, of := range a.all {
		seen[i] = r.MaySee(of)
	}
	return seen
}

// scope is the portfolio at a moment.
type scope struct {
	moment
	live bool // what advisories say now is what they said then
	*places
}

// places is which list each release has at a moment. It holds until a bill
// comes or goes.
type places struct {
	rank    []uint32 // by list: the release's place in order, and one more; 0 where the list is not what a release has
	order   []uint32 // releases by id
	current []uint32 // by release: the bill that counts, and one more; 0 for none
}

// placeOf is the place of the release that has a list now.
func (p *places) placeOf(list uint32) (place uint32, ok bool) {
	if int(list) >= len(p.rank) || p.rank[list] == 0 {
		return 0, false
	}
	return p.rank[list] - 1, true
}

// maxMoments is how many moments' places are remembered while no bill changes.
const maxMoments = 32

// moments remembers places by their moment.
type moments struct {
	mu     sync.Mutex
	byName map[string]*places
}

func (m *moments) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byName = nil
}

// momentOf is the moment of an ask. The caller holds x.mu.
func (x *Index) momentOf(ask access.Ask) moment {
	return moment{known: dayOf(ask.At.Known), position: min(ask.At.Position, x.position), seen: x.audiences.seenBy(ask.Reader)}
}

// scopeOf is the portfolio as an ask sees it. The caller holds x.mu.
func (x *Index) scopeOf(ask access.Ask) *scope {
	m := x.momentOf(ask)
	return &scope{m, m.known >= x.advisories.latest && m.position >= x.advisories.changed, x.placesAt(m)}
}

// placesAt gives moments between which no bill changed the same places.
func (x *Index) placesAt(m moment) *places {
	m.known, m.position = min(m.known, x.releases.latest), min(m.position, x.releases.changed)
	name := m.name()
	x.moments.mu.Lock()
	defer x.moments.mu.Unlock()
	if p := x.moments.byName[name]; p != nil {
		return p
	}
	p := x.releases.places(m)
	if x.moments.byName == nil || len(x.moments.byName) >= maxMoments {
		x.moments.byName = map[string]*places{}
	}
	x.moments.byName[name] = p
	return p
}

func (m *moment) name() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.known))
	b = binary.BigEndian.AppendUint64(b, uint64(m.position))
	for _, v := range m.seen {
		if v {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	return string(b)
}

// releases is every bill that was ever held, and what it says its release
// contains.
type releases struct {
	ids   words
	order []uint32   // releases by id; replaced, never changed
	of    [][]uint32 // by release: its bills
	bills []bill     // by fact id
	lists []list
	owner []uint32 // by list: the release

	settled int   // bills below this number are seen; others are on their way in
	changed int64 // the last position at which a bill came or went
	latest  day   // the last day on which one was published
}

// bill is one fact about what a release contains.
type bill struct {
	held
	release uint32
	list    uint32
}

// places works out which bill counts for each release at a moment: the one that
// was published last.
func (r *releases) places(m moment) *places {
	s := &places{order: r.order, rank: make([]uint32, len(r.lists)), current: make([]uint32, len(r.of))}
	for place, release := range r.order {
		best := -1
		for _, n := range r.of[release] {
			if b := &r.bills[n]; m.has(&b.held) && (best < 0 || b.newer(&r.bills[best].held)) {
				best = int(n)
			}
		}
		if best >= 0 {
			s.current[release] = uint32(best) + 1
			s.rank[r.bills[best].list] = uint32(place) + 1
		}
	}
	return s
}

// sorted puts releases that are new in their places in the order.
func (r *releases) sorted() {
	if len(r.order) == len(r.of) {
		return
	}
	fresh := make([]uint32, 0, len(r.of)-len(r.order))
	for n := len(r.order); n < len(r.of); n++ {
		fresh = append(fresh, uint32(n))
	}
	byID := func(a, b uint32) int { return strings.Compare(r.ids.at(a), r.ids.at(b)) }
	slices.SortFunc(fresh, byID)
	order := make([]uint32, 0, len(r.of))
	old := r.order
	for _, n := range fresh {
		i, _ := slices.BinarySearchFunc(old, n, byID)
		order = append(append(order, old[:i]...), n)
		old = old[i:]
	}
	r.order = append(order, old...)
}

// end notes the position at which a bill was closed.
func (r *releases) end(fact, at int64) {
	if i, ok := r.find(fact); ok {
		r.bills[i].knownTo = at
	}
}

// find is the number of the bill that a fact is.
func (r *releases) find(fact int64) (int, bool) {
	return slices.BinarySearchFunc(r.bills, fact, func(b bill, fact int64) int { return cmp.Compare(b.fact, fact) })
}
