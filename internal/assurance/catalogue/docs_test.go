package catalogue

import (
	"os"
	"strings"
	"testing"
)

// TestGuideExamples reads the examples of the guide, which belong together: the
// profile picks from the catalogue and from those of the product.
func TestGuideExamples(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/catalogues.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for rest, found := string(guide), true; found; {
		var example string
		if _, rest, found = strings.Cut(rest, "```yaml\n"); found {
			example, rest, _ = strings.Cut(rest, "```")
			examples = append(examples, example)
		}
	}
	if len(examples) != 2 {
		t.Fatalf("%d examples, want a catalogue and a profile", len(examples))
	}
	c, err := Parse([]byte(examples[0]))
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParseProfile([]byte(examples[1]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSet(append(shipped(t).Catalogues(), c), []*Profile{p})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := p.Select(s, 2)
	if err != nil || len(asked) != 7 {
		t.Errorf("the example asks %d controls, want 7: %v", len(asked), err)
	}
}

// TestGuideNames finds every catalogue and profile in the guide.
func TestGuideNames(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/catalogues.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range shipped(t).Catalogues() {
		name := c.ID
		if strings.HasPrefix(name, "sbom-") {
			name = "sbom-*"
		}
		if !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("no word on catalogue %s", c.ID)
		}
	}
	for _, p := range shipped(t).Profiles() {
		if !strings.Contains(string(guide), "`"+p.ID+"`") {
			t.Errorf("no word on profile %s", p.ID)
		}
	}
}
