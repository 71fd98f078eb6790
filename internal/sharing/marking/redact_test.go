package marking

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// redaction makes objects that are at most GREEN, with ids that count.
func redaction() Redaction {
	n := 0
	return Redaction{
		Most: Green, By: "identity--us", Now: time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC), Lookup: func(string) []byte { return nil },
		ID:    func(kind string) string { n++; return fmt.Sprintf("%s--new-%d", kind, n) },
		Refer: func(id string) (string, bool) { return id, true },
	}
}

// TestRedact leaves out parts by their selectors, which count as they did however
// many are left out.
func TestRedact(t *testing.T) {
	const made = `"created":"2021-03-01T00:00:00.000Z","created_by_ref":"identity--us","id":"malware--new","modified":"2021-03-01T00:00:00.000Z"`
	marked := func(level TLP, selectors string) string {
		return `"granular_markings":[{"marking_ref":"` + RefOf(level) + `","selectors":[` + selectors + `]}]`
	}
	tests := []struct{ name, object, want string }{
		{"nothing", `"name":"a"`, made + `,"name":"a","type":"malware"`},
		{"a property", `"name":"a","description":"secret",` + marked(Red, `"description"`), made + `,"name":"a","type":"malware"`},
		{"two of a list", `"aliases":["a","b","c"],` + marked(Amber, `"aliases.[0]","aliases.[2]"`), `"aliases":["b"],` + made + `,"type":"malware"`},
		{"a whole list", `"aliases":["a","b"],` + marked(Amber, `"aliases.[0]","aliases.[1]"`), made + `,"type":"malware"`},
		{"within", `"x":{"y":[{"z":1,"q":2}]},` + marked(Red, `"x.y.[0].z"`), made + `,"type":"malware","x":{"y":[{"q":2}]}`},
		{"what is not there", `"name":"a",` + marked(Red, `"b.[7].c","name.[0]","x.y"`), made + `,"name":"a","type":"malware"`},
		{"what remains bears its marking", `"name":"a",` + marked(Green, `"name"`), made + `,"name":"a","object_marking_refs":["` + RefOf(Green) + `"],"type":"malware"`},
		{"an unknown marking of a part", `"name":"a","x":1,"granular_markings":[{"marking_ref":"marking-definition--x","selectors":["x"]}]`, made + `,"name":"a","type":"malware"`},
		{"a large number stays", `"x":12345678901234567890`, made + `,"type":"malware","x":12345678901234567890`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := `{"type":"malware","id":"malware--1","created":"2020-01-01T00:00:00.000Z","created_by_ref":"identity--them",` + test.object + `}`
			got, link, err := Redact([]byte(o), "malware--new", redaction())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("{"+test.want+"}", string(got)); diff != "" {
				t.Error(diff)
			}
			if !bytes.Contains(link, []byte(`"source_ref":"malware--new"`)) || !bytes.Contains(link, []byte(`"target_ref":"malware--1"`)) {
				t.Errorf("%s", link)
			}
			if strings.Contains(test.object, RefOf(Red)) && !bytes.Contains(link, []byte(RefOf(Red))) {
				t.Errorf("the link names the original to more than may see it: %s", link)
			}
		})
	}
	for name, o := range map[string]string{
		"too strict as a whole": `{"type":"malware","id":"malware--1","created":"2020-01-01T00:00:00.000Z","object_marking_refs":["` + RefOf(Amber) + `"]}`,
		"an unknown marking":    `{"type":"malware","id":"malware--1","created":"2020-01-01T00:00:00.000Z","object_marking_refs":["marking-definition--x"]}`,
		"an observable":         `{"type":"ipv4-addr","id":"ipv4-addr--1","value":"1.2.3.4"}`,
		"no object":             `[]`,
	} {
		if got, _, err := Redact([]byte(o), "x", redaction()); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestRedactAll never names in what it gives on the id, or a secret part, of an
// object that does not go on.
func TestRedactAll(t *testing.T) {
	object := func(kind, id, rest string) []byte {
		return []byte(`{"type":"` + kind + `","id":"` + kind + `--` + id + `","created":"2020-01-01T00:00:00.000Z"` + rest + `}`)
	}
	red := `,"object_marking_refs":["` + RefOf(Red) + `"]`
	objects := [][]byte{
		object("malware", "open", `,"name":"open"`),
		object("malware", "closed", `,"name":"closed"`+red),
		object("malware", "part", `,"name":"part","description":"hidden","granular_markings":[{"marking_ref":"`+RefOf(Red)+`","selectors":["description"]}]`),
		object("report", "all", `,"name":"report","object_refs":["malware--open","malware--closed","malware--part"]`),
		object("report", "only", `,"name":"empty","object_refs":["malware--closed"]`),
		object("note", "of-empty", `,"object_refs":["report--only"]`),
		object("relationship", "1", `,"relationship_type":"uses","source_ref":"malware--open","target_ref":"malware--closed"`),
		object("relationship", "2", `,"relationship_type":"uses","source_ref":"malware--open","target_ref":"malware--part"`),
		object("relationship", "3", `,"relationship_type":"uses","source_ref":"malware--open","target_ref":"malware--open"`),
	}
	whole := func(b []byte) error {
		var o map[string]any
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
		for kind, demanded := range map[string][]string{"report": {"object_refs"}, "note": {"object_refs"}, "relationship": {"source_ref", "target_ref"}} {
			for _, p := range demanded {
				if o["type"] == kind && o[p] == nil {
					return errors.New(p + " is missing")
				}
			}
		}
		return nil
	}
	got, err := RedactAll(objects, redaction(), whole)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Objects) != 2 || !bytes.Equal(got.Objects[0], objects[0]) || !bytes.Equal(got.Objects[1], objects[8]) {
		t.Errorf("as they were: %s", got.Objects)
	}
	var dropped []string
	for id := range got.Dropped {
		dropped = append(dropped, id)
	}
	slices.Sort(dropped)
	if want := "malware--closed note--of-empty relationship--1 report--only"; strings.Join(dropped, " ") != want {
		t.Errorf("dropped %v", got.Dropped)
	}
	if len(got.Derived) != 3 || len(got.Links) != 3 {
		t.Errorf("derived: %s", got.Derived)
	}
	all := string(bytes.Join(slices.Concat(got.Objects, got.Derived), []byte("\n")))
	for _, secret := range []string{"closed", "hidden", "malware--part", "report--all", "report--only"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is given on: %s", secret, all)
		}
	}
	if _, err := RedactAll([][]byte{objects[0], objects[0]}, redaction(), whole); err == nil {
		t.Error("two versions of one object are taken")
	}
}

// FuzzRedact never keeps what is marked too strictly, and never fails but with an
// error.
func FuzzRedact(f *testing.F) {
	f.Add("name", `{"name":"SECRET"}`)
	f.Add("a.[0].b", `{"a":[{"b":"SECRET"}]}`)
	f.Fuzz(func(t *testing.T, selector, rest string) {
		var tree map[string]any
		if json.Unmarshal([]byte(rest), &tree) != nil || tree == nil {
			return
		}
		delete(tree, "object_marking_refs")
		tree["type"], tree["id"], tree["created"] = "malware", "malware--1", "2020-01-01T00:00:00.000Z"
		tree["granular_markings"] = []any{map[string]any{"marking_ref": RefOf(Red), "selectors": []string{selector}}}
		tree["secret"] = "SECRET"
		b, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Redact(b, "malware--2", redaction())
		if err == nil && selector == "secret" && bytes.Contains(got, []byte(`"secret":"SECRET"`)) {
			t.Errorf("%s", got)
		}
	})
}
