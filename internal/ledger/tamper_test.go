package ledger

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// fillLedger appends three editions of a list, one of them private.
func fillLedger(t testing.TB, l *Ledger) {
	t.Helper()
	mustAppend(t, l, edition("2021-01-01", map[string]int{"a/1": 1, "b/1": 1}))
	e := edition("2021-02-01", map[string]int{"a/1": 2, "b/1": 1})
	mustAppend(t, l, e)
	e = edition("2021-03-01", map[string]int{"z/1": 1})
	e.Audience = access.ForOrganisation("acme")
	mustAppend(t, l, e)
}

// TestVerifyFindsEveryChange changes each column of each row that the ledger
// vouches for, and deletes and adds rows; every one must be found.
func TestVerifyFindsEveryChange(t *testing.T) {
	type tampering struct{ name, sql string }
	var all []tampering
	text := map[string][]string{
		"document": {"digest", "kind", "source", "part", "name", "published", "actor"},
		"fact":     {"kind", "subject", "key", "term", "source", "part", "body", "basis"},
	}
	for table, columns := range text {
		for _, c := range columns {
			all = append(all, tampering{table + "." + c, fmt.Sprintf(`UPDATE %s SET %s = %s || 'x' WHERE %s`, table, c, c, firstRow(table))})
		}
	}
	for _, c := range []string{"received", "size", "row_count", "mode"} {
		all = append(all, tampering{"document." + c, `UPDATE document SET ` + c + ` = ` + c + ` + 1 WHERE position = 1`})
	}
	for _, c := range []string{"valid_from", "published"} {
		all = append(all, tampering{"fact." + c, `UPDATE fact SET ` + c + ` = '2020-12-31' WHERE ` + firstRow("fact")})
	}
	for _, c := range []string{"valid_to", "superseded"} {
		all = append(all, tampering{"fact." + c, `UPDATE fact SET ` + c + ` = '2029-12-31' WHERE ` + firstRow("fact")})
	}
	all = append(all,
		tampering{"fact closed", `UPDATE fact SET known_to = 3 WHERE known_to = ` + maxPosition + ` AND known_from = 1`},
		tampering{"fact opened again", `UPDATE fact SET known_to = ` + maxPosition + ` WHERE id = (SELECT MIN(id) FROM fact WHERE known_to = 2)`},
		tampering{"fact.known_from", `UPDATE fact SET known_from = 2 WHERE known_from = 1 AND known_to = ` + maxPosition},
		tampering{"fact.audience", `UPDATE fact SET audience = 1 WHERE audience <> 1`},
		tampering{"fact.document", `UPDATE fact SET document = 2 WHERE ` + firstRow("fact")},
		tampering{"fact deleted", `DELETE FROM fact WHERE ` + firstRow("fact")},
		tampering{"facts of a position deleted", `DELETE FROM fact WHERE known_from = 3`},
		tampering{"document deleted", `DELETE FROM document WHERE position = 2`},
		tampering{"last document deleted", `DELETE FROM document WHERE position = 3`},
		tampering{"document.audience", `UPDATE document SET audience = 1 WHERE position = 3`},
		tampering{"document.edition", `UPDATE document SET edition = 2 WHERE position = 1`},
		tampering{"document.withdrawn", `DELETE FROM body WHERE digest = (SELECT digest FROM document WHERE position = 1)`},
		tampering{"document said to be withdrawn", `UPDATE document SET withdrawn = 'secret' WHERE position = 1`},
		tampering{"document.record", `UPDATE document SET record = leaf WHERE position = 1`},
		tampering{"document.salt", `UPDATE document SET salt = leaf WHERE position = 1`},
		tampering{"document.leaf", `UPDATE document SET leaf = record WHERE position = 2`},
		tampering{"audience.expr", `UPDATE audience SET expr = 'org:other' WHERE id <> 1`},
		tampering{"body", `UPDATE body SET packed = packed_sha256 WHERE digest = (SELECT digest FROM document WHERE position = 1)`},
		tampering{"bodies swapped", `UPDATE body SET packed = (SELECT b.packed FROM body b WHERE b.digest <> body.digest ORDER BY b.digest LIMIT 1)`},
		tampering{"body.packed_sha256", `UPDATE body SET packed_sha256 = packed`},
		tampering{"log_hash", `UPDATE log_hash SET hash = (SELECT h.hash FROM log_hash h WHERE h.idx = 1) WHERE idx = 0`},
		tampering{"log_hash deleted", `DELETE FROM log_hash WHERE idx = 2`},
		tampering{"checkpoint.note", `UPDATE checkpoint SET note = note || 'x' WHERE size = 2`},
		tampering{"checkpoint moved", `UPDATE checkpoint SET size = 9 WHERE size = 3`},
		tampering{"head of facts", `UPDATE ledger_head SET facts_position = 1`},
		tampering{"head", `UPDATE ledger_head SET position = 2, facts_position = 2`},
	)
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		for _, change := range all {
			t.Run(change.name, func(t *testing.T) {
				store := open(t)
				l := openLedger(t, store)
				fillLedger(t, l)
				if v := mustVerify(t, l); v.Documents != 3 || v.Facts == 0 || v.Checkpoints != 3 {
					t.Fatalf("before: %+v", v)
				}
				err := store.Write(context.Background(), func(tx *db.Tx) error {
					res, err := tx.Exec(context.Background(), change.sql)
					if err != nil {
						return err
					}
					if n, _ := res.RowsAffected(); n == 0 {
						return fmt.Errorf("changed no row")
					}
					return nil
				})
				if err != nil {
					if strings.Contains(err.Error(), "constraint") {
						return // the store itself refuses
					}
					t.Fatal(err)
				}
				v, err := l.Verify(context.Background(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if len(v.Problems) == 0 {
					t.Errorf("was not found")
				}
			})
		}
	})
}

