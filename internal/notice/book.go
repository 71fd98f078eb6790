package notice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/problem"
)

// Book keeps the watches.
type Book struct {
	DB  *db.DB
	Now func() time.Time
}

// Add makes a watch that is not yet told of anything; [Book.Follow] adds what
// it is told of. The secret is that of its webhook, "" when it has none. Only
// the operator may name a webhook without TLS.
func (b *Book) Add(ctx context.Context, by access.Reader, n New) (*Watch, Secret, error) {
	if !by.MayWrite() {
		return nil, "", problem.New(problem.Denied, "%s may not watch; ask for a role other than reader", by.Member)
	}
	if err := n.check(by.Operator); err != nil {
		return nil, "", err
	}
	w := &Watch{
		ID: newID(), Subject: n.Subject, Purpose: n.Purpose, System: n.System, Webhook: n.Webhook, Mail: n.Mail,
		Member: by.Member, Created: b.Now().UTC().Truncate(time.Microsecond), audiences: decision.Audiences(by),
	}
	if n.Webhook != "" {
		w.secret = NewSecret()
	}
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		var have int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM watch WHERE member = $1`, w.Member).Scan(&have); err != nil {
			return err
		}
		if have >= MaxWatches {
			return problem.New(problem.TooMany, "%s has %d watches, and may have no more", w.Member, have)
		}
		_, err := tx.Exec(ctx, `INSERT INTO watch (id, subject, purpose, system, webhook, secret, mail, member, audiences, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			w.ID, w.Subject, w.Purpose, truth(w.System), w.Webhook, string(w.secret), w.Mail, w.Member, strings.Join(w.audiences, " "), w.Created.UnixMicro())
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("add watch: %w", err)
	}
	return w, w.secret, nil
}

func truth(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// Question is a question that a watch is told of.
type Question struct {
	ID       string // see [QuestionID]
	Subject  string
	Since    int64  // position above which decisions are told
	Decision string // digest of the one at Since
	Tell     bool   // tell of that one as well
}

// Follow has a watch told of a question, from a position on. When the ledger was
// read further than that already, what it decided since is told at once: nothing
// falls between the decision and this. fresh reports whether the question was
// new to the watch; one that it is told of already stays as it is.
func (b *Book) Follow(ctx context.Context, watch string, q Question) (fresh bool, err error) {
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		fresh = false
		// Whoever reads the ledger on changes this row first as well.
		if _, err := tx.Exec(ctx, `UPDATE notice_head SET position = position WHERE id = 1`); err != nil {
			return err
		}
		res, err := tx.Exec(ctx, `INSERT INTO watch_question (watch, question, subject, since)
			SELECT id, $2, $3, $4 FROM watch WHERE id = $1 ON CONFLICT DO NOTHING`, watch, q.ID, q.Subject, q.Since)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		fresh = true
		if q.Tell {
			if err := enqueue(ctx, tx, watch, &decided{position: q.Since, digest: q.Decision}, b.Now()); err != nil {
				return err
			}
		}
		d := decided{replaces: q.Decision}
		err = tx.QueryRow(ctx, `SELECT d.position, d.digest FROM notice_decided d JOIN notice_change c ON c.position = d.position
			WHERE d.question = $1 AND d.position > $2`, q.ID, q.Since).Scan(&d.position, &d.digest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return enqueue(ctx, tx, watch, &d, b.Now())
	})
	if err != nil {
		return false, fmt.Errorf("watch %s: %w", watch, err)
	}
	return fresh, nil
}

// Unfollow has a watch told no longer of a question.
func (b *Book) Unfollow(ctx context.Context, watch, question string) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM watch_question WHERE watch = $1 AND question = $2`, watch, question)
		return err
	})
}

// Questions is what a watch is told of, by subject.
func (b *Book) Questions(ctx context.Context, watch string) (out []Question, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT question, subject, since FROM watch_question WHERE watch = $1 ORDER BY subject, question`, watch)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var q Question
			if err := rows.Scan(&q.ID, &q.Subject, &q.Since); err != nil {
				return err
			}
			out = append(out, q)
		}
		return rows.Err()
	})
	return out, err
}

// Watches is those of a reader, oldest first; the operator's are all.
func (b *Book) Watches(ctx context.Context, by access.Reader) (out []Watch, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = read(ctx, tx, by, "")
		return err
	})
	return out, err
}

// Find is one watch of a reader.
func (b *Book) Find(ctx context.Context, by access.Reader, id string) (*Watch, error) {
	var found []Watch
	err := b.DB.Read(ctx, func(tx *db.Tx) (err error) {
		found, err = read(ctx, tx, by, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.New(problem.NotFound, "there is no watch %q of yours", id)
	}
	return &found[0], nil
}

// Remove ends a watch, with what it still had to tell.
func (b *Book) Remove(ctx context.Context, by access.Reader, id string) error {
	if _, err := b.Find(ctx, by, id); err != nil {
		return err
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			`DELETE FROM notice_delivery WHERE watch = $1`, `DELETE FROM watch_question WHERE watch = $1`, `DELETE FROM watch WHERE id = $1`,
		} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return fmt.Errorf("remove watch %s: %w", id, err)
			}
		}
		return nil
	})
}

const selectWatch = `SELECT w.id, w.subject, w.purpose, w.system, w.webhook, w.secret, w.mail, w.member, w.audiences, w.created,
	(SELECT count(*) FROM watch_question q WHERE q.watch = w.id),
	(SELECT count(*) FROM notice_delivery d WHERE d.watch = w.id AND d.state = 'due'),
	(SELECT count(*) FROM notice_delivery d WHERE d.watch = w.id AND d.state = 'dead'),
	COALESCE((SELECT d.failure FROM notice_delivery d WHERE d.watch = w.id ORDER BY d.position DESC, d.id LIMIT 1), '')
	FROM watch w`

// read reads the watches of a reader, or one of them.
func read(ctx context.Context, tx *db.Tx, by access.Reader, id string) ([]Watch, error) {
	q, args := selectWatch+` WHERE ($1 = '' OR w.id = $1)`, []any{id}
	if !by.Operator {
		q, args = q+` AND w.member = $2`, append(args, by.Member)
	}
	rows, err := tx.Query(ctx, q+` ORDER BY w.created, w.id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Watch
	for rows.Next() {
		w, err := scanWatch(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, *w)
	}
	return out, rows.Err()
}

// byID is a watch whoever it belongs to; nil when there is none.
func byID(ctx context.Context, tx *db.Tx, id string) (*Watch, error) {
	w, err := scanWatch(tx.QueryRow(ctx, selectWatch+` WHERE w.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return w, err
}

func scanWatch(row interface{ Scan(dest ...any) error }) (*Watch, error) {
	var w Watch
	var system, created, questions, due, dead int64
	var secret, audiences string
	err := row.Scan(&w.ID, &w.Subject, &w.Purpose, &system, &w.Webhook, &secret, &w.Mail, &w.Member, &audiences, &created, &questions, &due, &dead, &w.Failure)
	if err != nil {
		return nil, err
	}
	w.System, w.Created, w.secret, w.audiences = system == 1, time.UnixMicro(created).UTC(), Secret(secret), strings.Fields(audiences)
	w.Questions, w.Due, w.Dead = int(questions), int(due), int(dead)
	return &w, nil
}

// byID is a watch whoever it belongs to; nil when there is none.
func (b *Book) byID(ctx context.Context, id string) (w *Watch, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		w, err = byID(ctx, tx, id)
		return err
	})
	return w, err
}
