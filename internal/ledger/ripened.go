package ledger

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
)

// Ripened calls fn with the kind and subject of every fact that the reader may
// see, that the ledger held at the ask's position, and that came to count as
// published, or as no longer stated by its source, on a day after the given one,
// up to the ask's known day. It is what the passing of time alone brings out of
// documents that were handed in before their day. It looks at every fact once,
// so ask it once a day. The same words may come several times. fn must not use
// the ledger.
func (l *Ledger) Ripened(ctx context.Context, ask access.Ask, after access.Date, fn func(kind, subject string)) error {
	return l.read(ctx, ask, func(v *view) error {
		rows, err := v.tx.Query(ctx, `SELECT DISTINCT kind, subject FROM fact WHERE known_from <= $1 AND known_to > $1
			AND (published > $2 AND published <= $3 OR superseded > $2 AND superseded <= $3) AND audience IN `+v.in(),
			v.ask.At.Position, string(after), string(v.ask.At.Known))
		if err != nil {
			return fmt.Errorf("facts ripened after %s: %w", after, err)
		}
		defer rows.Close()
		for rows.Next() {
			var kind, subject string
			if err := rows.Scan(&kind, &subject); err != nil {
				return fmt.Errorf("facts ripened after %s: %w", after, err)
			}
			fn(kind, subject)
		}
		return rows.Err()
	})
}
