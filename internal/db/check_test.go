package db_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

const someDocument = `INSERT INTO document (position, digest, kind, source, part, name, published, received, size, edition, row_count, mode, actor, audience, record, salt, leaf, withdrawn)
	VALUES (1, 'sha256:a', 'k', 's', '', 'n', '2021-01-14', 1, 1, 1, 1, 0, 'a', 1, '', '', '', '')`

func someFact(from, to string) string {
	return `INSERT INTO fact (id, kind, subject, key, term, source, part, body, valid_from, valid_to, basis, published, superseded, known_from, known_to, document, audience)
		VALUES (1, 'k', 'x', '', 't', 's', '', '{}', '` + from + `', '` + to + `', 'stated', '2021-01-14', '9999-12-31', 1, 9223372036854775807, 1, 1)`
}

// blobs spells the empty bytes of someDocument, which are text on SQLite.
func blobs(d *db.DB, q string) string {
	if d.Engine() == "sqlite" {
		return strings.ReplaceAll(q, "'', '', '', '')", "x'', x'', x'', '')")
	}
	return q
}

func TestCheck(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		fill(t, d)
		run(t, d, blobs(d, someDocument), `UPDATE ledger_head SET position = 1, facts_position = 1`, someFact("2021-01-14", "9999-12-31"))
		check := func(want string) {
			t.Helper()
			found, err := d.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want == "" && len(found) > 0 || want != "" && !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("check found %q, want %q", found, want)
			}
		}
		check("")
		if d.Engine() == "postgres" {
			run(t, d, `CREATE EXTENSION amcheck`)
			check("")
		}
		run(t, d, `UPDATE ledger_head SET position = 2`)
		check("ledger head: position is 2, and there are 1 documents up to 1")
		run(t, d, `UPDATE ledger_head SET position = 1`, `UPDATE fact SET document = 7`)
		check("of s are of documents that are absent")
		run(t, d, `UPDATE fact SET document = 1, audience = 2`)
		check("have another audience than their document")
		run(t, d, `UPDATE fact SET audience = 1, known_from = 2`)
		check("not yet there")
		run(t, d, `UPDATE fact SET known_from = 1`, `DELETE FROM body WHERE digest = 'sha256:a'`)
		check("sha256:a at position 1 is absent")
		run(t, d, `UPDATE document SET withdrawn = 'court order'`)
		check("")
	})
}

// The schema refuses intervals that are no time at all, and a second current
// row of one statement.
func TestConstraints(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		good := someFact("2021-01-14", "2021-05-25")
		run(t, d, good)
		for what, q := range map[string]string{
			"empty interval":      `UPDATE fact SET valid_to = valid_from`,
			"backward interval":   `UPDATE fact SET superseded = '2020-01-01'`,
			"known backwards":     `UPDATE fact SET known_to = known_from`,
			"second current row":  strings.Replace(good, "VALUES (1,", "VALUES (2,", 1),
			"second head":         `INSERT INTO ledger_head (id, position, facts_position) VALUES (2, 0, 0)`,
			"facts ahead of head": `UPDATE ledger_head SET facts_position = 1`,
			"audience twice":      `INSERT INTO audience (id, expr) VALUES (9, 'public')`,
			"NULL":                `UPDATE fact SET term = NULL`,
			"unknown audience":    blobs(d, strings.Replace(someDocument, "'a', 1,", "'a', 77,", 1)),
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), q)
				return err
			})
			if err == nil {
				t.Errorf("%s was accepted", what)
			}
		}
		closed := strings.Replace(strings.Replace(good, "VALUES (1,", "VALUES (3,", 1), "9223372036854775807", "5", 1)
		run(t, d, closed)
	})
}

// The questions that are asked all the time are answered from an index.
func TestIndexesServe(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		for index, q := range map[string]string{
			"fact_term":      `SELECT id FROM fact WHERE term <> '' AND term >= $1 AND term < $2`,
			"fact_subject":   `SELECT id FROM fact WHERE subject = $1 AND kind >= $2`,
			"fact_current":   `SELECT id FROM fact WHERE known_to = 9223372036854775807 AND source = $1 AND part = $2`,
			"fact_opened":    `SELECT id FROM fact WHERE known_from > CAST($1 AS BIGINT) AND known_from < CAST($2 AS BIGINT)`,
			"document_serie": `SELECT position FROM document WHERE source = $1 AND part = $2 ORDER BY published`,
		} {
			err := d.Write(ctx, func(tx *db.Tx) error {
				explain := "EXPLAIN QUERY PLAN "
				if d.Engine() == "postgres" {
					explain = "EXPLAIN "
					if _, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
						return err
					}
				}
				args := []any{"a", "b"}
				if index == "fact_opened" {
					args = []any{1, 2}
				}
				rows, err := tx.Query(ctx, explain+q, args...)
				if err != nil {
					return err
				}
				defer rows.Close()
				var plan string
				for rows.Next() {
					var a, b, c any
					var line string
					dest := []any{&a, &b, &c, &line}
					if d.Engine() == "postgres" {
						dest = dest[3:]
					}
					if err := rows.Scan(dest...); err != nil {
						return err
					}
					plan += line + "\n"
				}
				if !strings.Contains(plan, index) {
					t.Errorf("%s is not used for %s:\n%s", index, q, plan)
				}
				return rows.Err()
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestPrefixRange(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		texts := []string{"", "a", "ab", "abc", "ac", "b", "z", "\U0010FFFE", "\U0010FFFEx", "xia", "xiaomi", "xiaomi corporation", "xiaomj",
			"\u7fffx", "\u8000", "\uD7FFa", "\uE000", "小", "小米", "小米科技", "尐", "a\U0010FFFF", "a\U0010FFFFb"}
		run(t, d, `DELETE FROM checkpoint`)
		err := d.Write(ctx, func(tx *db.Tx) error {
			for i, s := range texts {
				if err := put(ctx, tx, int64(i), s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range texts {
			from, to := db.PrefixRange(prefix)
			var got int
			err := d.Read(ctx, func(tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT count(*) FROM checkpoint WHERE note >= $1 AND note < $2`, from, to).Scan(&got)
			})
			want := 0
			for _, s := range texts {
				if strings.HasPrefix(s, prefix) {
					want++
				}
			}
			if err != nil || got != want {
				t.Errorf("%q to %q finds %d, %v; want %d", from, to, got, err, want)
			}
		}
	})
}

// Bytes of the file that changed behind SQLite's back are found.
func TestCheckFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	ctx := context.Background()
	d, err := db.Open(ctx, "sqlite:"+path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, d)
	run(t, d, someFact("2021-01-14", "9999-12-31"))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The fact's subject in its row: the index still has the old one.
	at := bytes.LastIndex(b, []byte("kxts{}2021-01-14"))
	if at < 0 {
		t.Fatal("the fact's row is not in the file")
	}
	b[at+1] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(ctx, "sqlite:"+path, db.Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	found, err := d.Check(ctx)
	if err == nil && len(found) == 0 {
		t.Error("a changed byte was not found")
	}
	t.Log(found, err)
}
