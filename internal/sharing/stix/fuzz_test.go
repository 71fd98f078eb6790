package stix

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, o := range good(f) {
		f.Add([]byte(o.Bytes))
	}
	for _, s := range []string{`{"type":"bundle","objects":[{},1,[]]}`, `{"objects":[{"id":"x"}]}`, `[[[[]]]]`, `{"type":"tool","type":"tool"}`, "{\"a\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	limits := Limits{Depth: 16, Objects: 10, ObjectBytes: 1 << 16}
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, kind, err := Split(b, limits)
		if err != nil {
			return
		}
		if !json.Valid(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))) {
			t.Fatalf("took for JSON: %q", b)
		}
		for _, p := range parts {
			if !bytes.Contains(b, p) || kind == "" {
				t.Fatalf("%q is no part of %q", p, b)
			}
			o, err := Parse(p, limits)
			if err != nil {
				continue
			}
			if again := appendValue(nil, &o.tree); !sameJSON(t, again, p) {
				t.Fatalf("%s is read as %s", p, again)
			}
		}
	})
}

// sameJSON compares two documents as a reader of numbers as text sees them.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var texts [2]string
	for i, doc := range [][]byte{a, b} {
		d := json.NewDecoder(bytes.NewReader(doc))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(out)
	}
	return texts[0] == texts[1]
}

func FuzzValidate(f *testing.F) {
	for _, o := range good(f) {
		f.Add([]byte(o.Bytes))
	}
	f.Add([]byte(observed20))
	f.Fuzz(func(t *testing.T, b []byte) {
		results, err := ValidateFile(b, Limits{Depth: 16, Objects: 10, ObjectBytes: 1 << 16})
		if err == nil {
			for _, r := range results {
				if r.Valid != (len(r.Errors) == 0) || r.Errors == nil || r.Warnings == nil {
					t.Fatalf("%+v", r)
				}
			}
		}
		// What is upgraded is JSON again, and upgrading it once more changes
		// nothing.
		once, _, err := Upgrade(b)
		if err != nil {
			return
		}
		twice, _, err := Upgrade(once)
		if err != nil || !bytes.Equal(bytes.TrimSpace(once), bytes.TrimSpace(twice)) {
			t.Fatalf("%v\n%s\n%s", err, once, twice)
		}
	})
}
