package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Checkpoints that witnesses have cosigned are kept beside the plain ones. The
// ledger does not know which witnesses count: whoever hands it a cosigned
// checkpoint has seen that they are enough.

// CosignedAge is for how long a cosigned checkpoint is published in place of
// newer ones that witnesses have not seen. After that, readers without a policy
// must not be left believing that nothing was added.
const CosignedAge = 24 * time.Hour

// Published is the checkpoint that readers of the log are given: the newest
// that a quorum of witnesses has cosigned, or the newest at all when there is
// none or when that one is of yesterday.
func (l *Ledger) Published(ctx context.Context) (string, error) {
	var out string
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		signed, size, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		out = signed
		c, err := newestCosigned(ctx, tx)
		if err != nil || c == nil {
			return err
		}
		if c.size == size || l.now().Sub(c.at) < CosignedAge {
			out = c.note
		}
		return nil
	})
	return out, err
}

// Cosigned is the newest checkpoint that a quorum of witnesses has cosigned.
func (l *Ledger) Cosigned(ctx context.Context) (string, error) {
	var out string
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		c, err := newestCosigned(ctx, tx)
		if err == nil && c == nil {
			return problem.New(problem.NotFound, "no checkpoint of the log has been cosigned by enough witnesses yet")
		}
		if err == nil {
			out = c.note
		}
		return err
	})
	return out, err
}

type cosigned struct {
	size int64
	note string
	at   time.Time
}

// newestCosigned is nil when there is none.
func newestCosigned(ctx context.Context, tx *db.Tx) (*cosigned, error) {
	var c cosigned
	var at int64
	err := tx.QueryRow(ctx, `SELECT size, note, cosigned_at FROM cosigned_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&c.size, &c.note, &at)
	if errors.Is(err, errNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cosigned checkpoint: %w", err)
	}
	c.at = time.UnixMicro(at)
	return &c, nil
}

// covering is the checkpoint to prove a position under: the newest that
// witnesses have cosigned where it covers the position, else the newest.
func covering(ctx context.Context, tx *db.Tx, position int64) (signed string, size int64, err error) {
	c, err := newestCosigned(ctx, tx)
	if err != nil {
		return "", 0, err
	}
	if c != nil && c.size >= position {
		return c.note, c.size, nil
	}
	return checkpoint(ctx, tx)
}

// KeepCosigned keeps a checkpoint of this log with the cosignatures of enough
// witnesses. Kept twice, it has the signatures of both: witnesses that answer
// late are not lost, whichever node has asked them. It must be a checkpoint
// that this log has signed.
func (l *Ledger) KeepCosigned(ctx context.Context, signed string) error {
	tree, err := openCheckpoint(signed, l.verifier)
	if err != nil {
		return problem.New(problem.Invalid, "%v", err)
	}
	return l.db.Write(ctx, func(tx *db.Tx) error {
		var plain string
		err := tx.QueryRow(ctx, `SELECT note FROM checkpoint WHERE size = $1`, tree.Size).Scan(&plain)
		if err != nil && !errors.Is(err, errNoRows) {
			return fmt.Errorf("checkpoint of %d: %w", tree.Size, err)
		}
		if ours, err := openCheckpoint(plain, l.verifier); err != nil || ours != tree {
			return problem.New(problem.Conflict, "the log has not signed this checkpoint of %d", tree.Size)
		}
		_, err = tx.Exec(ctx, `INSERT INTO cosigned_checkpoint (size, note, cosigned_at) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING`,
			tree.Size, signed, l.now().UnixMicro())
		if err != nil {
			return fmt.Errorf("cosigned checkpoint of %d: %w", tree.Size, err)
		}
		// The row is locked by this before it is read: two nodes may keep at once.
		if _, err := tx.Exec(ctx, `UPDATE cosigned_checkpoint SET size = size WHERE size = $1`, tree.Size); err != nil {
			return fmt.Errorf("cosigned checkpoint of %d: %w", tree.Size, err)
		}
		var held string
		if err := tx.QueryRow(ctx, `SELECT note FROM cosigned_checkpoint WHERE size = $1`, tree.Size).Scan(&held); err != nil {
			return fmt.Errorf("cosigned checkpoint of %d: %w", tree.Size, err)
		}
		_, err = tx.Exec(ctx, `UPDATE cosigned_checkpoint SET note = $2 WHERE size = $1`, tree.Size, joinSignatures(held, signed))
		return err
	})
}

// joinSignatures adds to a signed note the signatures of another one of the
// same text by keys that have not signed it.
func joinSignatures(held, other string) string {
	seen := map[string]bool{}
	for _, line := range signatureLines(held) {
		seen[signerOf(line)] = true
	}
	for _, line := range signatureLines(other) {
		if by := signerOf(line); !seen[by] {
			seen[by] = true
			held += line
		}
	}
	return held
}

// signatureLines are a signed note's lines of signatures, with their ends.
func signatureLines(signed string) []string {
	i := strings.LastIndex(signed, "\n\n")
	if i < 0 {
		return nil
	}
	return slices.Collect(strings.Lines(signed[i+2:]))
}

// signerOf says by whom a line of a signature is: the name, and the hash of the
// key, which are the first four bytes of the signature.
func signerOf(line string) string {
	words := strings.Fields(line)
	if len(words) != 3 {
		return line
	}
	b, err := base64.StdEncoding.DecodeString(words[2])
	if err != nil || len(b) < 4 {
		return line
	}
	return fmt.Sprintf("%s+%x", words[1], b[:4])
}

// ConsistencyProof proves that the log of one size begins with the log of an
// older one.
func (l *Ledger) ConsistencyProof(ctx context.Context, older, newer int64) (proof tlog.TreeProof, err error) {
	if older == 0 || older == newer {
		return nil, nil
	}
	err = l.db.Read(ctx, func(tx *db.Tx) error {
		h, err := head(ctx, tx)
		if err != nil {
			return err
		}
		if older < 0 || older > newer || newer > h.Position {
			return problem.New(problem.Invalid, "sizes %d and %d: want two of a log of %d, the older first", older, newer, h.Position)
		}
		proof, err = tlog.ProveTree(newer, older, hashReader(ctx, tx))
		return err
	})
	return proof, err
}
