package ledger

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The forms in which the log is published: c2sp.org/tlog-checkpoint,
// c2sp.org/tlog-tiles and c2sp.org/tlog-proof. They are short enough to be
// written here; hashing, proofs and signatures are the x/mod packages'.

// tileHeight is the height that c2sp.org/tlog-tiles prescribes.
const tileHeight = 8

// Tree is a checkpoint's content: whose log, how long, with which root.
type Tree struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// formatTree writes the text that a checkpoint signs.
func formatTree(t Tree) string {
	return fmt.Sprintf("%s\n%d\n%s\n", t.Origin, t.Size, base64.StdEncoding.EncodeToString(t.Root[:]))
}

// parseTree reads the text of a checkpoint of our own log, which never has
// extension lines.
func parseTree(text string) (Tree, error) {
	if strings.Count(text, "\n") > 3 {
		return Tree{}, errors.New("malformed checkpoint: want origin, size and root hash on three lines")
	}
	return ParseTree(text)
}

// ParseTree reads the text of any log's checkpoint: what c2sp.org/tlog-checkpoint
// has signed, without the signatures. Extension lines are passed over.
func ParseTree(text string) (Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || slices.Index(lines, "") != len(lines)-1 {
		return Tree{}, errors.New("malformed checkpoint: want origin, size and root hash on three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Tree{}, fmt.Errorf("malformed checkpoint: size %.40q", lines[1])
	}
	root, ok := parseHash(lines[2])
	if !ok {
		return Tree{}, errors.New("malformed checkpoint: root is not 32 bytes in base64")
	}
	return Tree{Origin: lines[0], Size: size, Root: root}, nil
}

// hashText is how long a hash is in base64.
const hashText = 44

// parseHash reads a hash in base64, in the one way it can be written: the
// decoder alone would pass over line ends in it.
func parseHash(text string) (tlog.Hash, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(text) != hashText || len(b) != tlog.HashSize {
		return tlog.Hash{}, false
	}
	return tlog.Hash(b), true
}

// OpenCheckpoint verifies a signed checkpoint of the log whose key this is, and
// reads it. Other signatures are passed over.
func OpenCheckpoint(signed string, key note.Verifier) (Tree, error) {
	return openCheckpoint(signed, key)
}

// openCheckpoint verifies a signed checkpoint against the log's key and reads
// it. The origin must be the key's name.
func openCheckpoint(signed string, key note.Verifier) (Tree, error) {
	n, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		return Tree{}, fmt.Errorf("checkpoint is not signed by %s: %w", key.Name(), err)
	}
	t, err := parseTree(n.Text)
	if err != nil {
		return Tree{}, err
	}
	if t.Origin != key.Name() {
		return Tree{}, fmt.Errorf("checkpoint is of log %q, not of %q", t.Origin, key.Name())
	}
	return t, nil
}

// maxTileLevel is the highest level that c2sp.org/tlog-tiles has.
const maxTileLevel = 63

// ParseTilePath reads the path of a tile or entry bundle as c2sp.org/tlog-tiles
// writes it: "tile/0/x001/234", "tile/entries/000.p/17". Only the canonical
// form is taken. The width is 256 but for a partial tile.
func ParseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tlog.Tile{}, fmt.Errorf("not a tile path: %q", path)
	}
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || t.L > maxTileLevel || tilePath(t) != path {
		return tlog.Tile{}, fmt.Errorf("not a tile path: %q", path)
	}
	return t, nil
}

// TilePath writes the path of a tile or entry bundle as c2sp.org/tlog-tiles does.
func TilePath(t tlog.Tile) string { return tilePath(t) }

func tilePath(t tlog.Tile) string {
	rest, _ := strings.CutPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if data, ok := strings.CutPrefix(rest, "data/"); ok {
		rest = "entries/" + data
	}
	return "tile/" + rest
}

// appendBundleEntry appends a leaf to an entry bundle: two bytes of length,
// big endian, and the leaf.
func appendBundleEntry(bundle, leaf []byte) ([]byte, error) {
	if len(leaf) > 1<<16-1 {
		return nil, fmt.Errorf("leaf of %d bytes is longer than an entry bundle allows", len(leaf))
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
	return append(bundle, leaf...), nil
}

// ParseBundle reads the leaves of an entry bundle.
func ParseBundle(b []byte) ([][]byte, error) {
	var leaves [][]byte
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
			return nil, fmt.Errorf("entry bundle is cut in leaf %d", len(leaves)+1)
		}
		if len(leaves) == 1<<tileHeight {
			return nil, fmt.Errorf("entry bundle has more than %d leaves", 1<<tileHeight)
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		leaves, b = append(leaves, b[2:n]), b[n:]
	}
	return leaves, nil
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// Proof is an inclusion proof of one leaf with the checkpoint it leads to.
type Proof struct {
	Index      int64 // of the leaf, from 0
	Path       tlog.RecordProof
	Checkpoint string // signed
}

// String writes the proof in the form of c2sp.org/tlog-proof.
func (p *Proof) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nindex %d\n", proofHeader, p.Index)
	for _, h := range p.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String() + "\n" + p.Checkpoint
}

// ParseProof reads a proof in the form of c2sp.org/tlog-proof. An "extra" line
// is passed over: nothing vouches for it.
func ParseProof(text string) (*Proof, error) {
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != proofHeader {
		return nil, fmt.Errorf("not a proof: want first line %q and a checkpoint after an empty line", proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil, errors.New("proof has no index line")
	}
	number, ok := strings.CutPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return nil, fmt.Errorf("proof line 2: want \"index N\", found %q", lines[0])
	}
	p := &Proof{Index: index, Checkpoint: checkpoint}
	if len(lines)-1 > 63 {
		return nil, fmt.Errorf("proof of %d hashes is longer than any tree is high", len(lines)-1)
	}
	for i, line := range lines[1:] {
		h, ok := parseHash(line)
		if !ok {
			return nil, fmt.Errorf("proof line %d: not a hash in base64", i+3)
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Verify checks that leaf is at the proof's index in the log whose key this
// is, and returns the checkpoint that says so.
func (p *Proof) Verify(leaf []byte, key note.Verifier) (Tree, error) {
	tree, err := openCheckpoint(p.Checkpoint, key)
	if err != nil {
		return Tree{}, err
	}
	if err := p.Under(tree, leaf); err != nil {
		return Tree{}, err
	}
	return tree, nil
}

// Under checks that leaf is at the proof's index in a log that has been
// verified to be this tree.
func (p *Proof) Under(tree Tree, leaf []byte) error {
	if p.Index >= tree.Size {
		return fmt.Errorf("leaf %d is not in a log of %d", p.Index, tree.Size)
	}
	if err := tlog.CheckRecord(p.Path, tree.Size, tree.Root, p.Index, tlog.RecordHash(leaf)); err != nil {
		return fmt.Errorf("leaf %d is not in the log of this checkpoint: %w", p.Index, err)
	}
	return nil
}
