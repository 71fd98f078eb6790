package spdx

import (
	"bytes"
	"reflect"
	"testing"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// small limits let a fuzzer reach them.
var fuzzed = Limits{Bytes: 1 << 16, YAML: 1 << 14, Depth: 12, Components: 50, Relations: 60, Text: 300, Faults: 5}

// FuzzJSON reads SPDX 2 and 3 in JSON, also from envelopes.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(tiny))
	f.Add([]byte(packages(ab, relates("a", "DEV_DEPENDENCY_OF", "b")+","+relates("DOCUMENT", "DESCRIBES", "f"))))
	f.Add([]byte(`{"files": [{"SPDXID": "SPDXRef-f", "fileName": "k"}], ` + packages(ab, relates("DOCUMENT", "DESCRIBES", "f"))[1:]))
	f.Add([]byte(graph(graphOfThree)))
	f.Add([]byte(`{"predicateType": "https://spdx.dev/Document", "predicate": ` + packages(ab, "") + `}`))
	f.Add([]byte(`{"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [1]}`))
	f.Add([]byte(`{"@context": "https://spdx.org/rdf/3.0.0/", "type": "software_Package", "spdxId": "u", "suppliedBy": {"type": "Person", "name": "J"}}`))
	f.Fuzz(check)
}

// FuzzTags reads the tag-value form.
func FuzzTags(f *testing.F) {
	f.Add([]byte(tinyTags))
	f.Add([]byte("SPDXVersion: SPDX-2.2\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-f\nFileName: k\nSPDXID: SPDXRef-f\n"))
	f.Add([]byte("SPDXVersion: SPDX-2.1\n: x\nPackageName: <text>a\nb</text>\nSnippetSPDXID: SPDXRef-s\nRelationship: a b"))
	f.Fuzz(check)
}

// FuzzYAML reads the YAML form.
func FuzzYAML(f *testing.F) {
	f.Add([]byte(tinyYAML))
	f.Add([]byte("spdxVersion: SPDX-2.3\npackages: &p\n- {SPDXID: a, name: *p}\n"))
	f.Fuzz(check)
}

// check reads a document and looks at what must hold of any bill; what is
// written of it can be read again.
func check(t *testing.T, b []byte) {
	Recognise("", b)
	bill, err := Read(t.Context(), b, fuzzed)
	if err != nil {
		if problem.KindOf(err) == problem.Internal {
			t.Errorf("%q: %v has no kind", b, err)
		}
		return
	}
	consistent(t, bill)
	var out bytes.Buffer
	if err := Write(&out, bill); err != nil {
		t.Fatal(err)
	}
	again, err := Read(t.Context(), out.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", out.Bytes(), err)
	}
	consistent(t, again)
	if len(again.Components) != len(bill.Components) || len(again.Edges) > len(bill.Edges) {
		t.Errorf("%d components and %d edges, then %d and %d", len(bill.Components), len(bill.Edges), len(again.Components), len(again.Edges))
	}
	var third bytes.Buffer
	if err := Write(&third, again); err != nil {
		t.Fatal(err)
	}
	last, err := Read(t.Context(), third.Bytes(), Limits{})
	if err != nil || !reflect.DeepEqual(again, last) {
		t.Errorf("%v; read again it differs:\n%+v\n%+v", err, again, last)
	}
}

// consistent looks that indices are in range and refs are unique.
func consistent(t *testing.T, b *software.Bill) {
	t.Helper()
	in := func(i int) bool { return i >= 0 && i < len(b.Components) }
	if b.Root != -1 && !in(b.Root) {
		t.Errorf("root %d of %d", b.Root, len(b.Components))
	}
	refs := map[string]bool{}
	for _, c := range b.Components {
		if c.Ref != "" && refs[c.Ref] {
			t.Errorf("ref %q twice", c.Ref)
		}
		refs[c.Ref] = true
		if c.Parent != -1 {
			t.Errorf("parent %d", c.Parent)
		}
	}
	for _, e := range b.Edges {
		if !in(e.From) || !in(e.To) {
			t.Errorf("edge %v of %d", e, len(b.Components))
		}
	}
	for _, l := range b.Links {
		if l.From != -1 && !in(l.From) || l.Target == "" {
			t.Errorf("link %+v", l)
		}
	}
	if len(b.Broken) > 101 {
		t.Errorf("%d faults", len(b.Broken))
	}
}
