package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Token is what is known of an API token, which speaks for its member. The
// secret itself is shown once, when the token is made.
type Token struct {
	ID       string    `json:"id"`
	Member   string    `json:"member"`
	Label    string    `json:"label"` // what it is for
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"`   // zero for never
	LastUsed time.Time `json:"last_used,omitzero"` // to the minute; zero for never
	Revoked  time.Time `json:"revoked,omitzero"`
}

const tokenPrefix = "cst_"

// IsToken reports whether a text has the form of a token, as no password has that
// people choose.
func IsToken(s string) bool { return wellFormed(s, tokenPrefix) }

// CreateToken makes a token for a member. A zero expiry means never.
func (s *Store) CreateToken(ctx context.Context, by Reader, member, label string, expires time.Time) (Secret, Token, error) {
	now := s.Now()
	if err := checkLabel("label of the token", label); err != nil {
		return "", Token{}, err
	}
	if !expires.IsZero() && !expires.After(now) {
		return "", Token{}, problem.New(problem.Invalid, "token would expire on %s, which is past", expires.UTC().Format(time.RFC3339))
	}
	secret := newSecret(tokenPrefix)
	t := Token{ID: strings.ToLower(rand.Text()[:12]), Member: member, Label: label, Created: now.UTC().Truncate(time.Microsecond)}
	until := never
	if !expires.IsZero() {
		until = expires.UnixMicro()
	}
	t.Expires = instant(until)
	err := s.change(ctx, func(tx *db.Tx) error {
		if err := mustBeOrControl(ctx, tx, by, member, "create a token"); err != nil {
			return err
		}
		if err := mustExist(ctx, tx, "member", "name", member); err != nil {
			return err
		}
		a, err := accountOf(ctx, tx, member)
		switch {
		case err != nil:
			return err
		case !a.active:
			return problem.New(problem.Conflict, "member %s is disabled", member)
		}
		_, err = tx.Exec(ctx, `INSERT INTO api_token (id, hash, member, label, created, expires, last_used, revoked)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0)`, t.ID, hashSecret(string(secret)), member, label, t.Created.UnixMicro(), until)
		return err
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("create token: %w", err)
	}
	return secret, t, nil
}

func mustBeOrControl(ctx context.Context, tx *db.Tx, by Reader, member, what string) error {
	if !by.Operator && by.Member == member {
		return nil
	}
	return mustControl(ctx, tx, by, member, what)
}

// Tokens lists a member's tokens, oldest first.
func (s *Store) Tokens(ctx context.Context, by Reader, member string) ([]Token, error) {
	var out []Token
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		if err := mustBeOrControl(ctx, tx, by, member, "list tokens"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, member, label, created, expires, last_used, revoked
			FROM api_token WHERE member = $1 ORDER BY created, id`, member)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var t Token
			var created, expires, used, revoked int64
			if err := rows.Scan(&t.ID, &t.Member, &t.Label, &created, &expires, &used, &revoked); err != nil {
				return err
			}
			t.Created, t.Expires, t.LastUsed, t.Revoked = instant(created), instant(expires), instant(used), instant(revoked)
			out = append(out, t)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return out, nil
}

// RevokeToken ends a token, by its id. One that was revoked stays so.
func (s *Store) RevokeToken(ctx context.Context, by Reader, id string) error {
	err := s.change(ctx, func(tx *db.Tx) error {
		unknown := problem.New(problem.NotFound, "no token %q", id)
		var member string
		err := tx.QueryRow(ctx, `SELECT member FROM api_token WHERE id = $1`, id).Scan(&member)
		if errors.Is(err, sql.ErrNoRows) {
			return unknown
		}
		if err != nil {
			return err
		}
		if err := mustBeOrControl(ctx, tx, by, member, "revoke a token"); errors.Is(err, problem.Denied) {
			return unknown // whoever may not list it need not learn of it
		} else if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE api_token SET revoked = $1 WHERE id = $2 AND revoked = 0`, s.now(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

// ReaderOfToken is the member that a token speaks for. It answers
// Unauthenticated for one that is unknown, revoked or expired, and says which:
// who holds the secret may know.
func (s *Store) ReaderOfToken(ctx context.Context, secret string) (Reader, error) {
	if !wellFormed(secret, tokenPrefix) {
		return Reader{}, problem.New(problem.Unauthenticated, "malformed token: want %s and %d characters", tokenPrefix, base32Lower.EncodedLen(secretBytes))
	}
	var reader Reader
	var id string
	var used int64
	now := s.now()
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var member string
		var expires, revoked, disabled int64
		err := tx.QueryRow(ctx, `SELECT t.id, t.member, t.expires, t.last_used, t.revoked, m.disabled
			FROM api_token t JOIN member m ON m.name = t.member WHERE t.hash = $1`, hashSecret(secret)).
			Scan(&id, &member, &expires, &used, &revoked, &disabled)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return problem.New(problem.Unauthenticated, "unknown token")
		case err != nil:
			return fmt.Errorf("token: %w", err)
		case revoked != 0 || disabled != 0:
			return problem.New(problem.Unauthenticated, "token %s was revoked", id)
		case now >= expires:
			return problem.New(problem.Unauthenticated, "token %s expired on %s", id, instant(expires).Format(time.RFC3339))
		}
		reader, err = readerOf(ctx, tx, member)
		return err
	})
	if err != nil {
		return Reader{}, err
	}
	if now-used >= seenGrain.Microseconds() {
		s.note(ctx, `UPDATE api_token SET last_used = $1 WHERE id = $2 AND last_used < $1`, now, id)
	}
	return reader, nil
}
