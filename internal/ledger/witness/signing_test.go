package witness

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/ledger"
)

// noon is when witnesses of tests sign.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// newWitness makes the keys of a witness.
func newWitness(t testing.TB, name string) *Signer {
	t.Helper()
	signing, verifying, err := GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(signing, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	if s.Verifier().String() != verifying {
		t.Fatalf("the signer's key is %s, made was %s", s.Verifier(), verifying)
	}
	return s
}

// testLog is a log in memory that can be forked.
type testLog struct {
	signer  note.Signer
	key     note.Verifier
	signing string
	vkey    string
	hashes  []tlog.Hash
	size    int64
}

func newLog(t testing.TB, origin string) *testLog {
	t.Helper()
	signing, vkey, err := ledger.GenerateKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	l := &testLog{signing: signing, vkey: vkey}
	if l.signer, err = note.NewSigner(signing); err != nil {
		t.Fatal(err)
	}
	if l.key, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

// grow appends leaves until there are size of them. The word makes them other
// leaves than those of a fork.
func (l *testLog) grow(t testing.TB, size int64, word string) {
	t.Helper()
	for ; l.size < size; l.size++ {
		more, err := tlog.StoredHashesForRecordHash(l.size, tlog.RecordHash(fmt.Appendf(nil, "%s %d", word, l.size)), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
	}
}

// fork is another log with the same key and no leaves.
func (l *testLog) fork() *testLog { return &testLog{signer: l.signer, key: l.key, vkey: l.vkey} }

func (l *testLog) text(t testing.TB, size int64) string {
	t.Helper()
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, root)
}

func (l *testLog) checkpoint(t testing.TB, size int64, by ...note.Signer) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: l.text(t, size)}, append([]note.Signer{l.signer}, by...)...)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func (l *testLog) proof(t testing.TB, older, size int64) []tlog.Hash {
	t.Helper()
	if older == 0 || older == size {
		return nil
	}
	p, err := tlog.ProveTree(size, older, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantError fails the test unless err says all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}
