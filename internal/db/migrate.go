package db

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/db/migrations"
	"countersign.dev/internal/problem"
	"github.com/pressly/goose/v3"
)

// migrator is what an engine adds to the migration of its schema.
type migrator interface {
	dialect() goose.Dialect
	words(sql string) string // a step as the engine spells it
	// version is that of the last step done, 0 for none. The database is
	// foreign when it has tables but none of ours.
	version(ctx context.Context) (version int64, foreign bool, err error)
	// alone runs fn while no other node migrates, until version want is there.
	alone(ctx context.Context, want int64, fn func(*sql.DB) error) error
}

const versionQuery = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// latest is the version that this program works with.
var latest = newest(migrations.Files)

func newest(files fs.ReadDirFS) int64 {
	var top int64
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			top = max(top, n)
		}
	}
	return top
}

// migrate brings the schema to version want. Where it is there already, which
// is so on every start but one, that costs one or two small queries.
func migrate(ctx context.Context, m migrator, want int64, readOnly bool) error {
	have, foreign, err := m.version(ctx)
	switch {
	case err != nil:
		return err
	case have == want:
		return nil
	case foreign:
		return problem.New(problem.Conflict, "database holds tables that are not countersign's: want a store or an empty database")
	case have > want:
		return problem.New(problem.Conflict, "store has schema version %d, written by a newer program than this, which knows version %d", have, want)
	case readOnly && have == 0:
		return problem.New(problem.NotFound, "database is empty: no store in it yet")
	case readOnly:
		return problem.New(problem.Conflict, "store has schema version %d and needs %d: open it for writing once", have, want)
	}
	err = m.alone(ctx, want, func(db *sql.DB) error {
		p, err := goose.NewProvider(m.dialect(), db, spelled{migrations.Files, m.words},
			goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return err
		}
		_, err = p.UpTo(ctx, want)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate store from schema version %d to %d: %w", have, want, err)
	}
	return nil
}

// spelled shows the steps in an engine's words.
type spelled struct {
	fs.FS
	words func(string) string
}

// Open opens a step, or the folder.
func (s spelled) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".sql") {
		return s.FS.Open(name)
	}
	b, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	text := s.words(string(b))
	return &step{Reader: bytes.NewReader([]byte(text)), name: name, size: int64(len(text))}, nil
}

// step is an open file of [spelled].
type step struct {
	*bytes.Reader
	name string
	size int64
}

func (s *step) Stat() (fs.FileInfo, error) { return stepInfo{s}, nil }
func (s *step) Close() error               { return nil }

type stepInfo struct{ s *step }

func (i stepInfo) Name() string       { return i.s.name }
func (i stepInfo) Size() int64        { return i.s.size }
func (i stepInfo) Mode() fs.FileMode  { return 0o444 }
func (i stepInfo) ModTime() time.Time { return time.Time{} }
func (i stepInfo) IsDir() bool        { return false }
func (i stepInfo) Sys() any           { return nil }
