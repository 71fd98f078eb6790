package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/demo"
)

// TestKilledServer kills a server after it recorded a change and while its
// receiver is down. The next one tells, with the id of the same decision.
func TestKilledServer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals are sent")
	}
	var down atomic.Bool
	down.Store(true)
	ids, bodies := make(chan string, 100), make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		ids <- r.Header.Get("webhook-id")
		bodies <- string(b)
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()

	data := t.TempDir()
	program := func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), "countersign", append([]string{"--data", data}, args...)...)
		c.Env = append(os.Environ(), "TEST_NOW=")
		return c
	}
	do := func(args ...string) {
		t.Helper()
		if out, err := program(args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	file := func(name string) string {
		b, err := demo.FS.ReadFile(name)
		path := filepath.Join(t.TempDir(), filepath.Base(name))
		if err == nil {
			err = os.WriteFile(path, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	serve := func() (*exec.Cmd, *bytes.Buffer) {
		c, log := program("serve", "--open", "--listen", "127.0.0.1:0", "--private-webhooks"), &bytes.Buffer{}
		c.Stderr = log
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, log
	}
	wait := func(what string, from <-chan string) string {
		t.Helper()
		select {
		case s := <-from:
			return s
		case <-time.After(time.Minute):
			t.Fatalf("%s: nothing came within a minute", what)
		}
		return ""
	}

	standing := func() string {
		t.Helper()
		out, err := program("watch", "list", "--format", "json").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}

	do("import", file("software/payroll-suite-5.4.0.cdx.json"))
	do("watch", "add", "pkg:generic/harrow/payroll-suite@5.4.0", "--purpose", "operate", "--webhook", receiver.URL)
	first, _ := serve()
	do("import", file("advisories/log4shell.2022-03-25.osv.json"))
	id := wait("the first server", ids)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(standing(), "answered 503"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the failure is not to be seen: %s", standing())
		}
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait() // killed, it says

	down.Store(false)
	second, log := serve()
	if got := wait("the second server", ids); got != id || !strings.HasPrefix(id, "sha256:") {
		t.Errorf("the second server told with id %q, the first with %q", got, id)
	}
	<-bodies
	if b := <-bodies; !strings.Contains(b, `"was":"review","is":"deny"`) {
		t.Errorf("told %s", b)
	}
	// One that is stopped between a message and its answer sends it again.
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(standing(), `"due": 0`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("what was told is not to be seen: %s", standing())
		}
	}
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second server: %v\n%s", err, log)
	}
}
