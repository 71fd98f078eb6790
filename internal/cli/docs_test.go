package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// run runs the program on a store in dir and gives what it printed.
func run(t *testing.T, dir, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	p := Program{
		Args: append([]string{"--data", dir}, args...), Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) },
	}
	code = p.Run(context.Background())
	return out.String(), errs.String(), code
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReadme runs the README's examples and compares what it shows. With
// UPDATE_SCRIPTS set it writes what it got into the README instead.
func TestReadme(t *testing.T) {
	dir := t.TempDir()
	if _, errs, code := run(t, dir, "", "import", "--demo"); code != 0 {
		t.Fatalf("import: exit code %d: %s", code, errs)
	}
	for _, example := range []struct {
		command string
		code    int
	}{
		{"check Xiaomi --purpose invest --at 2021-02-01", 3},
		{"label show 7K3M9-2QXWF --at 2026-05-20", 0},
	} {
		got, errs, code := run(t, dir, "", strings.Fields(example.command)...)
		if code != example.code || errs != "" {
			t.Errorf("%s: exit code %d, want %d: %s", example.command, code, example.code, errs)
		}
		shownInReadme(t, example.command, got)
	}
	// The days of the label in the table below it.
	rows := regexp.MustCompile(`(?m)^\| ([0-9-]{10}) \| (today|[0-9-]{10}) \| (active|suspended|expired) \|`).FindAllStringSubmatch(readDoc(t, "README.md"), -1)
	for _, row := range rows {
		args := []string{"label", "show", "7K3M9-2QXWF", "--format", "json", "--at", row[1]}
		if row[2] != "today" {
			args = append(args, "--known", row[2])
		}
		got, errs, code := run(t, dir, "", args...)
		if code != 0 || !strings.Contains(got, `"status": "`+row[3]+`"`) {
			t.Errorf("%s: exit code %d, not %s: %s%s", row[0], code, row[3], got, errs)
		}
	}
	if len(rows) != 5 {
		t.Errorf("the README tells of %d days of the label, want 5", len(rows))
	}
}

// shownInReadme compares what a command printed with what the README shows.
func shownInReadme(t *testing.T, command, got string) {
	t.Helper()
	readme := readDoc(t, "README.md")
	begin := "$ countersign " + command + "\n"
	before, rest, found := strings.Cut(readme, begin)
	shown, after, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatalf("the README does not show %q", command)
	}
	switch {
	case shown == got:
	case os.Getenv("UPDATE_SCRIPTS") != "":
		if err := os.WriteFile(filepath.Join("..", "..", "README.md"), []byte(before+begin+got+"```"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the README shows\n%s\nand the program says\n%s", shown, got)
	}
}

// TestExamples reads the examples of what people write.
func TestExamples(t *testing.T) {
	for doc, kind := range map[string]string{"docs/policies.md": "policy", "docs/event-files.md": "events"} {
		t.Run(doc, func(t *testing.T) {
			_, rest, _ := strings.Cut(readDoc(t, doc), "```yaml\n")
			example, _, found := strings.Cut(rest, "```")
			if !found {
				t.Fatal("no example")
			}
			out, errs, code := run(t, t.TempDir(), example, "show", "-")
			if code != 0 || !strings.Contains(out, "  kind        "+kind) {
				t.Errorf("exit code %d\n%s%s", code, out, errs)
			}
		})
	}
}

// TestCommandsAreDocumented finds every command and flag in the guide.
func TestCommandsAreDocumented(t *testing.T) {
	guide := readDoc(t, "docs/cli.md") + readDoc(t, "docs/figures.md")
	a := &app{printer: &printer{}}
	var walk func(c *cobra.Command, path string)
	walk = func(c *cobra.Command, path string) {
		if path != "" && !strings.Contains(guide, path) {
			t.Errorf("no word on %s", path)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(guide, "--"+f.Name) {
				t.Errorf("%s: no word on --%s", path, f.Name)
			}
		})
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				walk(sub, strings.TrimSpace(path+" "+sub.Name()))
			}
		}
	}
	walk(a.root(), "")
}

// TestPrinter holds what a terminal is sent, which scripts cannot see.
func TestPrinter(t *testing.T) {
	t.Run("nothing breaks out of its line", func(t *testing.T) {
		if got, want := oneLine(" a\nb\x1b[31m\u202ec\t"), "a b[31mc"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("wide characters", func(t *testing.T) {
		if got := columnsOf("小米 Ltd"); got != 8 {
			t.Errorf("%d columns, want 8", got)
		}
		if got := pad("小米", 6); got != "小米  " {
			t.Errorf("%q", got)
		}
	})
	t.Run("wrap", func(t *testing.T) {
		got := wrap("one two  three-and-a-half four", 9)
		want := []string{"one two", "three-and-a-half", "four"}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("colour only where it is wanted", func(t *testing.T) {
		p := &printer{}
		if got := p.style(red, "deny"); got != "deny" {
			t.Errorf("%q", got)
		}
		p.colours = true
		if got := p.style(red, "deny"); got != "\x1b[1;31mdeny\x1b[0m" {
			t.Errorf("%q", got)
		}
	})
	t.Run("a broken output is a failure", func(t *testing.T) {
		p := Program{
			Args: []string{"version"}, Stdout: brokenWriter{}, Stderr: new(bytes.Buffer), Getenv: func(string) string { return "" },
		}
		if code := p.Run(context.Background()); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestBrowsable is what a browser is sent to.
func TestBrowsable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "[::1]:8": "[::1]:8",
	} {
		if got := browsable(textAddress(address)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

type textAddress string

func (textAddress) Network() string  { return "tcp" }
func (a textAddress) String() string { return string(a) }
