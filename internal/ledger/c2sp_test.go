package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/realdata"
)

func TestTilePaths(t *testing.T) {
	for path, want := range map[string]tlog.Tile{
		"tile/0/000":               {H: 8, L: 0, N: 0, W: 256},
		"tile/0/x001/234":          {H: 8, L: 0, N: 1234, W: 256},
		"tile/2/x001/x234/567.p/8": {H: 8, L: 2, N: 1234567, W: 8},
		"tile/entries/000.p/17":    {H: 8, L: -1, N: 0, W: 17},
	} {
		got, err := ParseTilePath(path)
		if err != nil || got != want {
			t.Errorf("ParseTilePath(%q) = %+v, %v; want %+v", path, got, err, want)
		}
		if back := tilePath(want); back != path {
			t.Errorf("tilePath(%+v) = %q; want %q", want, back, path)
		}
	}
	for _, path := range []string{"", "tile/", "tile/0/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/-1/000", "tile/data/000", "tile/8/0/000", "tile/entries/../0", "tile/0/x000/001", "tile/0/000.p/01", "tile/64/000"} {
		if got, err := ParseTilePath(path); err == nil {
			t.Errorf("ParseTilePath(%q) = %+v; want an error", path, got)
		}
	}
}

// TestTilePathsRoundTrip states that every tile's path reads back as the tile.
func TestTilePathsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tlog.Tile{
			H: tileHeight, L: rapid.IntRange(-1, maxTileLevel).Draw(t, "level"),
			N: rapid.Int64Range(0, 1<<40).Draw(t, "index"), W: rapid.IntRange(1, 256).Draw(t, "width"),
		}
		if got, err := ParseTilePath(tilePath(want)); err != nil || got != want {
			t.Fatalf("%s reads back as %+v, %v; want %+v", tilePath(want), got, err, want)
		}
	})
}

// TestLogIsATlog reads the published tiles as any client of c2sp.org/tlog-tiles
// does: it builds the root of every size from them.
func TestLogIsATlog(t *testing.T) {
	l := openLedger(t, dbtest.Open(t, "sqlite"))
	ctx := context.Background()
	const n = 300
	var docs []Document
	for i := range n {
		docs = append(docs, Document{Bytes: binary.BigEndian.AppendUint64(nil, uint64(i)), Kind: "test", Name: "doc", Published: "2021-01-01"})
	}
	mustAppend(t, l, Edition{Documents: docs[:250]})
	early, err := l.Checkpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, Edition{Documents: docs[250:]})
	signed, err := l.Checkpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := openCheckpoint(signed, l.verifier)
	if err != nil || tree.Size != n {
		t.Fatalf("checkpoint of %d, %v", tree.Size, err)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: tree.Size, Hash: tree.Root}, tileReader{l})
	for _, position := range []int64{1, 2, 256, 257, 299, 300} {
		p, err := l.Prove(ctx, ask(access.Operator), position)
		if err != nil {
			t.Fatal(err)
		}
		again, err := tlog.ProveRecord(tree.Size, position-1, reader)
		if err != nil || len(again) != len(p.Path) {
			t.Fatalf("proof of %d from tiles: %v", position, err)
		}
		parsed, err := ParseProof(p.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Verify(leafAt(t, l, position), l.verifier); err != nil {
			t.Errorf("position %d: %v", position, err)
		}
		if _, err := parsed.Verify(leafAt(t, l, position%n+1), l.verifier); err == nil {
			t.Errorf("position %d: verifies for another leaf", position)
		}
	}
	older, err := openCheckpoint(early, l.verifier)
	if err != nil {
		t.Fatal(err)
	}
	proof, newer, err := l.ProveConsistency(ctx, older.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"tile/0/001", "tile/0/001.p/45", "tile/1/001", "tile/entries/001", "tile/63/000.p/1"} {
		if _, err := l.Tile(ctx, path); err == nil {
			t.Errorf("a log of %d gives out %s", n, path)
		}
	}
}

// leafAt takes a leaf out of its entry bundle.
func leafAt(t *testing.T, l *Ledger, position int64) []byte {
	t.Helper()
	tile := tlog.Tile{H: tileHeight, L: -1, N: (position - 1) >> tileHeight, W: 256}
	if tile.N == 1 {
		tile.W = 44
	}
	b, err := l.Tile(context.Background(), tilePath(tile))
	if err != nil {
		t.Fatal(err)
	}
	for range (position - 1) & 255 {
		b = b[2+binary.BigEndian.Uint16(b):]
	}
	return b[2 : 2+binary.BigEndian.Uint16(b)]
}

type tileReader struct{ l *Ledger }

