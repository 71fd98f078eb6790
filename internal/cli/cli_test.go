package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign.dev/directives"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/realdata"
	"countersign.dev/policies"
	"countersign.dev/programmes"
	"countersign.dev/schemes"
)

// TestMain makes the test binary the program under test: a script's
// "countersign" runs it in a process of its own, wired as main wires it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"countersign": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		self, err := exec.LookPath(os.Args[0])
		if err != nil {
			panic(err)
		}
		p := Program{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Self: self,
		}
		if now := os.Getenv("TEST_NOW"); now != "" {
			t, err := time.Parse(time.RFC3339, now)
			if err != nil {
				panic(err)
			}
			p.Now = func() time.Time { return t }
		}
		os.Exit(p.Run(ctx))
	}})
}

// params of scripts in dir. Their store is $WORK/store, and the day is
// 2026-11-23 unless a script says otherwise.
func params(t *testing.T, dir string) testscript.Params {
	return testscript.Params{
		Dir: dir, RequireUniqueNames: true, UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": jsonValue, "flip": flip, "get": get, "truncate": truncate, "bomb": bomb, "publish": publish,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("COUNTERSIGN_DATA", filepath.Join(env.WorkDir, "store"))
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_DATA_HOME", "")
			env.Setenv("TEST_NOW", "2026-11-23T12:00:00Z")
			return setPositions(env)
		},
	}
}

// setPositions tells a script where a new store's ledger goes on: $RULES is the
// position of the last programme, policy, scheme or directive that the program ships, $P1 that of
// the first document after them, and so on.
func setPositions(env *testscript.Env) error {
	shipped := 0
	for _, dir := range []struct {
		fs.FS
		names string
	}{{programmes.FS, "*.yaml"}, {policies.FS, "*.yaml"}, {schemes.FS, "*.yaml"}, {directives.FS, "*/*.yaml"}} {
		files, err := fs.Glob(dir, dir.names)
		if err != nil {
			return err
		}
		shipped += len(files)
	}
	env.Setenv("RULES", strconv.Itoa(shipped))
	for i := range 9 {
		env.Setenv(fmt.Sprintf("P%d", i+1), strconv.Itoa(shipped+i+1))
	}
	return nil
}

func TestScripts(t *testing.T) { testscript.Run(t, params(t, "testdata")) }

// TestRealScripts asks about the official files.
func TestRealScripts(t *testing.T) {
	data := realdata.Path(t, "data/screening")
	p := params(t, filepath.Join("testdata", "real"))
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("COUNTERSIGN_DATA_DIR_FOR_TESTS", data)
		return setup(env)
	}
	testscript.Run(t, p)
}

// TestPostgresScripts runs scripts with $DB naming an empty database.
func TestPostgresScripts(t *testing.T) {
	url := dbtest.URL(t, "postgres")
	p := params(t, filepath.Join("testdata", "postgres"))
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("DB", url)
		return setup(env)
	}
	testscript.Run(t, p)
}

// exits CODE PROGRAM ARG... runs a program that must end with this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// json PATH VALUE compares one value of the JSON that the last command
// printed. A path is keys, indexes, "len" and KEY=VALUE, which finds an element
// of an array, joined by dots; a value that is no string is given as JSON, and
// "-" means that it is not there.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH VALUE")
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var v any
	ts.Check(dec.Decode(&v))
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("something follows the JSON value")
	}
	got := at(v, strings.Split(args[0], "."))
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

func at(v any, path []string) string {
	for _, step := range path {
		switch w := v.(type) {
		case map[string]any:
			next, ok := w[step]
			if !ok {
				return "-"
			}
			v = next
		case []any:
			if step == "len" {
				return strconv.Itoa(len(w))
			}
			i, err := indexOf(w, step)
			if err != nil || i >= len(w) {
				return "-"
			}
			v = w[i]
		default:
			return "-"
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// indexOf is the index that a step of a path means.
func indexOf(array []any, step string) (int, error) {
	key, value, found := strings.Cut(step, "=")
	if !found {
		return strconv.Atoi(step)
	}
	for i, element := range array {
		if at(element, []string{key}) == value {
			return i, nil
		}
	}
	return len(array), nil
}

// flip FILE TEXT changes one byte of a file: a bit in the middle of the first
// place where TEXT stands.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	i := bytes.Index(b, []byte(args[1]))
	if i < 0 {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	b[i+len(args[1])/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o644))
}

// truncate FILE SIZE cuts a file off.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// bomb FILE writes a small gzip file that unpacks to 4 GB.
func bomb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bomb FILE")
	}
	var unit bytes.Buffer // a member of its own; members one after the other unpack to one file
	z := gzip.NewWriter(&unit)
	_, err := z.Write(make([]byte, 64<<20))
	ts.Check(errors.Join(err, z.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat(unit.Bytes(), 64), 0o644))
}

// get BASE PATH STATUS asks a server that a script started in the background
// and whose first line of output, its address, is in the file BASE. The body
// goes to standard output.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get BASE PATH STATUS")
	}
	var base string
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if line, _, ended := strings.Cut(string(b), "\n"); err == nil && ended {
			base = strings.TrimSuffix(line, "/")
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no server says in %s where it is", args[0])
		}
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+args[1], nil)
	ts.Check(err)
	response, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s", b)
	if got := strconv.Itoa(response.StatusCode); got != args[2] {
		ts.Fatalf("GET %s: status %s, want %s: %.200s", args[1], got, args[2], b)
	}
}
