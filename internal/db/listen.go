package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen calls wake whenever a transaction that called [Tx.Notify] commits, on
// any node, and once whenever it begins to listen anew, until ctx ends. It does
// not promise that no wake-up is lost: a follower polls as well. On SQLite it
// returns at once.
func (d *DB) Listen(ctx context.Context, wake func()) { d.engine.listen(ctx, wake) }

func (e *sqliteEngine) listen(context.Context, func()) {}

// channel is where appends are announced. Notifications stay within a
// database, so stores do not hear each other.
const channel = "countersign"

// listen waits on a connection of its own. A connection that broke may have
// lost notifications, so each new one begins with a wake-up.
func (e *postgresEngine) listen(ctx context.Context, wake func()) {
	const first, last = 100 * time.Millisecond, 5 * time.Second
	delay := first
	for ctx.Err() == nil {
		if e.hear(ctx, wake) {
			delay = first
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(2*delay, last)
	}
}

// hear reports whether it ever listened, when its connection ends.
func (e *postgresEngine) hear(ctx context.Context, wake func()) bool {
	conn, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return false
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false
	}
	wake()
	for {
		// A peer that vanished without a word is only noticed by talking to it.
		quiet, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			wake()
		case ctx.Err() != nil || quiet.Err() == nil || conn.Ping(ctx) != nil:
			return true
		}
	}
}
