package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// gomod is the generator for Go modules, at the version that the kept output is
// of.
const gomod = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// generated is what a generator writes now, or where it cannot be had what it
// wrote when it was kept.
func generated(t *testing.T, name string, cmd *exec.Cmd, output func() ([]byte, error)) []byte {
	t.Helper()
	said, err := cmd.CombinedOutput()
	if err == nil {
		b, err := output()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Logf("the generator cannot be had, its kept output is used: %v: %.300s", err, said)
	b, err := os.ReadFile(filepath.Join("testdata", "generated", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFreshBills has generators that people use write bills, and takes these
// through the gate: this project by cyclonedx-gomod, a small package by npm.
func TestFreshBills(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	file := filepath.Join(dir, "gomod.cdx.json")
	own := exec.CommandContext(ctx, "go", "run", gomod, "mod", "-json", "-output", file, "../..")
	project := generated(t, "gomod.cdx.json", own, func() ([]byte, error) { return os.ReadFile(file) })

	small := filepath.Join(dir, "small")
	write(t, filepath.Join(small, "package.json"), `{"name": "small", "version": "1.0.0", "dependencies": {"lodash": "4.17.20"}}`)
	write(t, filepath.Join(small, "package-lock.json"), `{"name": "small", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
		"": {"name": "small", "version": "1.0.0", "dependencies": {"lodash": "4.17.20"}}, "node_modules/lodash": {"version": "4.17.20"}}}`)
	var out bytes.Buffer
	npm := exec.CommandContext(ctx, "sh", "-c", "npm sbom --package-lock-only --sbom-format=cyclonedx > sbom.json")
	npm.Dir = small
	pack := generated(t, "npm.cdx.json", npm, func() ([]byte, error) { return os.ReadFile(filepath.Join(small, "sbom.json")) })

	data := filepath.Join(dir, "store")
	advisory := filepath.Join(dir, "weak.json")
	write(t, advisory, `{"id": "GHSA-35jh-r3h4-6jhm", "modified": "2021-05-06T16:05:51Z", "aliases": ["CVE-2021-23337"], "summary": "x",
		"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
		"affected": [{"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]}]}`)
	if code := ran(t, &out, "--data", data, "import", advisory); code != 0 {
		t.Fatalf("import: exit code %d\n%s", code, &out)
	}
	for _, c := range []struct {
		name       string
		bill       []byte
		exit       int
		components int
		findings   int
	}{
		{"gomod.cdx.json", project, 3, 20, 0},
		{"npm.cdx.json", pack, 4, 1, 1},
	} {
		path := filepath.Join(dir, c.name)
		write(t, path, string(c.bill))
		out.Reset()
		if code := ran(t, &out, "--data", data, "check", path, "--purpose", "operate", "--format", "json"); code != c.exit {
			t.Errorf("%s: exit code %d, want %d\n%s", c.name, code, c.exit, &out)
			continue
		}
		var answer struct {
			Software struct {
				Release struct {
					Components int
					Unnamed    int
					Broken     int
				}
				Findings []struct{ Advisory string }
			}
		}
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		r := answer.Software.Release
		if r.Components < c.components || r.Unnamed > 0 || r.Broken > 0 || len(answer.Software.Findings) != c.findings {
			t.Errorf("%s: %+v, %d findings", c.name, r, len(answer.Software.Findings))
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ran runs the program and gives its exit code.
func ran(t *testing.T, out *bytes.Buffer, args ...string) int {
	t.Helper()
	var stderr bytes.Buffer
	p := &Program{Args: args, Stdout: out, Stderr: &stderr, Getenv: func(string) string { return "" }}
	code := p.Run(t.Context())
	if stderr.Len() > 0 {
		t.Logf("%v: %s", args, &stderr)
	}
	return code
}
