package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// handIn draws files, good and bad, of several sources.
func handIn() *rapid.Generator[[]File] {
	good := []File{
		file("sdn.csv", sdnPrimary), file("alt.csv", alias), file("cons_prim.csv", consPrimary), file("1237.csv", ccmc),
		file("1260h.csv", history), file("acme.yaml", events), file("policy.yaml", policyText),
	}
	bad := []File{
		file("add.csv", "7,1,-0- ,\"Havana\",\"Cuba\",-0- \n7,1,-0- ,-0- ,-0- ,-0- \n"), file("cons_alt.csv", "9,13,\"aka\",-0- ,-0- \n9,14,\"aka\",\"B\",-0- \n"),
		file("beta.yaml", "countersign: events/v1\nid: beta\n"), file("x.pdf", "%PDF-1.7"), file("cut.csv.gz", "\x1f\x8b\x08"),
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(append(good, bad...)), 0, 8, func(f File) string { return f.Name })
}

// sorted is what was read, whatever the order.
func sorted(editions []Edition, errs []error) string {
	for _, e := range editions {
		slices.SortFunc(e.Files, func(a, b ReadFile) int { return strings.Compare(a.Name, b.Name) })
	}
	out := strings.Split(told(editions, errs), "\n")
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func TestOrderOfFilesMeansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := handIn().Draw(t, "files")
		turned := rapid.Permutation(files).Draw(t, "turned")
		a, b := sorted(Read(t.Context(), files, Options{})), sorted(Read(t.Context(), turned, Options{}))
		if a != b {
			t.Fatalf("in order:\n%s\nturned:\n%s", a, b)
		}
	})
}

// An edition is whole or not there; what is wrong with one source leaves the
// others as they would be alone.
func TestSourcesDoNotTouchEachOther(t *testing.T) {
	of := map[string]string{
		"sdn.csv": "us-ofac-sdn", "alt.csv": "us-ofac-sdn", "add.csv": "us-ofac-sdn", "cons_prim.csv": "us-ofac-nonsdn", "cons_alt.csv": "us-ofac-nonsdn",
		"1237.csv": "us-dod-1237", "1260h.csv": "us-dod-1260h", "acme.yaml": "events/acme", "policy.yaml": "policy/some-policy",
	}
	broken := map[string]bool{"add.csv": true, "cons_alt.csv": true}
	rapid.Check(t, func(t *rapid.T) {
		files := handIn().Draw(t, "files")
		want := map[string]int{}
		for _, f := range files {
			if source := of[f.Name]; source != "" {
				want[source]++
			}
		}
		for _, f := range files {
			if broken[f.Name] {
				delete(want, of[f.Name])
			}
		}
		got := map[string]int{}
		editions, errs := Read(t.Context(), files, Options{})
		for _, e := range editions {
			got[e.Source] = len(e.Files)
			for _, f := range e.Files {
				if f.Reading.Source != e.Source {
					t.Fatalf("%s of %s is in an edition of %s", f.Name, f.Reading.Source, e.Source)
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("editions %v, want %v; errors %v", got, want, errs)
		}
	})
}
