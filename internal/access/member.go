package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Member is a person or machine that uses this node.
type Member struct {
	Name     string          `json:"name"` // by which it signs in
	Display  string          `json:"display"`
	Roles    map[string]Role `json:"roles"` // by organisation
	Created  time.Time       `json:"created"`
	Disabled time.Time       `json:"disabled,omitzero"` // since when; zero while active
	SignsIn  bool            `json:"signs_in"`          // has a password
}

// NewMember is what [Store.CreateMember] makes a member of.
type NewMember struct {
	Name         string // 1 to 64 of a-z, 0-9, - _ . @ +
	Display      string // Name when empty
	Organisation string
	Role         Role
	Password     Secret // "" for one that only uses tokens
}

var roles = []Role{RoleReader, RoleAnalyst, RoleAssessor, RoleMaker, RoleLaboratory, RoleAuthority, RoleAdministrator}

// ParseRole reads a role by its name.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(roles, r) {
		return r, nil
	}
	return "", problem.New(problem.Invalid, "unknown role %q: want one of %v", s, roles)
}

func validMember(name string) bool {
	if name == "" || len(name) > 64 || name == Operator.Member {
		return false
	}
	for _, r := range name {
		if r != '@' && r != '+' && !validID(string(r)) {
			return false
		}
	}
	return true
}

// CreateMember adds a member to an organisation.
func (s *Store) CreateMember(ctx context.Context, by Reader, m NewMember) error {
	hash, err := s.prepareMember(ctx, &m)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *db.Tx) error {
		if err := mustAdminister(ctx, tx, by, m.Organisation, "create member "+m.Name); err != nil {
			return err
		}
		return s.insertMember(ctx, tx, m, hash)
	})
}

// prepareMember checks what can be checked outside a transaction, and makes
// the password's hash there, as it takes long.
func (s *Store) prepareMember(ctx context.Context, m *NewMember) (hash string, err error) {
	if !validMember(m.Name) {
		return "", problem.New(problem.Invalid, "member name %q: want 1 to 64 of a-z, 0-9, - _ . @ +, and not %q", m.Name, Operator.Member)
	}
	if m.Display == "" {
		m.Display = m.Name
	}
	if err := checkLabel("name of member "+m.Name, m.Display); err != nil {
		return "", err
	}
	if _, err := ParseRole(string(m.Role)); err != nil {
		return "", err
	}
	if m.Password == "" {
		return "", nil
	}
	if err := checkPassword(m.Name, string(m.Password)); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, string(m.Password))
}

func (s *Store) insertMember(ctx context.Context, tx *db.Tx, m NewMember, hash string) error {
	res, err := tx.Exec(ctx, `INSERT INTO member (name, display, password, created, disabled) VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT DO NOTHING`, m.Name, m.Display, hash, s.now())
	if err != nil {
		return fmt.Errorf("create member %s: %w", m.Name, err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return problem.New(problem.Conflict, "member %s exists already", m.Name)
	}
	return setRole(ctx, tx, m.Name, m.Organisation, m.Role)
}

func setRole(ctx context.Context, tx *db.Tx, member, org string, role Role) error {
	if err := mustExist(ctx, tx, "organisation", "id", org); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO membership (member, organisation, role) VALUES ($1, $2, $3)
		ON CONFLICT (member, organisation) DO UPDATE SET role = excluded.role`, member, org, role); err != nil {
		return fmt.Errorf("grant %s: %w", member, err)
	}
	return nil
}

func mustExist(ctx context.Context, tx *db.Tx, table, column, id string) error {
	var n int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+table+` WHERE `+column+` = $1`, id).Scan(&n); err != nil {
		return fmt.Errorf("%s %s: %w", table, id, err)
	}
	if n == 0 {
		return problem.New(problem.NotFound, "no %s %q", table, id)
	}
	return nil
}

// Grant gives a member a role in an organisation, in place of the one it has
// there.
func (s *Store) Grant(ctx context.Context, by Reader, member, org string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return s.change(ctx, func(tx *db.Tx) error {
		if err := mustAdminister(ctx, tx, by, org, "grant a role"); err != nil {
			return err
		}
		if err := mustExist(ctx, tx, "member", "name", member); err != nil {
			return err
		}
		return keepAdministrator(ctx, tx, func() error { return setRole(ctx, tx, member, org, role) })
	})
}

// Withdraw ends a member's membership in an organisation.
func (s *Store) Withdraw(ctx context.Context, by Reader, member, org string) error {
	return s.change(ctx, func(tx *db.Tx) error {
		if err := mustAdminister(ctx, tx, by, org, "withdraw a role"); err != nil {
			return err
		}
		return keepAdministrator(ctx, tx, func() error {
			res, err := tx.Exec(ctx, `DELETE FROM membership WHERE member = $1 AND organisation = $2`, member, org)
			if err != nil {
				return fmt.Errorf("withdraw %s: %w", member, err)
			}
			if n, _ := res.RowsAffected(); n == 0 {
				return problem.New(problem.NotFound, "%s is no member of %s", member, org)
			}
			return nil
		})
	})
}

// keepAdministrator runs fn, and refuses what it did when the node had
// administrators before and has none afterwards.
func keepAdministrator(ctx context.Context, tx *db.Tx, fn func() error) error {
	before, err := administrators(ctx, tx)
	if err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	after, err := administrators(ctx, tx)
	if err != nil {
		return err
	}
	if before > 0 && after == 0 {
		return problem.New(problem.Conflict, "this is the last administrator of the node: appoint another one first")
	}
	return nil
}

// administrators counts the members who can run the node from outside.
func administrators(ctx context.Context, tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM membership ms
		JOIN organisation o ON o.id = ms.organisation JOIN member m ON m.name = ms.member
		WHERE o.home = 1 AND ms.role = $1 AND m.disabled = 0`, RoleAdministrator).Scan(&n)
	return n, err
}

