package core

import (
	"bytes"
	"errors"
	"time"

	"github.com/fxamacker/cbor/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// version is that of the map, and what stands before the point in an address.
const version = 1

// lastDay is 9999-12-31, in days since 1970-01-01; later ones have no ISO date.
const lastDay = 2932896

// wire is the map as it is written. Pointers tell what is absent from what is
// zero.
type wire struct {
	Version    *uint64 `cbor:"1,keyasint,omitempty"`
	KeyHint    []byte  `cbor:"2,keyasint,omitempty"`
	Maker      *string `cbor:"3,keyasint,omitempty"`
	Product    *string `cbor:"4,keyasint,omitempty"`
	Tier       *uint64 `cbor:"5,keyasint,omitempty"`
	Issued     *uint64 `cbor:"6,keyasint,omitempty"`
	ValidUntil *uint64 `cbor:"7,keyasint,omitempty"`
	SupportEnd *uint64 `cbor:"8,keyasint,omitempty"`
	Document   []byte  `cbor:"9,keyasint,omitempty"`
	Scheme     *string `cbor:"10,keyasint,omitempty"`
}

var (
	writing = must(cbor.CoreDetEncOptions().EncMode())
	reading = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxMapPairs:       16,
		MaxArrayElements:  16,
		MaxNestedLevels:   4,
	}.DecMode())
)

// must is for options that are constant.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// marshal writes the map of a core.
func (c *Core) marshal() ([]byte, error) {
	w := wire{
		Version: new(uint64(version)), KeyHint: c.KeyHint[:],
		Maker: &c.Maker, Product: &c.Product, Tier: new(uint64(c.Tier)),
		Document: c.Document[:], Scheme: &c.Scheme,
	}
	for _, d := range []struct {
		name string
		day  access.Date
		to   **uint64
	}{{"issued", c.Issued, &w.Issued}, {"valid until", c.ValidUntil, &w.ValidUntil}, {"support end", c.SupportEnd, &w.SupportEnd}} {
		if d.day == "" && d.to == &w.SupportEnd {
			continue
		}
		n, err := days(d.day)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "label core, %s", d.name)
		}
		*d.to = &n
	}
	b, err := writing.Marshal(w)
	return b, problem.Wrap(problem.Internal, err, "label core")
}

// unmarshal reads the map of a core, all but its id.
func unmarshal(b []byte) (Core, error) {
	var w wire
	err := reading.Unmarshal(b, &w)
	var kind *cbor.UnmarshalTypeError
	switch {
	case errors.As(err, &kind): // its message is about types of Go
		return Core{}, problem.New(problem.Invalid, "label core: a %s where a core has something else", kind.CBORType)
	case err != nil:
		return Core{}, problem.Wrap(problem.Invalid, err, "label core: not the map that a core is")
	}
	// What is not written as we write it has a second form, or something that
	// was passed over in reading.
	if again, err := writing.Marshal(w); err != nil || !bytes.Equal(again, b) {
		return Core{}, problem.New(problem.Invalid, "label core: not in deterministic CBOR (RFC 8949, section 4.2.1)")
	}
	if w.Version != nil && *w.Version != version {
		return Core{}, problem.New(problem.Invalid, "label core: version %d, and this reader knows %d", *w.Version, version)
	}
	if m := w.missing(); m != "" {
		return Core{}, problem.New(problem.Invalid, "label core: %s is missing", m)
	}
	return w.core()
}

// missing is the first member that is not there, "" when all are.
func (w *wire) missing() string {
	for _, m := range []struct {
		name  string
		there bool
	}{
		{"version", w.Version != nil},
		{"key hint", w.KeyHint != nil},
		{"maker", w.Maker != nil},
		{"product", w.Product != nil},
		{"tier", w.Tier != nil},
		{"day of issue", w.Issued != nil},
		{"end of validity", w.ValidUntil != nil},
		{"digest of the document", w.Document != nil},
		{"scheme", w.Scheme != nil},
	} {
		if !m.there {
			return m.name
		}
	}
	return ""
}

// core is what a complete map says.
func (w *wire) core() (Core, error) {
	c := Core{Maker: *w.Maker, Product: *w.Product, Scheme: *w.Scheme, Tier: int(min(*w.Tier, MaxTier+1))}
	if copy(c.KeyHint[:], w.KeyHint) != len(w.KeyHint) || len(w.KeyHint) != len(c.KeyHint) {
		return Core{}, problem.New(problem.Invalid, "label core: a key hint of %d bytes, and it has %d", len(w.KeyHint), len(c.KeyHint))
	}
	if copy(c.Document[:], w.Document) != len(w.Document) || len(w.Document) != len(c.Document) {
		return Core{}, problem.New(problem.Invalid, "label core: a document's digest of %d bytes, and %d are kept", len(w.Document), len(c.Document))
	}
	if f := c.fault(); f != "" {
		return Core{}, problem.New(problem.Invalid, "label core: %s", f)
	}
	for _, d := range []struct {
		to  *access.Date
		day *uint64
	}{{&c.Issued, w.Issued}, {&c.ValidUntil, w.ValidUntil}, {&c.SupportEnd, w.SupportEnd}} {
		if d.day == nil {
			continue
		}
		if *d.day > lastDay {
			return Core{}, problem.New(problem.Invalid, "label core: day %d is after 9999-12-31", *d.day)
		}
		*d.to = access.DateOf(time.Unix(int64(*d.day)*secondsPerDay, 0))
	}
	return c, nil
}

const secondsPerDay = 24 * 60 * 60

// days is a day as a number: how many after 1970-01-01.
func days(d access.Date) (uint64, error) {
	if _, err := access.ParseDate(string(d)); err != nil {
		return 0, err
	}
	n := d.Time().Unix() / secondsPerDay
	if n < 0 {
		return 0, problem.New(problem.Invalid, "%s is before 1970-01-01", d)
	}
	return uint64(n), nil
}
