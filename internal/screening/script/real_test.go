package script

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

type pair struct {
	id, native string
	person     bool
	latin      []string
}

// half is which half of the data an entry is in. Rules and tables were
// written looking at "seen" alone.
func half(id string) string {
	if sha256.Sum256([]byte(id))[0]%2 == 0 {
		return "seen"
	}
	return "unseen"
}

func pairs(t *testing.T) []pair {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/screening/eval/corpus_index.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []pair
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var e struct {
			ID, Type, Name        string
			Aliases, Weak, Native []string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		for _, native := range e.Native {
			out = append(out, pair{e.ID, native, e.Type == "person", append([]string{e.Name}, e.Aliases...)})
		}
	}
	return out
}

// Names of official lists that stand there in their own script and in Latin
// letters: the share of which some reading is one of the Latin names, by
// script and by kind of party. What is missing is translated there rather than
// transliterated, is a name of something else, or is ours to improve.
func TestOfficialPairs(t *testing.T) {
	type tally struct{ met, all int }
	tallies := map[string]*tally{}
	for _, p := range pairs(t) {
		s := Of(party.Fold(p.native))
		if s == Latin || s == None {
			continue
		}
		key := fmt.Sprintf("%s %s", s, map[bool]string{true: "person", false: "organisation"}[p.person])
		key += " " + half(p.id)
		if tallies[key] == nil {
			tallies[key] = &tally{}
		}
		tallies[key].all++
		if met(p) {
			tallies[key].met++
		}
	}
	for _, f := range floors {
		got := tallies[f.key]
		if got == nil {
			t.Errorf("no pair of %s", f.key)
			continue
		}
		share := float64(got.met) / float64(got.all)
		t.Logf("%-30s %4d of %4d, %.3f", f.key, got.met, got.all, share)
		if share < f.least {
			t.Errorf("%s: %.3f, want at least %.3f", f.key, share, f.least)
		}
	}
}

func met(p pair) bool {
	for _, r := range Readings(party.Fold(p.native)) {
		for _, latin := range p.latin {
			if aligned(r, latin) {
				return true
			}
		}
	}
	return false
}

// floors are a little below what was reached, so that a change which loses
// something is seen.
var floors = []struct {
	key   string
	least float64
}{
	{"cyrillic person seen", 0.94},
	{"cyrillic person unseen", 0.94},
	{"cyrillic organisation seen", 0.75},
	{"cyrillic organisation unseen", 0.73},
	{"arabic person seen", 0.9},
	{"arabic person unseen", 0.89},
	{"arabic organisation seen", 0.6},
	{"arabic organisation unseen", 0.5},
	{"han organisation seen", 0.6},
	{"han organisation unseen", 0.6},
	{"han person seen", 1},
	{"han person unseen", 1},
	{"hangul person seen", 0.95},
	{"hangul person unseen", 0.95},
	{"hangul organisation seen", 0.95},
	{"hangul organisation unseen", 0.4},
	{"hebrew person seen", 0.75},
	{"hebrew person unseen", 0.6},
}
