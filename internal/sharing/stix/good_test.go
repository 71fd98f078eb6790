package stix

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// good is one object or more of every type, all right.
func good(t testing.TB) []*Object {
	t.Helper()
	b, err := os.ReadFile("testdata/good.json")
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, b)
}

// objects is the objects of a document.
func objects(t testing.TB, b []byte) []*Object {
	t.Helper()
	parts, _, err := Split(b, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var out []*Object
	for _, part := range parts {
		o, err := Parse(part, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

func TestGoodObjects(t *testing.T) {
	types := map[string]bool{}
	for _, o := range good(t) {
		types[o.Type] = true
		if r := Validate(o); !r.Valid || len(r.Warnings) > 0 {
			t.Errorf("%s: %+v %+v", o.ID, r.Errors, r.Warnings)
		}
	}
	for name, k := range types21() {
		if !types[name] && k.class != bundle && name[0] != '(' {
			t.Errorf("no good %s", name)
		}
	}
	// Every property of every type, so that what is done to good objects is
	// done to all.
	for name, k := range types21() {
		for p := range k.shape.props {
			if !covered(t, name, p) {
				t.Errorf("no good %s has %s", name, p)
			}
		}
	}
}

// covered reports whether a good object has a property, or need not have it in
// this test.
func covered(t *testing.T, kind, property string) bool {
	common := ofDomain
	if k := types21()[kind]; k.class == observable {
		common = ofObservable
	}
	if _, shared := common[property]; shared || kind[0] == '(' || kind == "bundle" || kind == "marking-definition" {
		return true
	}
	if kind == "observed-data" && property == "objects" { // deprecated
		return true
	}
	for _, o := range good(t) {
		if o.Type == kind && o.tree.has(property) {
			return true
		}
	}
	return false
}

// changed is the first good object of a type with some members replaced; null
// takes a member away.
func changed(t *testing.T, kind, patch string) *Object {
	t.Helper()
	return changedOf(t, good(t), kind, patch)
}

func changedOf(t *testing.T, from []*Object, kind, patch string) *Object {
	t.Helper()
	for _, o := range from {
		if o.Type != kind {
			continue
		}
		var members, changes map[string]json.RawMessage
		for b, to := range map[string]*map[string]json.RawMessage{string(o.Bytes): &members, patch: &changes} {
			if err := json.Unmarshal([]byte(b), to); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
		}
		for name, v := range changes {
			if bytes.Equal(v, []byte("null")) {
				delete(members, name)
			} else {
				members[name] = v
			}
		}
		b, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Parse(b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatalf("no %s", kind)
	return nil
}
