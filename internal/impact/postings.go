package impact

import "encoding/binary"

// postings is, for each component, the lists that have it, in ascending order.
// It grows at the end only: what a release no longer contains is left out by
// whoever reads, since somebody may ask about then.
type postings struct {
	heads []head // by component
	tails []tail
}

// head is a component's first list. Most components are in no other.
type head struct {
	first uint32
	more  uint32 // number+1 of its tail; 0 for none
}

// tail is a component's other lists, as distances from one to the next.
type tail struct {
	last   uint32
	deltas []byte // unsigned varints
}

// add notes that a list has a component. Lists come in ascending order, and a
// component that has none yet is the next number.
func (p *postings) add(component, list uint32) {
	if int(component) == len(p.heads) {
		p.heads = append(p.heads, head{first: list})
		return
	}
	h := &p.heads[component]
	if h.more == 0 {
		if h.first == list {
			return
		}
		p.tails = append(p.tails, tail{last: h.first})
		h.more = uint32(len(p.tails))
	}
	t := &p.tails[h.more-1]
	if t.last == list {
		return
	}
	t.deltas = binary.AppendUvarint(t.deltas, uint64(list-t.last))
	t.last = list
}

// each calls visit for the lists that have a component.
func (p *postings) each(component uint32, visit func(list uint32)) {
	h := p.heads[component]
	visit(h.first)
	if h.more == 0 {
		return
	}
	list, b := h.first, p.tails[h.more-1].deltas
	for len(b) > 0 {
		delta, n := binary.Uvarint(b)
		b = b[n:]
		list += uint32(delta)
		visit(list)
	}
}

// list is the components that one bill says a release contains, in the order
// in which they were packed: of each the distance from the one before, which
// may be negative, and whether the release depends on it directly.
type list []byte

// append adds a component to a list whose last one is given.
func (l list) append(last, component uint32, direct bool) list {
	v := int64(component) - int64(last)
	zigzag := uint64(v)<<1 ^ uint64(v>>63)
	zigzag <<= 1
	if direct {
		zigzag |= 1
	}
	return binary.AppendUvarint(l, zigzag)
}

// each calls visit for the list's components.
func (l list) each(visit func(component uint32, direct bool)) {
	component := int64(0)
	for len(l) > 0 {
		v, n := binary.Uvarint(l)
		l = l[n:]
		zigzag := v >> 1
		component += int64(zigzag>>1) ^ -int64(zigzag&1)
		visit(uint32(component), v&1 == 1)
	}
}

// len is how many components a list has.
func (l list) len() int {
	n := 0
	for _, b := range l {
		if b < 0x80 { // ends a varint
			n++
		}
	}
	return n
}
