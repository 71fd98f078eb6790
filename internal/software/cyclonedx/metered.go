package cyclonedx

import (
	"errors"
	"io"
)

// maxToken is how many bytes one tag or one text may have in XML. The decoder
// holds either whole, and the attributes of a tag in many times the memory that
// they have in the document.
const maxToken = 16 << 20

var errToken = errors.New("one tag or text is too long")

// metered reads a document a token at a time.
type metered struct {
	rest []byte
	left int // of the bytes that the token may have
}

// ReadByte is what the decoder reads UTF-8 with.
func (m *metered) ReadByte() (byte, error) {
	switch {
	case len(m.rest) == 0:
		return 0, io.EOF
	case m.left <= 0:
		return 0, errToken
	}
	c := m.rest[0]
	m.rest, m.left = m.rest[1:], m.left-1
	return c, nil
}

// Read is what other encodings are read with, a buffer ahead.
func (m *metered) Read(p []byte) (int, error) {
	switch {
	case len(m.rest) == 0:
		return 0, io.EOF
	case m.left <= 0:
		return 0, errToken
	}
	n := copy(p[:min(len(p), m.left)], m.rest)
	m.rest, m.left = m.rest[n:], m.left-n
	return n, nil
}
