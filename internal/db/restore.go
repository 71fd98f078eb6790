package db

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
	"github.com/klauspost/compress/zstd"
)

// Restore reads a backup from r into the store at url, which must be empty: no
// database yet, or a store with nothing in it. All rows go in as one
// transaction, which is committed when the backup was read to its end and its
// checksum is right; after a failure the store is still empty. A backup of an
// older schema is brought up to date afterwards.
func Restore(ctx context.Context, r io.Reader, url string) error {
	in, err := newFrameReader(r)
	if err != nil {
		return err
	}
	defer in.close()
	var header backupHeader
	if err := in.object(frameHeader, &header); err != nil {
		return in.explain(err)
	}
	if header.Schema < 1 || header.Schema > latest {
		return problem.New(problem.Conflict, "backup has schema version %d, and this program knows 1 to %d", header.Schema, latest)
	}
	d, err := open(ctx, url, Options{}, header.Schema)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	err = d.Write(ctx, func(t *Tx) error {
		// The backup can be read only once, so a second attempt must not begin.
		if in.started {
			return problem.New(problem.Conflict, "restore was interrupted by another transaction: keep the store to yourself while restoring")
		}
		in.started = true
		return d.restore(ctx, t, header.Schema, in)
	})
	if err := errors.Join(err, d.Close()); err != nil {
		return in.explain(err)
	}
	if header.Schema == latest {
		return nil
	}
	if d, err = Open(ctx, url, Options{}); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return d.Close()
}

func (d *DB) restore(ctx context.Context, t *Tx, schema int64, in *frameReader) error {
	if err := t.LockHead(ctx); err != nil {
		return err
	}
	if err := empty(ctx, t, schema); err != nil {
		return err
	}
	for {
		kind, err := in.next()
		switch {
		case err != nil:
			return err
		case kind == frameEnd:
			return in.end()
		case kind != frameTable:
			return malformed("frame of kind %q where a table begins", kind)
		}
		var tab backupTable
		if err := in.payload(&tab); err != nil {
			return err
		}
		if err := d.restoreTable(ctx, t, tab, in); err != nil {
			return fmt.Errorf("table %s: %w", tab.Name, err)
		}
	}
}

func (d *DB) restoreTable(ctx context.Context, t *Tx, tab backupTable, in *frameReader) error {
	if !slices.ContainsFunc(backedUp, func(known table) bool { return known.name == tab.Name }) {
		return malformed("unknown table")
	}
	columns, err := d.engine.columns(ctx, t, tab.Name)
	if err != nil {
		return err
	}
	slices.Sort(columns)
	if !slices.Equal(columns, slices.Sorted(slices.Values(tab.Columns))) {
		return malformed("columns are %s: want %s", strings.Join(tab.Columns, ", "), strings.Join(columns, ", "))
	}
	var broken error
	err = t.Insert(ctx, tab.Name, tab.Columns, func(yield func([]any) bool) {
		row := make([]any, len(tab.Columns))
		for {
			more, err := in.row(row)
			if broken = err; err != nil || !more || !yield(row) {
				return
			}
		}
	})
	return errors.Join(broken, err)
}

// empty fails when anything was ever kept in the store, and takes out what the
// migrations put in.
func empty(ctx context.Context, t *Tx, schema int64) error {
	kept := 0
	for _, tab := range slices.Concat(backedUp, passing) {
		if tab.since > schema {
			continue
		}
		var n int
		if err := t.QueryRow(ctx, "SELECT count(*) FROM "+tab.name).Scan(&n); err != nil {
			return err
		}
		kept += n
	}
	for _, tab := range seeded {
		if tab.since <= schema {
			kept--
		}
	}
	if kept > 0 {
		return problem.New(problem.Conflict, "store is not empty: restore into a new one")
	}
	for _, tab := range seeded {
		if tab.since > schema {
			continue
		}
		if _, err := t.Exec(ctx, "DELETE FROM "+tab.name); err != nil {
			return err
		}
	}
	return nil
}

