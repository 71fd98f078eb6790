package ledger

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// The variables that make the test binary a writer to be killed.
const (
	victimStore = "COUNTERSIGN_VICTIM_STORE"
	victimKey   = "COUNTERSIGN_VICTIM_KEY"
	victimPub   = "COUNTERSIGN_VICTIM_PUBLIC_KEY"
	victimName  = "COUNTERSIGN_VICTIM_NAME"
	killsVar    = "COUNTERSIGN_KILLS" // how often each engine's writer is killed
)

func TestMain(m *testing.M) {
	if url := os.Getenv(victimStore); url != "" {
		fmt.Fprintln(os.Stderr, "victim:", beVictim(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// beVictim appends editions as fast as it can, four at a time, and prints the
// digest of each document once its append has returned. It never ends by
// itself.
func beVictim(url string) error {
	signer, err := note.NewSigner(os.Getenv(victimKey))
	if err != nil {
		return err
	}
	store, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(os.Getenv(victimPub))
	if err != nil {
		return err
	}
	l := New(store, Options{Signer: signer, Verifier: verifier})
	var print sync.Mutex
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				e := victimEdition(fmt.Sprintf("%s-%d-%d", os.Getenv(victimName), w, i), fmt.Sprintf("list%d", w))
				r, err := l.Append(context.Background(), e)
				if err != nil {
					failed <- err
					return
				}
				print.Lock()
				for _, d := range r.Documents {
					fmt.Println(d.Digest)
				}
				print.Unlock()
			}
		}()
	}
	return <-failed
}

// victimEdition has two documents, several facts, and changes what the edition
// before it said. Every other one is private.
func victimEdition(name, source string) Edition {
	e := Edition{Actor: "victim"}
	if strings.HasSuffix(name, "1") {
		e.Audience = access.ForOrganisation("acme")
	}
	for _, part := range []string{"a", "b"} {
		doc := Document{
			Bytes: []byte(name + part + strings.Repeat(" filler", rand.IntN(4000))), Kind: "test", Source: source, Part: part, Name: name, Published: "2021-01-01",
		}
		for i := range 20 {
			doc.Statements = append(doc.Statements, Statement{Kind: "k", Subject: fmt.Sprintf("s%d", i), Key: "1", Body: rand.IntN(3)})
		}
		e.Documents = append(e.Documents, doc)
	}
	return e
}

// TestKill kills a process that appends, again and again, at a moment of
// chance. Whatever it had acknowledged must be there, and the ledger whole.
func TestKill(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv(killsVar)); err == nil {
		kills = n
	}
	dbtest.Each(t, func(t *testing.T, url string) {
		signing, public, err := GenerateKey("test.example/log")
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := note.NewVerifier(public)
		if err != nil {
			t.Fatal(err)
		}
		store, err := db.Open(context.Background(), url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		l := New(store, Options{Verifier: verifier})
		defer l.Close()
		var acknowledged []string
		for n := range kills {
			acknowledged = append(acknowledged, killOne(t, url, fmt.Sprint(n), signing, public)...)
			// A full verification costs as much as the ledger is long, so it
			// is made after each of the first and then of every tenth kill.
			if n < 5 || n%10 == 9 || n == kills-1 {
				mustVerify(t, l)
			}
			missing(t, l, acknowledged)
			if t.Failed() {
				t.Fatalf("after kill %d", n+1)
			}
		}
		h, err := l.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d kills, %d documents acknowledged, %d in the ledger", kills, len(acknowledged), h.Position)
		if len(acknowledged) < kills {
			t.Errorf("only %d documents were acknowledged in %d runs: the test tests little", len(acknowledged), kills)
		}
	})
}

// killOne runs a victim, kills it and returns what it had acknowledged.
func killOne(t *testing.T, url, name, signing, public string) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimStore+"="+url, victimKey+"="+signing, victimPub+"="+public, victimName+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var got []string
	lines := bufio.NewScanner(out)
	first := true
	for lines.Scan() {
		// A line cut by the kill was not acknowledged to anybody.
		if len(lines.Text()) == len("sha256:")+64 {
			got = append(got, lines.Text())
		}
		if first {
			first = false
			time.AfterFunc(time.Duration(rand.IntN(150_000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("victim was not killed: %v; %s", err, stderr.String())
	}
	return got
}

func missing(t *testing.T, l *Ledger, digests []string) {
	t.Helper()
	held := map[string]bool{}
	for _, a := range []access.Audience{access.Public, access.ForOrganisation("acme")} {
		some, err := l.Holds(context.Background(), a, digests)
		if err != nil {
			t.Fatal(err)
		}
		for d := range some {
			held[d] = true
		}
	}
	for _, d := range digests {
		if !held[d] {
			t.Errorf("%s was acknowledged and is lost", d)
		}
	}
}

// TestFollowerMissesNothing has eight writers append 2,000 documents, or 20,000
// where kills are asked for too.
func TestFollowerMissesNothing(t *testing.T) {
	each := 250
	if os.Getenv(killsVar) != "" {
		each = 2500
	}
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		followEightWriters(t, open, each)
	})
}
