package quality

import (
	"encoding/json"
	"testing"

	"countersign.dev/internal/software"
)

// FuzzAssess gives bills that no reader makes: a store may be damaged. Nothing
// may be counted that is not there.
func FuzzAssess(f *testing.F) {
	for _, b := range []*software.Bill{camera(), {Root: 5}, chain(3, 1, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 0})} {
		text, err := json.Marshal(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"root":0,"components":[{"parent":1,"purl":"pkg:x/y"},{"parent":0}],"edges":[{"from":-1,"to":1},{"from":0,"to":0}],"created":"[x]"}`))
	all := shippedCatalogues(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var b software.Bill
		if json.Unmarshal(text, &b) != nil {
			return
		}
		r := Assess(&b, all, Env{Day: "2026-07-01", Source: func(string) bool { return true }})
		for _, c := range r.Catalogues {
			if c.Percent < 0 || c.Percent > 100 {
				t.Errorf("%s has %v %%", c.ID, c.Percent)
			}
			for _, e := range c.Elements {
				if e.Have > e.Of || e.Have < 0 || e.Applies == ToComponent && e.Of > len(b.Components) {
					t.Errorf("%s %s: %d of %d", c.ID, e.ID, e.Have, e.Of)
				}
			}
		}
		if m := r.Matchability; m.Sourced > m.Readable || m.Readable > m.Components {
			t.Errorf("matchability: %+v", m)
		}
		if s := r.Structure; s.Reached > len(b.Components) || s.Depth > s.Reached {
			t.Errorf("structure: %+v", s)
		}
	})
}
