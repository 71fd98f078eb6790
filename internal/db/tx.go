package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Tx is a running transaction. It serves one goroutine.
type Tx struct {
	session *session
	engine  engine
	write   bool
	open    *Rows // being read
	failed  error // the statement that doomed the transaction
	depth   int   // of savepoints
}

// ErrRowsOpen is returned by a statement that is sent before the rows of the
// one before it were read to their end or closed.
var ErrRowsOpen = errors.New("rows of an earlier statement are still open")

// Exec runs a statement that returns no rows.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	args, err := t.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	res, err := t.session.exec(ctx, query, args...)
	return res, t.doom(err)
}

// Query runs a statement that returns rows. The caller closes them, or reads
// them to the end.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	args, err := t.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	rows, err := t.session.query(ctx, query, args...)
	if err != nil {
		return nil, t.doom(err)
	}
	t.open = &Rows{rows: rows, tx: t}
	return t.open, nil
}

// QueryRow runs a statement that returns at most one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	args, err := t.prepare(ctx, args)
	if err != nil {
		return &Row{err: err}
	}
	return &Row{row: t.session.queryRow(ctx, query, args...), tx: t}
}

// Insert adds many rows in the fastest way that the engine has. Each row has
// one value for each column, and may be overwritten by the next. The rows must
// not themselves come from t.
func (t *Tx) Insert(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	err := t.engine.insert(ctx, t, insertion{table: table, columns: columns, rows: rows})
	if err != nil {
		return t.doom(fmt.Errorf("insert into %s: %w", table, err))
	}
	return nil
}

// Savepoint runs fn; when fn fails, what it wrote is undone and the
// transaction goes on as it was before. The error of fn is returned.
func (t *Tx) Savepoint(ctx context.Context, fn func() error) error {
	t.depth++
	defer func() { t.depth-- }()
	name := "s" + strconv.Itoa(t.depth)
	if _, err := t.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	failure := fn()
	if failure == nil {
		failure = t.failed
	}
	if failure == nil {
		_, err := t.Exec(ctx, "RELEASE SAVEPOINT "+name)
		return err
	}
	if t.open != nil {
		t.open.Close()
	}
	t.failed = nil
	for _, q := range []string{"ROLLBACK TO SAVEPOINT " + name, "RELEASE SAVEPOINT " + name} {
		if _, err := t.Exec(ctx, q); err != nil {
			return errors.Join(failure, err)
		}
	}
	return failure
}

// LockHead takes the append lock, which is held to the end of the transaction:
// of all transactions that called it one runs at a time, in the order in which
// their rows become visible. Call it first.
func (t *Tx) LockHead(ctx context.Context) error {
	q := t.engine.lockHead()
	if q == "" {
		return nil
	}
	_, err := t.Exec(ctx, q)
	return err
}

// Notify wakes the followers on all nodes, those in [DB.Listen], when the
// transaction commits.
func (t *Tx) Notify(ctx context.Context) error {
	q := t.engine.notify()
	if q == "" {
		return nil
	}
	_, err := t.Exec(ctx, q)
	return err
}

// texts reads a column of text.
func (t *Tx) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := t.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Placeholders writes n placeholders from number first on, as "$3, $4, $5",
// for a list after IN.
func Placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return b.String()
}

// prepare refuses a statement that must not be sent, and makes its values what
// both drivers take.
func (t *Tx) prepare(ctx context.Context, args []any) ([]any, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	out := make([]any, len(args))
	for i, a := range args {
		v, err := bindable(a)
		if err != nil {
			return nil, t.doom(fmt.Errorf("parameter $%d: %w", i+1, err))
		}
		out[i] = v
	}
	return out, nil
}

// ready reports what keeps the transaction from going on.
func (t *Tx) ready(ctx context.Context) error {
	if t.failed != nil {
		return fmt.Errorf("transaction failed earlier: %w", t.failed)
	}
	if t.open != nil {
		return t.doom(ErrRowsOpen)
	}
	return ctx.Err()
}

// doom notes that a statement failed, after which PostgreSQL would not commit.
func (t *Tx) doom(err error) error {
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

// settle bounds the time in which a transaction must end once it was decided
// how, whether or not the caller still waits.
const settle = 30 * time.Second

func (t *Tx) commit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	if _, err := t.session.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit (outcome unknown if the connection broke): %w", err)
	}
	return nil
}

func (t *Tx) rollback(ctx context.Context) error {
	if t.open != nil {
		t.open.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	_, err := t.session.exec(ctx, "ROLLBACK")
	return err
}
