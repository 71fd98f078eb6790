package catalogue

import (
	"slices"
	"testing"

	"countersign.dev/catalogues"
)

func shipped(t testing.TB) *Set {
	t.Helper()
	s, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestShippedCounts holds the catalogues to what their publications have.
func TestShippedCounts(t *testing.T) {
	want := map[string]int{
		"cisa-ssda-common-form": 28, "eo-14028-s4": 20, "etsi-en-303-645": 93, "eu-cra-annex-i": 23, "fcc-cyber-trust-mark": 21,
		"nist-software-label": 25, "nist-ssdf": 65, "nistir-8425": 88, "sg-cls-iot": 8, "slsa": 17, "uk-psti": 4,
	}
	s, total := shipped(t), 0
	for id, n := range want {
		c := s.Catalogue(id)
		if c == nil {
			t.Errorf("no catalogue %s", id)
			continue
		}
		if len(c.Controls) != n {
			t.Errorf("%s has %d controls, want %d", id, len(c.Controls), n)
		}
		total += len(c.Controls)
	}
	if total != 392 {
		t.Errorf("%d controls, want 392", total)
	}
}

// TestShippedKinds counts what each publication says of itself.
func TestShippedKinds(t *testing.T) {
	for _, c := range []struct {
		id   string
		want int
		is   func(*Control) bool
	}{
		{"nistir-8425", 10, func(c *Control) bool { return c.Kind == "capability" }},
		{"nistir-8425", 6, func(c *Control) bool { return c.Kind == "capability" && c.Side == "product" }},
		{"etsi-en-303-645", 78, func(c *Control) bool { return c.Kind == "provision" }},
		{"etsi-en-303-645", 36, func(c *Control) bool { return c.Status == "M" }},
		{"etsi-en-303-645", 42, func(c *Control) bool { return c.Status == "R" }},
		{"etsi-en-303-645", 15, func(c *Control) bool { return c.Kind == "clause" }},
		{"etsi-en-303-645", 3, func(c *Control) bool { return c.Verify == "meaning" }},
		{"nist-ssdf", 42, func(c *Control) bool { return c.Kind == "task" }},
		{"nist-ssdf", 19, func(c *Control) bool { return c.Kind == "practice" }},
		{"cisa-ssda-common-form", 13, func(c *Control) bool { return c.Status == "attest" }},
		{"eo-14028-s4", 10, func(c *Control) bool { return c.Parent == "4e" }},
		{"fcc-cyber-trust-mark", 10, func(c *Control) bool { return c.Kind == "registry-field" && c.Status == "required" }},
	} {
		got := 0
		cat := shipped(t).Catalogue(c.id)
		for i := range cat.Controls {
			if c.is(&cat.Controls[i]) {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: counted %d, want %d", c.id, got, c.want)
		}
	}
}

// TestShippedMarks makes sure that no catalogue goes out without saying how
// sure it is and whose words it has.
func TestShippedMarks(t *testing.T) {
	for _, c := range shipped(t).Catalogues() {
		if c.Verification == "" || c.LicenceNote == "" || c.Source == "" {
			t.Errorf("%s lacks verification, licence_note or source", c.ID)
		}
		text, err := catalogues.FS.ReadFile(c.ID + ".yaml")
		if err != nil || !slices.Equal(text, c.Bytes()) {
			t.Errorf("%s: bytes are not those of the file: %v", c.ID, err)
		}
	}
}
