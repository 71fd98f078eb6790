package quality

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

func shippedCatalogues(t testing.TB) []*Catalogue {
	t.Helper()
	all, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestShipped holds the shipped catalogues to what the publications have: how
// many elements of which kind.
func TestShipped(t *testing.T) {
	want := map[string]struct{ document, component, untested int }{
		"sbom-cisa-2026":       {15, 8, 3}, // 9 and 8 data fields, 6 practices,
		"sbom-ntia-2021":       {9, 5, 4},
		"sbom-cisa-2025-draft": {10, 7, 3},
		"sbom-bsi-tr-03183-2":  {7, 17, 11},
	}
	for _, c := range shippedCatalogues(t) {
		got := want[c.ID]
		got.document, got.component, got.untested = 0, 0, 0
		for _, e := range c.Elements {
			switch {
			case e.Group:
				continue
			case e.Applies == ToDocument:
				got.document++
			default:
				got.component++
			}
			if e.Check == "" {
				got.untested++
			}
		}
		if got != want[c.ID] {
			t.Errorf("%s has %+v elements, want %+v", c.ID, got, want[c.ID])
		}
	}
}

// TestEveryCheckIsUsed fails on a check that no shipped catalogue names: it
// would be code that nothing runs.
func TestEveryCheckIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, c := range shippedCatalogues(t) {
		for _, e := range c.Elements {
			used[e.Check] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(componentChecks)) {
		if !used[name] {
			t.Errorf("no catalogue uses %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documentChecks)) {
		if !used[name] {
			t.Errorf("no catalogue uses %s", name)
		}
	}
}

func TestFind(t *testing.T) {
	all := shippedCatalogues(t)
	if c, err := Find(all, "sbom-ntia-2021"); err != nil || c.State != "superseded" {
		t.Errorf("Find(sbom-ntia-2021) = %+v, %v", c, err)
	}
	if _, err := Find(all, "ntia"); !errors.Is(err, problem.NotFound) || !strings.Contains(err.Error(), "sbom-ntia-2021") {
		t.Errorf("Find(ntia) = %v, want not found and the list of what there is", err)
	}
}

const small = `countersign: catalogue/v1
catalogue: ours
title: What we ask
version: 1
state: published
source: ourselves
license_note: none
verification: none
controls:
  - {id: names, kind: group, title: Names, statement: Names, clause: "1", status: required, applicability: component, parent: null}
  - {id: names.hash, kind: field, title: Hash, statement: A hash, clause: "1.1", status: required, applicability: component, parent: names, check: component-hash, with: [SHA-256], mend: hash it}
`

func TestParse(t *testing.T) {
	c, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	e := c.Elements[1]
	if c.ID != "ours" || !c.Elements[0].Group || e.Parent != "names" || e.Check != "component-hash" || !slices.Equal(e.With, []string{"SHA-256"}) {
		t.Errorf("Parse gave %+v", c)
	}
}

func TestParseErrors(t *testing.T) {
	swap := func(old, with string) string {
		if !strings.Contains(small, old) {
			t.Fatalf("no %q in the catalogue", old)
		}
		return strings.Replace(small, old, with, 1)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty"},
		{"something else", "- a\n", "line 1"},
		{"no promise", swap("catalogue/v1", "catalogue/v2"), "line 1: countersign: want catalogue/v1"},
		{"two documents", small + "---\na: b\n", "a second document follows"},
		{"unknown field", swap("source:", "sauce:"), `unknown field "sauce"`},
		{"missing", swap("title: What we ask\n", ""), "title is missing"},
		{"state", swap("published", "famous"), `line 5: state "famous": want one of published, draft, superseded`},
		{"id", swap("catalogue: ours", "catalogue: Our Own"), "line 2: catalogue"},
		{"status", swap("status: required", "status: nice"), `line 10: status "nice"`},
		{"applicability", swap("applicability: component, parent: names", "applicability: lunch, parent: names"), `line 11: applicability "lunch"`},
		{"parent", swap("parent: names", "parent: nobody"), `line 11: parent "nobody"`},
		{"twice", swap("id: names.hash", "id: names"), `line 11: id "names" is there twice`},
		{"check", swap("component-hash", "component-smell"), `line 11: names.hash: check "component-smell": want one of component-download`},
		{"check of the other", swap("component-hash", "document-tool"), `check "document-tool": want one of component-`},
		{"neither", swap("check: component-hash, with: [SHA-256], ", ""), "want either the check that tests it, or untested"},
		{"no mend", swap(", mend: hash it", ""), "mend is missing"},
		{"group with check", swap("parent: null", "parent: null, mend: all"), "a group has neither check nor mend"},
		{"arguments", swap("check: component-hash, with: [SHA-256]", "check: component-name, with: [x]"), "with: this check takes nothing"},
		{"unknown", swap("mend: hash it", "mend: hash it, unknown: perhaps"), `unknown "perhaps": want one of accepted`},
		{"list for a value", swap("title: What we ask", "title: [a]"), "line 3: want a single value here"},
	} {
		_, err := Parse([]byte(tt.text))
		if !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := Parse(make([]byte, maxCatalogue+1)); !errors.Is(err, problem.TooLarge) {
		t.Errorf("a catalogue over the limit gave %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("countersign: catalogue/v1\ncontrols: [{with: [CycloneDX 1.x]}]\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		for _, e := range c.Elements {
			if e.Check != "" && known(e.Check, e.Applies, e.With) != nil {
				t.Errorf("%s has check %q, which cannot be run", e.ID, e.Check)
			}
		}
	})
}
