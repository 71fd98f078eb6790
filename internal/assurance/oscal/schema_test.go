package oscal

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
)

// schema is the official schema of a model, where the collection has it.
func schema(t *testing.T, model string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/network/oscal/schemas/oscal_"+model+"_schema.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in, err := jsonschema.UnmarshalJSON(z)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	url := "http://csrc.nist.gov/ns/oscal/" + model
	if err := c.AddResource(url, in); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func valid(t *testing.T, s *jsonschema.Schema, b []byte) {
	t.Helper()
	in, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(in); err != nil {
		t.Errorf("%v", err)
	}
}

// TestSchemaIsOne makes sure that the schema refuses, or the tests that hold our
// documents to it would say nothing.
func TestSchemaIsOne(t *testing.T) {
	s := schema(t, "catalog")
	in, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(`{"catalog":{"uuid":"6ba7b811-9dad-11d1-80b4-00c04fd430c8","metadata":{}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(in) == nil {
		t.Error("the schema takes a catalogue without a title")
	}
}
