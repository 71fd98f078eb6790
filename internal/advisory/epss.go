package advisory

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/problem"
)

// Scores is a day's forecast of FIRST's Exploit Prediction Scoring System for
// every CVE, packed: a fact each would be 280,000 a day. Its JSON is what the
// ledger keeps. [Scores.Open] makes it ready to be asked.
type Scores struct {
	Model  string `json:"model,omitempty"` // as "v2025.03.14"
	Day    string `json:"day,omitempty"`
	Count  int    `json:"count"`
	Packed []byte `json:"packed"` // zstd of what [ScoreTable] says
}

// Forecast is what is forecast of one weakness.
type Forecast struct {
	CVE        string
	Score      float64 // probability of being exploited within 30 days, 0 to 1
	Percentile float64 // share of all weaknesses with this score or a lower one
}

// ScoreTable is a day's scores, unpacked: 12 bytes a weakness, and 8 for each
// score that there is. Weaknesses of one score have one percentile, so that
// there are far fewer of these.
//
// Packed, it is the number of weaknesses and their ids in order, each as its
// distance from the one before; then the number of pairs of score and percentile
// and these in order, in units of 1e-9, each as the distance from the one before;
// then which pair each weakness has, three bytes each, all lowest bytes first.
// Numbers are varints.
type ScoreTable struct {
	ids   []uint64 // year and number, see cveNumber; in order, each once
	which []uint32 // index in pairs, by weakness
	pairs []scorePair
}

type scorePair struct{ score, percentile uint32 }

const (
	// maxScores bounds what is unpacked: the facts are ours, but a store may be
	// damaged.
	maxScores = 20_000_000
	maxPairs  = 1 << 24
	// numberBits is how many bits of an id are the number within its year.
	numberBits = 48
)

// cveNumber is a CVE id as a number that sorts by year and number. Each id has
// one spelling: zeros fill the number up to four digits and no further.
func cveNumber(id string) (uint64, bool) {
	if !IsCVE(id) || len(id) > len("CVE-2021-0001") && id[9] == '0' {
		return 0, false
	}
	year, _ := strconv.ParseUint(id[4:8], 10, 64)
	number, err := strconv.ParseUint(id[9:], 10, 64)
	if err != nil || number >= 1<<numberBits {
		return 0, false
	}
	return year<<numberBits | number, true
}

// cveID is the id of such a number.
func cveID(n uint64) string {
	number := strconv.FormatUint(n&(1<<numberBits-1), 10)
	for len(number) < 4 {
		number = "0" + number
	}
	year := strconv.FormatUint(n>>numberBits, 10)
	for len(year) < 4 {
		year = "0" + year
	}
	return "CVE-" + year + "-" + number
}

// Check reports what is wrong with a forecast, if anything.
func (f Forecast) Check() error {
	if _, ok := cveNumber(f.CVE); !ok {
		return problem.New(problem.Invalid, "want an id like CVE-2021-44228, got %q", Clip(f.CVE))
	}
	for _, n := range []float64{f.Score, f.Percentile} {
		if !(n >= 0 && n <= 1) {
			return problem.New(problem.Invalid, "%s: want a number from 0 to 1, got %v", f.CVE, n)
		}
	}
	return nil
}

