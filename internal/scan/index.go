package scan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"hash/maphash"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/sharing/observable"
	"countersign.dev/internal/sharing/pattern"
)

// Indicator is what is looked for and where it is from.
type Indicator struct {
	ID        string    `json:"id"` // of STIX, or the value itself
	Name      string    `json:"name,omitempty"`
	Marking   string    `json:"marking,omitempty"` // "TLP:AMBER"; "" when nothing says
	Source    string    `json:"source,omitempty"`  // organisation that shared it, or the list
	From      time.Time `json:"-"`                 // valid; zero when it does not say
	Until     time.Time `json:"-"`
	Refs      []string  `json:"-"` // its marking definitions
	Community string    `json:"-"` // where it was shared
	Place     string    `json:"-"` // and in which collection
}

// Index is indicators by what they look for. Fill it before it is used; from then
// on it is safe for concurrent use.
type Index struct {
	indicators []packed
	names      []byte // ids and names of indicators, end to end
	origins    []Indicator
	origin     map[string]uint32
	exact      table // values by kind and text
	v4         [33]v4Table
	v4near     []uint64 // a bit for each /16 in which something is looked for
	v6         [129]map[netip.Prefix]int32
	v6any      bool
	kinds      map[observable.Kind]int
	forms      []*form // LIKE and MATCHES
	grams      []uint64
	windows    []*window // patterns that one value does not decide
	next       []link    // of entries with one value

	// Unfit counts what was kept out, by reason.
	Unfit map[string]int
	// Skipped counts indicators in whose patterns nothing can be looked for, or
	// which are written in another language.
	Skipped int
}

// packed is an indicator as the index holds it.
type packed struct {
	at          uint32 // in names
	id, name    uint16 // lengths
	origin      uint32
	from, until int64 // microseconds; 0 when it does not say
}

// add keeps an indicator, and gives its number.
func (x *Index) add(i Indicator) int32 {
	p := packed{at: uint32(len(x.names)), id: uint16(min(len(i.ID), math.MaxUint16)), name: uint16(min(len(i.Name), math.MaxUint16))}
	x.names = append(append(x.names, i.ID[:p.id]...), i.Name[:p.name]...)
	if !i.From.IsZero() {
		p.from = i.From.UnixMicro()
	}
	if !i.Until.IsZero() {
		p.until = i.Until.UnixMicro()
	}
	key := strings.Join(slices.Concat([]string{i.Marking, i.Source, i.Community, i.Place}, i.Refs), "\x00")
	n, known := x.origin[key]
	if !known {
		n = uint32(len(x.origins))
		x.origins = append(x.origins, Indicator{Marking: i.Marking, Source: i.Source, Community: i.Community, Place: i.Place, Refs: i.Refs})
		x.origin[key] = n
	}
	p.origin = n
	x.indicators = append(x.indicators, p)
	return int32(len(x.indicators) - 1)
}

// indicator is the indicator of a number.
func (x *Index) indicator(n int32) Indicator {
	p := &x.indicators[n]
	i := x.origins[p.origin]
	id := p.at + uint32(p.id)
	i.ID, i.Name = string(x.names[p.at:id]), string(x.names[id:id+uint32(p.name)])
	if p.from != 0 {
		i.From = time.UnixMicro(p.from).UTC()
	}
	if p.until != 0 {
		i.Until = time.UnixMicro(p.until).UTC()
	}
	return i
}

// counts reports whether an indicator is valid at an instant.
func (p *packed) counts(at time.Time) bool {
	t := at.UnixMicro()
	return (p.from == 0 || t >= p.from) && (p.until == 0 || t < p.until)
}

// link is one of the things that a value stands for.
type link struct {
	indicator int32
	window    int32 // index plus one; 0 when the value decides by itself
	next      int32 // index plus one
}

// v4Table is networks of one length.
type v4Table map[uint32]int32

// seed is the same for all tables of a process.
var seed = maphash.MakeSeed()

// table is a map from text to a number, with open addressing: 12 bytes a slot and
// the texts end to end.
type table struct {
	slots []slot
	texts []byte
	count int
	bloom []uint64
}