func (r tileReader) Height() int                     { return tileHeight }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		b, err := r.l.Tile(context.Background(), tilePath(t))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// TestProofVectors checks proofs made by another implementation.
func TestProofVectors(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(realdata.Path(t, "data/assurance/label-vectors/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	line, _, _ := strings.Cut(read("log-policy.txt"), "\n")
	key, err := note.NewVerifier(strings.TrimPrefix(line, "log "))
	if err != nil {
		t.Fatal(err)
	}
	leaf, other := []byte(read("leaf-100.bin")), []byte(read("leaf-101.bin"))
	for name, want := range map[string]struct {
		leaf []byte
		ok   bool
	}{
		"valid.tlog-proof":          {leaf, true},
		"wrong-leaf.tlog-proof":     {other, false},
		"truncated-path.tlog-proof": {leaf, false},
		"changed-size.tlog-proof":   {leaf, false},
		"wrong-log-key.tlog-proof":  {leaf, false},
	} {
		p, err := ParseProof(read(name))
		if err == nil {
			_, err = p.Verify(want.leaf, key)
		}
		if (err == nil) != want.ok {
			t.Errorf("%s: %v; want ok %v", name, err, want.ok)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add(proofHeader + "\nindex 0\n\norigin\n1\n" + strings.Repeat("A", 43) + "=\n\n")
	f.Add(proofHeader + "\nextra YQ==\nindex 5\n" + strings.Repeat("A", 43) + "=\n\nx")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProof(text)
		if err != nil {
			return
		}
		again, err := ParseProof(p.String())
		if err != nil || again.Index != p.Index || len(again.Path) != len(p.Path) || again.Checkpoint != p.Checkpoint {
			t.Errorf("%q reads back differently: %v", p, err)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	f.Add(formatTree(Tree{"example.com/log", 7, sha256.Sum256(nil)}))
	f.Fuzz(func(t *testing.T, text string) {
		if tree, err := parseTree(text); err == nil && formatTree(tree) != text {
			t.Errorf("%q reads back as %q", text, formatTree(tree))
		}
	})
}

func TestParseBundle(t *testing.T) {
	var b []byte
	want := [][]byte{{}, []byte("a"), bytes.Repeat([]byte("b"), 1<<16-1)}
	for _, leaf := range want {
		var err error
		if b, err = appendBundleEntry(b, leaf); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ParseBundle(b)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d leaves, %v", len(got), err)
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("leaf %d has %d bytes", i, len(got[i]))
		}
	}
	for name, bad := range map[string][]byte{
		"cut in a length": {0},
		"cut in a leaf":   {0, 2, 'a'},
		"too many leaves": make([]byte, 2*257),
	} {
		if _, err := ParseBundle(bad); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}

func TestParseLeaf(t *testing.T) {
	digest := digestOf([]byte("x"))
	for leaf, want := range map[string]string{
		`{"leaf":"countersign/leaf/v1","position":7,"digest":"` + digest + `","record":"` + digest + `"}`: digest,
		`{"leaf":"countersign/leaf/v1","position":7,"sealed":"00"}`:                                       "",
	} {
		if position, got, err := ParseLeaf([]byte(leaf)); err != nil || position != 7 || got != want {
			t.Errorf("%s: %d %q %v", leaf, position, got, err)
		}
	}
	for _, leaf := range []string{
		"", "{}", "leaf", `{"leaf":"countersign/leaf/v2","position":7,"sealed":"00"}`, `{"leaf":"countersign/leaf/v1","position":0,"sealed":"00"}`,
		`{"leaf":"countersign/leaf/v1","position":7}`, `{"leaf":"countersign/leaf/v1","position":7,"digest":"a","record":"b","sealed":"00"}`,
		`{"leaf":"countersign/leaf/v1","position":7,"digest":"a"}`, `{"leaf":"countersign/leaf/v1","position":7,"sealed":"00","more":1}`,
	} {
		if _, _, err := ParseLeaf([]byte(leaf)); err == nil {
			t.Errorf("%s: is read", leaf)
		}
	}
}

// Whatever a log's server sends is read whole or refused.
func FuzzParseLog(f *testing.F) {
	bundle, err := appendBundleEntry(nil, []byte(`{"leaf":"countersign/leaf/v1","position":1,"sealed":"00"}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bundle)
	f.Add([]byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	f.Add([]byte("log.example/a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if leaves, err := ParseBundle(b); err == nil {
			var again []byte
			for _, leaf := range leaves {
				if again, err = appendBundleEntry(again, leaf); err != nil {
					t.Fatal(err)
				}
				ParseLeaf(leaf)
			}
			if !bytes.Equal(again, b) {
				t.Errorf("a bundle of %x is written as %x", b, again)
			}
		}
		if proof, err := ParseConsistency(string(b)); err == nil && FormatConsistency(proof) != string(b) {
			t.Errorf("a proof of %q is written as %q", b, FormatConsistency(proof))
		}
		if tree, err := ParseTree(string(b)); err == nil && !strings.HasPrefix(string(b), formatTree(tree)) {
			t.Errorf("a checkpoint of %q is written as %q", b, formatTree(tree))
		}
	})
}
