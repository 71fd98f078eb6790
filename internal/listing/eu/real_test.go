package eu

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/table"
)

func slug(name string) string { return party.Slug(name) }

// realReadings reads every transcription at hand.
func realReadings(t testing.TB) []*ledger.Reading {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/screening/eu_oj"), "*.csv.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcriptions: %v", err)
	}
	var out []*ledger.Reading
	for _, path := range paths {
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !RecogniseJournal(path, b[:min(len(b), 64<<10)]) {
			t.Errorf("%s: not recognised", path)
			continue
		}
		r, err := ReadJournal(t.Context(), path, b, table.Limits{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		out = append(out, r)
	}
	return out
}

// All regulations are read whole, each as a part of its own, with the names in
// other scripts that they give.
func TestRealJournal(t *testing.T) {
	rows, entries, parts := 0, 0, map[string]bool{}
	programmes, scripts := map[string]int{}, map[string]map[string]bool{}
	longest := ""
	for _, r := range realReadings(t) {
		rows += r.Rows
		parts[r.Part] = true
		for _, s := range r.Statements {
			switch b := s.Body.(type) {
			case listing.Entry:
				entries++
				programmes[b.Programme]++
			case party.Name:
				if len(b.Name) > len(longest) {
					longest = b.Name
				}
				for name, table := range map[string]*unicode.RangeTable{"Cyrillic": unicode.Cyrillic, "Arabic": unicode.Arabic, "Han": unicode.Han, "Hangul": unicode.Hangul} {
					if strings.ContainsFunc(b.Name, func(r rune) bool { return unicode.Is(table, r) }) {
						if scripts[name] == nil {
							scripts[name] = map[string]bool{}
						}
						scripts[name][s.Subject] = true
					}
				}
			case party.Identifier:
				if len(b.Value) > 40 {
					t.Errorf("%s: %+v", s.Subject, b)
				}
			}
		}
		for _, w := range r.Warnings {
			if !strings.Contains(w, "lists nobody") && !strings.Contains(w, "is there already") {
				t.Errorf("%s: %s", r.Part, w)
			}
		}
	}
	if rows != 8017 || entries != 8015 || len(parts) != 45 {
		t.Errorf("%d rows, %d entries, %d parts; want 8017, 8015 (two are transcribed twice) and 45", rows, entries, len(parts))
	}
	if programmes[programmeFreeze] != 6197 || programmes[programmeExport] != 947 || programmes[programmeTransport] != 683 || programmes[programmeSectoral] != 188 {
		t.Errorf("entries by programme %v", programmes)
	}
	if c, a, h, k := len(scripts["Cyrillic"]), len(scripts["Arabic"]), len(scripts["Han"]), len(scripts["Hangul"]); c < 4091 || a < 497 || h < 100 || k < 84 {
		t.Errorf("entries with names in Cyrillic %d, Arabic %d, Han %d, Hangul %d", c, a, h, k)
	}
	if len(longest) > 400 {
		t.Errorf("a name of %d bytes was not taken apart: %s", len(longest), longest)
	}
}

func BenchmarkReadJournal(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		realReadings(b)
	}
}
