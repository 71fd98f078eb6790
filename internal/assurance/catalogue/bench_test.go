package catalogue

import (
	"testing"

	"countersign.dev/catalogues"
)

// BenchmarkLoad reads the catalogues and profiles of the product.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(catalogues.FS); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSelect asks for the controls of the largest tier of the profiles.
func BenchmarkSelect(b *testing.B) {
	s := shipped(b)
	p := s.Profile("iot-tiers-1-4")
	for b.Loop() {
		if _, err := p.Select(s, 4); err != nil {
			b.Fatal(err)
		}
	}
}
