package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
)

// Changes calls opened for every fact of these kinds that was opened at a
// position above after, up to and including upto, by id; and then closed for
// every one of them that was closed at such a position, with that position. A
// fact that was both comes to both.
//
// It is for views over facts, which serve many readers: nothing is filtered by
// audience, publication or what is still held. A view filters in each of its
// own reads instead. The body given to opened may be overwritten after it
// returns. Neither function may use the ledger.
func (l *Ledger) Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*Fact) error, closed func(id, at int64) error) error {
	return l.db.Read(ctx, func(tx *db.Tx) error {
		audiences, err := l.visible(ctx, tx, access.Operator)
		if err != nil {
			return err
		}
		if err := openedFacts(ctx, tx, kinds, after, upto, audiences, opened); err != nil {
			return err
		}
		return closedFacts(ctx, tx, kinds, after, upto, closed)
	})
}

// openedFacts reads by ids, which begin with the position that opened the fact.
func openedFacts(ctx context.Context, tx *db.Tx, kinds []string, after, upto int64, audiences map[int64]access.Audience, opened func(*Fact) error) error {
	rows, err := tx.Query(ctx, selectFact+` WHERE known_from > $1 AND known_from <= $2 AND kind IN (`+db.Placeholders(3, len(kinds))+`) ORDER BY id`,
		append([]any{after, upto}, anys(kinds)...)...)
	if err != nil {
		return fmt.Errorf("facts opened above %d: %w", after, err)
	}
	defer rows.Close()
	var f Fact
	var body string
	var audience int64
	for rows.Next() {
		if err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &f.Key, &f.Term, &f.Source, &f.Part, &body, &f.ValidFrom, &f.ValidTo, &f.Basis,
			&f.Published, &f.Superseded, &f.KnownFrom, &f.KnownTo, &f.Document, &audience); err != nil {
			return fmt.Errorf("fact: %w", err)
		}
		f.Body, f.Audience = json.RawMessage(body), audiences[audience]
		if err := opened(&f); err != nil {
			return err
		}
	}
	return rows.Err()
}

func closedFacts(ctx context.Context, tx *db.Tx, kinds []string, after, upto int64, closed func(id, at int64) error) error {
	rows, err := tx.Query(ctx, `SELECT id, known_to FROM fact WHERE known_to < `+maxPosition+` AND known_to > $1 AND known_to <= $2
		AND kind IN (`+db.Placeholders(3, len(kinds))+`) ORDER BY known_to, id`, append([]any{after, upto}, anys(kinds)...)...)
	if err != nil {
		return fmt.Errorf("facts closed above %d: %w", after, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, at int64
		if err := rows.Scan(&id, &at); err != nil {
			return err
		}
		if err := closed(id, at); err != nil {
			return err
		}
	}
	return rows.Err()
}
