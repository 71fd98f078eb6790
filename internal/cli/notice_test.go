package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/notice/bulletin"
)

// TestKilledTelling kills whoever tells sixty organisations, at moments all over
// the time that it takes. Whatever was begun is finished by the next: of each
// bulletin nobody was told, or everybody is, once.
func TestKilledTelling(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes are killed")
	}
	const organisations, kills = 60, 8
	dir := t.TempDir()
	data := filepath.Join(dir, "store")
	table := "as_of,organisation,system,software,version\n"
	for i := range organisations {
		table += fmt.Sprintf("2026-01-01,agency-%03d,s-%03d,Ledger Server,1.0\n", i, i)
	}
	file := filepath.Join(dir, "all.2026-01-01.csv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	program := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), "countersign", append([]string{"--data", data}, args...)...)
		c.Env = append(os.Environ(), "TEST_NOW=")
		return c
	}
	run := func(c *exec.Cmd) {
		t.Helper()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, out)
		}
	}
	tell := func(i int) *exec.Cmd {
		return program("notice", "tell", "Ledger Server 1.0", "--text", fmt.Sprint("round ", i))
	}
	run(program("import", file))
	begun := time.Now()
	run(tell(0))
	whole := time.Since(begun)
	killed := 0
	for i := 1; i <= kills; i++ {
		c := tell(i)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(whole*time.Duration(2*i+kills)/(2*kills), func() { c.Process.Kill() })
		if err := c.Wait(); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != -1 {
				t.Fatalf("round %d: %v", i, err)
			}
			killed++
		}
		timer.Stop()
	}
	t.Logf("killed %d of %d, which take %s each", killed, kills, whole)
	if killed == 0 {
		t.Error("nobody was killed in time")
	}
	checkAllTold(t, data, organisations)
}

// checkAllTold does what was left undone, and looks at every bulletin.
func checkAllTold(t *testing.T, data string, organisations int) {
	t.Helper()
	// When leases have ended.
	later := func() time.Time { return time.Now().Add(5 * time.Minute) }
	n, err := node.Open(t.Context(), node.Options{Data: data, Now: later})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	before, err := n.List(t.Context(), access.Ask{Reader: access.Operator}, ledger.Filter{Kind: bulletin.KindLetter, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.NewPost(node.NoticeOptions{}).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := access.Ask{Reader: access.Operator}
	all, err := n.Notices(t.Context(), ask, 100)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d bulletins, %v", len(all), err)
	}
	t.Logf("%d bulletins; %d letters were kept before they were all killed", len(all), len(before))
	for _, b := range all {
		done := 0
		for _, told := range b.Told {
			for _, d := range told.Deliveries {
				if d.State == "done" {
					done++
				}
			}
		}
		if !strings.HasPrefix(b.Text, "round ") || len(b.Told) != organisations || done != organisations {
			t.Errorf("%s, %s: %d organisations, %d of them told", b.ID, b.Text, len(b.Told), done)
		}
	}
	letters, err := n.List(t.Context(), ask, ledger.Filter{Kind: bulletin.KindLetter, Limit: 10_000})
	if err != nil || len(letters) != len(all)*organisations {
		t.Errorf("%d letters of %d bulletins to %d organisations, %v", len(letters), len(all), organisations, err)
	}
	if v, err := n.Ledger.Verify(t.Context(), nil); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
