package stix

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
)

// schemas is the JSON schemas that are published beside the standard, by type.
func schemas(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	dir := realdata.Path(t, "data/sharing/stix/schemas/schemas")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	ids := map[string]string{}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		id := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
		ids[strings.TrimSuffix(filepath.Base(path), ".json")] = id
	}
	out := map[string]*jsonschema.Schema{}
	for name, id := range ids {
		s, err := c.Compile(id)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = s
	}
	return out
}

// obeys is what the schemas say of an object.
func obeys(t testing.TB, schemas map[string]*jsonschema.Schema, o *Object) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(o.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	s := schemas[o.Type]
	if s == nil {
		if s = schemas["core"]; unknownLike(&o.tree) == unknownObservable {
			s = schemas["cyber-observable-core"]
		}
	}
	return s.Validate(doc)
}

// laxer is where the text of the standard allows what the schemas refuse.
func laxer(o *Object) bool {
	t := &o.tree
	for _, m := range t.get("granular_markings").list() {
		if m.has("lang") && !m.has("marking_ref") { // the schema wants a marking always
			return true
		}
	}
	for _, v := range t.get("additional_header_fields").fields { // the schema refuses lists of one
		if len(v.value.items) == 1 {
			return true
		}
	}
	only := func(o *value, name string, schema ...string) bool {
		for _, s := range schema {
			if o.has(s) {
				return false
			}
		}
		return o.has(name)
	}
	return o.Type == "process" && t.has("created_time") || o.Type == "windows-registry-key" && t.has("modified_time") ||
		only(t.get("extensions").get("windows-process-ext"), "integrity_level", "aslr_enabled", "dep_enabled", "priority", "owner_sid", "window_title",
			"startup_info")
}

// TestNoLaxerThanSchemas does to good objects, again and again, what authors of
// bad ones do, and compares what comes out with the schemas.
func TestNoLaxerThanSchemas(t *testing.T) {
	schemas := schemas(t)
	r := rand.New(rand.NewPCG(1, 2))
	refused, missed := 0, 0
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for _, o := range good(t) {
		if err := obeys(t, schemas, o); err != nil {
			t.Errorf("%s: the schemas refuse what is good: %v", o.ID, err)
		}
		for range rounds {
			tree, err := readValue(o.Bytes, DefaultLimits.Depth)
			if err != nil {
				t.Fatal(err)
			}
			mutate(r, &tree)
			m, err := Parse(appendValue(nil, &tree), Limits{})
			if err != nil || m.SpecVersion != "2.1" || m.Type == "" {
				continue
			}
			schemaErr := obeys(t, schemas, m)
			if schemaErr == nil {
				continue
			}
			refused++
			if Validate(m).Valid && !laxer(m) {
				if missed++; missed < 20 {
					t.Errorf("the schemas refuse %s\n%v", m.Bytes, schemaErr)
				}
			}
		}
	}
	t.Logf("the schemas refused %d of the changed objects", refused)
	if refused < 500 && !testing.Short() {
		t.Errorf("only %d objects were refused: what is done to them is too mild", refused)
	}
}

// mutate changes one place somewhere in a value.
func mutate(r *rand.Rand, v *value) {
	var places []*value
	var walk func(v *value)
	walk = func(v *value) {
		places = append(places, v)
		for i := range v.fields {
			walk(&v.fields[i].value)
		}
		for i := range v.items {
			walk(&v.items[i])
		}
	}
	walk(v)
	p := places[1+r.IntN(len(places)-1)]
	words := []string{"", "junk value", "UPPER", "2020-13-13T00:00:00Z", "2020-12-13T00:00:00Z", "0", "ü", "http://a b", "1.2.3.4/33", "CVE-2020-1",
		"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}
	numbers := []string{"-1", "0", "1.5", "1e400", "99999999999", "9007199254740993", "-90.5"}
	switch r.IntN(9) {
	case 0:
		*p = value{kind: aNull}
	case 1:
		*p = value{kind: aNumber, scalar: numbers[r.IntN(len(numbers))]}
	case 2, 3:
		*p = value{kind: aString, scalar: words[r.IntN(len(words))]}
	case 4:
		*p = value{kind: anArray}
	case 5:
		*p = value{kind: anObject}
	case 6:
		*p = value{kind: anObject, fields: []field{{words[r.IntN(len(words))], value{kind: aBool, scalar: "true"}}}}
	default:
		for _, holder := range places {
			for i := range holder.fields {
				if &holder.fields[i].value == p {
					if r.IntN(3) == 0 {
						holder.fields[i].name += "_q"
					} else {
						holder.fields = append(holder.fields[:i:i], holder.fields[i+1:]...)
					}
					return
				}
			}
		}
		*p = value{kind: aBool, scalar: "true"}
	}
}

// realFile is a file of the collection, unpacked.
func realFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, "data/sharing/"+name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}