// PackScores packs a day's forecasts. Of several for one weakness the first
// counts. Equal forecasts give equal bytes, whatever their order. The error is
// the first that [Forecast.Check] has.
func PackScores(model, day string, all []Forecast) (Scores, error) {
	type row struct {
		id   uint64
		pair scorePair
	}
	rows := make([]row, 0, len(all))
	for _, f := range all {
		if err := f.Check(); err != nil {
			return Scores{}, err
		}
		id, _ := cveNumber(f.CVE)
		rows = append(rows, row{id, scorePair{inUnits(f.Score), inUnits(f.Percentile)}})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	rows = slices.CompactFunc(rows, func(a, b row) bool { return a.id == b.id })
	t := &ScoreTable{ids: make([]uint64, len(rows)), which: make([]uint32, len(rows)), pairs: make([]scorePair, len(rows))}
	for i, r := range rows {
		t.ids[i], t.pairs[i] = r.id, r.pair
	}
	slices.SortFunc(t.pairs, scorePair.compare)
	t.pairs = slices.Compact(t.pairs)
	if len(t.pairs) > maxPairs {
		return Scores{}, problem.New(problem.TooLarge, "%d different scores, the limit is %d", len(t.pairs), maxPairs)
	}
	for i, r := range rows {
		at, _ := slices.BinarySearchFunc(t.pairs, r.pair, scorePair.compare)
		t.which[i] = uint32(at)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return Scores{}, err
	}
	defer enc.Close()
	return Scores{Model: model, Day: day, Count: len(rows), Packed: enc.EncodeAll(t.bytes(), nil)}, nil
}

func (p scorePair) compare(q scorePair) int {
	return cmp.Or(cmp.Compare(p.score, q.score), cmp.Compare(p.percentile, q.percentile))
}

// bytes is the table as [ScoreTable] says.
func (t *ScoreTable) bytes() []byte {
	b := binary.AppendUvarint(nil, uint64(len(t.ids)))
	last := uint64(0)
	for _, id := range t.ids {
		b = binary.AppendUvarint(b, id-last)
		last = id
	}
	b = binary.AppendUvarint(b, uint64(len(t.pairs)))
	var before scorePair
	for _, p := range t.pairs {
		b = binary.AppendUvarint(b, uint64(p.score-before.score))
		b = binary.AppendVarint(b, int64(p.percentile)-int64(before.percentile))
		before = p
	}
	for shift := 0; shift < 24; shift += 8 {
		for _, w := range t.which {
			b = append(b, byte(w>>shift))
		}
	}
	return b
}

// inUnits is a number from 0 to 1 in units of 1e-9.
func inUnits(f float64) uint32 { return uint32(math.Round(f * 1e9)) }

// Open unpacks the scores.
func (s Scores) Open() (*ScoreTable, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxScores*24), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	b, err := dec.DecodeAll(s.Packed, nil)
	if err != nil {
		return nil, problem.New(problem.Invalid, "packed scores are damaged: %v", err)
	}
	u := &unpacker{b: b}
	t := &ScoreTable{}
	last := uint64(0)
	n := u.count(maxScores)
	t.ids = make([]uint64, 0, n)
	for i := range n {
		distance := u.unsigned()
		u.want(last+distance >= last && (i == 0 || distance > 0))
		last += distance
		t.ids = append(t.ids, last)
	}
	var p scorePair
	n = u.count(maxPairs)
	t.pairs = make([]scorePair, 0, n)
	for range n {
		score, percentile := uint64(p.score)+u.unsigned(), int64(p.percentile)+u.signed()
		u.want(score <= 1e9 && percentile >= 0 && percentile <= 1e9)
		p = scorePair{uint32(score), uint32(percentile)}
		t.pairs = append(t.pairs, p)
	}
	n = len(t.ids)
	u.want(len(u.b) == 3*n)
	if u.damaged {
		return nil, problem.New(problem.Invalid, "packed scores are damaged")
	}
	t.which = make([]uint32, n)
	for i := range t.which {
		t.which[i] = uint32(u.b[i]) | uint32(u.b[n+i])<<8 | uint32(u.b[2*n+i])<<16
		if int(t.which[i]) >= len(t.pairs) {
			return nil, problem.New(problem.Invalid, "packed scores are damaged")
		}
	}
	return t, nil
}

// unpacker reads numbers off the beginning of b, until something is not as it
// must be. Then it gives zeros.
type unpacker struct {
	b       []byte
	damaged bool
}

func (u *unpacker) want(ok bool) { u.damaged = u.damaged || !ok }

func (u *unpacker) unsigned() uint64 {
	v, n := binary.Uvarint(u.b)
	return advance(u, v, n)
}

func (u *unpacker) signed() int64 {
	v, n := binary.Varint(u.b)
	return advance(u, v, n)
}

func advance[T int64 | uint64](u *unpacker, v T, n int) T {
	if u.want(n > 0); u.damaged {
		return 0
	}
	u.b = u.b[n:]
	return v
}

// count is how many things follow, of at least a byte each.
func (u *unpacker) count(most int) int {
	n := u.unsigned()
	if u.want(n <= uint64(most) && n <= uint64(len(u.b))); u.damaged {
		return 0
	}
	return int(n)
}

// Lookup is what is forecast of a CVE id, in any case. It is false for what has
// no forecast.
func (t *ScoreTable) Lookup(cve string) (score, percentile float64, ok bool) {
	id, ok := cveNumber(cve)
	if !ok {
		return 0, 0, false
	}
	i, ok := slices.BinarySearch(t.ids, id)
	if !ok {
		return 0, 0, false
	}
	p := t.pairs[t.which[i]]
	return scoreOf(p.score), scoreOf(p.percentile), true
}

// scoreOf is units of 1e-9 as the number they were written as: division rounds
// once, where a product of 1e-9 would twice.
func scoreOf(units uint32) float64 { return float64(units) / 1e9 }

// Len is how many weaknesses have a forecast.
func (t *ScoreTable) Len() int { return len(t.ids) }

// All is every forecast, by year and number of its id.
func (t *ScoreTable) All() iter.Seq[Forecast] {
	return func(yield func(Forecast) bool) {
		for i, id := range t.ids {
			p := t.pairs[t.which[i]]
			if !yield(Forecast{cveID(id), scoreOf(p.score), scoreOf(p.percentile)}) {
				return
			}
		}
	}
}
