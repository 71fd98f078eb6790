package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Organisation is an agency, vendor, laboratory or authority that uses this
// node.
type Organisation struct {
	ID      string    `json:"id"` // as in audiences: lower case letters, digits, "-", "_", "."
	Name    string    `json:"name"`
	Home    bool      `json:"home,omitempty"` // its administrators run the node
	Created time.Time `json:"created"`
}

// CreateOrganisation adds an organisation. The first one becomes the home.
func (s *Store) CreateOrganisation(ctx context.Context, by Reader, o Organisation) error {
	if err := checkOrganisation(o); err != nil {
		return err
	}
	return s.change(ctx, func(tx *db.Tx) error {
		if err := mustRunNode(ctx, tx, by, "create an organisation"); err != nil {
			return err
		}
		return s.insertOrganisation(ctx, tx, o)
	})
}

func (s *Store) insertOrganisation(ctx context.Context, tx *db.Tx, o Organisation) error {
	res, err := tx.Exec(ctx, `INSERT INTO organisation (id, name, home, created)
		SELECT $1, $2, 1 - coalesce(max(home), 0), $3 FROM organisation WHERE true ON CONFLICT DO NOTHING`,
		o.ID, o.Name, s.now())
	if err != nil {
		return fmt.Errorf("create organisation %s: %w", o.ID, err)
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return problem.New(problem.Conflict, "organisation %s exists already", o.ID)
	}
	return nil
}

func checkOrganisation(o Organisation) error {
	if !validID(o.ID) {
		return problem.New(problem.Invalid, "organisation id %q: want 1 to 64 of a-z, 0-9, - _ .", o.ID)
	}
	return checkLabel("name of organisation "+o.ID, o.Name)
}

// maxLabel bounds names for display, in characters.
const maxLabel = 200

func checkLabel(what, s string) error {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return problem.New(problem.Invalid, "%s: want text without control characters", what)
	case strings.TrimSpace(s) == "" || n > maxLabel:
		return problem.New(problem.Invalid, "%s has %d characters: want 1 to %d", what, n, maxLabel)
	}
	return nil
}

// Organisations lists those that by belongs to, or all for one who runs the
// node, by id.
func (s *Store) Organisations(ctx context.Context, by Reader) ([]Organisation, error) {
	var out []Organisation
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := runsNode(ctx, tx, by)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, name, home, created FROM organisation ORDER BY id`)
		if err != nil {
			return fmt.Errorf("organisations: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var o Organisation
			var home, created int64
			if err := rows.Scan(&o.ID, &o.Name, &home, &created); err != nil {
				return fmt.Errorf("organisations: %w", err)
			}
			o.Home, o.Created = home == 1, instant(created)
			if all || slices.Contains(by.Organisations, o.ID) {
				out = append(out, o)
			}
		}
		return rows.Err()
	})
	return out, err
}

// instant reads a stored instant; the zero time for 0 and never.
func instant(micros int64) time.Time {
	if micros == 0 || micros == never {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
