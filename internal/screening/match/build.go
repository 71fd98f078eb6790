package match

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync"

	"countersign.dev/internal/party"
)

// Unit is the number of a name in a [Segment], in the order given to [Build].
type Unit = uint32

// Segment is an immutable index over names. It is safe for concurrent use.
type Segment struct {
	names   int
	rowInfo []rowInfo // one more than there are rows
	words   []wordID
	rows    lists // rows by word
	dict    *dictionary
	slips   *slipIndex
	scratch sync.Pool

	remembered memory
}

// rowInfo is one way of writing a name: where its words begin, how many of them
// are tokens (behind them come syllables taken together), and what the name is.
type rowInfo struct {
	start   uint32
	unit    Unit
	tokens  uint8 // and rowRead
	kind    uint8
	quality uint8
	weight  uint8 // of all tokens but legal forms, in sixteenths of a rare word, rounded down
}

// rowRead marks a row that is a reading.
const rowRead = 0x80

// rowWeightUnit is the unit of rowInfo.weight, in hundredths of a rare word.
const rowWeightUnit = 16

// kindCount is how many kinds of names there are.
const kindCount = 5

var (
	unitKinds     = [kindCount]party.Kind{"", party.Organisation, party.Person, party.Vessel, party.Aircraft}
	unitQualities = []party.Quality{"", party.Primary, party.Alias, party.Weak, party.Former, party.Acronym}
)

func numberOf[T comparable](v T, among []T) uint8 {
	for i := range among {
		if among[i] == v {
			return uint8(i)
		}
	}
	return 0
}

// chunkNames is how many names are cut at once.
const chunkNames = 2048

// chunk is names on their way into a segment.
type chunk struct {
	names []Name
	rows  []cutRow
	done  chan struct{}
}

// cutRow is one way of writing a name of a chunk.
type cutRow struct {
	name   int
	tokens []token
	read   bool // it is a reading
}

// Build makes a segment of names. Cutting names is the work of all processors;
// numbering their words keeps the order in which they come.
func Build(ctx context.Context, names iter.Seq[Name]) (*Segment, error) {
	s := &Segment{dict: newDictionary()}
	workers := runtime.GOMAXPROCS(0)
	work := make(chan *chunk, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for c := range work {
				c.cut()
				close(c.done)
			}
		})
	}
	err := s.take(ctx, names, work, 2*workers)
	close(work)
	wg.Wait()
	if err != nil {
		return nil, err
	}
	s.finish()
	return s, ctx.Err()
}

// take hands chunks of names to work, at most ahead of them at a time, and
// numbers what comes back in order.
func (s *Segment) take(ctx context.Context, names iter.Seq[Name], work chan<- *chunk, ahead int) error {
	var waiting []*chunk
	number := func(most int) {
		for len(waiting) > most {
			<-waiting[0].done
			s.add(waiting[0])
			waiting = waiting[1:]
		}
	}
	c := newChunk()
	send := func() {
		work <- c
		waiting = append(waiting, c)
		c = newChunk()
	}
	count := 0
	for n := range names {
		if count++; count > math.MaxInt32 {
			return fmt.Errorf("a segment holds at most %d names", math.MaxInt32)
		}
		c.names = append(c.names, n)
		if len(c.names) < chunkNames {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		number(ahead)
		send()
	}
	send()
	number(0)
	return ctx.Err()
}

func newChunk() *chunk {
	return &chunk{names: make([]Name, 0, chunkNames), done: make(chan struct{})}
}

func (c *chunk) cut() {
	c.rows = make([]cutRow, 0, len(c.names)+len(c.names)/8)
	for i := range c.names {
		n := &c.names[i]
		for _, s := range sequencesOf(n.Text, n.Kind == party.Person) {
			if len(s.tokens) > 0 {
				c.rows = append(c.rows, cutRow{i, s.tokens, s.rule != asWritten})
			}
		}
	}
}

// add numbers the words of a chunk.
func (s *Segment) add(c *chunk) {
	base := Unit(s.names)
	s.names += len(c.names)
	for i := range c.rows {
		r := &c.rows[i]
		n := &c.names[r.name]
		info := rowInfo{
			start: uint32(len(s.words)), unit: base + Unit(r.name), tokens: uint8(len(r.tokens)),
			kind: numberOf(n.Kind, unitKinds[:]), quality: numberOf(n.Quality, unitQualities),
		}
		if r.read {
			info.tokens |= rowRead
		}
		total := weight(0)
		for j := range r.tokens {
			s.words = append(s.words, s.dict.add(&r.tokens[j]))
			if r.tokens[j].role != roleForm {
				total += r.tokens[j].weight
			}
		}
		info.weight = uint8(min(total/rowWeightUnit, 255))
		for j := 0; j+1 < len(r.tokens); j++ {
			if a, b := &r.tokens[j], &r.tokens[j+1]; a.mono && b.mono {
				s.words = append(s.words, s.dict.add(&token{text: a.text + b.text, role: roleJoined}))
			}
		}
		s.rowInfo = append(s.rowInfo, info)
	}
}

func (s *Segment) finish() {
	s.rowInfo = append(s.rowInfo, rowInfo{start: uint32(len(s.words))})
	var wg sync.WaitGroup
	wg.Go(func() {
		s.dict.finish()
		s.slips = newSlipIndex(s.dict)
	})
	s.rows = s.rowsByWord()
	wg.Wait()
	s.scratch.New = func() any { return newScratch(s) }
}

// rowsByWord lists for each word the rows that have it, each once, but for
// legal forms and particles, by which nothing is looked for.
func (s *Segment) rowsByWord() lists {
	return newLists(len(s.dict.info), func(add func(list, value uint32)) {
		for r := range s.rowInfo[:len(s.rowInfo)-1] {
			words := s.words[s.rowInfo[r].start:s.rowInfo[r+1].start]
			for i, id := range words {
				if role := s.dict.info[id].role; role != roleForm && role != roleLight && !among(id, words[:i]) {
					add(id, uint32(r))
				}
			}
		}
	})
}

func among(id wordID, words []wordID) bool {
	for _, w := range words {
		if w == id {
			return true
		}
	}
	return false
}

// Len is how many names the segment has.
func (s *Segment) Len() int { return s.names }
