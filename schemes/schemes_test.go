package schemes

import (
	"io/fs"
	"testing"

	"countersign.dev/internal/label"
)

func TestSchemes(t *testing.T) {
	names, err := fs.Glob(FS, "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d schemes, %v", len(names), err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(FS, name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := label.ParseScheme(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.ID+".yaml" != name {
			t.Errorf("%s has the id %s", name, s.ID)
		}
		for _, on := range []label.Trigger{label.OnParty, label.OnExploited, label.OnMalicious, label.OnTest, label.ByAuthority} {
			if _, ok := s.Rule(on); !ok {
				t.Errorf("%s has no rule on %s", name, on)
			}
		}
	}
}
