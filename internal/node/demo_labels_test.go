package node

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/realdata"
)

const (
	camLabel        = "7K3M9-2QXWF"
	doorbellLabel   = "D4NRB-86T15"
	thermostatLabel = "TH3RM-05T4J"
)

// The demonstration's camera lives through a listing, a court's order and the
// order's end, as surveillance finds them.
func TestDemoLabels(t *testing.T) {
	ctx := context.Background()
	n := openDayNode(t, filepath.Join(t.TempDir(), "data"), "2026-11-23")
	defer n.Close()
	for range 2 { // the second adds nothing
		r, err := n.ImportDemo(ctx)
		if err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	history, err := n.LabelHistory(ctx, anybody, camLabel)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range history {
		got = append(got, string(e.On)+" "+string(e.Kind)+" "+e.Ground)
	}
	const ground = "party:maker:northlight devices"
	want := []string{"2026-03-02 issued ", "2026-05-04 suspended " + ground, "2026-06-15 reinstatement_offered " + ground, "2026-06-15 reinstated " + ground}
	if !slices.Equal(got, want) {
		t.Errorf("history:\n%q\nwant\n%q", got, want)
	}
	for at, want := range map[access.At]label.Status{
		{Date: "2026-05-03"}: label.StatusActive, {Date: "2026-05-04"}: label.StatusSuspended, {Date: "2026-06-14"}: label.StatusSuspended, {Date: "2026-06-15"}: label.StatusActive,
		{Date: "2026-06-16", Known: "2026-06-16"}: label.StatusSuspended, {Date: "2029-03-02"}: label.StatusExpired,
	} {
		at.Position = access.Now
		s, err := n.Label(ctx, access.Ask{At: at}, camLabel)
		if err != nil || s.Status != want {
			t.Errorf("at %+v: %v, %v, want %s", at, s, err, want)
		}
	}
	if s, err := n.Label(ctx, anybody, doorbellLabel); err != nil || s.Status != label.StatusExpired || s.Rule != label.EndsBySupport {
		t.Errorf("the doorbell: %+v, %v", s, err)
	}
	if s, err := n.Label(ctx, anybody, thermostatLabel); err != nil || len(s.Warnings) != 1 || s.ChangesOn != "2026-12-06" {
		t.Errorf("the thermostat: %+v, %v", s, err)
	}
}

// What is exported of an assessment is what the official schema asks for.
func TestAssessmentOSCAL(t *testing.T) {
	ctx := context.Background()
	n := openDayNode(t, filepath.Join(t.TempDir(), "data"), "2026-11-23")
	defer n.Close()
	if _, err := n.ImportDemo(ctx); err != nil {
		t.Fatal(err)
	}
	b, err := n.AssessmentOSCAL(ctx, access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, camLabel)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.AssessmentOSCAL(ctx, anybody, camLabel); err == nil {
		t.Error("anybody reads an assessment")
	}
	f, err := os.Open(realdata.Path(t, "data/network/oscal/schemas/oscal_assessment-results_schema.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(z)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("oscal.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("oscal.json")
	if err != nil {
		t.Fatal(err)
	}
	results, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(results); err != nil {
		t.Error(err)
	}
}
