package impact

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"countersign.dev/internal/problem"
)

// Keeping is where what an index knows is kept from one process to the next.
//
// A snapshot is a saving of time and never a record: it is taken for what the
// index would have worked out itself when it is whole, of this form and bound to
// what Bound says, and otherwise for none. It holds what all readers may see
// together, so nobody but the store's owner may read the file.
type Keeping struct {
	// Path is the file. It is replaced as a whole: a process that stops while it
	// writes leaves the one before.
	Path string
	// Bound says what a snapshot of a position belongs to: which log, what it
	// holds up to there, and which program. It fails where the log has not come
	// as far.
	Bound func(ctx context.Context, position int64) (string, error)
	// Refused is told why a snapshot that is there was not taken; nil when nobody
	// wants to know.
	Refused func(error)
}

// snapshotForm is the version of [Index.form].
const snapshotForm = "countersign portfolio 1\n"

// Keep makes the index begin with the snapshot that is kept, if there is one.
// It is to be called before the index is used.
func (x *Index) Keep(k Keeping) { x.keeping = &k }

// Kept is the position of the snapshot that this index began with or has
// written; 0 for none.
func (x *Index) Kept() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.kept
}

// Save writes a snapshot of what the index knows. Nobody can catch up
// meanwhile, while questions about what it knows are answered. Where nothing
// is known, or nothing more than what is kept, it does nothing.
func (x *Index) Save(ctx context.Context) error {
	x.catching.Lock()
	defer x.catching.Unlock()
	if x.keeping == nil || x.learnt <= x.kept || x.releases.settled < len(x.releases.bills) {
		return nil
	}
	bound, err := x.keeping.Bound(ctx, x.position)
	if err != nil {
		return fmt.Errorf("snapshot of the portfolio: %w", err)
	}
	if err := replace(x.keeping.Path, func(f io.Writer) error { return x.write(f, bound) }); err != nil {
		return fmt.Errorf("snapshot of the portfolio: %w", err)
	}
	x.mu.Lock()
	x.kept = x.position
	x.mu.Unlock()
	return nil
}

// replace writes a file beside the path, and puts it there once all of it is
// on the disk: after a stop in between, the file of before is there.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a renaming durable, where folders can be opened.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // without it the older file may come back, which is caught up
	}
	_ = d.Sync()
	return d.Close()
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// buffered is how much of a snapshot is written or read at a time.
const buffered = 1 << 20

// write writes a snapshot, and a checksum of all of it behind it.
func (x *Index) write(w io.Writer, bound string) error {
	sum := crc32.New(castagnoli)
	t := &transcript{out: bufio.NewWriterSize(io.MultiWriter(w, sum), buffered)}
	head := snapshotForm
	t.text(&head)
	t.text(&bound)
	number(t, &x.position)
	x.form(t)
	if t.err == nil {
		t.err = t.out.Flush()
	}
	if t.err != nil {
		return t.err
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

// begin takes in the snapshot that is kept, if it is one of this log, whole and
// not ahead of it. The caller holds x.catching.
func (x *Index) begin(ctx context.Context) {
	if x.keeping == nil || x.begun || x.position > 0 || x.taken > 0 {
		return
	}
	x.begun = true
	f, err := os.Open(x.keeping.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var read *Index
	if err == nil {
		defer f.Close()
		read, err = x.keeping.read(ctx, f)
	}
	if err != nil {
		if x.keeping.Refused != nil {
			x.keeping.Refused(fmt.Errorf("%s: %w", x.keeping.Path, err))
		}
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.position, x.kept, x.learnt = read.position, read.position, read.position
	x.taken, x.judged, x.passed = read.taken, read.judged, read.passed
	x.components, x.releases, x.titles, x.deployed = read.components, read.releases, read.titles, read.deployed
	x.advisories, x.hits = read.advisories, read.hits
	x.audiences.numbers, x.audiences.all = read.audiences.numbers, read.audiences.all
}

// read reads a snapshot. Nothing of it is looked at before its checksum and
// what it is bound to have been found right.
func (k *Keeping) read(ctx context.Context, f io.ReadSeeker) (*Index, error) {
	size, err := checked(f)
	if err != nil {
		return nil, err
	}
	t := &transcript{in: bufio.NewReaderSize(io.LimitReader(f, size), buffered), left: size}
	var form, bound string
	var position int64
	t.text(&form)
	if t.err == nil && form != snapshotForm {
		return nil, problem.New(problem.Conflict, "a snapshot of another form: %.40q", form)
	}
	t.text(&bound)
	if number(t, &position); t.err != nil {
		return nil, t.err
	}
	switch here, err := k.Bound(ctx, position); {
	case err != nil:
		return nil, err
	case here != bound:
		return nil, problem.New(problem.Conflict, "a snapshot of another log, or by another program")
	}
	x := &Index{}
	if err := x.readForm(t); err != nil {
		return nil, err
	}
	return x, x.prepare(ctx)
}

// readForm reads what an index holds, to the end.
func (x *Index) readForm(t *transcript) error {
	if x.form(t); t.err == nil && t.left != 0 {
		t.fail(problem.New(problem.Invalid, "%d bytes too many", t.left))
	}
	return t.err
}

// checked reads the whole file for its checksum, and gives the size of what is
// before it. It leaves the file at its beginning.
func checked(f io.ReadSeeker) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	size := end - crc32.Size
	if err == nil && size < 0 {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, err
	}
	sum, stated := crc32.New(castagnoli), make([]byte, crc32.Size)
	if _, err := io.CopyBuffer(sum, io.LimitReader(f, size), make([]byte, buffered)); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(f, stated); err != nil {
		return 0, err
	}
	if !slices.Equal(sum.Sum(nil), stated) {
		return 0, problem.New(problem.Invalid, "damaged: its checksum is another")
	}
	_, err = f.Seek(0, io.SeekStart)
	return size, err
}

// prepare makes ready what advisories say that concerns any component: the
// others are made ready when one comes that they may be about.
func (x *Index) prepare(ctx context.Context) error {
	needed := map[uint32]bool{}
	for _, hits := range x.hits {
		for _, h := range hits {
			needed[h.slot()] = true
		}
	}
	var slots []uint32
	for slot := range needed {
		if int(slot) >= len(x.advisories.slots) {
			return problem.New(problem.Invalid, "an advisory that is not there concerns a component")
		}
		slots = append(slots, slot)
	}
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(slots) && errs[w] == nil && ctx.Err() == nil; i += workers {
				_, errs[w] = x.advisories.slots[slots[i]].reading()
			}
		})
	}
	group.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}
