package gate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	for _, tt := range []struct {
		name, text, ref string
		want            int
	}{
		{"CycloneDX JSON", "{\"components\": [\n {\"bom-ref\": \"a\"},\n {\"name\": \"b\", \"bom-ref\":\"b\"}]}", "b", 3},
		{"escapes", "{\n\"bom-ref\": \"pkg:npm\\/b@1\\u003f\"}", "pkg:npm/b@1?", 2},
		{"a quote in it", "\n\"bom-ref\": \"a\\\"b\"", `a"b`, 2},
		{"XML", "<components>\n <component type=\"library\"\n  bom-ref=\"a&amp;b\">", "a&b", 3},
		{"XML in single quotes", "\n<component bom-ref='a\\'>", `a\`, 2},
		{"SPDX JSON", "{\"packages\": [\n\n{\"SPDXID\": \"SPDXRef-b\"}]}", "SPDXRef-b", 3},
		{"tag-value", "PackageName: b\nSPDXID: SPDXRef-b\r\n", "SPDXRef-b", 2},
		{"YAML", "packages:\n- SPDXID: \"SPDXRef-b\"\n", "SPDXRef-b", 2},
		{"SPDX 3", "[\n{\"type\": \"software_Package\",\n\"spdxId\": \"https://a.example/b\"}]", "https://a.example/b", 3},
		{"where it is given, not where it is used", "{\"dependencies\": [{\"ref\": \"b\"}],\n\"components\": [{\"bom-ref\": \"b\"}]}", "b", 2},
		{"first of two", "{\"bom-ref\": \"b\"}\n{\"bom-ref\": \"b\"}", "b", 1},
		{"one line", "{\"bom-ref\": \"b\"}", "b", 1},
		{"not there", "{\"bom-ref\": \"a\"}", "b", 0},
		{"cut off", "\n\"bom-ref\": \"b", "b", 0},
		{"no value", "\n\"bom-ref\"", "b", 0},
		{"empty", "", "b", 0},
		{"too long", "\"bom-ref\": \"" + strings.Repeat("b", maxRef) + "\"", strings.Repeat("b", maxRef), 0},
	} {
		r := &Result{Findings: []Finding{{Place: Place{Path: tt.ref}}, {}}}
		r.Locate([]byte(tt.text))
		if got := r.Findings[0].Place.Line; got != tt.want || r.Findings[1].Place.Line != 0 {
			t.Errorf("%s: line %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestLocateAll finds every finding of a component, and leaves lines that are
// known already.
func TestLocateAll(t *testing.T) {
	r := &Result{Findings: []Finding{{Place: Place{Path: "b"}}, {Place: Place{Path: "a"}}, {Place: Place{Path: "b"}}, {Place: Place{Path: "a", Line: 77}}}}
	r.Locate([]byte("{\"bom-ref\": \"a\"}\n{\"bom-ref\": \"b\"}\n"))
	var got []int
	for _, f := range r.Findings {
		got = append(got, f.Place.Line)
	}
	if fmt.Sprint(got) != "[2 1 2 77]" {
		t.Errorf("lines %v", got)
	}
}

// FuzzLocate gives lines that the text has.
func FuzzLocate(f *testing.F) {
	f.Add([]byte("{\"bom-ref\": \"b\\\\\"}\n<c bom-ref='b'>"), "b")
	f.Add([]byte("SPDXID:\n\nb\nspdxId=\"b\""), "b")
	f.Fuzz(func(t *testing.T, text []byte, ref string) {
		r := &Result{Findings: []Finding{{Place: Place{Path: ref}}}}
		r.Locate(text)
		if line := r.Findings[0].Place.Line; line < 0 || line > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("line %d of %q", line, text)
		}
	})
}

func BenchmarkLocate(b *testing.B) {
	var text bytes.Buffer
	r := &Result{}
	for i := range 50_000 {
		fmt.Fprintf(&text, "    {\n      \"bom-ref\": \"pkg:npm/part-%d@1.0.0?package-id=%016x\",\n      \"type\": \"library\",\n      \"name\": \"part-%d\"\n    },\n", i, i, i)
		if i%10 == 9 {
			r.Findings = append(r.Findings, Finding{Place: Place{Path: fmt.Sprintf("pkg:npm/part-%d@1.0.0?package-id=%016x", i, i)}})
		}
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		for i := range r.Findings {
			r.Findings[i].Place.Line = 0
		}
		r.Locate(text.Bytes())
	}
}
