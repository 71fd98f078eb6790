package db

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// table is one table of the schema, as a backup sees it.
type table struct {
	name  string
	key   string // its primary key, by which rows are written in order
	since int64  // version of the schema that made it
}

// backedUp are the tables that a backup holds, each after those that it points
// to.
var backedUp = []table{
	{"ledger_head", "id", 1}, {"audience", "id", 1}, {"document", "position", 1}, {"body", "digest", 1},
	{"fact", "id", 1}, {"log_hash", "idx", 1}, {"checkpoint", "size", 1},
	{"access_head", "id", 2}, {"organisation", "id", 2}, {"member", "name", 2},
	{"membership", "member, organisation", 2}, {"api_token", "id", 2},
	{"watch", "id", 3}, {"watch_question", "watch, question", 3}, {"notice_head", "id", 3}, {"notice_decided", "question", 3}, {"notice_change", "position", 3},
	{"feed", "name", 4}, {"feed_file", "feed, url", 4},
	{"cosigned_checkpoint", "size", 5},
	{"sharing_head", "id", 6}, {"sharing_object", "number", 6}, {"sharing_rule", "number", 6}, {"sharing_collection", "number", 6},
	{"sharing_entry", "number", 6}, {"sharing_removal", "number", 6}, {"sharing_epoch", "position", 6},
	{"sharing_submission", "id", 6}, {"sharing_outcome", "submission, first", 6}, {"sharing_disclosure", "id", 6}, {"peer", "id", 8},
	{"bulletin_head", "id", 10}, {"bulletin_contact", "organisation", 10},
}

// passing are the tables that it leaves out: what is in them is over after a
// restore anyway, and a copy must not send again what the original sent. A
// witness that went on from an old record of what it signed could be made to
// sign a second history of a log, so a restored store is not one.
var passing = []table{
	{"session", "hash", 2}, {"setup_code", "id", 2}, {"login_attempt", "bucket", 2}, {"notice_delivery", "id", 3},
	{"witness_key", "vkey", 5}, {"witnessed", "origin", 5}, {"bulletin_delivery", "id", 10},
	{"search_head", "id", 7}, {"search_object", "object", 7}, {"search_term", "term, object", 7}, {"search_edge", "object, nth", 7},
}

// seeded are the tables in which the migrations put a row.
var seeded = []table{{"ledger_head", "id", 1}, {"audience", "id", 1}, {"access_head", "id", 2}, {"notice_head", "id", 3}, {"sharing_head", "id", 6}, {"bulletin_head", "id", 10}}

// A backup is this line and a zstd stream of frames, the same for both
// engines. A frame is its kind in one byte and then
//
//	header, table  the length of a JSON object, and the object
//	row            the values of the table's columns, in their order
//	end            as header; then the SHA-256 of all frames up to here
//
// A value is its type in one byte and then the integer as a zigzag varint, or
// the length of the bytes and the bytes. Lengths are unsigned varints.
const backupMagic = "countersign backup 1\n"

const (
	frameHeader = 'H'
	frameTable  = 'T'
	frameRow    = 'R'
	frameEnd    = 'Z'

	valueInt   = 'i'
	valueText  = 't'
	valueBytes = 'b'
)

type backupHeader struct {
	Schema int64  `json:"schema"` // version of the schema
	Engine string `json:"engine"` // it comes from, for information
}

type backupTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

type backupEnd struct {
	Rows int64 `json:"rows"` // in all tables
}

// Backup writes the whole store to w as it is at one moment, while others go
// on writing to it. What it writes can be restored on either engine. It holds
// one row at a time in memory. The copy holds what is secret in the store.
func (d *DB) Backup(ctx context.Context, w io.Writer) error {
	if _, err := io.WriteString(w, backupMagic); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	out := newFrameWriter(z)
	err = d.Read(ctx, func(t *Tx) error {
		header := backupHeader{Engine: d.Engine()}
		if err := t.QueryRow(ctx, versionQuery).Scan(&header.Schema); err != nil {
			return err
		}
		out.object(frameHeader, header)
		for _, tab := range backedUp {
			if tab.since > header.Schema {
				continue
			}
			if err := d.backupTable(ctx, t, tab, out); err != nil {
				return fmt.Errorf("table %s: %w", tab.name, err)
			}
		}
		return nil
	})
	if err != nil {
		z.Close()
		return fmt.Errorf("write backup: %w", err)
	}
	if err := out.end(); err != nil {
		z.Close()
		return fmt.Errorf("write backup: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

func (d *DB) backupTable(ctx context.Context, t *Tx, tab table, out *frameWriter) error {
	columns, err := d.engine.columns(ctx, t, tab.name)
	if err != nil {
		return err
	}
	out.object(frameTable, backupTable{tab.name, columns})
	rows, err := t.Query(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+tab.name+" ORDER BY "+tab.key)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := out.row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// frameWriter writes frames and sums them up. The first error stays.
type frameWriter struct {
	w    *bufio.Writer
	sum  hash.Hash
	rows int64
	buf  []byte
	err  error
}

func newFrameWriter(w io.Writer) *frameWriter {
	return &frameWriter{w: bufio.NewWriterSize(w, 1<<16), sum: sha256.New()}
}

func (f *frameWriter) flush() {
	if f.err == nil {
		f.sum.Write(f.buf)
		_, f.err = f.w.Write(f.buf)
	}
	f.buf = f.buf[:0]
}

func (f *frameWriter) object(kind byte, v any) {
	b, err := json.Marshal(v)
	if err != nil && f.err == nil {
		f.err = err
	}
	f.buf = append(f.buf, kind)
	f.buf = binary.AppendUvarint(f.buf, uint64(len(b)))
	f.buf = append(f.buf, b...)
	f.flush()
}

func (f *frameWriter) row(values []any) error {
	f.buf = append(f.buf, frameRow)
	for _, v := range values {
		switch v := v.(type) {
		case int64:
			f.buf = binary.AppendVarint(append(f.buf, valueInt), v)
		case string:
			f.buf = binary.AppendUvarint(append(f.buf, valueText), uint64(len(v)))
			f.buf = append(f.buf, v...)
		case []byte:
			f.buf = binary.AppendUvarint(append(f.buf, valueBytes), uint64(len(v)))
			f.buf = append(f.buf, v...)
		default:
			return fmt.Errorf("value of type %T", v)
		}
	}
	f.rows++
	f.flush()
	return f.err
}

func (f *frameWriter) end() error {
	f.object(frameEnd, backupEnd{Rows: f.rows})
	if f.err == nil {
		_, f.err = f.w.Write(f.sum.Sum(nil))
	}
	if f.err == nil {
		f.err = f.w.Flush()
	}
	return f.err
}
