package monitor

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/ledger"
)

// tiles reads a log's tiles over HTTP, each once.
type tiles struct {
	ctx  context.Context
	site *site
	have map[tlog.Tile][]byte
}

// tileHeight is that of c2sp.org/tlog-tiles.
const tileHeight = 8

// maxTile is how long a tile may be, and an entry bundle, in bytes.
const (
	maxTile   = tlog.HashSize << tileHeight
	maxBundle = (1<<16 + 1) << tileHeight
)

// Height implements [tlog.TileReader].
func (t *tiles) Height() int { return tileHeight }

// ReadTiles implements [tlog.TileReader]. Whoever asks verifies what it gets.
func (t *tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(asked))
	for i, w := range asked {
		if t.have[w] == nil {
			b, err := t.site.get(t.ctx, "/log/"+ledger.TilePath(w), maxTile)
			if err != nil {
				return nil, err
			}
			t.have[w] = b
		}
		out[i] = t.have[w]
	}
	return out, nil
}

// SaveTiles implements [tlog.TileReader]. Nothing is kept beyond a run.
func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// logView is a log at the size of a verified checkpoint.
type logView struct {
	ctx    context.Context
	site   *site
	tree   ledger.Tree
	hashes tlog.HashReader
}

func newLogView(ctx context.Context, s *site, tree ledger.Tree) *logView {
	reader := &tiles{ctx: ctx, site: s, have: map[tlog.Tile][]byte{}}
	return &logView{ctx: ctx, site: s, tree: tree, hashes: tlog.TileHashReader(tlog.Tree{N: tree.Size, Hash: tree.Root}, reader)}
}

// grewFrom checks that the log begins with an older tree. The hashes that prove
// it are read from tiles, which are themselves checked against the checkpoint.
func (l *logView) grewFrom(older ledger.Tree) error {
	if older.Size == 0 || older.Size >= l.tree.Size {
		return ledger.CheckConsistency(nil, older, l.tree)
	}
	proof, err := tlog.ProveTree(l.tree.Size, older.Size, l.hashes)
	if err != nil {
		return fmt.Errorf("tiles of the log: %w", err)
	}
	return ledger.CheckConsistency(proof, older, l.tree)
}

// open reads an entry bundle and checks every leaf of it against the log. It
// gives the digests of documents by position; "" where one is not public.
func (l *logView) open(n int64) (map[int64]string, error) {
	first := n << tileHeight
	width := min(l.tree.Size-first, 1<<tileHeight)
	path := ledger.TilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: int(width)})
	b, err := l.site.get(l.ctx, "/log/"+path, maxBundle)
	if err != nil {
		return nil, err
	}
	leaves, err := ledger.ParseBundle(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(leaves)) != width {
		return nil, fmt.Errorf("%s: has %d leaves, want %d", path, len(leaves), width)
	}
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	hashes, err := l.hashes.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("tiles of the log: %w", err)
	}
	digests := make(map[int64]string, width)
	for i, leaf := range leaves {
		want := first + int64(i) + 1
		if tlog.RecordHash(leaf) != hashes[i] {
			return nil, fmt.Errorf("%s: leaf %d is not the one in the log", path, i)
		}
		position, digest, err := ledger.ParseLeaf(leaf)
		if err != nil {
			return nil, fmt.Errorf("%s: leaf %d: %w", path, i, err)
		}
		if position != want {
			return nil, fmt.Errorf("%s: leaf %d says position %d, and is at %d", path, i, position, want)
		}
		digests[position] = digest
	}
	return digests, nil
}

// replay reads every leaf from a size on, and those of older bundles in which a
// wanted document should be. fault is called for each wanted one that is not
// where it should be; documents that the checkpoint does not cover are not
// looked for.
func (l *logView) replay(from int64, find []wanted, progress func(done, total int64), fault func(w wanted, found string)) error {
	byBundle := map[int64][]wanted{}
	for _, w := range find {
		if w.position >= 1 && w.position <= l.tree.Size {
			n := (w.position - 1) >> tileHeight
			byBundle[n] = append(byBundle[n], w)
		}
	}
	for n := int64(0); n<<tileHeight < l.tree.Size; n++ {
		if (n+1)<<tileHeight <= from && byBundle[n] == nil {
			continue
		}
		digests, err := l.open(n)
		if err != nil {
			return err
		}
		for _, w := range byBundle[n] {
			if found := digests[w.position]; found != w.digest {
				fault(w, found)
			}
		}
		if progress != nil {
			progress(min((n+1)<<tileHeight, l.tree.Size), l.tree.Size)
		}
	}
	return nil
}

// wanted is a document that should be in the log.
type wanted struct {
	label    string
	sequence int
	position int64
	digest   string
}
