package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"iter"
)

// insertion is one call of [Tx.Insert].
type insertion struct {
	table   string
	columns []string
	rows    iter.Seq[[]any]
}

// session is one connection, with the statements prepared on it.
type session struct {
	conn  *sql.Conn
	stmts map[string]*prepared // nil where the driver keeps them itself
	clock int64
	home  *sessions // nil on PostgreSQL, whose driver has its own pool
}

type prepared struct {
	stmt *sql.Stmt
	used int64
}

// maxPrepared bounds the statements kept on a connection. There are about a
// hundred texts in the program; lists after IN make more.
const maxPrepared = 256

func (s *session) exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	if s.stmts == nil {
		return s.conn.ExecContext(ctx, q, args...)
	}
	stmt, err := s.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (s *session) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if s.stmts == nil {
		return s.conn.QueryContext(ctx, q, args...)
	}
	stmt, err := s.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (s *session) queryRow(ctx context.Context, q string, args ...any) *sql.Row {
	if s.stmts != nil {
		if stmt, err := s.prepare(ctx, q); err == nil {
			return stmt.QueryRowContext(ctx, args...)
		}
		// Sent unprepared it fails in the same way, in a row that says so.
	}
	return s.conn.QueryRowContext(ctx, q, args...)
}

// prepare finds or makes the prepared statement. At most one is being read at
// a time, and that is the newest, so the oldest can be closed.
func (s *session) prepare(ctx context.Context, q string) (*sql.Stmt, error) {
	s.clock++
	if p := s.stmts[q]; p != nil {
		p.used = s.clock
		return p.stmt, nil
	}
	if len(s.stmts) >= maxPrepared {
		s.evict()
	}
	stmt, err := s.conn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	s.stmts[q] = &prepared{stmt, s.clock}
	return stmt, nil
}

func (s *session) evict() {
	var oldest string
	for q, p := range s.stmts {
		if old := s.stmts[oldest]; old == nil || p.used < old.used {
			oldest = q
		}
	}
	s.stmts[oldest].stmt.Close()
	delete(s.stmts, oldest)
}

// discard throws the connection away, whatever state it is in.
func (s *session) discard() {
	for _, p := range s.stmts {
		p.stmt.Close()
	}
	s.conn.Raw(func(any) error { return driver.ErrBadConn })
	s.conn.Close()
}

func (s *session) close() error {
	for _, p := range s.stmts {
		p.stmt.Close()
	}
	return s.conn.Close()
}
