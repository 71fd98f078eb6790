package ledger

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// ErrMoved is wrapped by the error of an append whose documents were made from
// facts that have changed since, see [Edition.MadeFrom]. The caller makes them
// anew and tries again.
var ErrMoved = problem.New(problem.Conflict, "facts changed since the documents were made")

// Touched calls fn with the kind, subject and term of every fact that the
// reader may see and that was opened or closed at a position above after, up
// to the ask's. It is for whoever keeps an index over facts: what the facts
// say, and whether they were published by the known day, is not looked at. The
// same words may come several times. fn must not use the ledger.
func (l *Ledger) Touched(ctx context.Context, ask access.Ask, after int64, fn func(kind, subject, term string)) error {
	return l.read(ctx, ask, func(v *view) error {
		q := `SELECT kind, subject, term FROM fact WHERE known_from > $1 AND known_from <= $2 AND audience IN ` + v.in() + `
			UNION ALL SELECT kind, subject, term FROM fact WHERE known_to < ` + maxPosition + ` AND known_to > $1 AND known_to <= $2 AND audience IN ` + v.in()
		rows, err := v.tx.Query(ctx, q, after, v.ask.At.Position)
		if err != nil {
			return fmt.Errorf("facts touched above %d: %w", after, err)
		}
		defer rows.Close()
		for rows.Next() {
			var kind, subject, term string
			if err := rows.Scan(&kind, &subject, &term); err != nil {
				return fmt.Errorf("facts touched above %d: %w", after, err)
			}
			fn(kind, subject, term)
		}
		return rows.Err()
	})
}

// FirstChange is the first position above after, up to the ask's, at which a
// fact was opened or closed that the reader may see; 0 when there is none.
func (l *Ledger) FirstChange(ctx context.Context, ask access.Ask, after int64) (int64, error) {
	return l.change(ctx, ask, "MIN", after)
}

// LastChange is the last position up to the ask's at which a fact was opened or
// closed that the reader may see; 0 when there is none. From there on, all
// positions up to the ask's answer the reader alike.
func (l *Ledger) LastChange(ctx context.Context, ask access.Ask) (int64, error) {
	return l.change(ctx, ask, "MAX", 0)
}

func (l *Ledger) change(ctx context.Context, ask access.Ask, end string, after int64) (int64, error) {
	var position int64
	err := l.read(ctx, ask, func(v *view) error {
		q := `SELECT COALESCE(` + end + `(p), 0) FROM (
			SELECT ` + end + `(known_from) AS p FROM fact WHERE known_from > $1 AND known_from <= $2 AND audience IN ` + v.in() + `
			UNION ALL SELECT ` + end + `(known_to) AS p FROM fact WHERE known_to < ` + maxPosition + ` AND known_to > $1 AND known_to <= $2 AND audience IN ` + v.in() + `) AS changes`
		if err := v.tx.QueryRow(ctx, q, after, v.ask.At.Position).Scan(&position); err != nil {
			return fmt.Errorf("changes of facts above %d: %w", after, err)
		}
		return nil
	})
	return position, err
}
