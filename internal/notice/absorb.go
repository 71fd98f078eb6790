package notice

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch"
)

// page is how many decisions are read in one step.
const page = 200

// QuestionID tells questions apart. A subject comes last, and no other part has
// a zero byte in it.
func QuestionID(q watch.Question) string {
	h := sha256.Sum256([]byte(q.Purpose + "\x00" + strings.Join(q.Audiences, " ") + "\x00" + q.Subject))
	return hex.EncodeToString(h[:])
}

// decided is a living decision that was read from the ledger.
type decided struct {
	question string
	position int64
	digest   string
	replaces string // digest of the one before on the question; "" for none
	differs  bool   // from that one
}

// told is what a question was last answered with.
type told struct {
	digest   string             // "" when it was not answered before
	recorded *decision.Recorded // nil when it was withdrawn since
}

// absorb reads the decisions that the ledger has beyond what was read before,
// and notes which say something new and who has to be told. What it concludes
// and how far it has read are written in one transaction; when another node was
// quicker, nothing is, and it reads on from where that one is. It reports whether
// there is something to send.
func (t *Teller) absorb(ctx context.Context) (some bool, err error) {
	for {
		h, err := t.opts.Ledger.Head(ctx)
		if err != nil {
			return some, err
		}
		from, err := t.position(ctx)
		if err != nil || max(from, t.quiet) >= h.Position {
			return some, err
		}
		ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: h.Position}}
		entries, err := t.opts.Ledger.List(ctx, ask, ledger.Filter{Kind: watch.KindDecision, After: max(from, t.quiet), Limit: page})
		if err != nil {
			return some, err
		}
		upto := h.Position
		if len(entries) == page {
			upto = entries[page-1].Position
		}
		found, err := t.readDecisions(ctx, ask, entries)
		if err != nil {
			return some, err
		}
		if len(found) == 0 {
			t.quiet = upto // nothing to write down; whoever starts anew looks again
			continue
		}
		n, err := t.note(ctx, from, upto, found)
		if err != nil {
			return some, err
		}
		some = some || n > 0
	}
}

// position is up to where the ledger was read.
func (t *Teller) position(ctx context.Context) (position int64, err error) {
	err = t.opts.Book.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT position FROM notice_head WHERE id = 1`).Scan(&position)
	})
	return position, err
}

// readDecisions is the living ones of some documents, each compared with the one
// before on its question.
func (t *Teller) readDecisions(ctx context.Context, ask access.Ask, entries []ledger.Entry) ([]decided, error) {
	var out []decided
	newest := map[string]told{}
	for i := range entries {
		e := &entries[i]
		r, err := t.recorded(ctx, ask, e)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		living, err := watch.Living(ctx, t.opts.Ledger, e, r)
		if err != nil {
			return nil, err
		}
		if !living {
			continue
		}
		d := decided{question: QuestionID(watch.QuestionOf(r)), position: e.Position, digest: e.Digest}
		before, ok := newest[d.question]
		if !ok {
			if before, err = t.before(ctx, ask, d.question); err != nil {
				return nil, err
			}
		}
		d.replaces = before.digest
		switch {
		case before.recorded != nil:
			same, err := watch.Same(before.recorded, r)
			if err != nil {
				return nil, err
			}
			d.differs = !same
		case before.digest != "":
			d.differs = true // what it said is gone, so nobody can tell that this is the same
		}
		newest[d.question] = told{e.Digest, r}
		out = append(out, d)
	}
	return out, nil
}

// recorded is what a document decides; nil for one whose body is gone or that
// cannot be read, which watch warns of.
func (t *Teller) recorded(ctx context.Context, ask access.Ask, e *ledger.Entry) (*decision.Recorded, error) {
	if e.Withdrawn != "" {
		return nil, nil
	}
	b, err := t.opts.Ledger.Body(ctx, ask, e.Position)
	if problem.KindOf(err) == problem.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("decision at position %d: %w", e.Position, err)
	}
	r, err := decision.ParseRecord(b)
	if err != nil {
		return nil, nil
	}
	return r, nil
}

// before is the newest decision on a question that was read so far.
func (t *Teller) before(ctx context.Context, ask access.Ask, question string) (told, error) {
	var position int64
	err := t.opts.Book.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT position FROM notice_decided WHERE question = $1`, question).Scan(&position)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return told{}, nil
	}
	if err != nil {
		return told{}, err
	}
	e, err := t.opts.Ledger.Document(ctx, ask, position)
	if err != nil {
		return told{}, err
	}
	r, err := t.recorded(ctx, ask, e)
	return told{e.Digest, r}, err
}

// note writes down what was read between two positions, and how much there is
// to tell because of it.
func (t *Teller) note(ctx context.Context, from, upto int64, found []decided) (due int, err error) {
	err = t.opts.Book.DB.Write(ctx, func(tx *db.Tx) error {
		due = 0
		res, err := tx.Exec(ctx, `UPDATE notice_head SET position = $1 WHERE id = 1 AND position = $2`, upto, from)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err // another node has read it
		}
		for i := range found {
			n, err := t.noteOne(ctx, tx, &found[i])
			if err != nil {
				return err
			}
			due += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("note changed decisions up to position %d: %w", upto, err)
	}
	return due, nil
}

func (t *Teller) noteOne(ctx context.Context, tx *db.Tx, d *decided) (due int, err error) {
	_, err = tx.Exec(ctx, `INSERT INTO notice_decided (question, position, digest) VALUES ($1, $2, $3)
		ON CONFLICT (question) DO UPDATE SET position = excluded.position, digest = excluded.digest`, d.question, d.position, d.digest)
	if err != nil || !d.differs {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO notice_change (position, digest, replaces) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, d.position, d.digest, d.replaces)
	if err != nil {
		return 0, err
	}
	rows, err := tx.Query(ctx, `SELECT watch FROM watch_question WHERE question = $1 AND since < $2 ORDER BY watch`, d.question, d.position)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var watches []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return 0, err
		}
		watches = append(watches, id)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, id := range watches {
		if err := enqueue(ctx, tx, id, d, t.opts.Book.Now()); err != nil {
			return 0, err
		}
	}
	return len(watches), nil
}
