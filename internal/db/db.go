package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Options say how a store is opened.
type Options struct {
	// ReadOnly opens an existing store that is up to date, and refuses Write.
	// The store is neither created nor migrated.
	ReadOnly bool
}

// DB is an open store. Its methods may be called at the same time.
type DB struct {
	engine   engine
	readOnly bool
}

// engine is what the two databases do differently.
type engine interface {
	name() string
	// acquire waits for a connection that is in no transaction; release gives
	// it back, or throws it away when it is broken.
	acquire(ctx context.Context, write bool) (*session, error)
	release(s *session, broken bool)
	begin(write bool) string // statement that begins a transaction
	lockHead() string        // statement that takes the append lock; "" for none
	notify() string          // statement that wakes followers; "" for none
	insert(ctx context.Context, t *Tx, in insertion) error
	listen(ctx context.Context, wake func())
	check(ctx context.Context, t *Tx) ([]string, error)
	columns(ctx context.Context, t *Tx, table string) ([]string, error)
	classify(err error) failure
	close() error
}

// failure is what an error of a driver means here.
type failure int

const (
	fault   failure = iota // nothing in particular
	again                  // rolled back by the engine; the same transaction may succeed now
	offline                // the server or the disk does not serve us
)

// Open opens the store at url: "sqlite:PATH" or "postgres://…". It creates a
// SQLite file that does not exist, and brings an older schema up to date.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	return open(ctx, url, opts, latest)
}

// open brings the schema to the given version, so that a backup of an older
// one can be restored before it is migrated.
func open(ctx context.Context, url string, opts Options, version int64) (*DB, error) {
	scheme, _, _ := strings.Cut(url, ":")
	var e engine
	var m migrator
	switch scheme {
	case "sqlite":
		s, err := openSQLite(ctx, url, opts.ReadOnly)
		if err != nil {
			return nil, err
		}
		e, m = s, s
	case "postgres", "postgresql":
		p, err := openPostgres(ctx, url)
		if err != nil {
			return nil, err
		}
		e, m = p, p
	default:
		return nil, problem.New(problem.Invalid, "unknown kind of store %q: want sqlite:PATH or postgres://USER@HOST/NAME", scheme)
	}
	if err := migrate(ctx, m, version, opts.ReadOnly); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return &DB{engine: e, readOnly: opts.ReadOnly}, nil
}

// Close closes all connections. The store must not be in use.
func (d *DB) Close() error { return d.engine.close() }

// Engine is "sqlite" or "postgres".
func (d *DB) Engine() string { return d.engine.name() }

// attempts is how often a transaction is tried that the engine rolled back
// because of another one.
const attempts = 8

// Write runs fn in a read-write transaction and commits it. An error or panic
// of fn rolls everything back. When the engine rolls back because of another
// transaction, fn is called again: it must not keep what it concluded from
// rows of the failed attempt, and must not call Write or Read itself.
//
// On PostgreSQL each statement of the transaction sees what was committed
// before it began; a transaction that must exclude others takes [Tx.LockHead]
// or locks a row first.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if d.readOnly {
		return problem.New(problem.Denied, "store is open for reading only")
	}
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		err = d.run(ctx, true, fn)
		if err == nil || d.engine.classify(err) != again {
			break
		}
	}
	return d.explain(err)
}

// Read runs fn in a read-only transaction, in which every statement sees the
// same snapshot. It never waits for a writer. fn must not call Write or Read.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return d.explain(d.run(ctx, false, fn))
}

// run is one attempt at a transaction.
func (d *DB) run(ctx context.Context, write bool, fn func(*Tx) error) (err error) {
	s, err := d.engine.acquire(ctx, write)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, d.engine.begin(write)); err != nil {
		// A cancelled BEGIN may still have begun.
		d.engine.release(s, true)
		return fmt.Errorf("begin: %w", err)
	}
	t := &Tx{session: s, engine: d.engine, write: write}
	ended := false
	defer func() {
		if !ended { // fn failed or panicked
			d.engine.release(s, t.rollback(ctx) != nil)
		}
		t.failed = sql.ErrTxDone // whoever kept t cannot use it
	}()
	if err := fn(t); err != nil {
		return err
	}
	if err := t.ready(ctx); err != nil {
		return err
	}
	if !write {
		return nil // nothing to keep, so it ends as a failed one does
	}
	ended = true
	err = t.commit(ctx)
	d.engine.release(s, err != nil)
	return err
}

// explain gives an error of the engine's its kind. Errors that have a kind
// already keep it.
func (d *DB) explain(err error) error {
	var known *problem.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	switch d.engine.classify(err) {
	case again:
		return problem.Wrap(problem.Unavailable, err, "store is busy")
	case offline:
		return problem.Wrap(problem.Unavailable, err, "store does not answer")
	}
	return err
}

// pause waits before another attempt, longer each time and never equally long
// for two that collided.
func pause(ctx context.Context, attempt int) error {
	limit := min(2*time.Millisecond<<attempt, 250*time.Millisecond)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(limit)):
		return nil
	}
}
