// Package migrations holds the schema as numbered steps that are never edited
// once released. They are written in PostgreSQL's words; package db replaces
// the few that SQLite spells differently when it runs them.
//
// Every column is NOT NULL: an end that is not known is a maximum value, a
// thing that is absent an empty one. Dates are ISO 8601 text, instants are
// microseconds since 1970 in UTC, and text sorts bytewise on both engines.
package migrations

import "embed"

// Files are the steps, as NNNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
