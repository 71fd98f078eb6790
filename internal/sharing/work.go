package sharing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
)

// Work works through the submissions that wait, until ctx ends, and keeps the
// index at hand, which takes a new process some time. Several nodes may do so:
// each part of a submission is taken in once, by whoever comes first.
func (s *Store) Work(ctx context.Context, log *slog.Logger) {
	s.ledger.Attend(ctx, ledger.Work{
		Do: func(ctx context.Context) (time.Duration, error) {
			if err := s.Drain(ctx); err != nil {
				return 0, err
			}
			return time.Minute, s.catchUp(ctx)
		},
		Failed: func(err error) {
			log.ErrorContext(ctx, "submissions are not worked through", slog.Any("error", err))
		},
	})
}

// waiting is a submission that is not complete.
type waiting struct {
	by    *submitter
	st    Status
	next  int64
	reads []json.RawMessage

	beside map[string][]byte // marking definitions of the whole envelope
}

// errTaken is that another node has taken a part meanwhile.
var errTaken = errors.New("taken by another node")

// Drain works through the submissions that wait.
func (s *Store) Drain(ctx context.Context) error {
	for {
		w, err := s.nextWaiting(ctx)
		if err != nil || w == nil {
			return err
		}
		for w.next < int64(w.st.Total) {
			err := s.part(ctx, w)
			if errors.Is(err, errTaken) {
				break // look again where it stands
			}
			if err != nil {
				return fmt.Errorf("submission %s at object %d: %w", w.st.ID, w.next, err)
			}
		}
	}
}

// nextWaiting is the oldest submission that waits; nil when none does.
func (s *Store) nextWaiting(ctx context.Context) (*waiting, error) {
	w := &waiting{}
	var community, collection, organisation, member, relay string
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT id, community, collection, organisation, member, relay, total, next, document FROM sharing_submission WHERE next < total ORDER BY document LIMIT 1`).
			Scan(&w.st.ID, &community, &collection, &organisation, &member, &relay, &w.st.Total, &w.next, &w.st.Document)
	})
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	c := reg.communities[community]
	if c == nil {
		return nil, fmt.Errorf("submission %s: no community %q: %w", w.st.ID, community, errDamaged)
	}
	// What was allowed when it was handed in is taken in, also when the collection
	// was closed since.
	w.by = &submitter{registry: reg, community: c, collection: &Collection{ID: collection, Community: community}, organisation: organisation, member: member, relay: relayOf(relay, organisation)}
	body, err := s.ledger.Body(ctx, access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, w.st.Document)
	if err != nil {
		return nil, err
	}
	w.reads, err = s.split(body)
	w.beside = s.definitionsAmong(w.reads)
	if err == nil && len(w.reads) != w.st.Total {
		err = fmt.Errorf("submission %s: %d objects of %d: %w", w.st.ID, len(w.reads), w.st.Total, errDamaged)
	}
	return w, err
}

// part takes in the next objects of a submission.
func (s *Store) part(ctx context.Context, w *waiting) error {
	upto := min(w.next+int64(s.limits.AtOnce), int64(w.st.Total))
	taken, err := s.prepare(ctx, w.by, w.reads[w.next:upto], w.beside)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockHead(ctx); err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `UPDATE sharing_submission SET next = $1 WHERE id = $2 AND next = $3`, upto, w.st.ID, w.next)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errTaken, err)
		}
		_, _, err = s.take(ctx, tx, w.by, &w.st, w.next, taken)
		return err
	})
	if err == nil {
		w.next = upto
	}
	return err
}
