package access

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// How long a session lasts: in all, and without being used (NIST SP 800-63B-4,
// section 2.2.3, asks for 24 hours and one hour at most at its second level).
const (
	SessionLength = 12 * time.Hour
	SessionIdle   = time.Hour
)

// seenGrain is how exactly uses of sessions and tokens are noted. A use within
// it of the one before writes nothing.
const seenGrain = time.Minute

const sessionPrefix = "css_"

// SignIn opens a session for a member and returns the secret to be kept in its
// browser's cookie. It answers Unauthenticated for a wrong name or password,
// without telling which, and TooMany after many failures in a row.
func (s *Store) SignIn(ctx context.Context, member, password string) (secret string, expires time.Time, err error) {
	fresh, err := s.authenticate(ctx, member, password)
	if err != nil {
		return "", time.Time{}, err
	}
	cookie := newSecret(sessionPrefix)
	now := s.Now()
	expires = now.Add(SessionLength)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// Also takes the row, so that a session with an old password cannot
		// slip in behind a new one.
		res, err := tx.Exec(ctx, `UPDATE member SET password = $1 WHERE name = $2 AND password = $3 AND disabled = 0`, fresh.keep, member, fresh.was)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return errSignIn
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE expires <= $1 OR last_seen <= $2`, now.UnixMicro(), now.Add(-SessionIdle).UnixMicro()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO session (hash, member, created, last_seen, expires) VALUES ($1, $2, $3, $3, $4)`,
			hashSecret(string(cookie)), member, now.UnixMicro(), expires.UnixMicro())
		return err
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign in: %w", err)
	}
	return string(cookie), expires, nil
}

var errSignIn = problem.New(problem.Unauthenticated, "wrong name or password")

// checked is the outcome of a password that was right.
type checked struct {
	was  string // stored hash that it was checked against
	keep string // the same, or the same password's hash with today's parameters
}

// authenticate checks a member's password. The attempt is counted before it is
// known to be wrong, so that many at the same time do not get more tries.
func (s *Store) authenticate(ctx context.Context, member, password string) (checked, error) {
	if !validMember(member) || len(password) > MaxPassword {
		return checked{}, errSignIn
	}
	var a account
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.countAttempt(ctx, tx, member); err != nil {
			return err
		}
		var err error
		a, err = accountOf(ctx, tx, member)
		return err
	})
	if err != nil {
		return checked{}, fmt.Errorf("sign in: %w", err)
	}
	ok, outdated, err := s.hasher.verify(ctx, a.password, password)
	if err != nil {
		return checked{}, fmt.Errorf("sign in %s: %w", member, err)
	}
	if !ok || !a.active {
		return checked{}, errSignIn
	}
	c := checked{was: a.password, keep: a.password}
	if outdated {
		if c.keep, err = s.hasher.hash(ctx, password); err != nil {
			return checked{}, err
		}
	}
	return c, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM login_attempt WHERE bucket = $1`, bucketOf(member))
		return err
	})
}

// After freeAttempts failures in a row the next attempt must wait a second,
// and twice as long after each further one, up to maxWait. A day without
// attempts forgives all. Attempts while waiting are refused and not counted,
// so that nobody can be kept out for longer by more of them.
const (
	freeAttempts = 5
	maxWait      = 15 * time.Minute
	forgiveAfter = 24 * time.Hour
)

// bucketOf spreads names over 65,536 rows, so that made-up names do not fill
// the table. Names that share one are slowed down together.
func bucketOf(member string) int64 {
	h := sha256.Sum256([]byte(member))
	return int64(binary.BigEndian.Uint16(h[:]))
}

func waitAfter(failures int64) time.Duration {
	if failures < freeAttempts {
		return 0
	}
	return min(time.Second<<min(failures-freeAttempts, 20), maxWait)
}

// countAttempt notes an attempt to sign in, or refuses it.
func (s *Store) countAttempt(ctx context.Context, tx *db.Tx, member string) error {
	now, bucket := s.Now(), bucketOf(member)
	// Taking the row first makes attempts at the same time wait for each other.
	if _, err := tx.Exec(ctx, `INSERT INTO login_attempt (bucket, failures, last) VALUES ($1, 0, 0)
		ON CONFLICT (bucket) DO UPDATE SET failures = login_attempt.failures`, bucket); err != nil {
		return err
	}
	var failures, last int64
	if err := tx.QueryRow(ctx, `SELECT failures, last FROM login_attempt WHERE bucket = $1`, bucket).Scan(&failures, &last); err != nil {
		return err
	}
	since := now.Sub(time.UnixMicro(last))
	if since >= forgiveAfter {
		failures = 0
	}
	if wait := waitAfter(failures) - since; wait > 0 {
		return problem.New(problem.TooMany, "too many failed attempts to sign in: try again in %v", wait.Round(time.Second)+time.Second)
	}
	_, err := tx.Exec(ctx, `UPDATE login_attempt SET failures = $1, last = $2 WHERE bucket = $3`, failures+1, now.UnixMicro(), bucket)
	return err
}

var errSession = problem.New(problem.Unauthenticated, "session has ended: sign in again")

// ReaderOfSession is the member that a session's secret belongs to. It answers
// Unauthenticated when the session has ended, and otherwise keeps it from
// falling idle.
func (s *Store) ReaderOfSession(ctx context.Context, secret string) (Reader, error) {
	if !wellFormed(secret, sessionPrefix) {
		return Reader{}, errSession
	}
	hash, now := hashSecret(secret), s.Now()
	var reader Reader
	var seen int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var member string
		var expires, disabled int64
		err := tx.QueryRow(ctx, `SELECT s.member, s.last_seen, s.expires, m.disabled
			FROM session s JOIN member m ON m.name = s.member WHERE s.hash = $1`, hash).Scan(&member, &seen, &expires, &disabled)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errSession
		case err != nil:
			return err
		case disabled != 0 || now.UnixMicro() >= expires || now.Sub(time.UnixMicro(seen)) >= SessionIdle:
			return errSession
		}
		reader, err = readerOf(ctx, tx, member)
		return err
	})
	if err != nil {
		return Reader{}, fmt.Errorf("session: %w", err)
	}
	if now.Sub(time.UnixMicro(seen)) >= seenGrain {
		s.note(ctx, `UPDATE session SET last_seen = $1 WHERE hash = $2 AND last_seen < $1`, now.UnixMicro(), hash)
	}
	return reader, nil
}

// note writes down a use. Where that fails, on a store open for reading only
// or one that is busy, the use was good all the same.
func (s *Store) note(ctx context.Context, query string, args ...any) {
	s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// SignOut ends a session. To end one that has ended is no failure.
func (s *Store) SignOut(ctx context.Context, secret string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE hash = $1`, hashSecret(secret)); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		return nil
	})
}

func endSessions(ctx context.Context, tx *db.Tx, member string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE member = $1`, member); err != nil {
		return fmt.Errorf("end sessions of %s: %w", member, err)
	}
	return nil
}
