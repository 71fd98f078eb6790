package match

// scratch is what one search needs and the next can use again. Between
// searches marks and slots are all zero, and no stamp in seen is ahead of stamp.
type scratch struct {
	marks      []uint32 // by row: which tokens of the query it has, as bits
	touched    []uint32 // rows with marks
	slots      []int32  // by word: 1 + the place of its first hit in hits
	hits       []hit
	looked     []wordID // words with hits
	seen       []uint32 // by word: the last unit that has looked at it
	stamp      uint32
	cuts       []cutWord
	probes     []probe
	letters    letters
	memo       []lookedUp // of the query
	foundWords []wordID
	foundSims  []int16
	tokens     []token
	pairs      []pair
}

// hit says that a word of the dictionary is like a unit of the query.
type hit struct {
	unit uint8
	sim  int16
	next int32 // 1 + the place of the word's next hit; 0 for none
}

// cutWord says that two words of the dictionary, one behind the other, are a
// word of the query, cut.
type cutWord struct {
	a, b wordID
	unit uint8
}

func newScratch(s *Segment) *scratch {
	return &scratch{
		marks: make([]uint32, len(s.rowInfo)), slots: make([]int32, len(s.dict.info)), seen: make([]uint32, len(s.dict.info)),
	}
}

// reset makes the scratch as if new.
func (x *scratch) reset() {
	for _, r := range x.touched {
		x.marks[r] = 0
	}
	for _, w := range x.looked {
		x.slots[w] = 0
	}
	x.touched, x.looked, x.hits, x.cuts, x.probes = x.touched[:0], x.looked[:0], x.hits[:0], x.cuts[:0], x.probes[:0]
	if x.stamp > 1<<31 {
		clear(x.seen)
		x.stamp = 0
	}
}

// forget makes the scratch ready for another query.
func (x *scratch) forget() {
	clear(x.memo)
	x.memo, x.foundWords, x.foundSims = x.memo[:0], x.foundWords[:0], x.foundSims[:0]
}

// add notes that a word is like a unit.
func (x *scratch) add(w wordID, unit, sim int) {
	if x.slots[w] == 0 {
		x.looked = append(x.looked, w)
	}
	x.hits = append(x.hits, hit{unit: uint8(unit), sim: int16(sim), next: x.slots[w]})
	x.slots[w] = int32(len(x.hits))
}
