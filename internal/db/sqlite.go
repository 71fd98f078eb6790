package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"countersign.dev/internal/problem"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// sqliteEngine keeps the store in one file. SQLite has one writer at a time,
// so there is one connection for writing, which begins its transactions with
// the write lock taken, and a pool of others that cannot write.
type sqliteEngine struct {
	path     string
	readOnly bool
	writeDB  *sql.DB
	readDB   *sql.DB
	writers  *sessions
	readers  *sessions
}

// busyTimeout is how long one attempt waits for the write lock of another
// process, in milliseconds.
const busyTimeout = 2500

func openSQLite(ctx context.Context, rawURL string, readOnly bool) (*sqliteEngine, error) {
	path := strings.TrimPrefix(rawURL, "sqlite:")
	if strings.HasPrefix(path, "///") {
		path = path[2:]
	}
	if path == "" {
		return nil, problem.New(problem.Invalid, "no file in %q: want sqlite:PATH", rawURL)
	}
	if err := ensureFile(path, readOnly); err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path, readOnly: readOnly}
	// secure_delete: what is withdrawn must be gone from the file, not only
	// from its tables.
	var err error
	if e.writeDB, err = sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)", "_pragma=secure_delete(1)", "_pragma=journal_size_limit(67108864)")); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	e.writeDB.SetMaxOpenConns(1)
	readWays := []string{"_query_only=1"}
	if readOnly {
		readWays = append(readWays, "mode=ro")
	}
	if e.readDB, err = sql.Open("sqlite", sqliteDSN(path, readWays...)); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), e.writeDB.Close())
	}
	e.writers = newSessions(e.writeDB, 1)
	e.readers = newSessions(e.readDB, max(4, 2*runtime.GOMAXPROCS(0)))
	return e, nil
}

// ensureFile creates an empty database file that only its owner can read, as
// it will hold what only some may see. SQLite gives its companions the same
// permissions.
func ensureFile(path string, readOnly bool) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return problem.New(problem.Invalid, "%s is a directory: want the store's file", path)
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return problem.Wrap(problem.Unavailable, err, "open store")
	case readOnly:
		return problem.New(problem.NotFound, "no store at %s", path)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return problem.Wrap(problem.Unavailable, err, "create store")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "create store")
	}
	if err := f.Close(); err != nil {
		return problem.Wrap(problem.Unavailable, err, "create store")
	}
	return syncDir(dir)
}

// syncDir makes the new name in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "create store")
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return problem.Wrap(problem.Unavailable, err, "create store")
	}
	return nil
}

func sqliteDSN(path string, ways ...string) string {
	ways = append([]string{
		fmt.Sprintf("_pragma=busy_timeout(%d)", busyTimeout),
		"_pragma=foreign_keys(1)",
		"_pragma=cache_size(-16384)", // KiB
	}, ways...)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(ways, "&")
}

func (e *sqliteEngine) name() string { return "sqlite" }

func (e *sqliteEngine) acquire(ctx context.Context, write bool) (*session, error) {
	if write {
		return e.writers.acquire(ctx)
	}
	return e.readers.acquire(ctx)
}

func (e *sqliteEngine) release(s *session, broken bool) { s.home.release(s, broken) }

func (e *sqliteEngine) begin(write bool) string {
	if write {
		return "BEGIN IMMEDIATE"
	}
	return "BEGIN DEFERRED"
}

// The write lock that BEGIN IMMEDIATE took is the append lock, and followers
// are woken inside the one process.
func (e *sqliteEngine) lockHead() string { return "" }
func (e *sqliteEngine) notify() string   { return "" }

func (e *sqliteEngine) close() error {
	return errors.Join(e.readers.close(), e.writers.close(), e.readDB.Close(), e.writeDB.Close())
}

func (e *sqliteEngine) classify(err error) failure {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fault
	}
	switch se.Code() & 0xff { // the rest says which busy, which I/O
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return again
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM:
		return offline
	}
	return fault
}

// rowsPerInsert is where longer statements stopped being faster.
const rowsPerInsert = 100

func (e *sqliteEngine) insert(ctx context.Context, t *Tx, in insertion) error {
	width := len(in.columns)
	head := "INSERT INTO " + in.table + " (" + strings.Join(in.columns, ", ") + ") VALUES "
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
	single := head + one
	many := head + strings.TrimSuffix(strings.Repeat(one+",", rowsPerInsert), ",")

	batch := make([]any, 0, width*rowsPerInsert)
	for row := range in.rows {
		if len(row) != width {
			return fmt.Errorf("row of %d values for %d columns", len(row), width)
		}
		for i, v := range row {
			v, err := bindable(v)
			if err != nil {
				return fmt.Errorf("column %s: %w", in.columns[i], err)
			}
			batch = append(batch, v)
		}
		if len(batch) == cap(batch) {
			if _, err := t.session.exec(ctx, many, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	for ; len(batch) > 0; batch = batch[width:] {
		if _, err := t.session.exec(ctx, single, batch[:width]...); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) columns(ctx context.Context, t *Tx, table string) ([]string, error) {
	return t.texts(ctx, `SELECT name FROM pragma_table_info($1) ORDER BY cid`, table)
}

// The engine's part in migrating, see [migrate].

func (e *sqliteEngine) dialect() goose.Dialect { return goose.DialectSQLite3 }

// words makes INTEGER of BIGINT, so that a primary key is the row's own
// number, and tables strict, so that a wrong type is an error as on PostgreSQL.
func (e *sqliteEngine) words(sql string) string {
	return strings.NewReplacer("BIGINT", "INTEGER", "BYTEA", "BLOB", "\n);\n", "\n) STRICT;\n").Replace(sql)
}

func (e *sqliteEngine) version(ctx context.Context) (version int64, foreign bool, err error) {
	s, err := e.readers.acquire(ctx)
	if err != nil {
		return 0, false, e.unreadable(err)
	}
	defer e.readers.release(s, false)
	var tables, ours int64
	err = s.queryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_schema WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return 0, false, e.unreadable(err)
	}
	if ours == 0 {
		return 0, tables > 0, nil
	}
	err = s.queryRow(ctx, versionQuery).Scan(&version)
	return version, false, err
}

func (e *sqliteEngine) unreadable(err error) error {
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == lib.SQLITE_NOTADB {
		return problem.New(problem.Invalid, "%s is not a SQLite database", e.path)
	}
	return fmt.Errorf("open %s: %w", e.path, err)
}

// alone runs fn on the connection for writing. Another process may migrate at
// the same time; each step is one transaction, so one of the two fails in it,
// finds the step done, and goes on.
func (e *sqliteEngine) alone(ctx context.Context, want int64, fn func(*sql.DB) error) error {
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			if err := pause(ctx, attempt+4); err != nil {
				return err
			}
		}
		if err = fn(e.writeDB); err == nil {
			return nil
		}
		if v, _, verr := e.version(ctx); verr == nil && v == want {
			return nil
		}
	}
	return err
}
