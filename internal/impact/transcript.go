package impact

import (
	"bufio"
	"encoding/binary"
	"io"
	"maps"
	"slices"

	"countersign.dev/internal/problem"
)

// transcript writes values one after another, or reads them in the same order:
// one description of a form serves both, so that they cannot drift apart. After
// the first failure it does nothing more.
type transcript struct {
	out  *bufio.Writer // nil when it reads
	in   *bufio.Reader
	left int64 // bytes that are still there to be read, at most
	room []byte
	err  error
}

func (t *transcript) reading() bool { return t.out == nil }

func (t *transcript) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// bytes writes b, or fills it.
func (t *transcript) bytes(b []byte) {
	switch {
	case t.err != nil:
	case !t.reading():
		_, err := t.out.Write(b)
		t.fail(err)
	default:
		n, err := io.ReadFull(t.in, b)
		t.left -= int64(n)
		t.fail(err)
	}
}

// ReadByte makes a transcript an [io.ByteReader], for numbers.
func (t *transcript) ReadByte() (byte, error) {
	t.left--
	return t.in.ReadByte()
}

// integer is what a number is kept in.
type integer interface {
	~int | ~int32 | ~int64 | ~uint16 | ~uint32 | ~uint64
}

// number is one number.
func number[T integer](t *transcript, p *T) {
	switch {
	case t.err != nil:
	case !t.reading():
		t.room = binary.AppendUvarint(t.room[:0], uint64(*p))
		t.bytes(t.room)
	default:
		v, err := binary.ReadUvarint(t)
		*p = T(v)
		t.fail(err)
	}
}

func (t *transcript) yes(p *bool) {
	var n uint32
	if *p {
		n = 1
	}
	number(t, &n)
	*p = n == 1
}

// count is how many things follow, each of least bytes or more: no more are
// made room for than there can be.
func (t *transcript) count(n int, least int64) int {
	number(t, &n)
	if t.err == nil && t.reading() && (n < 0 || int64(n) > t.left/max(least, 1)) {
		t.fail(problem.New(problem.Invalid, "%d things in %d bytes", n, t.left))
	}
	if t.err != nil {
		return 0
	}
	return n
}

// many is a slice of things.
func many[T any](t *transcript, s *[]T, each func(*T)) {
	n := t.count(len(*s), 1)
	if t.reading() && n > 0 {
		*s = make([]T, n)
	}
	for i := range n {
		if each(&(*s)[i]); t.err != nil {
			return
		}
	}
}

// fixed is a slice of numbers of four bytes each.
func fixed[T ~uint32](t *transcript, s *[]T) {
	n := t.count(len(*s), 4)
	if t.reading() && n > 0 {
		*s = make([]T, n)
	}
	const most = 1 << 14
	for from := 0; from < n && t.err == nil; from += most {
		part := (*s)[from:min(from+most, n)]
		t.room = slices.Grow(t.room[:0], 4*most)[:4*len(part)]
		if !t.reading() {
			for i, v := range part {
				binary.LittleEndian.PutUint32(t.room[4*i:], uint32(v))
			}
		}
		if t.bytes(t.room); t.reading() {
			for i := range part {
				part[i] = T(binary.LittleEndian.Uint32(t.room[4*i:]))
			}
		}
	}
}

// blob is bytes with their number before them.
func (t *transcript) blob(p *[]byte) {
	n := t.count(len(*p), 1)
	if t.reading() && n > 0 {
		*p = make([]byte, n)
	}
	t.bytes((*p)[:n])
}

// blobs is byte strings, kept one behind another where they are read: a
// hundred thousand of them are one thing to the garbage collector.
func blobs[T any](t *transcript, s *[]T, of func(*T) *[]byte) {
	total := 0
	lengths := make([]uint32, len(*s))
	for i := range *s {
		lengths[i] = uint32(len(*of(&(*s)[i])))
		total += int(lengths[i])
	}
	fixed(t, &lengths)
	total = t.count(total, 1)
	if !t.reading() {
		for i := range *s {
			t.bytes(*of(&(*s)[i]))
		}
		return
	}
	all := make([]byte, total)
	t.bytes(all)
	if t.err != nil {
		return
	}
	if *s == nil && len(lengths) > 0 {
		*s = make([]T, len(lengths))
	}
	if len(*s) != len(lengths) {
		t.fail(problem.New(problem.Invalid, "%d lengths for %d things", len(lengths), len(*s)))
		return
	}
	for i, n := range lengths {
		if int(n) > len(all) {
			t.fail(problem.New(problem.Invalid, "lengths of more than there is"))
			return
		}
		*of(&(*s)[i]) = all[:n:n] // who adds to it moves it
		all = all[n:]
	}
}

func (t *transcript) text(p *string) {
	b := []byte(*p)
	if t.blob(&b); t.reading() {
		*p = string(b)
	}
}

// byNumber is a map, by ascending number.
func byNumber[K integer, V any](t *transcript, m *map[K]V, each func(*V)) {
	n := t.count(len(*m), 2)
	if !t.reading() {
		for _, k := range slices.Sorted(maps.Keys(*m)) {
			v := (*m)[k]
			number(t, &k)
			each(&v)
		}
		return
	}
	*m = make(map[K]V, n)
	for range n {
		var k K
		var v V
		number(t, &k)
		if each(&v); t.err != nil {
			return
		}
		(*m)[k] = v
	}
}
