package witness

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Adopt tells a store that a new key's record begins here. Only a key that has
// never signed may be adopted: with another the store would not know what it
// has signed.
func Adopt(ctx context.Context, store *db.DB, v *Verifier, now time.Time) error {
	return store.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO witness_key (vkey, begun) VALUES ($1, $2)`, v.String(), now.UnixMicro())
		if err != nil {
			return fmt.Errorf("adopt the key of witness %s: %w", v.Name(), err)
		}
		return nil
	})
}

// Adopted reports whether the store has the record of what a key has signed.
func Adopted(ctx context.Context, store *db.DB, v *Verifier) (bool, error) {
	var n int64
	err := store.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM witness_key WHERE vkey = $1`, v.String()).Scan(&n)
	})
	if err != nil {
		return false, fmt.Errorf("key of witness %s: %w", v.Name(), err)
	}
	return n > 0, nil
}

// lastSeen is the tree that was cosigned last, or one of size 0 when none was.
func lastSeen(ctx context.Context, tx *db.Tx, origin string) (ledger.Tree, error) {
	t := ledger.Tree{Origin: origin}
	var root []byte
	err := tx.QueryRow(ctx, `SELECT size, root FROM witnessed WHERE origin = $1`, origin).Scan(&t.Size, &root)
	if errors.Is(err, sql.ErrNoRows) {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("record of log %s: %w", origin, err)
	}
	if len(root) != tlog.HashSize {
		return t, fmt.Errorf("record of log %s: a root of %d bytes", origin, len(root))
	}
	t.Root = tlog.Hash(root)
	return t, nil
}

// remember moves the record of a log from what was seen to what is cosigned
// now. Another request may have moved it since it was read: then nothing is
// written, and the answer is a [SizeError] as if this request had come second
// from the start. The comparison is part of the statement that writes, which
// on either engine excludes the other writer; that is what keeps a race from
// leading to cosignatures of two histories.
func remember(ctx context.Context, tx *db.Tx, seen, tree ledger.Tree, signed string, now time.Time) error {
	result, err := tx.Exec(ctx, `INSERT INTO witnessed (origin, size, root, note, cosigned_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note, cosigned_at = excluded.cosigned_at
		WHERE witnessed.size = $6 AND witnessed.root = $7`,
		tree.Origin, tree.Size, tree.Root[:], signed, now.UnixMicro(), seen.Size, rootSeen(seen))
	if err != nil {
		return fmt.Errorf("record of log %s: %w", tree.Origin, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if n == 1 {
		return nil
	}
	moved, err := lastSeen(ctx, tx, tree.Origin)
	if err != nil {
		return err
	}
	return &SizeError{moved.Size}
}

// rootSeen is the root in the record of a log; that of an empty log was checked.
func rootSeen(seen ledger.Tree) []byte {
	if seen.Size == 0 {
		return emptyRoot[:]
	}
	return seen.Root[:]
}

func cosignedOf(ctx context.Context, store *db.DB, origin string) (string, error) {
	var signed string
	err := store.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT note FROM witnessed WHERE origin = $1`, origin).Scan(&signed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", problem.New(problem.NotFound, "no checkpoint of this log has been cosigned here yet")
	}
	if err != nil {
		return "", fmt.Errorf("record of log %s: %w", origin, err)
	}
	return signed, nil
}

// hashOf names a log in addresses.
func hashOf(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:])
}
