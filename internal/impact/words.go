package impact

import (
	"hash/maphash"
	"strings"
)

// words numbers byte strings from 0 up, and keeps them one after another, so
// that a million of them are no million things to the garbage collector. The
// zero value holds none. One writer may add while nobody else reads.
type words struct {
	pages []string         // each pageSize at most; the last one grows
	page  *strings.Builder // the last page
	spans []span           // by word
	slots []uint64         // hash, and number+1 in the lower half; 0 is free
}

// span is where a word is.
type span struct {
	start  uint32 // page number and offset in it
	length uint16
}

const (
	pageBits = 20
	pageSize = 1 << pageBits
	maxPages = 1 << (32 - pageBits)
	// maxWord is the longest word that is kept, in bytes.
	maxWord = 1<<16 - 1
)

var seed = maphash.MakeSeed()

func hashOf(b []byte) uint32 { return uint32(maphash.Bytes(seed, b) >> 32) }

func (w *words) len() int { return len(w.spans) }

// room is how many bytes of words can be added for certain.
func (w *words) room() int { return (maxPages - len(w.pages)) * (pageSize - maxWord) }

// at is the word with a number.
func (w *words) at(n uint32) string {
	s := w.spans[n]
	from := s.start & (pageSize - 1)
	return w.pages[s.start>>pageBits][from : from+uint32(s.length)]
}

// find is the number of a word whose hash is known.
func (w *words) find(b []byte, hash uint32) (uint32, bool) {
	for i := hash; ; i++ {
		n, ok := w.probe(&i, hash)
		if !ok || w.at(n) == string(b) {
			return n, ok
		}
	}
}

// look is find for a string.
func (w *words) look(s string) (uint32, bool) {
	hash := uint32(maphash.String(seed, s) >> 32)
	for i := hash; ; i++ {
		n, ok := w.probe(&i, hash)
		if !ok || w.at(n) == s {
			return n, ok
		}
	}
}

// probe is the next word from slot i on that may have this hash; i becomes its
// slot. It is false when there is none.
func (w *words) probe(i *uint32, hash uint32) (uint32, bool) {
	if len(w.slots) == 0 {
		return 0, false
	}
	mask := uint32(len(w.slots) - 1)
	for ; ; *i++ {
		slot := w.slots[*i&mask]
		if slot == 0 {
			return 0, false
		}
		if uint32(slot>>32) == hash {
			return uint32(slot) - 1, true
		}
	}
}

// number is the number of a word, which is added when it is new.
func (w *words) number(b []byte, hash uint32) (n uint32, added bool) {
	if n, ok := w.find(b, hash); ok {
		return n, false
	}
	if len(w.spans)*8 >= len(w.slots)*5 {
		w.grow()
	}
	if len(w.pages) == 0 || w.page.Len()+len(b) > pageSize {
		w.page = new(strings.Builder)
		w.page.Grow(pageSize)
		w.pages = append(w.pages, "")
	}
	last := len(w.pages) - 1
	n = uint32(len(w.spans))
	w.spans = append(w.spans, span{uint32(last)<<pageBits | uint32(w.page.Len()), uint16(len(b))})
	w.page.Write(b)
	w.pages[last] = w.page.String() // shares the builder's memory, which never moves
	w.put(uint64(hash)<<32 | uint64(n+1))
	return n, true
}

// put puts a slot's value where it is found.
func (w *words) put(value uint64) {
	mask := uint32(len(w.slots) - 1)
	i := uint32(value>>32) & mask
	for w.slots[i] != 0 {
		i = (i + 1) & mask
	}
	w.slots[i] = value
}

// grow doubles the slots.
func (w *words) grow() {
	old := w.slots
	w.slots = make([]uint64, max(2*len(old), 64))
	for _, value := range old {
		if value != 0 {
			w.put(value)
		}
	}
}

// add is number for a string.
func (w *words) add(s string) (uint32, bool) { return w.number([]byte(s), hashOf([]byte(s))) }
