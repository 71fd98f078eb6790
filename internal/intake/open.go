package intake

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/problem"
)

// Limits bound what is taken in. A zero field means its default.
type Limits struct {
	Compressed int64 // bytes of a file as it is handed in; default 256 MiB
	Bytes      int64 // of its content; default 512 MiB
	Ratio      int64 // content to compressed bytes; default 200. Text of lists stays under 20
}

func (l Limits) orDefault() Limits {
	if l.Compressed <= 0 {
		l.Compressed = 256 << 20
	}
	if l.Bytes <= 0 {
		l.Bytes = 512 << 20
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	return l
}

// ratioFrom is how much content must have come out before its ratio to the
// compressed bytes means anything: a short file of one letter compresses well.
const ratioFrom = 1 << 20

// packing is a form in which files come packed.
type packing struct {
	name  string
	magic string
	open  func(io.Reader) (io.Reader, error)
}

var packings = []packing{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"zstd", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	}},
}

// maxWindow bounds the memory that unpacking zstd may ask for, in bytes; what
// its tool writes without special options asks for 8 MiB at most.
const maxWindow = 64 << 20

// packedBy is how a file that begins so is packed; nil when it is not.
func packedBy(head []byte) *packing {
	for i := range packings {
		if bytes.HasPrefix(head, []byte(packings[i].magic)) {
			return &packings[i]
		}
	}
	return nil
}

// Open reads a file, unpacking it when it is gzip, bzip2 or zstd. It holds no more than the
// limits allow at any time, so that a file made to swell is refused after its
// first megabyte or so. Errors name the file.
func Open(name string, r io.Reader, limits Limits) ([]byte, error) {
	limits = limits.orDefault()
	in := &counter{r: r, left: limits.Compressed}
	head := make([]byte, 4)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), in)
	p := packedBy(head[:n])
	if p == nil {
		limits.Bytes = min(limits.Bytes, limits.Compressed)
		return take(name, "", all, limits.Bytes, nil)
	}
	z, err := p.open(all)
	if err != nil {
		return nil, broken(name, p.name, err)
	}
	if c, ok := z.(interface{ Close() }); ok {
		defer c.Close()
	}
	return take(name, p.name, z, limits.Bytes, func(out int64) error {
		if packed := max(in.read, 1); out > ratioFrom && out/packed > limits.Ratio {
			return problem.New(problem.TooLarge, "%s: swells to more than %d times its size when unpacked; refused after %d bytes", name, limits.Ratio, out)
		}
		return nil
	})
}

// take reads r whole, at most limit bytes, asking check as it goes.
func take(name, form string, r io.Reader, limit int64, check func(out int64) error) ([]byte, error) {
	var b bytes.Buffer
	chunk := make([]byte, 64<<10)
	for {
		n, err := r.Read(chunk)
		b.Write(chunk[:n])
		if int64(b.Len()) > limit {
			return nil, problem.New(problem.TooLarge, "%s: more than %d bytes", name, limit)
		}
		if check != nil {
			if err := check(int64(b.Len())); err != nil {
				return nil, err
			}
		}
		if errors.Is(err, io.EOF) {
			return b.Bytes(), nil
		}
		if err != nil {
			return nil, broken(name, form, err)
		}
	}
}

// broken explains why a file cannot be read to its end.
func broken(name, form string, err error) error {
	var tooMuch *problem.Error
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(problem.Invalid, "%s: the %s data ends too early; the file is cut off", name, form)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return problem.New(problem.TooLarge, "%s: zstd data that asks for more than %d bytes of memory to unpack", name, maxWindow)
	case errors.As(err, &tooMuch):
		return fmt.Errorf("%s: %w", name, err)
	}
	if form != "" && damaged(err) {
		return problem.New(problem.Invalid, "%s: damaged %s data (%w)", name, form, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// damaged reports whether err is of unpacking, and not of reading.
func damaged(err error) bool {
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return true
	}
	if _, ok := errors.AsType[bzip2.StructuralError](err); ok {
		return true
	}
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || strings.HasPrefix(err.Error(), "zstd: ") ||
		slices.ContainsFunc(zstdErrors, func(e error) bool { return errors.Is(err, e) })
}

var zstdErrors = []error{zstd.ErrMagicMismatch, zstd.ErrCRCMismatch, zstd.ErrReservedBlockType, zstd.ErrCompressedSizeTooBig, zstd.ErrBlockTooSmall, zstd.ErrUnexpectedBlockSize, zstd.ErrWindowSizeTooSmall, zstd.ErrUnknownDictionary}

// counter counts what is read and refuses more than it may.
type counter struct {
	r    io.Reader
	read int64
	left int64
}

func (c *counter) Read(p []byte) (int, error) {
	// One byte more than allowed is asked for, to tell a file of just the
	// limit from a larger one.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	c.read += int64(n)
	c.left -= int64(n)
	if c.left < 0 {
		c.left = -1
		return 0, problem.New(problem.TooLarge, "the file is larger than %d bytes", c.read-1)
	}
	return n, err
}
