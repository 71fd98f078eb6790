package sharing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// The limits of a question.
const (
	DefaultPage = 100
	MaxPage     = 1000
	maxMatches  = 1000 // values of one filter
)

// wanted is a filter as the index answers it.
type wanted struct {
	after                int64
	hashes               []int64 // of ids; nil for all
	ids                  []string
	types                []uint16 // nil for all
	typed                bool
	all, first, last     bool
	versions             []int64
	oldSpec, newSpec, by bool // by: a specification version was asked for
	outdone              bool // also what goes less far than what another said
}

// hashOf is the hash of an object's id under which it is indexed.
func hashOf(id string) int64 {
	sum := sha256.Sum256([]byte(id))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// compile makes what the index answers of a filter. It refuses what no standard
// knows.
func (x *index) compile(f *Filter) (*wanted, error) {
	w := &wanted{after: -1}
	if !f.AddedAfter.IsZero() {
		// Entries are told to the microsecond: what is asked for after a part of one is
		// after the whole of it.
		w.after = f.AddedAfter.UnixMicro()
	}
	for _, list := range [][]string{f.IDs, f.Types, f.Versions, f.SpecVersions} {
		if len(list) > maxMatches {
			return nil, problem.New(problem.Invalid, "a filter of %d values: the limit is %d", len(list), maxMatches)
		}
	}
	for _, id := range f.IDs {
		w.hashes = append(w.hashes, hashOf(id))
	}
	w.ids = f.IDs
	w.typed = len(f.Types) > 0
	for _, t := range f.Types {
		if n, ok := x.typeNumbers[t]; ok {
			w.types = append(w.types, n)
		}
	}
	for _, v := range f.SpecVersions {
		w.by = true
		switch v {
		case "2.0":
			w.oldSpec = true
		case "2.1":
			w.newSpec = true
		}
	}
	return w, w.wantVersions(f.Versions)
}

func (w *wanted) wantVersions(versions []string) error {
	w.last = len(versions) == 0
	for _, v := range versions {
		switch v {
		case "all":
			w.all = true
		case "first":
			w.first = true
		case "last":
			w.last = true
		default:
			t, err := time.Parse(time.RFC3339Nano, v)
			if err != nil {
				return problem.New(problem.Invalid, "match[version] %q: want all, first, last or a time as RFC 3339 writes it", v)
			}
			w.versions = append(w.versions, t.UnixMicro())
		}
	}
	return nil
}

// spec reports whether an entry is of a specification version that is wanted.
func (w *wanted) spec(e *indexed) bool {
	return !w.by || e.old && w.oldSpec || !e.old && w.newSpec
}

// picks reports whether an entry of an order is wanted.
func (w *wanted) picks(x *index, o *order, i int) bool {
	e := &x.entries[o.entries[i]]
	switch {
	case e.removed, !w.spec(e):
		return false
	case w.hashes != nil && !slices.Contains(w.hashes, e.hash):
		return false
	case w.typed && !slices.Contains(w.types, e.kind):
		return false
	}
	c := x.collections[e.shelf].chains[e.hash]
	if c.mixed && !w.outdone && o.outdone(x, o.entries[i], c) {
		return false
	}
	if w.all && (w.by || !e.old) {
		return true
	}
	// Of an object that there is in several specification versions only the newest
	// is wanted, unless others are asked for: by name, or by the very instant.
	older := !w.by && e.old && w.another(x, o, c, func(_ int32, other *indexed) bool { return !other.old })
	at := o.entries[i]
	switch {
	case w.all:
		return !older
	case w.last && !older && (c.last > 0 && e.version == c.last || !w.another(x, o, c, func(j int32, other *indexed) bool { return w.beside(e, other) && later(e, other, at, j) })):
		return true
	case w.first && !older && (c.first > 0 && e.version == c.first || !w.another(x, o, c, func(j int32, other *indexed) bool { return w.beside(e, other) && later(other, e, j, at) })):
		return true
	}
	if len(w.versions) == 0 {
		return false
	}
	version := e.version
	if version == 0 {
		version = o.added[i]
	}
	return slices.Contains(w.versions, version)
}

// beside reports whether two entries of an object are counted together: of the
// same specification version, where none was asked for.
func (w *wanted) beside(e, other *indexed) bool { return w.by || e.old == other.old }

// later reports whether an entry, at j, is a later version than another of its
// object, at i. Those without a version are told apart by when they came (TAXII
// 2.1 section 3.4.1).
func later(than, other *indexed, i, j int32) bool {
	return other.version > than.version || other.version == 0 && than.version == 0 && j > i
}

// another reports whether the reader is given an entry of a chain of which is
// says yes. It is told where the entry is.
func (w *wanted) another(x *index, o *order, c chain, is func(int32, *indexed) bool) bool {
	for j := c.newest; j > 0; j = x.entries[j-1].same {
		other := &x.entries[j-1]
		if !other.removed && w.spec(other) && o.since[other.rule] != denied && is(j-1, other) && !(c.mixed && !w.outdone && o.outdone(x, j-1, c)) {
			return true
		}
	}
	return false
}

// page is the places in an order of what is wanted, from the cursor or the
// wanted instant on.
func (o *order) page(x *index, w *wanted, after int64, limit int) (places []int, more bool) {
	i, exact := slices.BinarySearch(o.added, max(after, w.after))
	if exact {
		i++
	}
	for ; i < len(o.added); i++ {
		if !w.picks(x, o, i) {
			continue
		}
		if len(places) == limit {
			return places, true
		}
		places = append(places, i)
	}
	return places, false
}

// cursor is what a page's next says: where the page ended, for which question
// and whom. It is signed, so that nobody can make one up, and can be used as
// often as one likes.
type cursor struct {
	after    int64
	question [16]byte
}

const macLength = 16

// question is a digest of what a cursor belongs to.
func question(reader access.Reader, community, collection string, kind Kind, f *Filter) [16]byte {
	parts := []string{reader.Member, strings.Join(reader.Organisations, ","), community, collection, string(rune('0' + kind)), f.AddedAfter.UTC().Format(time.RFC3339Nano)}
	for _, list := range [][]string{f.IDs, f.Types, f.Versions, f.SpecVersions} {
		parts = append(parts, strings.Join(list, ","))
	}
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return [16]byte(h.Sum(nil)[:16])
}

func (c cursor) seal(secret []byte) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.after))
	return base64.RawURLEncoding.EncodeToString(append(b, c.mac(secret, b)...))
}

func (c cursor) mac(secret, b []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write(b)
	m.Write(c.question[:])
	return m.Sum(nil)[:macLength]
}

// openCursor reads a cursor that this store gave for a question.
func openCursor(text string, question [16]byte, secret []byte) (after int64, err error) {
	c := cursor{question: question}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 8+macLength || !hmac.Equal(b[8:], c.mac(secret, b[:8])) {
		return 0, problem.New(problem.Invalid, "next: not a cursor that this collection gave you for this filter; ask again without it")
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
