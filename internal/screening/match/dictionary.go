package match

import (
	"strings"
	"unicode/utf8"
)

// roleJoined marks two syllables of a name taken for one word. It is a role of
// the dictionary only: no token of a name has it.
const roleJoined role = 6

// wordID is the number of a token in a dictionary.
type wordID = uint32

const noWord = ^wordID(0)

// dictionary numbers the tokens of all names of a segment. Tokens of one text
// in two roles are two.
type dictionary struct {
	texts     []byte
	start     []uint32 // of a text in texts; one more than there are words
	info      []wordInfo
	table     []wordID          // open addressing
	skeletons map[string]uint32 // numbered from 1
	sounding  lists             // words by the number of their skeleton
}

// wordInfo is what is known of a token besides its text.
type wordInfo struct {
	skeleton uint32 // 0 for none
	letters  uint32 // which letters it has, see signature
	weight   uint8
	role     role
	class    formClass
	flags    wordFlags
	size     uint8 // in letters, of a word that is no code
}

type wordFlags uint8

const (
	flagKnown wordFlags = 1 << iota
	flagCode
	flagSyllable
	flagJoinable
	flagAbbrev
)

func newDictionary() *dictionary {
	return &dictionary{start: []uint32{0}, table: newTable(1 << 12), skeletons: map[string]uint32{}}
}

func newTable(n int) []wordID {
	t := make([]wordID, n)
	for i := range t {
		t[i] = noWord
	}
	return t
}

func (d *dictionary) text(id wordID) []byte { return d.texts[d.start[id]:d.start[id+1]] }

// first is the first letter of a word.
func (d *dictionary) first(id wordID) rune {
	r, _ := utf8.DecodeRune(d.text(id))
	return r
}

func hashText(s string, r role) uint32 {
	h := uint32(2166136261) ^ uint32(r)*0x9e3779b1
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return mix(h)
}

func mix(h uint32) uint32 {
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

// find is the word of this text and role, or noWord.
func (d *dictionary) find(s string, r role) wordID {
	mask := uint32(len(d.table) - 1)
	for i := hashText(s, r) & mask; ; i = (i + 1) & mask {
		id := d.table[i]
		if id == noWord || d.info[id].role == r && string(d.text(id)) == s {
			return id
		}
	}
}

// add is the number of a token, a new one if need be.
func (d *dictionary) add(t *token) wordID {
	if id := d.find(t.text, t.role); id != noWord {
		return id
	}
	id := wordID(len(d.info))
	d.texts = append(d.texts, t.text...)
	d.start = append(d.start, uint32(len(d.texts)))
	d.info = append(d.info, wordInfo{weight: uint8(t.weight), role: t.role, class: t.class, flags: flagsOf(t)})
	if 2*len(d.info) > len(d.table) {
		d.grow()
	} else {
		d.place(id)
	}
	return id
}

func flagsOf(t *token) (f wordFlags) {
	if joinable(t) {
		f |= flagJoinable
	}
	if t.mono {
		f |= flagSyllable
	}
	return f
}

func (d *dictionary) grow() {
	d.table = newTable(2 * len(d.table))
	for id := range d.info {
		d.place(wordID(id))
	}
}

func (d *dictionary) place(id wordID) {
	mask := uint32(len(d.table) - 1)
	i := hashText(string(d.text(id)), d.info[id].role) & mask
	for d.table[i] != noWord {
		i = (i + 1) & mask
	}
	d.table[i] = id
}

// finish measures all words and lists them by skeleton. Nothing is added
// afterwards.
func (d *dictionary) finish() {
	for id := range d.info {
		w := &d.info[id]
		r := w.role
		if r == roleJoined {
			r = roleWord
		}
		if r != roleWord && r != roleSkeleton {
			continue
		}
		m := measure(token{text: string(d.text(wordID(id))), role: r})
		w.letters, w.size = signature(m.letters), uint8(min(len(m.letters), 255))
		if m.known {
			w.flags |= flagKnown
		}
		if m.code {
			w.flags |= flagCode
		}
		if m.abbrev {
			w.flags |= flagAbbrev
		}
		if m.skeleton == "" {
			continue
		}
		n, ok := d.skeletons[m.skeleton]
		if !ok {
			n = uint32(len(d.skeletons) + 1)
			d.skeletons[strings.Clone(m.skeleton)] = n
		}
		w.skeleton = n
	}
	d.sounding = newLists(len(d.skeletons)+1, func(add func(list, value uint32)) {
		for id := range d.info {
			if s := d.info[id].skeleton; s != 0 {
				add(s, uint32(id))
			}
		}
	})
}

// lists are lists of numbers one behind another in one array.
type lists struct {
	start  []uint32
	values []uint32
}

// newLists makes n lists of what each adds; it is called twice, to count and
// to fill, and must do the same both times.
func newLists(n int, each func(add func(list, value uint32))) lists {
	start := make([]uint32, n+2)
	each(func(list, _ uint32) { start[list+2]++ })
	for i := 2; i < len(start); i++ {
		start[i] += start[i-1]
	}
	values := make([]uint32, start[len(start)-1])
	each(func(list, value uint32) {
		values[start[list+1]] = value
		start[list+1]++
	})
	return lists{start: start[:n+1], values: values}
}

func (l *lists) of(i uint32) []uint32 { return l.values[l.start[i]:l.start[i+1]] }