func firstRow(table string) string {
	if table == "document" {
		return "position = 1"
	}
	return "id = (SELECT MIN(id) FROM fact)"
}

// TestBundleFindsEveryByte flips every byte of a bundle in turn.
func TestBundleFindsEveryByte(t *testing.T) {
	l := openLedger(t, dbtest.Open(t, "sqlite"))
	fillLedger(t, l)
	insider := access.Reader{Organisations: []string{"acme"}}
	b, err := l.Bundle(context.Background(), ask(insider), []Wanted{{3, "evidence"}, {1, "evidence"}})
	if err != nil {
		t.Fatal(err)
	}
	docs, tree, err := OpenBundle(b, l.verifier)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Size != 3 || len(docs) != 2 || docs[0].Entry.Audience != access.ForOrganisation("acme") || string(docs[1].Body) != "2021-01-01map[a/1:1 b/1:1]" {
		t.Fatalf("opened %+v of %+v", docs, tree)
	}
	for i := range b {
		for _, flip := range []byte{1, 0x20, 0x80} {
			b[i] ^= flip
			if _, _, err := OpenBundle(b, l.verifier); err == nil {
				t.Errorf("byte %d xor %#x is not noticed", i, flip)
			}
			b[i] ^= flip
		}
	}
	for _, n := range []int{0, 1, len(b) / 2, len(b) - 1} {
		if _, _, err := OpenBundle(b[:n], l.verifier); err == nil {
			t.Errorf("cut to %d bytes: not noticed", n)
		}
	}
	if _, _, err := OpenBundle(append(b, '\n'), l.verifier); err == nil {
		t.Error("a byte more: not noticed")
	}
	_, other := newKeys(t)
	if _, _, err := OpenBundle(b, other); err == nil {
		t.Error("verifies under the key of another log")
	}
	if _, err := l.Bundle(context.Background(), ask(access.Anonymous), []Wanted{{3, "evidence"}}); err == nil {
		t.Error("the public can export a private document")
	}
}

// TestResealedBundle changes a bundle and makes its last line right again, as
// one who means harm would: the proofs must still find it.
func TestResealedBundle(t *testing.T) {
	l := openLedger(t, dbtest.Open(t, "sqlite"))
	fillLedger(t, l)
	b, err := l.Bundle(context.Background(), ask(access.Operator), []Wanted{{1, "decision"}})
	if err != nil {
		t.Fatal(err)
	}
	for old, changed := range map[string]string{
		`\"published\":\"2021-01-01\"`: `\"published\":\"2021-01-02\"`,
		`\"actor\":\"test\"`:           `\"actor\":\"tess\"`,
		`"index": 0`:                   `"index": 1`,
		`"packed": "KLUv/`:             `"packed": "KLUw/`,
		`"checkpoint": "test.example`:  `"checkpoint": "text.example`,
	} {
		text := string(b[:len(b)-len("sha256:")-65])
		if !strings.Contains(text, old) {
			t.Fatalf("bundle has no %s", old)
		}
		text = strings.Replace(text, old, changed, 1)
		if _, _, err := OpenBundle([]byte(text+digestOf([]byte(text))+"\n"), l.verifier); err == nil {
			t.Errorf("%s for %s: not noticed", changed, old)
		}
	}
}

func FuzzOpenBundle(f *testing.F) {
	_, public, err := GenerateKey("test.example/log")
	if err != nil {
		f.Fatal(err)
	}
	key, err := note.NewVerifier(public)
	if err != nil {
		f.Fatal(err)
	}
	body := `{"bundle":"countersign/bundle/v1","checkpoint":"x","documents":[]}` + "\n"
	f.Add([]byte(body + digestOf([]byte(body)) + "\n"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := OpenBundle(b, key); err == nil {
			t.Error("opened without a signature")
		}
	})
}
