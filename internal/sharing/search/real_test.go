package search

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/realdata"
)

// TestReal asks about the objects that ATT&CK has around SUNBURST.
func TestReal(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/sharing/attack/solarwinds-sunburst.stix2.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	var bundle struct{ Objects []json.RawMessage }
	if err := json.Unmarshal(b, &bundle); err != nil {
		t.Fatal(err)
	}
	var objects shelf
	relating := 0
	for _, raw := range bundle.Objects {
		var h struct {
			ID, Modified string
			Source       string `json:"source_ref"`
			Target       string `json:"target_ref"`
		}
		if err := json.Unmarshal(raw, &h); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(h.Source+h.Target, "malware--a8839c95-029f-44cf-8f3d-a3cf2039e927") {
			relating++
		}
		objects = append(objects, object{h.ID, h.Modified, string(raw)})
	}
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		x, ctx := New(open(t), objects), context.Background()
		for query, want := range map[string]string{"SUNBURST": "SUNBURST", "solorigate": "SUNBURST", "S0559": "SUNBURST", "Cozy Bear": "APT29", "g0016": "APT29"} {
			found, err := x.Search(ctx, query, 50, all)
			if err != nil || !slices.ContainsFunc(found.Hits, func(h Hit) bool { return h.Name == want }) {
				t.Errorf("%s: %+v, %v", query, found, err)
			}
		}
		g, err := x.Around(ctx, "malware--a8839c95-029f-44cf-8f3d-a3cf2039e927", 1, 10_000, all)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, e := range g.Edges {
			if strings.HasPrefix(e.Object, "relationship--") && e.Source == g.Nodes[0].ID {
				told++
			}
		}
		if relating == 0 || told != relating {
			t.Errorf("%d relationships lead from it, want %d", told, relating)
		}
	})
}
