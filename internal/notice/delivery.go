package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/notice/outbox"
)

// State is how a delivery stands.
type State = outbox.State

// The states. A delivery that is being sent is due.
const (
	Due  = outbox.Due
	Done = outbox.Done
	Dead = outbox.Dead // given up; Failure says why
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
func Backoff(attempt int) time.Duration { return outbox.Backoff(attempt) }

// MaxAttempts is how often a message is tried before it is given up: over
// nearly two days.
const MaxAttempts = outbox.MaxAttempts

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

// delivery is the delivery of an id.
func (b *Book) delivery(ctx context.Context, id string) (*Delivery, error) {
	var found []Delivery
	err := b.DB.Read(ctx, func(tx *db.Tx) (err error) {
		found, err = deliveries(ctx, tx, `SELECT `+deliveryColumns+` FROM notice_delivery WHERE id = $1`, id)
		return err
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// kept is how long messages that ended can be looked at.
const kept = 90 * 24 * time.Hour

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
