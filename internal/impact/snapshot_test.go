package impact

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// keep keeps the world's index in a file, for a log of a name. It gives why
// what is there was refused, if it was.
func (w *world) keep(path, log string) *error {
	var refused error
	w.index.Keep(Keeping{
		Path: path,
		Bound: func(ctx context.Context, position int64) (string, error) {
			root, err := w.ledger.Root(ctx, position)
			return log + root.String(), err
		},
		Refused: func(err error) { refused = err },
	})
	return &refused
}

// again is a process that begins with what is kept.
func (w *world) again(path, log string) (*world, *error) {
	next := *w
	next.index = New(w.ledger, func(d Delta) {})
	refused := next.keep(path, log)
	return &next, refused
}

func (w *world) catchUp() {
	w.t.Helper()
	if _, err := w.index.CatchUp(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) save() {
	w.t.Helper()
	w.catchUp()
	if err := w.index.Save(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// An index that began with a snapshot says at every moment what one says that
// was built from the ledger, however often it was written, read and caught up;
// and what is read is written again to the byte.
func TestSnapshotEqualsRebuild(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kept")
			w := newWorld(t, open(t))
			w.keep(path, "a")
			r := rand.New(rand.NewPCG(seed, 23))
			day, kept := access.Date("2024-01-01"), 0
			for range 60 {
				w.draw(r, day)
				w.named(access.Public, day, "names", fmt.Sprintf("pkg:oci/app%d@1", r.IntN(5)), "name "+string(day))
				if day = day.AddDays(1); r.IntN(6) > 0 {
					continue
				}
				w.save()
				next, refused := w.again(path, "a")
				next.catchUp()
				if *refused != nil || next.index.Kept() == 0 {
					t.Fatalf("the snapshot was not taken: %v", *refused)
				}
				var before, after bytes.Buffer
				if err := w.index.write(&before, ""); err != nil {
					t.Fatal(err)
				}
				if err := next.index.write(&after, ""); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(before.Bytes(), after.Bytes()) {
					t.Fatalf("%d bytes were read, %d written", before.Len(), after.Len())
				}
				w.index, kept = next.index, kept+1
			}
			if kept == 0 {
				t.Fatal("nothing was kept: the test tests nothing")
			}
			w.sameAsNew(day)
		})
	}
}

// sameAsNew compares the index with one that is built from the ledger.
func (w *world) sameAsNew(last access.Date) {
	w.t.Helper()
	fresh := *w
	fresh.index = New(w.ledger, nil)
	fresh.catchUp()
	if diff := cmp.Diff(fresh.state(), w.state()); diff != "" {
		w.t.Fatalf("what concerns the releases (-built +kept):\n%s", diff)
	}
	if diff := cmp.Diff(w.scanned(), w.state()); diff != "" {
		w.t.Fatalf("what concerns the releases (-scan +kept):\n%s", diff)
	}
	if a, b := fresh.index.Size(), w.index.Size(); a != b {
		w.t.Fatalf("sizes: built %+v, kept %+v", a, b)
	}
	releases := slices.Sorted(maps.Keys(w.bills))
	head := w.index.Position()
	for back := range 30 {
		ask := access.Ask{Reader: access.Operator, At: access.At{Date: last, Known: last.AddDays(-2 * back), Position: max(head-3*int64(back), 1)}}
		for _, q := range w.questions() {
			want, err1 := fresh.index.Contains(context.Background(), ask, q, 0, 50)
			got, err2 := w.index.Contains(context.Background(), ask, q, 0, 50)
			if diff := cmp.Diff(want, got); diff != "" || problem.KindOf(err1) != problem.KindOf(err2) {
				w.t.Fatalf("%+v at %+v (-built +kept): %v %v\n%s", q, ask.At, err1, err2, diff)
			}
		}
		want, err := fresh.index.Titles(context.Background(), ask, releases)
		if err != nil {
			w.t.Fatal(err)
		}
		got, err := w.index.Titles(context.Background(), ask, releases)
		if err != nil || !slices.Equal(want, got) {
			w.t.Fatalf("titles: built %v, kept %v, %v", want, got, err)
		}
	}
}

// questions is who contains each thing that the world knows of.
func (w *world) questions() (out []Query) {
	for _, id := range slices.Sorted(maps.Keys(w.advices)) {
		out = append(out, Query{Advisory: id})
	}
	c := &w.index.components
	for n := range uint32(c.len()) {
		out = append(out, Query{PURL: c.purls.at(n)}, Query{Term: namesOf(c.purls.at(n))[0].term})
	}
	return out
}

// What is no snapshot of this log, whole and not ahead of it, is not taken,
// and the index is what it would be without.
func TestSnapshotRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := newWorld(t, open(t))
	path := filepath.Join(t.TempDir(), "kept")
	w.keep(path, "a")
	day := access.Date("2024-01-01")
	for range 20 {
		w.draw(r, day)
		day = day.AddDays(1)
	}
	w.save()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	other := newWorld(t, open(t))
	for range 30 {
		other.draw(r, day)
	}
	short := newWorld(t, open(t))
	short.draw(r, day)
	for name, c := range map[string]struct {
		world *world
		log   string
		bytes []byte
	}{
		"flipped bit":      {w, "a", flipped},
		"cut off":          {w, "a", whole[:len(whole)-9]},
		"empty":            {w, "a", nil},
		"another log":      {w, "b", whole},
		"another store":    {other, "a", whole},
		"ahead of the log": {short, "a", whole},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, c.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			next, refused := c.world.again(path, c.log)
			next.t = t
			next.catchUp()
			if *refused == nil || next.index.Kept() != 0 {
				t.Fatal("it was taken")
			}
			next.sameAsNew(day)
		})
	}
}

// A process that stopped while it wrote leaves the snapshot of before.
func TestSnapshotStopped(t *testing.T) {
	w := newWorld(t, open(t))
	path := filepath.Join(t.TempDir(), "kept")
	w.keep(path, "a")
	w.bill(access.Public, "2024-01-01", "pkg:oci/a@1", "pkg:npm/b@1")
	w.save()
	failed := fmt.Errorf("no space")
	if err := replace(path, func(f io.Writer) error {
		f.Write([]byte("half"))
		return failed
	}); err == nil {
		t.Fatal("a failed write is none")
	}
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Error("what was half written is still there")
	}
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil { // by one that was killed
		t.Fatal(err)
	}
	w.bill(access.Public, "2024-01-02", "pkg:oci/c@1", "pkg:npm/b@2")
	next, refused := w.again(path, "a")
	next.catchUp()
	if *refused != nil || next.index.Kept() == 0 {
		t.Fatalf("the snapshot of before is not there: %v", *refused)
	}
	next.sameAsNew("2024-02-01")
	next.save()
}

// What is read never ends the process, whatever it is.
func FuzzSnapshot(f *testing.F) {
	x := New(nil, nil)
	x.components.number(&parcel{text: []byte("pkg:npm/a@1"), items: []item{{end: 11, fresh: true}}, fresh: []fresh{{"pkg:npm/a@1", hashOf([]byte("pkg:npm/a@1")), namesOf("pkg:npm/a@1")}}})
	var whole bytes.Buffer
	if err := x.write(&whole, "a"); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes()[len(snapshotForm)+4 : whole.Len()-4])
	f.Add([]byte{})
	f.Add([]byte{1, 1, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		y := &Index{}
		if err := y.readForm(&transcript{in: bufio.NewReader(bytes.NewReader(b)), left: int64(len(b))}); err != nil {
			return
		}
		if err := y.prepare(context.Background()); err != nil {
			return
		}
		if err := y.write(&bytes.Buffer{}, ""); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
