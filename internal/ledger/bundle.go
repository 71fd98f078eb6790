package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Bundle is documents with their proofs, to be verified far from the ledger
// with nothing but its public key.
//
// Written, it is one JSON value, a newline, and the digest of both on a last
// line, so that a byte changed anywhere is noticed, even one that means
// nothing.
type Bundle struct {
	Version    string            `json:"bundle"`
	Checkpoint string            `json:"checkpoint"` // signed
	Documents  []BundledDocument `json:"documents"`
}

// BundledDocument is one document of a bundle.
type BundledDocument struct {
	Role   string   `json:"role"` // why it is here: "decision", "policy", "evidence"
	Record string   `json:"record"`
	Salt   []byte   `json:"salt,omitempty"` // of a document that not everybody may see
	Index  int64    `json:"index"`
	Path   [][]byte `json:"path"`
	Packed []byte   `json:"packed,omitempty"` // the body, zstd; absent when it was withdrawn
}

const bundleVersion = "countersign/bundle/v1"

// Wanted names a document for a bundle.
type Wanted struct {
	Position int64
	Role     string
}

// Bundle exports documents that the ask's reader may see.
func (l *Ledger) Bundle(ctx context.Context, ask access.Ask, wanted []Wanted) ([]byte, error) {
	b := Bundle{Version: bundleVersion}
	err := l.read(ctx, ask, func(v *view) error {
		var last int64
		for _, w := range wanted {
			last = max(last, w.Position)
		}
		signed, size, err := covering(ctx, v.tx, last)
		if err != nil {
			return err
		}
		b.Checkpoint = signed
		for _, w := range wanted {
			d, err := bundled(ctx, v, w, size, signed)
			if err != nil {
				return err
			}
			b.Documents = append(b.Documents, *d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return nil, err
	}
	out = append(out, '\n')
	return append(out, digestOf(out)+"\n"...), nil
}

func bundled(ctx context.Context, v *view, w Wanted, size int64, signed string) (*BundledDocument, error) {
	var recordBytes, salt, packed []byte
	err := v.tx.QueryRow(ctx, `SELECT d.record, d.salt, b.packed FROM document d LEFT JOIN body b ON b.digest = d.digest
		WHERE d.position = $1 AND d.audience IN `+v.in(), w.Position).Scan(&recordBytes, &salt, &packed)
	if errors.Is(err, errNoRows) {
		return nil, problem.New(problem.NotFound, "no document at position %d", w.Position)
	}
	if err != nil {
		return nil, fmt.Errorf("document %d: %w", w.Position, err)
	}
	p, err := prove(w.Position, size, signed, hashReader(ctx, v.tx))
	if err != nil {
		return nil, err
	}
	d := &BundledDocument{Role: w.Role, Record: string(recordBytes), Index: p.Index, Packed: packed}
	if len(salt) > 0 {
		d.Salt = salt
	}
	for _, h := range p.Path {
		d.Path = append(d.Path, bytes.Clone(h[:]))
	}
	return d, nil
}

// Opened is a document of a bundle that has been verified.
type Opened struct {
	Role  string
	Entry Entry
	Body  []byte // nil when it was withdrawn
}

// maxBundle bounds a bundle's size in bytes.
const maxBundle = 1 << 30

// OpenBundle verifies a bundle: its bytes against the digest on its last line,
// its checkpoint against the log's public key, every document's body against
// its record, and every record's leaf against the checkpoint.
func OpenBundle(b []byte, key note.Verifier) ([]Opened, Tree, error) {
	return OpenBundleUnder(b, func(signed string) (Tree, error) { return openCheckpoint(signed, key) })
}

// OpenBundleUnder is OpenBundle where something else than a key says which
// signed checkpoints are trusted, as the policy of a quorum of witnesses.
func OpenBundleUnder(b []byte, trust func(signed string) (Tree, error)) ([]Opened, Tree, error) {
	if len(b) > maxBundle {
		return nil, Tree{}, fmt.Errorf("bundle of %d bytes is larger than any that is written", len(b))
	}
	text := bytes.TrimSuffix(b, []byte("\n"))
	cut := bytes.LastIndexByte(text, '\n')
	if cut < 0 || len(text) == len(b) {
		return nil, Tree{}, errors.New("not a bundle: want JSON and a last line with its digest")
	}
	if got := digestOf(b[:cut+1]); got != string(text[cut+1:]) {
		return nil, Tree{}, fmt.Errorf("bundle was changed or cut: its last line says %.80q, its bytes have %s", text[cut+1:], got)
	}
	var bundle Bundle
	if err := decodeStrict(b[:cut], &bundle); err != nil {
		return nil, Tree{}, fmt.Errorf("bundle: %w", err)
	}
	if bundle.Version != bundleVersion {
		return nil, Tree{}, fmt.Errorf("bundle is of version %q; this program reads %s", bundle.Version, bundleVersion)
	}
	tree, err := trust(bundle.Checkpoint)
	if err != nil {
		return nil, Tree{}, fmt.Errorf("bundle: %w", err)
	}
	var out []Opened
	for i := range bundle.Documents {
		o, err := bundle.Documents[i].open(tree)
		if err != nil {
			return nil, Tree{}, fmt.Errorf("bundle: document %d: %w", i+1, err)
		}
		out = append(out, *o)
	}
	return out, tree, nil
}

func (d *BundledDocument) open(tree Tree) (*Opened, error) {
	leaf, err := leafOf([]byte(d.Record), d.Salt)
	if err != nil {
		return nil, err
	}
	var r record
	if err := decodeStrict([]byte(d.Record), &r); err != nil {
		return nil, err
	}
	if r.Position != d.Index+1 {
		return nil, fmt.Errorf("record of position %d at index %d", r.Position, d.Index)
	}
	var path tlog.RecordProof
	for _, h := range d.Path {
		if len(h) != tlog.HashSize {
			return nil, errors.New("a hash of its proof is not 32 bytes")
		}
		path = append(path, tlog.Hash(h))
	}
	if d.Index < 0 || d.Index >= tree.Size {
		return nil, fmt.Errorf("index %d is not in a log of %d", d.Index, tree.Size)
	}
	if err := tlog.CheckRecord(path, tree.Size, tree.Root, d.Index, tlog.RecordHash(leaf)); err != nil {
		return nil, fmt.Errorf("%s is not in the log: %w", r.Name, err)
	}
	audience, err := access.ParseAudience(r.Audience)
	if err != nil {
		return nil, err
	}
	o := &Opened{Role: d.Role, Entry: r.entry(audience)}
	if d.Packed != nil {
		if o.Body, err = unpack(r.Digest, d.Packed, sum(d.Packed)); err != nil {
			return nil, err
		}
	}
	return o, nil
}
