package ledger

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
)

// Changes calls opened for every fact of these kinds that was opened at a
// position above after, up to and including upto, by id; and then closed for
// every one of them that was closed at such a position, with that position. A
// fact that was both comes to both. Of a fact it fills in what a view needs to
// filter by and to index: not its key and part, nor when it is valid.
//
// It is for views over facts, which serve many readers: nothing is filtered by
// audience, publication or what is still held. A view filters in each of its
// own reads instead. The fact may be overwritten after opened returns. Neither
// function may use the ledger.
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

// openedFacts goes by ids, which begin with the position that opened the fact,
// and so reads in the order of the table.
func openedFacts(ctx context.Context, tx *db.Tx, kinds []string, after, upto int64, audiences map[int64]access.Audience, opened func(*Fact) error) error {
	rows, err := tx.Query(ctx, `SELECT id, kind, subject, term, source, body, published, superseded, known_from, known_to, document, audience FROM fact
		WHERE id >= $1 AND id < $2 AND kind IN (`+db.Placeholders(3, len(kinds))+`) ORDER BY id`,
		append([]any{(after + 1) << 24, (upto + 1) << 24}, anys(kinds)...)...)
	if err != nil {
		return fmt.Errorf("facts opened above %d: %w", after, err)
	}
	defer rows.Close()
	var f Fact
	var audience int64
	for rows.Next() {
		if err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &f.Term, &f.Source, (*[]byte)(&f.Body), &f.Published, &f.Superseded, &f.KnownFrom, &f.KnownTo, &f.Document, &audience); err != nil {
			return fmt.Errorf("fact: %w", err)
		}
		f.Audience = audiences[audience]
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
