package feed

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Book remembers how far feeds have come. Nodes that share a store share it.
type Book struct {
	DB  *db.DB
	Now func() time.Time
}

// State is how far a feed has come. Zero times mean never.
type State struct {
	Fetched  time.Time // when it was last found to be held, changed or not
	Changed  time.Time // when it last brought something
	Failed   time.Time
	Failure  string // of the last that failed
	Failures int    // since it was last fetched
	Due      time.Time
	Busy     bool // somebody is at it
}

// States is those of all feeds that were ever asked for, by name.
func (b *Book) States(ctx context.Context) (map[string]State, error) {
	out := map[string]State{}
	now := b.Now().UnixMicro()
	err := b.DB.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, `SELECT name, fetched, changed, failed, failure, failures, due, leased FROM feed`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var s State
			var fetched, changed, failed, failures, due, leased int64
			if err := rows.Scan(&name, &fetched, &changed, &failed, &s.Failure, &failures, &due, &leased); err != nil {
				return err
			}
			s.Fetched, s.Changed, s.Failed, s.Due = moment(fetched), moment(changed), moment(failed), moment(due)
			s.Failures, s.Busy = int(failures), leased > now
			out[name] = s
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("states of feeds: %w", err)
	}
	return out, nil
}

func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

// LeaseTime is how long a feed is somebody's who does not [Book.Renew].
const LeaseTime = 2 * time.Minute

// Lease is the right to fetch a feed, which one run has at a time.
type Lease struct {
	Feed string
	Held map[string]Validators // of the files that are held, by URL

	holder string
}

// EarlyError is the refusal of a feed that is not to be asked yet.
type EarlyError struct{ Due time.Time }

func (e *EarlyError) Error() string {
	return "not to be asked before " + e.Due.Format(time.RFC3339)
}

// Take begins a fetch. A feed that is not due is an [*EarlyError], unless now;
// one that somebody else is at is a [problem.Conflict].
func (b *Book) Take(ctx context.Context, feed string, now bool) (*Lease, error) {
	l := &Lease{Feed: feed, holder: rand.Text()}
	at := b.Now()
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		l.Held = map[string]Validators{}
		_, err := tx.Exec(ctx, `INSERT INTO feed (name, fetched, changed, failed, failure, failures, due, holder, leased)
			VALUES ($1, 0, 0, 0, '', 0, 0, '', 0) ON CONFLICT DO NOTHING`, feed)
		if err != nil {
			return err
		}
		res, err := tx.Exec(ctx, `UPDATE feed SET holder = $2, leased = $3 WHERE name = $1 AND leased <= $4`,
			feed, l.holder, at.Add(LeaseTime).UnixMicro(), at.UnixMicro())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return problem.New(problem.Conflict, "another run is at it")
		}
		var due int64
		if err := tx.QueryRow(ctx, `SELECT due FROM feed WHERE name = $1`, feed).Scan(&due); err != nil {
			return err
		}
		if due > at.UnixMicro() && !now {
			return &EarlyError{moment(due)} // which undoes the lease
		}
		return l.read(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// read reads what is held.
func (l *Lease) read(ctx context.Context, tx *db.Tx) error {
	rows, err := tx.Query(ctx, `SELECT url, etag, modified FROM feed_file WHERE feed = $1`, l.Feed)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var url string
		var v Validators
		if err := rows.Scan(&url, &v.ETag, &v.Modified); err != nil {
			return err
		}
		l.Held[url] = v
	}
	return rows.Err()
}

// Renew keeps a lease.
func (b *Book) Renew(ctx context.Context, l *Lease) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE feed SET leased = $3 WHERE name = $1 AND holder = $2`, l.Feed, l.holder, b.Now().Add(LeaseTime).UnixMicro())
		return err
	})
}

// Succeeded ends a fetch whose files, none when nothing had changed, are held
// now. The feed is not to be asked again before due.
func (b *Book) Succeeded(ctx context.Context, l *Lease, files []Got, due time.Time) error {
	at := b.Now().UnixMicro()
	return b.end(ctx, l, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE feed SET fetched = $2, failures = 0, due = $3 WHERE name = $1`, l.Feed, at, due.UnixMicro())
		if err != nil || len(files) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE feed SET changed = $2 WHERE name = $1`, l.Feed, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM feed_file WHERE feed = $1`, l.Feed); err != nil {
			return err
		}
		for _, f := range files {
			_, err := tx.Exec(ctx, `INSERT INTO feed_file (feed, url, etag, modified) VALUES ($1, $2, $3, $4)`, l.Feed, f.URL, f.Held.ETag, f.Held.Modified)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// maxFailure bounds what is kept of why a feed failed, in bytes.
const maxFailure = 2000

// Failed ends a fetch that did not succeed. What is said of the files that are
// held stays. notBefore is when the server wants to be asked again, the zero
// time when it did not say.
func (b *Book) Failed(ctx context.Context, l *Lease, why string, notBefore time.Time) error {
	due := int64(0)
	if !notBefore.IsZero() {
		due = notBefore.UnixMicro()
	}
	return b.end(ctx, l, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE feed SET failed = $2, failure = $3, failures = failures + 1, due = $4 WHERE name = $1`,
			l.Feed, b.Now().UnixMicro(), bounded(why), due)
		return err
	})
}

// bounded is the beginning of a text, cut between characters.
func bounded(s string) string {
	if len(s) <= maxFailure {
		return s
	}
	cut := maxFailure
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut]
}

// end gives a lease back with what is to be kept of the fetch. One that was
// taken over meanwhile is a [problem.Conflict], and nothing is kept.
func (b *Book) end(ctx context.Context, l *Lease, keep func(tx *db.Tx) error) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, `UPDATE feed SET holder = '', leased = 0 WHERE name = $1 AND holder = $2`, l.Feed, l.holder)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return problem.New(problem.Conflict, "%s: another run took over", l.Feed)
		}
		return keep(tx)
	})
}
