package witness

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
)

const (
	benchEntries   = 1_000_000
	benchDocuments = 1000 // of them are documents; the others are hashes alone
)

// millionLog is a ledger of a million entries, whose newest checkpoint three
// witnesses have cosigned, with the policy that wants all three.
func millionLog(b *testing.B) (*ledger.Ledger, *Policy) {
	b.Helper()
	ctx := context.Background()
	store := dbtest.Open(b, "sqlite")
	log := newLog(b, "countersign.local/0123456789abcdef")
	l := ledger.New(store, ledger.Options{Signer: log.signer, Verifier: log.key})
	b.Cleanup(func() { l.Close() })
	e := ledger.Edition{Audience: access.Public, Actor: "bench"}
	for i := range benchDocuments {
		text := fmt.Sprintf("document %d", i)
		e.Documents = append(e.Documents, ledger.Document{Bytes: []byte(text), Kind: "note", Source: "bench", Part: text, Name: text})
	}
	if _, err := l.Append(ctx, e); err != nil {
		b.Fatal(err)
	}
	fillLog(b, store)
	if err := l.SignHead(ctx); err != nil {
		b.Fatal(err)
	}
	return l, cosignHead(b, l, log)
}

// fillLog adds the hashes of entries up to a million to a log of
// benchDocuments.
func fillLog(b *testing.B, store *db.DB) {
	b.Helper()
	ctx := context.Background()
	err := store.Write(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT hash FROM log_hash ORDER BY idx`)
		if err != nil {
			return err
		}
		fill := &testLog{size: benchDocuments}
		for rows.Next() {
			var h []byte
			if err := rows.Scan(&h); err != nil {
				return err
			}
			fill.hashes = append(fill.hashes, tlog.Hash(h))
		}
		if err := rows.Close(); err != nil {
			return err
		}
		had := len(fill.hashes)
		fill.grow(b, benchEntries, "entry")
		var all iter.Seq[[]any] = func(yield func([]any) bool) {
			for i, h := range fill.hashes[had:] {
				if !yield([]any{int64(had + i), append([]byte{}, h[:]...)}) {
					return
				}
			}
		}
		if err := tx.Insert(ctx, "log_hash", []string{"idx", "hash"}, all); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE ledger_head SET position = $1 WHERE id = 1`, benchEntries)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func cosignHead(b *testing.B, l *ledger.Ledger, log *testLog) *Policy {
	b.Helper()
	signed, err := l.Checkpoint(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(log.key))
	if err != nil {
		b.Fatal(err)
	}
	var signers []note.Signer
	text := "log " + log.vkey + "\n"
	for i := range 3 {
		w := newWitness(b, fmt.Sprintf("witness/abcdef%d", i)) // as long as those that are made
		signers = append(signers, w)
		text += fmt.Sprintf("witness W%d %s\n", i, w.Verifier())
	}
	cosigned, err := note.Sign(opened, signers...)
	if err != nil {
		b.Fatal(err)
	}
	if err := l.KeepCosigned(context.Background(), string(cosigned)); err != nil {
		b.Fatal(err)
	}
	return mustParse(b, text+"group all all W0 W1 W2\nquorum all\n")
}

// BenchmarkProve proves documents among a million entries, from a store on
// disk, under a checkpoint that three witnesses have cosigned. It reports the
// size of a proof as it is written, and fails where that is 1.5 KiB or more.
func BenchmarkProve(b *testing.B) {
	l, policy := millionLog(b)
	ctx := context.Background()
	ask := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now, Known: access.Forever}}
	rng := rand.New(rand.NewPCG(1, 2))
	var longest int
	var slowest time.Duration
	for b.Loop() {
		began := time.Now()
		p, err := l.Prove(ctx, ask, 1+rng.Int64N(benchDocuments))
		if err != nil {
			b.Fatal(err)
		}
		text := p.String()
		slowest, longest = max(slowest, time.Since(began)), max(longest, len(text))
		if len(text) >= 1536 {
			b.Fatalf("a proof of %d bytes", len(text))
		}
	}
	b.ReportMetric(float64(longest), "bytes/proof")
	b.ReportMetric(float64(slowest.Microseconds()), "µs-slowest")
	b.StopTimer()
	p, err := l.Prove(ctx, ask, benchDocuments)
	if err != nil {
		b.Fatal(err)
	}
	tree, err := policy.Verify(p.Checkpoint)
	if err != nil || tree.Size != benchEntries || len(p.Path) != 20 {
		b.Fatalf("%v, %v, a path of %d", tree, err, len(p.Path))
	}
}

// BenchmarkVerify verifies a proof among a million entries under a policy of
// three witnesses: four signatures of Ed25519 and twenty hashes.
func BenchmarkVerify(b *testing.B) {
	log := newLog(b, "countersign.local/0123456789abcdef")
	log.grow(b, benchEntries, "leaf")
	var signers []note.Signer
	text := "log " + log.vkey + "\n"
	for i := range 3 {
		w := newWitness(b, fmt.Sprintf("witness/abcdef%d", i))
		signers = append(signers, w)
		text += fmt.Sprintf("witness W%d %s\n", i, w.Verifier())
	}
	policy := mustParse(b, text+"group two 2 W0 W1 W2\nquorum two\n")
	path, err := tlog.ProveRecord(benchEntries, 4711, log)
	if err != nil {
		b.Fatal(err)
	}
	written := (&ledger.Proof{Index: 4711, Path: path, Checkpoint: log.checkpoint(b, benchEntries, signers...)}).String()
	for b.Loop() {
		p, err := ledger.ParseProof(written)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := policy.VerifyProof(p, []byte("leaf 4711")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAddCheckpoint has a witness cosign a log that grows by an entry each
// time, with the record on disk.
func BenchmarkAddCheckpoint(b *testing.B) {
	l, s := newLog(b, "log.example/a"), newWitness(b, "witness/abcdef0")
	w := startWitness(b, dbtest.Open(b, "sqlite"), s, l)
	for b.Loop() {
		b.StopTimer()
		l.grow(b, l.size+1, "leaf")
		request := requestOf(b, l, l.size-1, l.size)
		b.StartTimer()
		if _, err := w.AddCheckpoint(context.Background(), request); err != nil {
			b.Fatal(err)
		}
	}
}
