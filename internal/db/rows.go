package db

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Rows are the result of a query, read as those of database/sql are. Scan TEXT
// into a *string or *[]byte, BIGINT into a *int64, BYTEA into a *[]byte.
type Rows struct {
	rows *sql.Rows
	tx   *Tx
}

// Next moves to the next row, or closes the rows after the last.
func (r *Rows) Next() bool {
	if r.rows.Next() {
		return true
	}
	r.end()
	return false
}

// Scan reads the row into dest.
func (r *Rows) Scan(dest ...any) error { return r.rows.Scan(dest...) }

// Err is what ended the rows early.
func (r *Rows) Err() error { return r.rows.Err() }

// Close ends the rows. It may be called more than once.
func (r *Rows) Close() error {
	err := r.rows.Close()
	r.end()
	return err
}

func (r *Rows) end() {
	if r.tx.open == r {
		r.tx.open = nil
	}
	r.tx.doom(r.rows.Err())
}

// Row is the result of a query for one row.
type Row struct {
	row *sql.Row
	tx  *Tx
	err error
}

// Scan reads the row into dest; its error is [sql.ErrNoRows] when there is
// none, which does not doom the transaction.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if err := r.row.Err(); err != nil {
		return r.tx.doom(err)
	}
	err := r.row.Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return r.tx.doom(err)
	}
	return err
}

// bindable turns a value into an int64, a string or a non-nil []byte, which
// mean the same to both engines.
func bindable(v any) (any, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case string:
		return v, validText(v)
	case []byte:
		if v == nil {
			return []byte{}, nil
		}
		return v, nil
	case json.RawMessage:
		return string(v), validText(string(v))
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	}
	switch r := reflect.ValueOf(v); {
	case r.IsValid() && r.Kind() == reflect.String:
		return r.String(), validText(r.String())
	case r.IsValid() && r.CanInt():
		return r.Int(), nil
	}
	return nil, fmt.Errorf("cannot store a value of type %T: want an integer, a boolean, text or bytes", v)
}

// validText refuses what PostgreSQL would refuse in a column of type TEXT.
func validText(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return fmt.Errorf("text contains a NUL character: %.60q", s)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("text is not valid UTF-8: %.60q", s)
	}
	return nil
}

// maxText is greater than any text that does not begin with it. U+10FFFF is a
// noncharacter, so none should.
const maxText = "\U0010FFFF"

// PrefixRange gives the range of texts that begin with prefix, for a condition
// written term >= $1 AND term < $2, which both engines answer from an index.
func PrefixRange(prefix string) (from, to string) {
	runes := []rune(prefix)
	for len(runes) > 0 {
		last := len(runes) - 1
		next := runes[last] + 1
		if next == 0xD800 {
			next = 0xE000 // surrogates are not characters
		}
		if next <= utf8.MaxRune {
			return prefix, string(append(runes[:last:last], next))
		}
		runes = runes[:last]
	}
	return prefix, maxText
}
