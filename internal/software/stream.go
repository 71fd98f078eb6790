package software

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// streamed is from how many components and edges on a bill is packed piece by
// piece. The text of smaller ones is made whole, which is quicker; that of a
// million components would take a third of a gigabyte, several times over.
const streamed = 1 << 16

// packStream packs a bill without ever holding its text.
func packStream(b *Bill) ([]byte, error) {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeJSON(z, b), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// writeJSON writes the JSON of a bill as [json.Marshal] makes it, one component
// and edge at a time.
func writeJSON(w io.Writer, b *Bill) error {
	rest := *b
	rest.Components, rest.Edges = nil, nil
	text, err := json.Marshal(&rest)
	if err != nil {
		return err
	}
	// Quotes in strings are escaped, so this is the key and no text.
	before, after, ok := bytes.Cut(text, []byte(`"components":null`))
	if !ok {
		return fmt.Errorf("bill %s: its JSON has no place for components", b.ID)
	}
	p := &pieces{w: w}
	p.write(before)
	p.write([]byte(`"components":`))
	if b.Components == nil {
		p.write([]byte("null"))
	} else {
		writeEach(p, b.Components)
	}
	if len(b.Edges) > 0 {
		p.write([]byte(`,"edges":`))
		writeEach(p, b.Edges)
	}
	p.write(after)
	return p.err
}

// pieces writes until it fails.
type pieces struct {
	w    io.Writer
	room bytes.Buffer
	err  error
}

func (p *pieces) write(b []byte) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
}

func writeEach[T any](p *pieces, all []T) {
	encoder := json.NewEncoder(&p.room)
	between := byte('[')
	for i := range all {
		p.room.Reset()
		p.room.WriteByte(between)
		between = ','
		if err := encoder.Encode(&all[i]); err != nil && p.err == nil {
			p.err = err
		}
		if p.write(p.room.Bytes()[:max(p.room.Len()-1, 0)]); p.err != nil { // without its line break
			return
		}
	}
	if len(all) == 0 {
		p.write([]byte{between})
	}
	p.write([]byte{']'})
}
