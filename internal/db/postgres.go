package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"runtime"
	"strings"
	"time"

	"countersign.dev/internal/problem"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresEngine keeps the store in a PostgreSQL database, for several nodes.
type postgresEngine struct {
	config *pgx.ConnConfig
	db     *sql.DB
}

// migrationLock is the key of the advisory lock that migrating nodes take.
const migrationLock = 0x636f756e746572 // "counter"

func openPostgres(ctx context.Context, url string) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "address of the store")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "countersign"
	}
	db := stdlib.OpenDB(*config)
	n := max(8, 4*runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &postgresEngine{config: config, db: db}, nil
}

func (e *postgresEngine) name() string { return "postgres" }

func (e *postgresEngine) acquire(ctx context.Context, _ bool) (*session, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn}, nil // pgx keeps prepared statements itself
}

func (e *postgresEngine) release(s *session, broken bool) {
	if broken {
		s.discard()
		return
	}
	s.conn.Close()
}

// begin chooses READ COMMITTED for writing: whoever waited for the append lock
// must then see what the one before it committed.
func (e *postgresEngine) begin(write bool) string {
	if write {
		return "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	}
	return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
}

func (e *postgresEngine) lockHead() string {
	return "SELECT position FROM ledger_head WHERE id = 1 FOR UPDATE"
}

func (e *postgresEngine) notify() string { return "SELECT pg_notify('" + channel + "', '')" }

func (e *postgresEngine) close() error { return e.db.Close() }

func (e *postgresEngine) classify(err error) failure {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch class := pe.Code[:2]; {
		case class == "40": // transaction rollback: serialization failure, deadlock
			return again
		case pe.Code == "55P03": // lock not available
			return again
		case class == "08", class == "53", class == "57", class == "58", pe.Code == "25006": // connection, resources, operator, system, read-only server
			return offline
		}
		return fault
	}
	var ce *pgconn.ConnectError
	var ne net.Error
	if errors.As(err, &ce) || errors.As(err, &ne) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, sql.ErrConnDone) {
		return offline
	}
	return fault
}

// insert uses COPY.
func (e *postgresEngine) insert(ctx context.Context, t *Tx, in insertion) error {
	next, stop := iter.Pull(in.rows)
	defer stop()
	values := make([]any, len(in.columns))
	source := pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, nil
		}
		if len(row) != len(values) {
			return nil, fmt.Errorf("row of %d values for %d columns", len(row), len(values))
		}
		for i, v := range row {
			var err error
			if values[i], err = bindable(v); err != nil {
				return nil, fmt.Errorf("column %s: %w", in.columns[i], err)
			}
		}
		return values, nil
	})
	return t.session.conn.Raw(func(dc any) error {
		_, err := dc.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{in.table}, in.columns, source)
		return err
	})
}

func (e *postgresEngine) columns(ctx context.Context, t *Tx, table string) ([]string, error) {
	return t.texts(ctx, `SELECT attname::text FROM pg_attribute
		WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, table)
}

// The engine's part in migrating, see [migrate].

func (e *postgresEngine) dialect() goose.Dialect { return goose.DialectPostgres }

// words makes text sort bytewise, whatever the database's own collation.
func (e *postgresEngine) words(sql string) string {
	return strings.ReplaceAll(sql, " TEXT ", ` TEXT COLLATE "C" `)
}

func (e *postgresEngine) version(ctx context.Context) (version int64, foreign bool, err error) {
	err = e.db.QueryRowContext(ctx, versionQuery).Scan(&version)
	var pe *pgconn.PgError
	switch {
	case err == nil:
		return version, false, nil
	case errors.As(err, &pe) && pe.Code == "42P01": // undefined table
		// Another node may have begun the store since: with the version's table among
		// them, tables are ours.
		err = e.db.QueryRowContext(ctx, `SELECT count(*) > 0 AND count(*) FILTER (WHERE relname = 'goose_db_version') = 0
			FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`).Scan(&foreign)
		if err == nil {
			return 0, foreign, nil
		}
	}
	if e.classify(err) == offline {
		return 0, false, problem.Wrap(problem.Unavailable, err, "open store")
	}
	return 0, false, fmt.Errorf("open store: %w", err)
}

// alone holds an advisory lock while fn runs.
func (e *postgresEngine) alone(ctx context.Context, want int64, fn func(*sql.DB) error) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var encoding string
	if err := conn.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return problem.New(problem.Conflict, "database has encoding %s: want UTF8", encoding)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
	if have, _, err := e.version(ctx); err != nil || have == want {
		return err
	}
	return fn(e.db)
}
