package match

// slipIndex finds the words of a dictionary within one or two slips of a word:
// two words that are so near have a text in common that comes of each by
// leaving out as many letters at most. Only the first letters of a word take
// part, which keeps the index small and loses nothing: what is left out at
// their end makes up for what moves across it.
//
// The method is Wolf Garbe's SymSpell.
type slipIndex struct {
	shift uint
	lists lists
	tags  []uint8 // of each value: bits of the hash that are not in the bucket
}

// slipPrefix is how many letters of a word take part.
const slipPrefix = 8

// newSlipIndex indexes the words of a finished dictionary that may be written
// wrongly.
func newSlipIndex(d *dictionary) *slipIndex {
	x := &slipIndex{}
	total := 0
	x.eachWord(d, func(_ wordID, _ uint32) { total++ })
	bits := uint(8)
	for 1<<bits < total/4 {
		bits++
	}
	x.shift = 32 - bits
	x.tags = make([]uint8, total)
	x.lists = newLists(1<<bits, func(add func(list, value uint32)) {
		x.eachWord(d, func(id wordID, h uint32) { add(h>>x.shift, id) })
	})
	next := make([]uint32, 1<<bits)
	x.eachWord(d, func(_ wordID, h uint32) {
		b := h >> x.shift
		x.tags[x.lists.start[b]+next[b]] = uint8(h)
		next[b]++
	})
	return x
}

func (x *slipIndex) eachWord(d *dictionary, do func(id wordID, hash uint32)) {
	var buf letters
	for id := range d.info {
		w := &d.info[id]
		if (w.role != roleWord && w.role != roleJoined) || w.flags&flagCode != 0 {
			continue
		}
		buf = lettersOf(buf, string(d.text(wordID(id))))
		eachRemainder(buf, func(h uint32) { do(wordID(id), h) })
	}
}

// eachRemainder calls do with the hash of what is left of a word when as many
// letters as it may have slips are left out, or fewer.
func eachRemainder(w letters, do func(hash uint32)) {
	limit := allowed(len(w))
	if limit == 0 {
		return
	}
	if len(w) > slipPrefix {
		w = w[:slipPrefix]
	}
	do(hashBut(w, -1, -1))
	for i := range w {
		do(hashBut(w, i, -1))
		if limit > 1 {
			for j := i + 1; j < len(w); j++ {
				do(hashBut(w, i, j))
			}
		}
	}
}

// hashBut is the hash of a word without the letters at i and j.
func hashBut(w letters, i, j int) uint32 {
	h := uint32(2166136261)
	for k, r := range w {
		if k != i && k != j {
			h = (h ^ uint32(r)) * 16777619
		}
	}
	return mix(h)
}

// near calls do with every word that may be within allowed slips of w, some
// more than once, and others by chance.
func (x *slipIndex) near(w letters, do func(id wordID)) {
	eachRemainder(w, func(h uint32) {
		b := h >> x.shift
		tag := uint8(h)
		for i := x.lists.start[b]; i < x.lists.start[b+1]; i++ {
			if x.tags[i] == tag {
				do(x.lists.values[i])
			}
		}
	})
}
