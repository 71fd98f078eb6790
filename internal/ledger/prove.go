package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// reader reads the hashes of the log in one transaction.
func hashReader(ctx context.Context, tx *db.Tx) tlog.HashReader {
	return &hashWriter{ctx: ctx, tx: tx}
}

// Checkpoint is the newest signed checkpoint.
func (l *Ledger) Checkpoint(ctx context.Context) (string, error) {
	var signed string
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		var err error
		signed, _, err = checkpoint(ctx, tx)
		return err
	})
	return signed, err
}

func checkpoint(ctx context.Context, tx *db.Tx) (signed string, size int64, err error) {
	err = tx.QueryRow(ctx, `SELECT note, size FROM checkpoint ORDER BY size DESC LIMIT 1`).Scan(&signed, &size)
	if errors.Is(err, errNoRows) {
		return "", 0, problem.New(problem.NotFound, "the log has no signed checkpoint yet; start a node that has its signing key")
	}
	if err != nil {
		return "", 0, fmt.Errorf("checkpoint: %w", err)
	}
	return signed, size, nil
}

// Root is the root of the log as it was when it held so many documents, which
// commits to all of them and to the facts that they changed. It is
// [problem.Invalid] where it never did.
func (l *Ledger) Root(ctx context.Context, size int64) (root tlog.Hash, err error) {
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		h, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if size < 1 || size > h.Position {
			return problem.New(problem.Invalid, "size %d: the log holds %d documents", size, h.Position)
		}
		root, err = tlog.TreeHash(size, hashReader(ctx, tx))
		return err
	})
	return root, err
}

// SignHead signs a checkpoint of the head where the newest one is behind it,
// as after appends by nodes without the key. Without a key it does nothing.
func (l *Ledger) SignHead(ctx context.Context) error {
	if l.signer == nil {
		return nil
	}
	return l.db.Write(ctx, func(tx *db.Tx) error {
		h, err := head(ctx, tx)
		if err != nil || h.Position == 0 {
			return err
		}
		_, size, err := checkpoint(ctx, tx)
		if err == nil && size >= h.Position {
			return nil
		}
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return err
		}
		return l.sign(ctx, tx, h.Position, hashReader(ctx, tx))
	})
}

// Prove makes the inclusion proof of the document at a position, which the
// ask's reader must be allowed to see. It leads to the newest checkpoint that
// witnesses have cosigned, where that covers the position, and else to the
// newest there is.
func (l *Ledger) Prove(ctx context.Context, ask access.Ask, position int64) (*Proof, error) {
	if _, err := l.Document(ctx, ask, position); err != nil {
		return nil, err
	}
	var p *Proof
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		signed, size, err := covering(ctx, tx, position)
		if err != nil {
			return err
		}
		p, err = prove(position, size, signed, hashReader(ctx, tx))
		return err
	})
	return p, err
}

func prove(position, size int64, signed string, hashes tlog.HashReader) (*Proof, error) {
	if position > size {
		return nil, problem.New(problem.Unavailable, "position %d is not under a signed checkpoint yet; the newest is of %d", position, size)
	}
	path, err := tlog.ProveRecord(size, position-1, hashes)
	if err != nil {
		return nil, fmt.Errorf("prove position %d: %w", position, err)
	}
	return &Proof{Index: position - 1, Path: path, Checkpoint: signed}, nil
}

// ProveConsistency proves that the log of the newest checkpoint begins with
// the log of an older size.
func (l *Ledger) ProveConsistency(ctx context.Context, older int64) (tlog.TreeProof, Tree, error) {
	var proof tlog.TreeProof
	var tree Tree
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		signed, size, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		if older < 1 || older > size {
			return problem.New(problem.Invalid, "size %d: the log's newest checkpoint is of %d", older, size)
		}
		if tree, err = openCheckpoint(signed, l.verifier); err != nil {
			return err
		}
		proof, err = tlog.ProveTree(size, older, hashReader(ctx, tx))
		return err
	})
	return proof, tree, err
}

// Tile is a tile or an entry bundle of the log, by its path below /log/.
func (l *Ledger) Tile(ctx context.Context, path string) ([]byte, error) {
	t, err := ParseTilePath(path)
	if err != nil {
		return nil, problem.New(problem.NotFound, "%v", err)
	}
	var out []byte
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		_, size, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		if !within(t, size) {
			return problem.New(problem.NotFound, "the log of %d has no %s", size, path)
		}
		if t.L == -1 {
			out, err = entryBundle(ctx, tx, t)
		} else {
			out, err = tlog.ReadTileData(t, hashReader(ctx, tx))
		}
		return err
	})
	return out, err
}

// within reports whether a log of this size fills the tile as wide as asked.
func within(t tlog.Tile, size int64) bool {
	level := max(t.L, 0)
	if level*tileHeight > 62 || t.N > size {
		return false
	}
	return t.N<<tileHeight+int64(t.W) <= size>>(level*tileHeight)
}

func entryBundle(ctx context.Context, tx *db.Tx, t tlog.Tile) ([]byte, error) {
	first := t.N<<tileHeight + 1
	rows, err := tx.Query(ctx, `SELECT leaf FROM document WHERE position >= $1 AND position < $2 ORDER BY position`, first, first+int64(t.W))
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	defer rows.Close()
	var out []byte
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, err
		}
		if out, err = appendBundleEntry(out, leaf); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}

// Tree reads a signed checkpoint of this log and verifies its signature.
func (l *Ledger) Tree(signed string) (Tree, error) { return openCheckpoint(signed, l.verifier) }

// Origin is the name of the log, and VerifierKey its public key as a note key.
func (l *Ledger) Origin() string {
	if l.verifier == nil {
		return ""
	}
	return l.verifier.Name()
}
