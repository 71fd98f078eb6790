// Package db is the small surface on which everything above stores its rows:
// SQLite in one file, or PostgreSQL by URL. Nothing else in the program knows
// which of the two is underneath.
//
// Begin with [Open], then [DB.Write] and [DB.Read], which run a function in
// one transaction. One hand-written SQL text serves both engines, on these
// terms:
//
//   - Placeholders are $1, $2 …, and values are always bound.
//   - Columns are BIGINT, TEXT or BYTEA and never NULL. Booleans are 0 and 1,
//     instants microseconds, dates ISO 8601 text.
//   - Text is valid UTF-8 without NUL, and compares bytewise.
//   - Rows are read to their end, or closed, before the next statement.
//   - A statement that fails dooms its transaction, unless it ran inside
//     [Tx.Savepoint].
//
// SQLite alone would be laxer in the last three; the package holds it to them,
// so that what works on one engine works on the other.
//
// # What is durable
//
// When Write returns nil the transaction is on disk: SQLite runs in WAL mode
// with synchronous=FULL, which syncs the log at every commit; PostgreSQL must
// run with fsync and synchronous_commit on, which [DB.Check] verifies. When
// Write returns an error nothing was written, but for one case: a connection
// to PostgreSQL that breaks during COMMIT leaves the outcome unknown, and the
// error says so.
package db
