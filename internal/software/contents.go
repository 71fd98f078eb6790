package software

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/problem"
)

// FactContents is about a release: its [Contents].
const FactContents = "software.contents"

// Contents is which components a release has, in the form that portfolios are
// indexed from: their purls, packed. It has none that cannot be named by a
// purl; these are in the bill alone.
type Contents struct {
	Components int    `json:"components"` // purls in it
	Packed     []byte `json:"packed"`     // zstd; a line each: "!" where the release depends on it directly, then the purl
}

// limits of what is unpacked: the facts are ours, but a store may be damaged.
const maxUnpacked = 1 << 30

var (
	encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	})
	decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderConcurrency(0))
	})
)

func pack(b []byte) ([]byte, error) {
	e, err := encoder()
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(b, nil), nil
}

func unpack(b []byte) ([]byte, error) {
	d, err := decoder()
	if err != nil {
		return nil, err
	}
	out, err := d.DecodeAll(b, nil)
	if err != nil {
		return nil, problem.New(problem.Invalid, "packed contents are damaged: %v", err)
	}
	return out, nil
}

// Pack makes the contents of a release of its components' canonical purls,
// which hold no line break; direct, as long as purls, says which of them it
// depends on directly. Equal arguments give equal bytes.
func Pack(purls []string, direct []bool) (Contents, error) {
	var b bytes.Buffer
	for i, p := range purls {
		if direct[i] {
			b.WriteByte('!')
		}
		b.WriteString(p)
		b.WriteByte('\n')
	}
	packed, err := pack(b.Bytes())
	return Contents{Components: len(purls), Packed: packed}, err
}

// Unpack calls yield for each component until it fails. The purl may be
// overwritten after yield returns.
func (c Contents) Unpack(yield func(purl []byte, direct bool) error) error {
	lines, err := unpack(c.Packed)
	if err != nil {
		return err
	}
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte{'\n'})
		lines = rest
		purl, direct := bytes.CutPrefix(line, []byte{'!'})
		if err := yield(purl, direct); err != nil {
			return err
		}
	}
	return nil
}

// FactBill is about a release: a [PackedBill], the whole of what its SBOM says.
const FactBill = "software.bill"

// PackedBill is a [Bill] as the ledger keeps it.
type PackedBill struct {
	Packed []byte `json:"packed"` // zstd of its JSON
}

// PackBill packs a bill. Equal bills give equal bytes.
func PackBill(b *Bill) (PackedBill, error) {
	if len(b.Components)+len(b.Edges) >= streamed {
		packed, err := packStream(b)
		if err != nil {
			return PackedBill{}, fmt.Errorf("bill %s: %w", b.ID, err)
		}
		return PackedBill{Packed: packed}, nil
	}
	text, err := json.Marshal(b)
	if err != nil {
		return PackedBill{}, fmt.Errorf("bill %s: %w", b.ID, err)
	}
	packed, err := pack(text)
	return PackedBill{Packed: packed}, err
}

// Unpack reads the bill.
func (p PackedBill) Unpack() (*Bill, error) {
	text, err := unpack(p.Packed)
	if err != nil {
		return nil, err
	}
	var b Bill
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, problem.New(problem.Invalid, "packed bill is damaged: %v", err)
	}
	return &b, nil
}
