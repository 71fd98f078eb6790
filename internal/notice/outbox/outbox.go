// Package outbox sends what rows of a table say has to go out: each row is one
// message by one way, which is leased, sent, tried again ever more seldom, and
// given up in the end.
//
// Begin with [Queue]. Rows are put in by whoever notes what has to be told, in
// the transaction that notes it. A row is sent at least once: a node that is
// killed after the receiver took it and before that was written down sends it
// again, so a message has an id by which the receiver can tell. Of several nodes
// on one store each sends what it leases. A lease outlasts the time that an
// attempt may take, and ends by itself.
//
// A table has the columns id, way, state, attempts, due, holder, failure and
// ended, of which this package changes all but the first two, and whichever
// others its owner needs.
package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// State is how a message stands.
type State string

// The states. A message that is being sent is due.
const (
	Due  State = "due"
	Done State = "done"
	Dead State = "dead" // given up; its failure says why
)

// ErrForGood is wrapped by errors of senders after which a message is given up.
var ErrForGood = problem.New(problem.Invalid, "given up")

// ForGood is err as a failure after which a message is given up.
func ForGood(err error) error { return forGood{err} }

type forGood struct{ error }

func (e forGood) Unwrap() []error { return []error{e.error, ErrForGood} }

// Item is a message whose turn it is.
type Item struct {
	ID       string
	Way      string
	Attempts int // with this one
}

// Queue sends the messages of one table. Its methods are for one goroutine.
type Queue struct {
	DB    *db.DB
	Now   func() time.Time
	Table string
	// Ways is those that this node sends by. What goes by another stays due, for
	// another node.
	Ways []string
	// Send makes one attempt. failure is why the message did not go, which wraps
	// [ErrForGood] where there is no use in trying again; err is the store's.
	Send func(ctx context.Context, i Item) (failure, err error)
	// Keep is how long messages that ended can be looked at; 0 for good.
	Keep time.Duration

	holder    string // of its leases
	forgotten time.Time
}

const (
	atOnce      = 16 // messages that are sent at the same time
	settleTime  = 10 * time.Second
	leaseTime   = time.Minute // outlasts an attempt, and what is written after it
	longest     = 15 * time.Second
	forgetEvery = time.Hour

	// AttemptTime bounds one attempt.
	AttemptTime = 20 * time.Second
)

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

// Step sends all that is due, and forgets what ended long ago. It returns how
// long nothing is due after that.
func (q *Queue) Step(ctx context.Context) (wait time.Duration, err error) {
	for {
		if wait, err = q.nextDue(ctx); err != nil {
			return 0, err
		}
		if wait > 0 {
			break
		}
		due, err := q.lease(ctx)
		if err != nil {
			return 0, err
		}
		if err := q.sendAll(ctx, due); err != nil {
			return 0, err
		}
	}
	if now := q.Now(); q.Keep > 0 && now.Sub(q.forgotten) > forgetEvery {
		if err := q.forget(ctx); err != nil {
			return 0, err
		}
		q.forgotten = now
	}
	return wait, nil
}

// ways is a condition on the way, and its arguments from number first on.
func (q *Queue) ways(first int) (where string, args []any) {
	for _, way := range q.Ways {
		args = append(args, way)
	}
	return `way IN (` + db.Placeholders(first, len(args)) + `)`, args
}

// lease takes messages that are due, for one attempt each: what was not tried
// yet before what failed, so that receivers which are down hold up nobody. Of
// several nodes one gets each: the row is changed only where it is still due,
// and a second node's change waits for the first's.
func (q *Queue) lease(ctx context.Context) (out []Item, err error) {
	if q.holder == "" {
		q.holder = rand.Text()
	}
	now := q.Now()
	where, ways := q.ways(3)
	err = q.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		found, err := items(ctx, tx, `SELECT id, way, attempts FROM `+q.Table+` WHERE state = 'due' AND due <= $1 AND `+where+` ORDER BY attempts, due, id LIMIT $2`,
			append([]any{now.UnixMicro(), int64(atOnce)}, ways...)...)
		if err != nil {
			return err
		}
		for _, i := range found {
			res, err := tx.Exec(ctx, `UPDATE `+q.Table+` SET holder = $1, due = $2, attempts = attempts + 1 WHERE id = $3 AND state = 'due' AND due <= $4`,
				q.holder, now.Add(leaseTime).UnixMicro(), i.ID, now.UnixMicro())
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				i.Attempts++
				out = append(out, i)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease messages: %w", err)
	}
	return out, nil
}

func items(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Item, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i Item
		var attempts int64
		if err := rows.Scan(&i.ID, &i.Way, &attempts); err != nil {
			return nil, err
		}
		i.Attempts = int(attempts)
		out = append(out, i)
	}
	return out, rows.Err()
}

// sendAll makes an attempt at each of some messages, at the same time. The
// error is the store's.
func (q *Queue) sendAll(ctx context.Context, due []Item) error {
	errs := make(chan error, len(due))
	for _, i := range due {
		go func() { errs <- q.sendOne(ctx, i) }()
	}
	var first error
	for range due {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// sendOne makes one attempt and writes down how it ended.
func (q *Queue) sendOne(ctx context.Context, i Item) error {
	attempt, cancel := context.WithTimeout(ctx, AttemptTime)
	defer cancel()
	failure, err := q.Send(attempt, i)
	if ctx.Err() != nil && (err != nil || failure != nil) {
		return ctx.Err() // stopped in between; the lease ends by itself
	}
	if err != nil {
		return err
	}
	// What was taken is written down also when the node stops just now, or it
	// would be sent again.
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer done()
	return q.settle(ending, i, failure)
}

// settle writes down how an attempt ended. When the lease ended meanwhile and
// somebody else has the message, that one's word counts.
func (q *Queue) settle(ctx context.Context, i Item, failure error) error {
	now := q.Now()
	state, due, ended, text := Done, now, now.UnixMicro(), ""
	if failure != nil {
		state, text = Dead, clip(failure.Error())
		if !errors.Is(failure, ErrForGood) && i.Attempts < MaxAttempts {
			state, due, ended = Due, now.Add(Backoff(i.Attempts)), 0
		}
	}
	return q.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE `+q.Table+` SET state = $1, due = $2, ended = $3, failure = $4, holder = '' WHERE id = $5 AND holder = $6 AND attempts = $7`,
			string(state), due.UnixMicro(), ended, text, i.ID, q.holder, int64(i.Attempts))
		return err
	})
}

// forget deletes messages that ended long ago.
func (q *Queue) forget(ctx context.Context) error {
	return q.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM `+q.Table+` WHERE state <> 'due' AND ended < $1`, q.Now().Add(-q.Keep).UnixMicro())
		return err
	})
}

// nextDue is how long nothing is due.
func (q *Queue) nextDue(ctx context.Context) (time.Duration, error) {
	var due int64
	where, ways := q.ways(1)
	if len(ways) == 0 {
		return longest, nil
	}
	err := q.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(MIN(due), 0) FROM `+q.Table+` WHERE state = 'due' AND `+where, ways...).Scan(&due)
	})
	if err != nil || due == 0 {
		return longest, err
	}
	return min(max(time.UnixMicro(due).Sub(q.Now()), 0), longest), nil
}

// maxFailure bounds what is kept of why an attempt failed, in bytes.
const maxFailure = 300

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxFailure {
		s = s[:maxFailure]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}
