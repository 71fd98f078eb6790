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

// ScoreTable is a day's scores, unpacked: 16 bytes a weakness.
//
// Packed, it is the number of weaknesses and their ids in order, each as its
// distance from the one before, as varints; then all scores and all
// percentiles, four bytes each, little endian, in units of 1e-9.
type ScoreTable struct {
	ids         []uint64 // year and number, see cveNumber; in order, each once
	scores      []uint32
	percentiles []uint32
}

const (
	// maxScores bounds what is unpacked: the facts are ours, but a store may be
	// damaged.
	maxScores = 20_000_000
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
		id                uint64
		score, percentile uint32
	}
	rows := make([]row, 0, len(all))
	for _, f := range all {
		if err := f.Check(); err != nil {
			return Scores{}, err
		}
		id, _ := cveNumber(f.CVE)
		rows = append(rows, row{id, inUnits(f.Score), inUnits(f.Percentile)})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	rows = slices.CompactFunc(rows, func(a, b row) bool { return a.id == b.id })
	b := binary.AppendUvarint(nil, uint64(len(rows)))
	last := uint64(0)
	for _, r := range rows {
		b = binary.AppendUvarint(b, r.id-last)
		last = r.id
	}
	for _, r := range rows {
		b = binary.LittleEndian.AppendUint32(b, r.score)
	}
	for _, r := range rows {
		b = binary.LittleEndian.AppendUint32(b, r.percentile)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return Scores{}, err
	}
	defer enc.Close()
	return Scores{Model: model, Day: day, Count: len(rows), Packed: enc.EncodeAll(b, nil)}, nil
}

// inUnits is a number from 0 to 1 in units of 1e-9.
func inUnits(f float64) uint32 { return uint32(math.Round(f * 1e9)) }

// Open unpacks the scores.
func (s Scores) Open() (*ScoreTable, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxScores*18), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	b, err := dec.DecodeAll(s.Packed, nil)
	if err != nil {
		return nil, problem.New(problem.Invalid, "packed scores are damaged: %v", err)
	}
	count, n := binary.Uvarint(b)
	if n <= 0 || count > maxScores || count > uint64(len(b)) {
		return nil, problem.New(problem.Invalid, "packed scores are damaged: no count")
	}
	b = b[n:]
	t := &ScoreTable{ids: make([]uint64, count)}
	last := uint64(0)
	for i := range t.ids {
		distance, n := binary.Uvarint(b)
		if n <= 0 || last+distance < last || i > 0 && distance == 0 {
			return nil, problem.New(problem.Invalid, "packed scores are damaged at id %d", i)
		}
		b = b[n:]
		last += distance
		t.ids[i] = last
	}
	if uint64(len(b)) != 8*count {
		return nil, problem.New(problem.Invalid, "packed scores are damaged: %d bytes for the scores of %d", len(b), count)
	}
	t.scores, t.percentiles = numbers(b[:4*count]), numbers(b[4*count:])
	return t, nil
}

func numbers(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
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
	return scoreOf(t.scores[i]), scoreOf(t.percentiles[i]), true
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
			if !yield(Forecast{cveID(id), scoreOf(t.scores[i]), scoreOf(t.percentiles[i])}) {
				return
			}
		}
	}
}