// malformed makes an error of a backup that cannot be read.
func malformed(format string, args ...any) error {
	return problem.New(problem.Invalid, format, args...)
}

// frameReader reads the frames of a backup and sums them up.
type frameReader struct {
	z       *zstd.Decoder
	r       *bufio.Reader
	sum     hash.Hash
	rows    int64
	started bool
	one     [1]byte // scratch
}

// The bounds of what a backup may ask for. A value longer than maxValue fits
// neither engine.
const (
	maxObject = 1 << 20
	maxValue  = 1 << 30
	maxWindow = 64 << 20
)

func newFrameReader(r io.Reader) (*frameReader, error) {
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != backupMagic {
		return nil, malformed("not a backup: want one that begins with %q", strings.TrimSpace(backupMagic))
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	return &frameReader{z: z, r: bufio.NewReaderSize(z, 1<<16), sum: sha256.New()}, nil
}

func (f *frameReader) close() { f.z.Close() }

// explain says of an error that it came from reading the backup.
func (f *frameReader) explain(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("backup ends too early: it is not complete")
	}
	if errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, zstd.ErrCRCMismatch) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return malformed("backup is damaged: %w", err)
	}
	return fmt.Errorf("restore: %w", err)
}

// ReadByte reads a byte and adds it to the sum.
func (f *frameReader) ReadByte() (byte, error) {
	b, err := f.r.ReadByte()
	if err == nil {
		f.one[0] = b
		f.sum.Write(f.one[:])
	}
	return b, err
}

func (f *frameReader) next() (byte, error) { return f.ReadByte() }

// bytes reads a length and so many bytes. Memory follows what is there, not
// what the length claims.
func (f *frameReader) bytes(limit uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(f)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, malformed("value of %d bytes", n)
	}
	var b bytes.Buffer
	b.Grow(int(min(n, 1<<16)))
	if _, err := io.CopyN(&b, f.r, int64(n)); err != nil {
		return nil, err
	}
	f.sum.Write(b.Bytes())
	return b.Bytes(), nil
}

func (f *frameReader) object(kind byte, v any) error {
	got, err := f.next()
	if err != nil {
		return err
	}
	if got != kind {
		return malformed("frame of kind %q: want %q", got, kind)
	}
	return f.payload(v)
}

func (f *frameReader) payload(v any) error {
	b, err := f.bytes(maxObject)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return malformed("malformed frame: %w", err)
	}
	return nil
}

// row reads the next row, or reports that none follows.
func (f *frameReader) row(values []any) (bool, error) {
	kind, err := f.r.Peek(1)
	if err != nil || kind[0] != frameRow {
		return false, err
	}
	f.next()
	for i := range values {
		if values[i], err = f.value(); err != nil {
			return false, err
		}
	}
	f.rows++
	return true, nil
}

func (f *frameReader) value() (any, error) {
	kind, err := f.next()
	if err != nil {
		return nil, err
	}
	switch kind {
	case valueInt:
		return binary.ReadVarint(f)
	case valueText:
		b, err := f.bytes(maxValue)
		return string(b), err
	case valueBytes:
		return f.bytes(maxValue)
	}
	return nil, malformed("value of kind %q", kind)
}

// end checks, after an end frame's kind, that this is the whole backup as it
// was written.
func (f *frameReader) end() error {
	var end backupEnd
	if err := f.payload(&end); err != nil {
		return err
	}
	want := f.sum.Sum(nil)
	got := make([]byte, sha256.Size)
	if _, err := io.ReadFull(f.r, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) || end.Rows != f.rows {
		return malformed("backup is damaged: its checksum is wrong")
	}
	if _, err := f.r.ReadByte(); !errors.Is(err, io.EOF) {
		return malformed("backup is damaged: something follows its end")
	}
	return nil
}
