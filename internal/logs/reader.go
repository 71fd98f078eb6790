package logs

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"countersign.dev/internal/problem"
)

// The limits of a log.
const (
	blockSize = 1 << 20
	// MaxLine is the longest line, in bytes. What is beyond is passed over and
	// counted.
	MaxLine  = 1 << 20
	headSize = 64 << 10
)

// Reader reads a log.
type Reader struct {
	Format *Format
	Name   string

	in      *bufio.Reader
	close   func()
	line    int64 // number of the next
	offset  int64
	rest    []byte // of a line that went over the end of a block
	tooLong int64
	ended   bool
	failed  error
}

// Block is some whole lines of a log.
type Block struct {
	Bytes  []byte // with their line breaks
	Line   int64  // number of the first, from 1
	Offset int64  // of it in the log, uncompressed
}

// Open begins to read a log, compressed by gzip or zstd or not. The format is
// told by its beginning, unless it is named.
func Open(name string, r io.Reader, format string) (*Reader, error) {
	in := bufio.NewReaderSize(r, headSize)
	magic, _ := in.Peek(4)
	l := &Reader{Name: name, line: 1, close: func() {}}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: gzip: %v", name, err)
		}
		l.in = bufio.NewReaderSize(z, headSize)
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(128<<20))
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: zstd: %v", name, err)
		}
		l.in, l.close = bufio.NewReaderSize(z, headSize), z.Close
	default:
		l.in = in
	}
	head, err := l.in.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "%s: %v", name, err)
	}
	if l.Format, err = formatOf(format, head); err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "%s", name)
	}
	return l, nil
}

// Close ends reading. The underlying reader stays open.
func (l *Reader) Close() { l.close() }

// TooLong is how many lines were longer than [MaxLine]; their beginnings were
// given.
func (l *Reader) TooLong() int64 { return l.tooLong }

// Next is the next whole lines; io.EOF after the last. An error in the middle, as
// of a file that was cut off, comes after all that could be read, and names the
// line.
func (l *Reader) Next() (*Block, error) {
	if l.ended {
		if l.failed != nil {
			return nil, l.failed
		}
		return nil, io.EOF
	}
	buf := make([]byte, len(l.rest), len(l.rest)+blockSize)
	copy(buf, l.rest)
	l.rest = nil
	for {
		n, err := io.ReadFull(l.in, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			l.ended = true
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 && errors.Is(err, io.ErrUnexpectedEOF) || l.cut(err) {
				l.failed = problem.New(problem.Invalid, "%s: after line %d: %v", l.Name, l.line+int64(bytes.Count(buf, newline))-1, err)
			}
			if len(buf) == 0 {
				return l.Next()
			}
			return l.block(buf), nil
		}
		if end := bytes.LastIndexByte(buf, '\n'); end >= 0 {
			l.rest = bytes.Clone(buf[end+1:])
			return l.block(buf[:end+1]), nil
		}
		if len(buf) >= MaxLine {
			l.tooLong++
			skipped, err := l.skipLine()
			b := l.block(append(buf, '\n'))
			l.offset += skipped - 1
			if err != nil {
				l.ended = true
			}
			return b, nil
		}
		buf = append(make([]byte, 0, len(buf)+blockSize), buf...)
	}
}

var newline = []byte{'\n'}

// cut reports whether a read that ended in the middle did so because the
// compressed file itself was cut off: a bufio reader gives that error again.
func (l *Reader) cut(err error) bool {
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	_, again := l.in.ReadByte()
	return again != nil && !errors.Is(again, io.EOF)
}

func (l *Reader) skipLine() (skipped int64, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		skipped += int64(len(part))
		if !errors.Is(err, bufio.ErrBufferFull) {
			if err != nil && !errors.Is(err, io.EOF) {
				err = fmt.Errorf("%s: %w", l.Name, err)
			}
			return skipped, err
		}
	}
}

func (l *Reader) block(b []byte) *Block {
	out := &Block{Bytes: b, Line: l.line, Offset: l.offset}
	l.line += int64(bytes.Count(b, newline))
	if len(b) > 0 && b[len(b)-1] != '\n' {
		l.line++
	}
	l.offset += int64(len(b))
	return out
}
