package gate

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
)

// TestSARIFSchema holds logs to the schema that OASIS publishes with the
// standard, where the collection has it; what GitHub wants beside it is in
// checkSARIF.
func TestSARIFSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(realdata.Path(t, "data/software/schema/sarif/sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	empty := &Result{}
	for name, r := range map[string]*Result{"camera": camera(), "clear": clear(), "empty": empty} {
		log, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, "sarif", r)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