// SetPassword gives a member a new password, which an administrator does, and
// ends its sessions.
func (s *Store) SetPassword(ctx context.Context, by Reader, member string, password Secret) error {
	return s.setPassword(ctx, member, password, func(tx *db.Tx) error {
		return mustControl(ctx, tx, by, member, "set the password of "+member)
	})
}

// ChangePassword gives the member who asks a new password, and ends its
// sessions. The old one must be right, as when signing in.
func (s *Store) ChangePassword(ctx context.Context, by Reader, old, password Secret) error {
	if by.Operator || by.Member == "" {
		return problem.New(problem.Invalid, "change password: no member asks")
	}
	if _, err := s.authenticate(ctx, by.Member, string(old)); err != nil {
		return err
	}
	return s.setPassword(ctx, by.Member, password, func(*db.Tx) error { return nil })
}

func (s *Store) setPassword(ctx context.Context, member string, password Secret, allowed func(*db.Tx) error) error {
	if err := checkPassword(member, string(password)); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, string(password))
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx *db.Tx) error {
		if err := allowed(tx); err != nil {
			return err
		}
		if err := mustExist(ctx, tx, "member", "name", member); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE member SET password = $1 WHERE name = $2`, hash, member); err != nil {
			return fmt.Errorf("set password of %s: %w", member, err)
		}
		return endSessions(ctx, tx, member)
	})
}

// Disable ends a member's sessions and tokens, and keeps it from coming back.
// Its name stays taken, as documents in the ledger name it.
func (s *Store) Disable(ctx context.Context, by Reader, member string) error {
	return s.change(ctx, func(tx *db.Tx) error {
		if err := mustControl(ctx, tx, by, member, "disable "+member); err != nil {
			return err
		}
		if err := mustExist(ctx, tx, "member", "name", member); err != nil {
			return err
		}
		return keepAdministrator(ctx, tx, func() error { return s.disable(ctx, tx, member) })
	})
}

func (s *Store) disable(ctx context.Context, tx *db.Tx, member string) error {
	now := s.now()
	if _, err := tx.Exec(ctx, `UPDATE member SET disabled = $1 WHERE name = $2 AND disabled = 0`, now, member); err != nil {
		return fmt.Errorf("disable %s: %w", member, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE api_token SET revoked = $1 WHERE member = $2 AND revoked = 0`, now, member); err != nil {
		return fmt.Errorf("disable %s: %w", member, err)
	}
	return endSessions(ctx, tx, member)
}

// Members lists the members that by may know of: all for one who runs the
// node, and else those who share an organisation with it, shown with the roles
// they have there.
func (s *Store) Members(ctx context.Context, by Reader) ([]Member, error) {
	var out []Member
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := runsNode(ctx, tx, by)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT m.name, m.display, m.created, m.disabled, CASE WHEN m.password = '' THEN 0 ELSE 1 END,
			coalesce(ms.organisation, ''), coalesce(ms.role, '')
			FROM member m LEFT JOIN membership ms ON ms.member = m.name ORDER BY m.name, ms.organisation`)
		if err != nil {
			return fmt.Errorf("members: %w", err)
		}
		defer rows.Close()
		out = nil
		for rows.Next() {
			var m Member
			var created, disabled, signsIn int64
			var org, role string
			if err := rows.Scan(&m.Name, &m.Display, &created, &disabled, &signsIn, &org, &role); err != nil {
				return fmt.Errorf("members: %w", err)
			}
			if !all && !slices.Contains(by.Organisations, org) {
				continue
			}
			if n := len(out); n == 0 || out[n-1].Name != m.Name {
				m.Created, m.Disabled, m.SignsIn, m.Roles = instant(created), instant(disabled), signsIn == 1, map[string]Role{}
				out = append(out, m)
			}
			if org != "" {
				out[len(out)-1].Roles[org] = Role(role)
			}
		}
		return rows.Err()
	})
	return out, err
}

// account is what signing in needs to know of a member.
type account struct {
	password string
	active   bool
}

// account of a name that nobody has is empty and not active.
func accountOf(ctx context.Context, tx *db.Tx, member string) (account, error) {
	var a account
	var disabled int64
	err := tx.QueryRow(ctx, `SELECT password, disabled FROM member WHERE name = $1`, member).Scan(&a.password, &disabled)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, nil
	}
	a.active = disabled == 0
	return a, err
}
