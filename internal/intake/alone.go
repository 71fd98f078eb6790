package intake

import (
	"bytes"
	"io"
)

// Alone reports whether a file is an edition by itself, so that it can be taken
// in without waiting for others: a bill of materials, an advisory, a statement.
// What cannot be recognised is not.
func Alone(f File) bool {
	head := headOf(f.Bytes)
	if p := packedBy(head); p != nil {
		z, err := p.open(bytes.NewReader(f.Bytes))
		if err != nil {
			return false
		}
		if c, ok := z.(interface{ Close() }); ok {
			defer c.Close()
		}
		head = make([]byte, headSize)
		n, _ := io.ReadFull(z, head) // what cannot be unpacked is told when it is read
		head = head[:n]
	}
	for _, of := range formats {
		if of.recognise(f.Name, head) {
			return of.alone
		}
	}
	return false
}

// IsBill reports whether a file is a bill of materials.
func IsBill(f File) bool {
	f, err := open(f, Limits{})
	if err != nil {
		return false
	}
	for _, of := range softwareFormats[:billFormats] {
		if of.recognise(f.Name, headOf(f.Bytes)) {
			return true
		}
	}
	return false
}
