package sheet

import (
	"image/color"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"pgregory.net/rapid"
)

// A code is at most 57 modules wide, whatever is in it, and module for module
// that of an encoder that is not ours, its mask included.
func TestModules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.StringMatching(`[0-9A-Z $%*+./:-]{1,311}`).Draw(t, "address")
		m, err := Encode(address)
		if err != nil {
			t.Fatal(err)
		}
		if len(m) > maxModules {
			t.Fatalf("%d modules", len(m))
		}
		other, err := qr.Encode(address, qr.M, qr.AlphaNumeric)
		if err != nil {
			t.Fatal(err)
		}
		if w := other.Bounds().Dx(); w != len(m) {
			t.Fatalf("%d modules, and the other encoder makes %d", len(m), w)
		}
		for y, row := range m {
			for x, dark := range row {
				if dark != (other.At(x, y) == color.Color(color.Gray16{})) {
					t.Fatalf("module %d, %d is dark: %v, and the other encoder's is not", x, y, dark)
				}
			}
		}
	})
	if m, err := Encode(strings.Repeat("A", 311)); err != nil || len(m) != maxModules {
		t.Errorf("the longest: %d modules, %v", len(m), err)
	}
}
