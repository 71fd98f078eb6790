package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Check asks the engine whether it is sound and durable, and whether rows that
// point to each other agree. It returns what is wrong in lines for an
// operator, none when nothing is. It reads the whole store.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	var found []string
	err := d.Read(ctx, func(t *Tx) error {
		var err error
		if found, err = d.engine.check(ctx, t); err != nil {
			return err
		}
		for _, c := range consistency {
			lines, err := t.texts(ctx, c.query)
			if err != nil {
				return fmt.Errorf("%s: %w", c.what, err)
			}
			for _, line := range lines {
				found = append(found, c.what+": "+line)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check store: %w", err)
	}
	return found, nil
}

// consistency is what holds between tables without the engine's own keeping,
// which would cost too much on every row. Each query tells the exceptions.
var consistency = []struct{ what, query string }{
	{"ledger head", `SELECT 'position is ' || h.position || ', and there are ' || d.n || ' documents up to ' || d.top
		FROM ledger_head h, (SELECT count(*) AS n, coalesce(max(position), 0) AS top FROM document) d
		WHERE h.position <> d.n OR h.position <> d.top`},
	{"facts", `SELECT count(*) || ' of ' || f.source || ' are of documents that are absent' FROM fact f
		WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.position = f.document) GROUP BY f.source`},
	{"facts", `SELECT count(*) || ' of ' || f.source || ' have another audience than their document' FROM fact f
		JOIN document d ON d.position = f.document WHERE d.audience <> f.audience GROUP BY f.source`},
	{"facts", `SELECT count(*) || ' of ' || f.source || ' are known from positions that are not yet there' FROM fact f
		WHERE f.known_from > (SELECT position FROM ledger_head) GROUP BY f.source`},
	{"bodies", `SELECT d.digest || ' at position ' || d.position || ' is absent and was not withdrawn' FROM document d
		WHERE d.withdrawn = '' AND NOT EXISTS (SELECT 1 FROM body b WHERE b.digest = d.digest) ORDER BY d.position`},
}

func (e *sqliteEngine) check(ctx context.Context, t *Tx) ([]string, error) {
	found, err := t.texts(ctx, `SELECT integrity_check FROM pragma_integrity_check`)
	if err != nil {
		return nil, err
	}
	if len(found) == 1 && found[0] == "ok" {
		found = nil
	}
	broken, err := t.texts(ctx, `SELECT 'a row of ' || "table" || ' points to a row of ' || parent || ' that is absent' FROM pragma_foreign_key_check`)
	if err != nil {
		return nil, err
	}
	strange, err := compareSchema(ctx, t)
	return append(append(found, broken...), strange...), err
}

// compareSchema compares the store's schema, constraints and all, with that of
// a new store. SQLite keeps it as text that nothing else vouches for.
func compareSchema(ctx context.Context, t *Tx) ([]string, error) {
	dir, err := os.MkdirTemp("", "countersign-schema-")
	if err != nil {
		return nil, fmt.Errorf("compare schema: %w", err)
	}
	defer os.RemoveAll(dir)
	fresh, err := Open(ctx, "sqlite:"+filepath.Join(dir, "fresh.db"), Options{})
	if err != nil {
		return nil, fmt.Errorf("compare schema: %w", err)
	}
	defer fresh.Close()
	const schema = `SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1`
	want := map[string]bool{}
	err = fresh.Read(ctx, func(t *Tx) error {
		lines, err := t.texts(ctx, schema)
		for _, line := range lines {
			want[line] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	have, err := t.texts(ctx, schema)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, line := range have {
		if !want[line] {
			name, _, _ := strings.Cut(line, ":")
			found = append(found, "schema: "+name+" is not as this program makes it")
		}
		delete(want, line)
	}
	for line := range want {
		name, _, _ := strings.Cut(line, ":")
		found = append(found, "schema: "+name+" is missing")
	}
	slices.Sort(found)
	return found, nil
}

func (e *postgresEngine) check(ctx context.Context, t *Tx) ([]string, error) {
	var found []string
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		value, err := t.texts(ctx, "SHOW "+setting)
		if err != nil {
			return nil, err
		}
		if strings.Join(value, "") == "off" {
			found = append(found, setting+" is off: documents that were acknowledged may be lost when the server stops")
		}
	}
	invalid, err := t.texts(ctx, `SELECT 'index ' || c.relname || ' is invalid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT (i.indisvalid AND i.indisready)`)
	if err != nil {
		return nil, err
	}
	found = append(found, invalid...)
	amcheck, err := t.texts(ctx, `SELECT e.extnamespace::regnamespace::text FROM pg_extension e WHERE e.extname = 'amcheck'`)
	if err != nil {
		return nil, err
	}
	if len(amcheck) == 1 {
		lines, err := e.checkIndexes(ctx, t, amcheck[0])
		return append(found, lines...), err
	}
	lines, err := e.compareCounts(ctx, t)
	return append(found, lines...), err
}

// checkIndexes has amcheck verify the order of each index, and that every row
// is in it.
func (e *postgresEngine) checkIndexes(ctx context.Context, t *Tx, schema string) ([]string, error) {
	indexes, err := t.texts(ctx, `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_am a ON a.oid = c.relam WHERE c.relnamespace = current_schema()::regnamespace AND a.amname = 'btree' ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, index := range indexes {
		err := t.Savepoint(ctx, func() error {
			_, err := t.Exec(ctx, `SELECT `+schema+`.bt_index_check($1::text::regclass, true)`, index)
			return err
		})
		if ctx.Err() != nil {
			return nil, errors.Join(err, ctx.Err())
		}
		if err != nil {
			found = append(found, fmt.Sprintf("index %s: %v", index, err))
		}
	}
	return found, nil
}

// compareCounts is what can be asked without amcheck: read each table whole,
// which has the server verify the checksums of its pages where it keeps them,
// and compare with what its indexes say.
func (e *postgresEngine) compareCounts(ctx context.Context, t *Tx) ([]string, error) {
	count := func(table string, scan, index string) (n int64, err error) {
		for _, way := range []string{"seqscan = " + scan, "indexscan = " + index, "indexonlyscan = " + index, "bitmapscan = " + index} {
			if _, err := t.Exec(ctx, "SET LOCAL enable_"+way); err != nil {
				return 0, err
			}
		}
		err = t.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
		return n, err
	}
	var found []string
	for _, tab := range backedUp {
		rows, err := count(tab.name, "on", "off")
		if err != nil {
			return nil, err
		}
		keys, err := count(tab.name, "off", "on")
		if err != nil {
			return nil, err
		}
		if rows != keys {
			found = append(found, fmt.Sprintf("table %s has %d rows, and %d in its index", tab.name, rows, keys))
		}
	}
	for _, way := range []string{"seqscan", "indexscan", "indexonlyscan", "bitmapscan"} {
		if _, err := t.Exec(ctx, "SET LOCAL enable_"+way+" = on"); err != nil {
			return nil, err
		}
	}
	return found, nil
}
