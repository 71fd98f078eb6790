package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

// authority is a node with its server, and what others need to know of it.
type authority struct {
	*node.Node
	opts   node.Options
	door   *httptest.Server
	server *server.Server
	said   *journal
}

// journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func newAuthority(t *testing.T, opts node.Options) *authority {
	t.Helper()
	a := &authority{said: &journal{}, opts: opts}
	opts.Logger = slog.New(slog.NewTextHandler(a.said, nil))
	var err error
	if a.Node, err = node.Open(context.Background(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Node.Close() })
	if a.server, err = server.New(server.Options{Node: a.Node, Accounts: a.Access, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	a.door = httptest.NewServer(a.server)
	t.Cleanup(func() { a.door.Close() })
	return a
}

func (a *authority) witnessFor(t *testing.T, others ...*authority) {
	t.Helper()
	var logs []witness.Watched
	for _, o := range others {
		v, err := note.NewVerifier(o.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, witness.Watched{Verifier: v})
	}
	_, err := a.WitnessFor(context.Background(), node.WitnessOptions{
		Logs: logs, SigningKey: filepath.Join(a.opts.Data, "witness.key"), PublicKey: filepath.Join(a.opts.Data, "witness.pub"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// policyOf wants two of three to cosign the log of a.
func (a *authority) policyOf(t *testing.T, witnesses ...*authority) *witness.Policy {
	t.Helper()
	text := "log " + a.VerifierKey() + "\n"
	for i, w := range witnesses {
		text += fmt.Sprintf("witness W%d %s %s/witness\n", i+1, w.Witness().Key(), w.door.URL)
	}
	p, err := witness.ParsePolicy([]byte(text + "group two 2 W1 W2 W3\nquorum two\n"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (a *authority) gather(t *testing.T, p *witness.Policy) {
	t.Helper()
	if err := a.GatherCosignatures(context.Background(), p, witness.Options{Every: 100 * time.Millisecond, Limit: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
}

// add appends a document that everybody may see, and gives its position.
func (a *authority) add(t *testing.T, text string) int64 {
	t.Helper()
	r, err := a.Ledger.Append(context.Background(), ledger.Edition{Audience: access.Public, Actor: "test", Documents: []ledger.Document{
		{Bytes: []byte(text), Kind: "note", Source: "test", Part: text, Name: text},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Position
}

// get is what a node answers, as one who knows nobody gets it.
func (a *authority) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(a.door.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", path, resp.StatusCode, err, b)
	}
	return string(b)
}

// eventually waits for something that happens in the background.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

// covered waits until the published checkpoint is cosigned by a quorum and
// covers a position.
func (a *authority) covered(t *testing.T, p *witness.Policy, position int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("position %d cosigned", position), func() bool {
		tree, err := p.Verify(a.get(t, "/log/checkpoint"))
		return err == nil && tree.Size >= position
	})
}

// Two authorities witness each other's logs, with two more as witnesses; each
// log wants two of three.
func TestAuthoritiesWitnessEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		a := newAuthority(t, node.Options{Data: t.TempDir(), DB: url})
		b, c, d := newAuthority(t, node.Options{Data: t.TempDir()}), newAuthority(t, node.Options{Data: t.TempDir()}), newAuthority(t, node.Options{Data: t.TempDir()})
		a.witnessFor(t, b)
		b.witnessFor(t, a)
		c.witnessFor(t, a, b)
		d.witnessFor(t, a, b)
		ours, theirs := a.policyOf(t, b, c, d), b.policyOf(t, a, c, d)
		first := a.add(t, "one")
		replayed, err := a.Ledger.Checkpoint(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		a.gather(t, ours)
		b.gather(t, theirs)
		a.covered(t, ours, first)
		b.covered(t, theirs, b.add(t, "two"))
		eventually(t, "all three cosign", func() bool { return strings.Count(a.get(t, "/log/checkpoint"), "\n— ") == 4 })
		a.provesUnder(t, ours, first)

		d.door.Close()
		last := a.add(t, "while one witness is down")
		a.covered(t, ours, last)
		a.provesUnder(t, ours, last)

		address := c.door.Listener.Addr().String()
		c.door.Close()
		if err := c.Node.Close(); err != nil {
			t.Fatal(err)
		}
		alone := a.add(t, "while two are down")
		eventually(t, "one cosigns and two fail", func() bool {
			s, _ := a.Cosigning()
			return s.Witnesses[0].Size == alone && s.Witnesses[1].Failures > 0 && s.Witnesses[2].Failures > 0
		})
		if tree, err := ours.Verify(a.get(t, "/log/checkpoint")); err != nil || tree.Size != last {
			t.Errorf("without a quorum, published is %v, %v; want the log of %d", tree, err, last)
		}
		if got := a.get(t, "/healthz"); !strings.Contains(got, `"witnesses":"ok"`) {
			t.Errorf("that witnesses are down is no refusal: %s", got)
		}
		c.again(t, address)
		c.witnessFor(t, a, b)
		a.covered(t, ours, alone)

		b.refusesReplay(t, replayed, alone)
		a.forkIsRefused(t, ours, 1)
		a.forkIsRefused(t, ours, 40)
		a.covered(t, ours, a.add(t, "after the forks"))
	})
}

// again starts a node that was closed, at the address that it had.
func (a *authority) again(t *testing.T, address string) {
	t.Helper()
	fresh := newAuthority(t, a.opts)
	fresh.door.Close()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fresh.door = &httptest.Server{Listener: listener, Config: &http.Server{Handler: fresh.server}}
	fresh.door.Start()
	*a = *fresh
}

// provesUnder checks that the proof of a position carries its witnesses.
func (a *authority) provesUnder(t *testing.T, p *witness.Policy, position int64) {
	t.Helper()
	b, err := a.Prove(context.Background(), access.Ask{Reader: access.Operator}, position)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.ParseProof(string(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(proof.Checkpoint); err != nil {
		t.Errorf("proof of %d: %v", position, err)
	}
}

// refusesReplay sends a witness a checkpoint that the log has outgrown.
func (a *authority) refusesReplay(t *testing.T, checkpoint string, size int64) {
	t.Helper()
	for _, old := range []string{"0", fmt.Sprint(size)} {
		resp, err := http.Post(a.door.URL+"/witness/add-checkpoint", "text/plain", strings.NewReader("old "+old+"\n\n"+checkpoint))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if old != "0" { // beyond the size of the checkpoint itself
			if resp.StatusCode != http.StatusBadRequest {
				t.Errorf("replayed from %s: %d %s", old, resp.StatusCode, b)
			}
			continue
		}
		if resp.StatusCode != http.StatusConflict || resp.Header.Get("Content-Type") != "text/x.tlog.size" || string(b) != fmt.Sprintf("%d\n", size) {
			t.Errorf("replayed: %d %q %q, want the size %d", resp.StatusCode, resp.Header.Get("Content-Type"), b, size)
		}
	}
}

// forkIsRefused starts a node with the keys of a and a history of its own, of
// so many documents more than a new store has. No witness cosigns it, and it
// says so.
func (a *authority) forkIsRefused(t *testing.T, p *witness.Policy, documents int) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ledger.key", "ledger.pub"} {
		b, err := os.ReadFile(filepath.Join(a.opts.Data, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fork := newAuthority(t, node.Options{Data: dir})
	for i := range documents {
		fork.add(t, fmt.Sprintf("rewritten %d", i))
	}
	fork.gather(t, p)
	eventually(t, "two witnesses refuse the fork", func() bool {
		return strings.Count(fork.get(t, "/metrics"), "\ncountersign_witness_refused{witness=") == 3 &&
			strings.Count(fork.get(t, "/metrics"), "} 1\n") >= 2 && strings.Count(fork.said.String(), "A WITNESS REFUSES THE HISTORY OF THIS LOG") >= 2
	})
	if got := fork.get(t, "/healthz"); !strings.Contains(got, "refuses this log's history") {
		t.Errorf("health of a fork: %s", got)
	}
	if got, err := fork.Ledger.Cosigned(context.Background()); err == nil {
		t.Errorf("a fork is cosigned:\n%s", got)
	}
	if got := fork.get(t, "/metrics"); !strings.Contains(got, `countersign_witness_refused{witness="W1"} 1`) || !strings.Contains(got, "countersign_log_cosigned_size 0\n") {
		t.Errorf("metrics of a fork:\n%s", got)
	}
	if err := fork.Node.Close(); err != nil {
		t.Error(err)
	}
}
