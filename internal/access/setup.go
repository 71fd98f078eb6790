package access

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// SetupCodeLength is how long a set-up code is good for.
const SetupCodeLength = 24 * time.Hour

const setupPrefix = "csu_"

// SetupCode makes the code with which the first administrator makes itself
// known, to be shown to whoever started the node. An earlier code ends. It
// answers Conflict when there are members.
func (s *Store) SetupCode(ctx context.Context) (Secret, error) {
	code := newSecret(setupPrefix)
	err := s.change(ctx, func(tx *db.Tx) error {
		if err := mustBeNew(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO setup_code (id, hash, expires) VALUES (1, $1, $2)
			ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, expires = excluded.expires`,
			hashSecret(string(code)), s.Now().Add(SetupCodeLength).UnixMicro())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("set-up code: %w", err)
	}
	return code, nil
}

// NeedsSetup reports whether the store has no members yet.
func (s *Store) NeedsSetup(ctx context.Context) (bool, error) {
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM member`).Scan(&n)
	})
	return n == 0, err
}

// Setup makes the home organisation and its first administrator. The code is
// used up in the same transaction. It answers Unauthenticated for a wrong or
// old code, and Conflict when there are members.
func (s *Store) Setup(ctx context.Context, code Secret, home Organisation, admin NewMember) error {
	if err := checkOrganisation(home); err != nil {
		return err
	}
	if admin.Password == "" {
		return problem.New(problem.Invalid, "administrator needs a password")
	}
	admin.Organisation, admin.Role = home.ID, RoleAdministrator
	// Making a password's hash is expensive, so only for who has the code.
	if err := s.db.Read(ctx, func(tx *db.Tx) error { return s.checkCode(ctx, tx, code) }); err != nil {
		return err
	}
	hash, err := s.prepareMember(ctx, &admin)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *db.Tx) error {
		if err := s.checkCode(ctx, tx, code); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM setup_code`); err != nil {
			return fmt.Errorf("set-up: %w", err)
		}
		if err := s.ensureHome(ctx, tx, home); err != nil {
			return err
		}
		return s.insertMember(ctx, tx, admin, hash)
	})
}

// ensureHome makes the home organisation, unless the operator has done so.
func (s *Store) ensureHome(ctx context.Context, tx *db.Tx, home Organisation) error {
	var id string
	err := tx.QueryRow(ctx, `SELECT id FROM organisation WHERE home = 1`).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s.insertOrganisation(ctx, tx, home)
	case err != nil:
		return fmt.Errorf("set-up: %w", err)
	case id != home.ID:
		return problem.New(problem.Conflict, "this node's own organisation is %s: its first administrator belongs there", id)
	}
	return nil
}

// checkCode is nil for the code that is good now, on a store without members.
func (s *Store) checkCode(ctx context.Context, tx *db.Tx, code Secret) error {
	if err := mustBeNew(ctx, tx); err != nil {
		return err
	}
	var hash []byte
	var expires int64
	err := tx.QueryRow(ctx, `SELECT hash, expires FROM setup_code WHERE id = 1`).Scan(&hash, &expires)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("set-up: %w", err)
	}
	if subtle.ConstantTimeCompare(hash, hashSecret(string(code))) != 1 || s.now() >= expires {
		return problem.New(problem.Unauthenticated, "wrong or expired set-up code: start the node again for a new one")
	}
	return nil
}

func mustBeNew(ctx context.Context, tx *db.Tx) error {
	var n int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM member`).Scan(&n); err != nil {
		return fmt.Errorf("set-up: %w", err)
	}
	if n > 0 {
		return problem.New(problem.Conflict, "this node has members already: sign in, or ask an administrator")
	}
	return nil
}
