package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// openNode opens a node with keys of its own on the store at url, or on one in
// its data folder when url is "".
func openNode(t testing.TB, data, url string) *Node {
	t.Helper()
	n, err := Open(context.Background(), Options{Data: data, DB: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// TestTwoNodes has two nodes on one store: what one appends the other has
// followed, and answers from, within two seconds.
func TestTwoNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		data := t.TempDir()
		first := openNode(t, data, url)
		second := openNode(t, data, url)
		for _, n := range []*Node{first, second} {
			if err := n.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 5 {
			writer, follower := first, second
			if i%2 == 1 {
				writer, follower = second, first
			}
			r, err := writer.Ledger.Append(context.Background(), ledger.Edition{Documents: []ledger.Document{{Bytes: []byte{byte(i)}, Kind: "test", Name: "doc"}}})
			if err != nil {
				t.Fatal(err)
			}
			deadline := time.Now().Add(2 * time.Second)
			for follower.Applied() < r.Position {
				if time.Now().After(deadline) {
					t.Fatalf("position %d: the other node is at %d after two seconds", r.Position, follower.Applied())
				}
				time.Sleep(time.Millisecond)
			}
			if _, err := follower.Document(context.Background(), access.Ask{Reader: access.Anonymous}, r.Position); err != nil {
				t.Errorf("the other node does not answer from position %d: %v", r.Position, err)
			}
		}
	})
}

// TestNodeWithoutKey appends on a node without the signing key; a node that
// has it signs over what the other appended.
func TestNodeWithoutKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		data := t.TempDir()
		signing := openNode(t, data, url)
		if err := signing.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		plain, err := Open(context.Background(), Options{DB: url, PublicKey: filepath.Join(data, "ledger.pub")})
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close()
		r, err := plain.Ledger.Append(context.Background(), ledger.Edition{Documents: []ledger.Document{{Bytes: []byte("x"), Kind: "test", Name: "doc"}}})
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if _, err := plain.Prove(context.Background(), access.Ask{Reader: access.Operator}, r.Position); err == nil {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("no checkpoint over position %d after two seconds: %v", r.Position, err)
			}
		}
	})
}

func TestDataFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	if _, err := Open(context.Background(), Options{Data: data, ReadOnly: true}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("reading a folder that is not there: %v", err)
	}
	n := openNode(t, data, "")
	h, err := n.Head(context.Background())
	if err != nil || h.Position == 0 || h.Checkpoint == "" {
		t.Fatalf("head of a new store: %+v, %v; want the shipped rules in it, signed", h, err)
	}
	if info, err := os.Stat(filepath.Join(data, "ledger.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("signing key: %v, %v; want mode 0600", info, err)
	}
	n.Close()

	again := openNode(t, data, "")
	if g, err := again.Head(context.Background()); err != nil || g != h {
		t.Errorf("opened again, the head is %+v, %v; want %+v", g, err, h)
	}
	again.Close()

	if err := os.Remove(filepath.Join(data, "ledger.pub")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Options{Data: data}); err == nil || !strings.Contains(err.Error(), "ledger.pub") {
		t.Errorf("without its public key: %v; want an error that names ledger.pub, not a new key", err)
	}
	other := filepath.Join(t.TempDir(), "other")
	_, err = Open(context.Background(), Options{Data: other, DB: "sqlite:" + filepath.Join(data, "countersign.db")})
	if problem.KindOf(err) != problem.Conflict || !strings.Contains(err.Error(), "not the one of this public key") {
		t.Errorf("a store with the keys of another log: %v", err)
	}
	if _, err := Open(context.Background(), Options{}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("no store named: %v", err)
	}
}

// TestWhoMayAdd is the promise that what changes everybody's answers is added
// by an administrator, and that nobody dates an edition ahead.
func TestWhoMayAdd(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	member := func(role access.Role) access.Reader {
		return access.Reader{Member: "m", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": role}}
	}
	policy := intake.File{Name: "mine.yaml", Bytes: []byte("countersign: policy/v1\nid: export\ntitle: all is fine\npurpose: export\ndefault: allow\nrules: [{id: fine, when: \"true\", verdict: allow, because: fine, cite: none}]\n")}
	list := intake.File{Name: "history.csv", Bytes: []byte("Name,Clean Name,Start date,End date\nAlpha Co.,Alpha Co.,2024-01-31,\n")}
	for _, tt := range []struct {
		what string
		by   access.Reader
		file intake.File
		opts ImportOptions
		want string // in what failed; "" when it goes in
	}{
		{"an analyst, a policy for everybody", member(access.RoleAnalyst), policy, ImportOptions{}, "only an administrator"},
		{"an analyst, a policy of the organisation's own", member(access.RoleAnalyst), policy, ImportOptions{Audience: access.ForOrganisation("acme")}, ""},
		{"an administrator, a policy for everybody", member(access.RoleAdministrator), policy, ImportOptions{}, ""},
		{"an analyst, a list of tomorrow", member(access.RoleAnalyst), list, ImportOptions{Published: access.DateOf(time.Now().AddDate(0, 0, 2))}, "after today"},
		{"an analyst, a list", member(access.RoleAnalyst), list, ImportOptions{}, ""},
	} {
		report, err := n.Import(t.Context(), tt.by, []intake.File{tt.file}, tt.opts)
		if err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		failed := strings.Join(report.Failed, " ")
		if (tt.want == "") != (failed == "") || !strings.Contains(failed, tt.want) {
			t.Errorf("%s: failed %q, want %q", tt.what, failed, tt.want)
		}
	}
	if _, err := n.Import(t.Context(), member(access.RoleReader), []intake.File{list}, ImportOptions{}); problem.KindOf(err) != problem.Denied {
		t.Errorf("a reader adds a list: %v", err)
	}
}
