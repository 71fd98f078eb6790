package sheet

import (
	"testing"
	"time"
)

func BenchmarkQR(b *testing.B) {
	url := sample(b).URL
	for b.Loop() {
		if _, err := Encode(url); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	l := sample(b)
	for b.Loop() {
		if _, err := SVG(l); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	l := sample(b)
	for b.Loop() {
		if _, err := new(Press).PNG(l, 300); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPDF(b *testing.B) {
	l := sample(b)
	for b.Loop() {
		if _, err := new(Press).PDF(l); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBadge(b *testing.B) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		Badge("suspended", "2026-11-20", now, now)
	}
}
