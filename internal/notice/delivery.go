package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"countersign.dev/internal/db"
)

// State is how a delivery stands.
type State string

// The states. A delivery that is being sent is due.
const (
	Due  State = "due"
	Done State = "done"
	Dead State = "dead" // given up; Failure says why
)

// The ways by which messages go.
const (
	ByWebhook = "webhook"
	ByMail    = "mail"
)

// Delivery is a message on its way.
type Delivery struct {
	ID       string    `json:"id"`
	Watch    string    `json:"watch"`
	Way      string    `json:"way"` // "webhook" or "mail"
	Position int64     `json:"position"`
	Decision string    `json:"decision"` // digest
	State    State     `json:"state"`
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next,omitzero"` // not before then; zero when it ended
	Failure  string    `json:"failure,omitempty"`
	Created  time.Time `json:"created"`
	Ended    time.Time `json:"ended,omitzero"`

	replaces string
}

// Backoff is how long to wait after the attempt of a number, from 1 on: some
// seconds at first, a day in the end.
func Backoff(attempt int) time.Duration {
	return backoff[min(max(attempt, 1), len(backoff))-1]
}

var backoff = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// MaxAttempts is how often a message is tried before it is given up: over
// nearly two days.
const MaxAttempts = 10

// deliveryID makes one delivery of a watch, way and decision, however often they
// are found.
func deliveryID(watch, way, digest string) string {
	h := sha256.Sum256([]byte(watch + "\x00" + way + "\x00" + digest))
	return "d-" + hex.EncodeToString(h[:16])
}

// enqueue has a watch told of a decision, by every way that it has.
func enqueue(ctx context.Context, tx *db.Tx, watch string, d *decided, now time.Time) error {
	w, err := byID(ctx, tx, watch)
	if err != nil || w == nil {
		return err
	}
	for way, to := range map[string]string{ByWebhook: w.Webhook, ByMail: w.Mail} {
		if to == "" {
			continue
		}
		_, err := tx.Exec(ctx, `INSERT INTO notice_delivery (id, watch, way, position, digest, replaces, state, attempts, due, holder, failure, created, ended)
			VALUES ($1, $2, $3, $4, $5, $6, 'due', 0, $7, '', '', $7, 0) ON CONFLICT DO NOTHING`,
			deliveryID(watch, way, d.digest), watch, way, d.position, d.digest, d.replaces, now.UnixMicro())
		if err != nil {
			return err
		}
	}
	return nil
}

const deliveryColumns = `id, watch, way, position, digest, replaces, state, attempts, due, failure, created, ended`

// Deliveries is what went out for a watch, newest first.
func (b *Book) Deliveries(ctx context.Context, watch string, limit int) (out []Delivery, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = deliveries(ctx, tx, `SELECT `+deliveryColumns+` FROM notice_delivery WHERE watch = $1 ORDER BY position DESC, way LIMIT $2`, watch, int64(limit))
		return err
	})
	return out, err
}

func deliveries(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Delivery, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Delivery
	for rows.Next() {
		var d Delivery
		var state string
		var attempts, due, created, ended int64
		if err := rows.Scan(&d.ID, &d.Watch, &d.Way, &d.Position, &d.Decision, &d.replaces, &state, &attempts, &due, &d.Failure, &created, &ended); err != nil {
			return nil, err
		}
		d.State, d.Attempts, d.Created = State(state), int(attempts), time.UnixMicro(created).UTC()
		if d.State == Due {
			d.Next = time.UnixMicro(due).UTC()
		}
		if ended != 0 {
			d.Ended = time.UnixMicro(ended).UTC()
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// lease takes deliveries that are due, for one attempt each: what was not tried
// yet before what failed, so that receivers which are down hold up nobody. Of several nodes
// one gets each: the row is changed only where it is still due, and a second
// node's change waits for the first's.
func (t *Teller) lease(ctx context.Context) (out []Delivery, err error) {
	now := t.opts.Book.Now()
	err = t.opts.Book.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		found, err := deliveries(ctx, tx, `SELECT `+deliveryColumns+` FROM notice_delivery
			WHERE state = 'due' AND due <= $1 AND (way = $2 OR way = $3) ORDER BY attempts, due, id LIMIT $4`, now.UnixMicro(), t.ways[0], t.ways[1], int64(atOnce))
		if err != nil {
			return err
		}
		for _, d := range found {
			res, err := tx.Exec(ctx, `UPDATE notice_delivery SET holder = $1, due = $2, attempts = attempts + 1 WHERE id = $3 AND state = 'due' AND due <= $4`,
				t.holder, now.Add(leaseTime).UnixMicro(), d.ID, now.UnixMicro())
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				d.Attempts++
				out = append(out, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease messages: %w", err)
	}
	return out, nil
}

// settle writes down how an attempt ended. When the lease ended meanwhile and
// somebody else has the message, that one's word counts.
func (t *Teller) settle(ctx context.Context, d *Delivery, failure *failed) error {
	now := t.opts.Book.Now()
	state, due, ended, text := Done, now, now.UnixMicro(), ""
	if failure != nil {
		state, text = Dead, clip(failure.Error())
		if !failure.forGood && d.Attempts < MaxAttempts {
			state, due, ended = Due, now.Add(Backoff(d.Attempts)), 0
		}
	}
	return t.opts.Book.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE notice_delivery SET state = $1, due = $2, ended = $3, failure = $4, holder = '' WHERE id = $5 AND holder = $6 AND attempts = $7`,
			string(state), due.UnixMicro(), ended, text, d.ID, t.holder, int64(d.Attempts))
		return err
	})
}

// kept is how long messages that ended can be looked at.
const kept = 90 * 24 * time.Hour

// forget deletes messages that ended long ago.
func (t *Teller) forget(ctx context.Context) error {
	return t.opts.Book.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM notice_delivery WHERE state <> 'due' AND ended < $1`, t.opts.Book.Now().Add(-kept).UnixMicro())
		return err
	})
}

// nextDue is how long nothing is due.
func (t *Teller) nextDue(ctx context.Context) (time.Duration, error) {
	var due int64
	err := t.opts.Book.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(MIN(due), 0) FROM notice_delivery WHERE state = 'due' AND (way = $1 OR way = $2)`, t.ways[0], t.ways[1]).Scan(&due)
	})
	if err != nil || due == 0 {
		return longest, err
	}
	return min(max(time.UnixMicro(due).Sub(t.opts.Book.Now()), 0), longest), nil
}

// maxFailure bounds what is kept of why an attempt failed, in bytes.
const maxFailure = 300

func clip(s string) string {
	s = oneLine(s)
	if len(s) > maxFailure {
		s = s[:maxFailure]
	}
	return toValid(s)
}

// Standing is how messages stand in the whole store.
type Standing struct {
	Watches int64
	Due     int64     // messages that have to go out
	Dead    int64     // messages that were given up, of the last 90 days
	Oldest  time.Time // when the oldest that is due was found to be; zero when none is
}

// Standing is how messages stand.
func (b *Book) Standing(ctx context.Context) (s Standing, err error) {
	var oldest int64
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM watch),
			(SELECT count(*) FROM notice_delivery WHERE state = 'due'), (SELECT count(*) FROM notice_delivery WHERE state = 'dead'),
			(SELECT COALESCE(MIN(created), 0) FROM notice_delivery WHERE state = 'due')`).Scan(&s.Watches, &s.Due, &s.Dead, &oldest)
	})
	if oldest != 0 {
		s.Oldest = time.UnixMicro(oldest).UTC()
	}
	return s, err
}
