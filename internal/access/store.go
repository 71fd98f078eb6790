package access

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Store keeps organisations, members, tokens and sessions. It is safe for
// concurrent use. Methods that change something take the reader who asks for
// it, and answer Denied when that one may not:
//
//   - The operator, and the administrators of the home organisation, which is
//     the first one, may do everything.
//   - An administrator of another organisation manages its memberships, and
//     those members who belong to no organisation but those it administers.
//   - Every member manages its own password and tokens.
type Store struct {
	// Now tells the time; it is time.Now, and another clock in tests. Set it
	// before first use.
	Now func() time.Time

	db        *db.DB
	hasher    *hasher
	passwords *remembered
}

// NewStore makes a Store on d.
func NewStore(d *db.DB) *Store {
	return &Store{Now: time.Now, db: d, hasher: newHasher(strong), passwords: newRemembered()}
}

func (s *Store) now() int64 { return s.Now().UnixMicro() }

// never is the instant at which something ends that has no end.
const never int64 = math.MaxInt64

// change runs fn in a transaction that no other change of members runs beside:
// what fn finds out about who may do what, and who is the last administrator,
// is still so when it commits.
func (s *Store) change(ctx context.Context, fn func(tx *db.Tx) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE access_head SET changes = changes + 1 WHERE id = 1`); err != nil {
			return err
		}
		return fn(tx)
	})
}

// runsNode reports whether r may do everything on this node.
func runsNode(ctx context.Context, tx *db.Tx, r Reader) (bool, error) {
	if r.Operator {
		return true, nil
	}
	for _, org := range slices.Sorted(maps.Keys(r.Roles)) {
		if r.Roles[org] != RoleAdministrator {
			continue
		}
		var home int64
		err := tx.QueryRow(ctx, `SELECT coalesce(max(home), 0) FROM organisation WHERE id = $1`, org).Scan(&home)
		if err != nil || home == 1 {
			return home == 1, err
		}
	}
	return false, nil
}

// mustRunNode is nil for those who may do everything.
func mustRunNode(ctx context.Context, tx *db.Tx, r Reader, what string) error {
	ok, err := runsNode(ctx, tx, r)
	if err != nil {
		return err
	}
	if !ok {
		return problem.New(problem.Denied, "%s: only an administrator of this node's own organisation may", what)
	}
	return nil
}

// mustAdminister is nil for the administrators of an organisation.
func mustAdminister(ctx context.Context, tx *db.Tx, r Reader, org, what string) error {
	if r.Roles[org] == RoleAdministrator {
		return nil
	}
	ok, err := runsNode(ctx, tx, r)
	if err != nil {
		return err
	}
	if !ok {
		return problem.New(problem.Denied, "%s: only an administrator of %s may", what, org)
	}
	return nil
}

// mustControl is nil for those who may act as member: whoever sets a member's
// password gains what it may see, so it takes an administrator of every
// organisation that the member belongs to.
func mustControl(ctx context.Context, tx *db.Tx, r Reader, member, what string) error {
	ok, err := runsNode(ctx, tx, r)
	if err != nil || ok {
		return err
	}
	roles, err := rolesOf(ctx, tx, member)
	if err != nil {
		return err
	}
	ok = len(roles) > 0
	for org := range roles {
		ok = ok && r.Roles[org] == RoleAdministrator
	}
	if !ok {
		return problem.New(problem.Denied, "%s: only an administrator of all organisations of %s may", what, member)
	}
	return nil
}

func rolesOf(ctx context.Context, tx *db.Tx, member string) (map[string]Role, error) {
	rows, err := tx.Query(ctx, `SELECT organisation, role FROM membership WHERE member = $1`, member)
	if err != nil {
		return nil, fmt.Errorf("memberships of %s: %w", member, err)
	}
	defer rows.Close()
	roles := map[string]Role{}
	for rows.Next() {
		var org string
		var role string
		if err := rows.Scan(&org, &role); err != nil {
			return nil, fmt.Errorf("memberships of %s: %w", member, err)
		}
		roles[org] = Role(role)
	}
	return roles, rows.Err()
}

// readerOf makes the reader that a member is.
func readerOf(ctx context.Context, tx *db.Tx, member string) (Reader, error) {
	roles, err := rolesOf(ctx, tx, member)
	if err != nil {
		return Reader{}, err
	}
	return Reader{Member: member, Organisations: slices.Sorted(maps.Keys(roles)), Roles: roles}, nil
}
