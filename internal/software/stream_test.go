package software

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A bill is written piece by piece as it is written whole.
func TestWriteJSON(t *testing.T) {
	full := Bill{
		Format: "CycloneDX", Name: `"components":null <&>`, Root: 0, Authors: []string{`,"components":null`},
		Components: []Component{{Name: `a"components":null`, Parent: -1, Hashes: []Hash{{"SHA-256", "ab"}}}, {Name: "b\u2028<", Parent: 0}},
		Edges:      []Edge{{0, 1, ""}, {1, 0, "contains"}},
		Links:      []BillLink{{-1, "urn:cdx:1", "bom"}}, Broken: []string{"components[3]: no name"}, Signed: true,
	}
	for name, change := range map[string]func(*Bill){
		"full":              func(*Bill) {},
		"no edges":          func(b *Bill) { b.Edges = nil },
		"empty edges":       func(b *Bill) { b.Edges = []Edge{} },
		"no components":     func(b *Bill) { b.Components = nil },
		"empty components":  func(b *Bill) { b.Components = []Component{} },
		"nothing after":     func(b *Bill) { b.Links, b.Broken, b.Signed = nil, nil, false },
		"nothing but a bit": func(b *Bill) { *b = Bill{} },
	} {
		b := full
		change(&b)
		want, err := json.Marshal(&b)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := writeJSON(&got, &b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-whole +pieces):\n%s", name, diff)
		}
	}
}

// What is packed in pieces is unpacked as anything else is, and equal bills
// give equal bytes.
func TestPackStream(t *testing.T) {
	b := Bill{Format: "SPDX", Version: "2.3", Root: -1}
	for i := range streamed {
		b.Components = append(b.Components, Component{Name: fmt.Sprint("name", i), PURL: fmt.Sprintf("pkg:npm/name%d@1.%d", i, i%7), Parent: -1})
	}
	p, err := PackBill(&b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := PackBill(&b)
	if err != nil || !bytes.Equal(p.Packed, again.Packed) {
		t.Fatalf("packed twice: %d and %d bytes, %v", len(p.Packed), len(again.Packed), err)
	}
	got, err := p.Unpack()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&b, got); diff != "" {
		t.Error(diff)
	}
}