type slot struct {
	hash  uint32
	at    uint32 // in texts, plus one; 0 when free. The text's length stands before it
	value int32
}

func hashOf(kind byte, text []byte) uint64 {
	return maphash.Bytes(seed, text) ^ uint64(kind)*0x9e3779b97f4a7c15
}

func (t *table) get(kind byte, text []byte) (int32, bool) {
	if t.count == 0 || len(text) > maxText {
		return 0, false
	}
	h := hashOf(kind, text)
	if b := h >> 40 & uint64(len(t.bloom)*64-1); t.bloom[b>>6]>>(b&63)&1 == 0 {
		return 0, false
	}
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.at == 0 {
			return 0, false
		}
		if s.hash == uint32(h>>32) && t.is(s.at-1, kind, text) {
			return s.value, true
		}
	}
}

func (t *table) is(at uint32, kind byte, text []byte) bool {
	n := int(t.texts[at])<<8 | int(t.texts[at+1])
	return n == len(text) && t.texts[at+2] == kind && string(t.texts[at+3:int(at)+3+n]) == string(text)
}

// put sets a value, and gives the one that was there.
func (t *table) put(kind byte, text []byte, value int32) (before int32, was bool) {
	if (t.count+1)*4 > len(t.slots)*3 {
		t.grow()
	}
	h := hashOf(kind, text)
	mask := uint64(len(t.slots) - 1)
	i := h & mask
	for ; t.slots[i].at != 0; i = (i + 1) & mask {
		if s := &t.slots[i]; s.hash == uint32(h>>32) && t.is(s.at-1, kind, text) {
			before, s.value = s.value, value
			return before, true
		}
	}
	t.slots[i] = slot{uint32(h >> 32), uint32(len(t.texts)) + 1, value}
	t.texts = append(append(t.texts, byte(len(text)>>8), byte(len(text)), kind), text...)
	t.mark(h)
	t.count++
	return 0, false
}

func (t *table) mark(h uint64) {
	b := h >> 40 & uint64(len(t.bloom)*64-1)
	t.bloom[b>>6] |= 1 << (b & 63)
}

func (t *table) grow() {
	old := t.slots
	size := max(1024, len(old)*2)
	t.slots = make([]slot, size)
	t.bloom = make([]uint64, max(64, min(size/4, 1<<18)))
	mask := uint64(size - 1)
	for _, s := range old {
		if s.at == 0 {
			continue
		}
		n := uint32(t.texts[s.at-1])<<8 | uint32(t.texts[s.at])
		h := hashOf(t.texts[s.at+1], t.texts[s.at+2:s.at+2+n])
		i := h & mask
		for t.slots[i].at != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
		t.mark(h)
	}
}

// maxText bounds the values that are looked for.
const maxText = 4096

// kindNumbers tells the kinds of values apart in the table.
var kindNumbers = map[observable.Kind]byte{
	observable.Domain: 1, observable.URL: 2, observable.Email: 3, observable.MD5: 4, observable.SHA1: 5, observable.SHA256: 6, observable.SHA512: 7,
	observable.MAC: 8, observable.File: 9, observable.IPv4: 10, observable.IPv6: 11, observable.AS: 12, observable.Key: 13, observable.Mutex: 14,
}

// NewIndex makes an index without indicators.
func NewIndex() *Index {
	return &Index{origin: map[string]uint32{}, kinds: map[observable.Kind]int{}, v4near: make([]uint64, 1<<10), Unfit: map[string]int{}}
}

// Len is how many indicators there are.
func (x *Index) Len() int { return len(x.indicators) }

// AddValue adds a value. It reports whether it is looked for.
func (x *Index) AddValue(v observable.Value, i Indicator) bool {
	if why := observable.Unfit(v); why != "" {
		x.Unfit[why]++
		return false
	}
	if kindNumbers[v.Kind] == 0 {
		x.Skipped++
		return false
	}
	x.link(v, x.add(i), 0)
	return true
}

