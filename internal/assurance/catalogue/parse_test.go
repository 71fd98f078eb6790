package catalogue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/catalogues"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

const smallCatalogue = `countersign: catalogue/v1
catalogue: c
title: C
version: "1"
source: ours
verification: ours
conditions:
  3: it cannot be updated
features:
  a: it has passwords
controls:
- {id: A, kind: head, title: A, statement: All below, applicability: all, parent: null}
- {id: A.1, kind: item, title: One, statement: The first, applicability: all, parent: A}
- {id: "4e(i)(A)", kind: item, title: Two, statement: The second, applicability: all, conditions: [3], features: [a], parent: A, verify: meaning}
- {id: B, kind: item, title: Three, statement: Alone, applicability: all, ssdf_inherit: A, parent: null}
`

func TestParse(t *testing.T) {
	c, err := Parse([]byte(smallCatalogue))
	if err != nil {
		t.Fatal(err)
	}
	want := &Catalogue{
		ID: "c", Title: "C", Version: "1", Source: "ours", Verification: "ours",
		Conditions: map[string]string{"3": "it cannot be updated"}, Features: map[string]string{"a": "it has passwords"},
		Digest: ledger.Digest([]byte(smallCatalogue)),
		Controls: []Control{
			{ID: "A", Kind: "head", Title: "A", Statement: "All below", Applicability: "all"},
			{ID: "A.1", Kind: "item", Title: "One", Statement: "The first", Applicability: "all", Parent: "A"},
			{ID: "4e(i)(A)", Kind: "item", Title: "Two", Statement: "The second", Applicability: "all", Parent: "A",
				Conditions: []string{"3"}, Features: []string{"a"}, Verify: "meaning"},
			{ID: "B", Kind: "item", Title: "Three", Statement: "Alone", Applicability: "all", SSDFInherit: "A"},
		},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(Catalogue{})); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
	if got := c.When(c.Control("4e(i)(A)")); !slices.Equal(got, []Fact{{"c/3", "it cannot be updated"}, {"c/a", "it has passwords"}}) {
		t.Errorf("facts %v", got)
	}
	if !c.Head("A") || c.Head("B") || len(c.Children("")) != 2 || len(c.Children("A")) != 2 || c.Control("Z") != nil {
		t.Error("the tree is not that of the file")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, says string }{
		{"catalogue/v1", "catalogue/v9", "line 1: countersign: want catalogue/v1"},
		{"catalogue: c", "catalogue: C d", `line 2: catalogue "C d"`},
		{"title: C", "titel: C", `line 3: unknown field "titel"`},
		{"title: C", "title: [C]", "line 3: want a single value here"},
		{"version: \"1\"\n", "", "version is missing"},
		{"verification: ours\n", "", "verification is missing"},
		{"title: One", "title: One, two", `line 13: unknown field "two"`},
		{"title: One", `title: "One\u0007"`, "line 13: title has a control character"},
		{"statement: The first, ", "", "line 13: statement is missing"},
		{"id: B", "id: A.1", `line 15: id "A.1": also used by control 2`},
		{"id: B", `id: "B C"`, `line 15: id "B C": want letters`},
		{"parent: null}\n- {id: A.1", "parent: A.1}\n- {id: A.1", "parent: is its own ancestor"},
		{"ssdf_inherit: A", "ssdf_inherit: Z", `line 15: control B: ssdf_inherit: there is no control "Z"`},
		{"conditions: [3]", "conditions: [4]", `line 14: control 4e(i)(A): conditions: the catalogue has no condition "4"`},
		{"features: [a]", "features: [b]", `line 14: control 4e(i)(A): features: the catalogue has no feature "b"`},
		{"  a: it has passwords", "  3: it has passwords", `"3" is a condition and a feature`},
		{"controls:", "status_codes: {M: mandatory}\ncontrols:\n- {id: Q, kind: x, title: x, statement: x, status: N, applicability: x, parent: null}", `control Q: status "N" is not among`},
		{"parent: A, verify: meaning}", "parent: A, verify: meaning}\n---\nmore: 1", ""},
		{smallCatalogue, "", "the file is empty"},
		{smallCatalogue, "- 1", "is out of place here"},
		{smallCatalogue, strings.Split(smallCatalogue, "controls:")[0] + "controls: []\n", "has 0 controls"},
		{smallCatalogue, strings.Repeat("#", maxFile+1), "bytes: at most"},
		{"statement: Alone", "statement: " + strings.Repeat("x", maxText+1), "line 15: statement has 65537 bytes"},
	} {
		if !strings.Contains(smallCatalogue, c.old) {
			t.Fatalf("%q is not in the catalogue", c.old)
		}
		_, err := Parse([]byte(strings.Replace(smallCatalogue, c.old, c.new, 1)))
		if err == nil || !errors.Is(err, problem.Invalid) && !errors.Is(err, problem.TooLarge) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60q: %v, want %s", c.new, err, c.says)
		}
	}
}

func TestSSDFInherited(t *testing.T) {
	form := shipped(t).Catalogue("cisa-ssda-common-form")
	if got := form.SSDF(form.Control("4.c")); len(got) != 19 || got[0] != "PO.4.1" {
		t.Errorf("4.c stands on %v, want the 19 tasks of statement 4", got)
	}
	if got := form.SSDF(form.Control("1.e")); !slices.Equal(got, []string{"PO.5.2"}) {
		t.Errorf("1.e stands on %v", got)
	}
}

// FuzzParse: whatever is read, reads the same when it is written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(smallCatalogue))
	f.Add([]byte(smallProfile))
	f.Add([]byte("countersign: catalogue/v1\ncontrols: &a [*a]\n"))
	if text, err := catalogues.FS.ReadFile("uk-psti.yaml"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := ParseProfile(text); err == nil && p.Digest != ledger.Digest(text) {
			t.Error("the digest is not that of the bytes")
		}
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Encode(c))
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, Encode(c))
		}
		if diff := cmp.Diff(c, again, cmpopts.IgnoreUnexported(Catalogue{}), cmpopts.IgnoreFields(Catalogue{}, "Digest")); diff != "" {
			t.Fatalf("written and read again (-want +got):\n%s", diff)
		}
	})
}
