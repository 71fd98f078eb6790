package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// publicID is the number of the audience [Public]; the schema puts it in.
const publicID int64 = 1

// Intern is the number of an audience in the store, which it is given at its
// first use. Several transactions may intern at the same time.
func Intern(ctx context.Context, tx *db.Tx, a Audience) (int64, error) {
	if a.IsPublic() {
		return publicID, nil
	}
	// A round is lost only when another transaction takes the number in between;
	// the next one then sees its row.
	for range 100 {
		var id int64
		err := tx.QueryRow(ctx, `SELECT id FROM audience WHERE expr = $1`, a.String()).Scan(&id)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("audience %s: %w", a, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO audience (id, expr) SELECT max(id) + 1, $1 FROM audience
			WHERE true ON CONFLICT DO NOTHING`, a.String()); err != nil {
			return 0, fmt.Errorf("audience %s: %w", a, err)
		}
	}
	return 0, problem.New(problem.Unavailable, "audience %s: too many others are added at the same time", a)
}

// VisibleAudiences is the numbers of the audiences that r is inside, in order:
// what a read filters on, before it counts or limits anything.
func VisibleAudiences(ctx context.Context, tx *db.Tx, r Reader) ([]int64, error) {
	if !r.Operator && len(r.Organisations) == 0 {
		return []int64{publicID}, nil
	}
	rows, err := tx.Query(ctx, `SELECT id, expr FROM audience ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("audiences: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		var expr string
		if err := rows.Scan(&id, &expr); err != nil {
			return nil, fmt.Errorf("audiences: %w", err)
		}
		a, err := ParseAudience(expr)
		if err != nil {
			return nil, fmt.Errorf("audience %d: %w", id, err)
		}
		if r.MaySee(a) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}