// link makes a value stand for an indicator, or for a part of a window.
func (x *Index) link(v observable.Value, indicator, window int32) {
	x.kinds[v.Kind]++
	x.next = append(x.next, link{indicator: indicator, window: window})
	n := int32(len(x.next))
	switch v.Kind {
	case observable.IPv4, observable.IPv6:
		if p, ok := prefixOf(v.Text); ok {
			x.linkNetwork(p, n)
		}
		return
	}
	if before, was := x.exact.put(kindNumbers[v.Kind], []byte(v.Text), n); was {
		x.next[n-1].next = before
	}
}

func prefixOf(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil
}

func (x *Index) linkNetwork(p netip.Prefix, n int32) {
	if p.Addr().Is6() {
		if x.v6[p.Bits()] == nil {
			x.v6[p.Bits()] = map[netip.Prefix]int32{}
		}
		x.next[n-1].next = x.v6[p.Bits()][p]
		x.v6[p.Bits()][p], x.v6any = n, true
		return
	}
	b := p.Addr().As4()
	a := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	if x.v4[p.Bits()] == nil {
		x.v4[p.Bits()] = v4Table{}
	}
	x.next[n-1].next = x.v4[p.Bits()][a]
	x.v4[p.Bits()][a] = n
	first, last := a>>16, a>>16
	if p.Bits() < 16 {
		last = first | (1<<(16-p.Bits()) - 1)
	}
	for i := first; i <= last; i++ {
		x.v4near[i>>6] |= 1 << (i & 63)
	}
}

// AddObject adds what a STIX object looks for: an indicator its pattern, an
// observable its value. Others are passed over.
func (x *Index) AddObject(body []byte, i Indicator) {
	var o struct {
		Type        string    `json:"type"`
		ID          string    `json:"id"`
		Name        string    `json:"name"`
		Pattern     string    `json:"pattern"`
		PatternType string    `json:"pattern_type"`
		From        time.Time `json:"valid_from"`
		Until       time.Time `json:"valid_until"`
		Revoked     bool      `json:"revoked"`
		Refs        []string  `json:"object_marking_refs"`
	}
	if json.Unmarshal(body, &o) != nil || o.Revoked {
		x.Skipped++
		return
	}
	i.ID, i.Name, i.From, i.Until, i.Refs = o.ID, o.Name, o.From, o.Until, o.Refs
	if o.Type != "indicator" {
		for _, v := range observable.OfObject(body) {
			if v.Kind != observable.CVE && v.Kind != observable.CPE && v.Kind != observable.PURL {
				x.AddValue(v, i)
			}
		}
		return
	}
	if o.PatternType != "" && o.PatternType != "stix" {
		x.Skipped++
		return
	}
	p, err := pattern.Parse20(o.Pattern)
	if err != nil {
		x.Skipped++
		return
	}
	x.AddPattern(p, i)
}

// AddPattern adds what a pattern looks for.
func (x *Index) AddPattern(p *pattern.Pattern, i Indicator) {
	atoms := p.Atoms()
	alone := len(atoms) > 0
	for _, a := range atoms {
		alone = alone && a.Alone && x.decides(a)
	}
	n := x.add(i)
	if !alone {
		x.addWindow(p, atoms, n)
		return
	}
	for _, a := range atoms {
		if a.Op == pattern.Like || a.Op == pattern.Matches {
			x.addForm(a, n, 0)
			continue
		}
		for _, v := range observable.OfAtom(a) {
			if why := observable.Unfit(v); why != "" {
				x.Unfit[why]++
				continue
			}
			x.link(v, n, 0)
		}
	}
}

// decides reports whether a comparison is one that a value in a line can fulfil by
// itself.
func (x *Index) decides(a pattern.Atom) bool {
	if a.Negated {
		return false
	}
	if a.Op == pattern.Like || a.Op == pattern.Matches {
		return observable.OfPath(a.Path) != ""
	}
	return len(observable.OfAtom(a)) > 0
}

// AddList adds the values of a list, one a line, or in the first column of a
// table. Lines that begin with # and what is no value are passed over.
func (x *Index) AddList(b []byte, i Indicator) (added int) {
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		for column := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' || r == '\t' || r == '"' }) {
			v, ok := observable.ParseQuery(column)
			if !ok || kindNumbers[v.Kind] == 0 {
				continue
			}
			at := i
			at.ID = v.Text
			if x.AddValue(v, at) {
				added++
			}
			break
		}
	}
	return added
}
