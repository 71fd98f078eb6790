package console

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/node"
	"countersign.dev/internal/software"
)

// What does not fit in the drawing is counted, and every line has both ends.
func TestBlastIsBounded(t *testing.T) {
	found := &node.Impact{Total: 500}
	for i := range 40 {
		found.Versions = append(found.Versions, impact.Version{Package: "npm:a", Version: fmt.Sprint(i), State: advisory.IsAffected})
	}
	for i := range 200 {
		r := node.ImpactedRelease{ID: fmt.Sprintf("pkg:generic/r%d@1", i), Components: []impact.Contained{{PURL: fmt.Sprintf("pkg:npm/a@%d", i%40), State: advisory.IsAffected}}}
		for j := range i % 5 {
			r.Systems = append(r.Systems, node.ImpactedSystem{ID: fmt.Sprintf("system:%d", j), Name: strings.Repeat("long name ", 9)})
		}
		found.Releases = append(found.Releases, r)
	}
	b := drawBlast("CVE-1", "deny", found, Moment{})
	if most := 1 + mostBlastVersions + 1 + mostBlastReleases + 1 + mostBlastSystems + 1; len(b.Nodes) > most {
		t.Errorf("%d nodes, want at most %d", len(b.Nodes), most)
	}
	more := 0
	for _, n := range b.Nodes {
		if n.Tone == "more" {
			more++
		}
		if n.Y < blastTop || n.Y+blastTall > b.Height || n.X+blastBox > b.Width {
			t.Errorf("%q lies outside of the drawing", n.Name)
		}
		if len([]rune(n.Name)) > blastName {
			t.Errorf("%q is too long", n.Name)
		}
	}
	if more != 2 {
		t.Errorf("%d columns say that there is more, want those of versions and releases", more)
	}
	for _, n := range b.Nodes {
		if n.Tone == "more" && n.X > blastColumn*2 && n.Name != "and 486 more" {
			t.Errorf("of 500 releases 14 are drawn, and it says %q", n.Name)
		}
	}
	if drawBlast("CVE-1", "deny", &node.Impact{}, Moment{}) != nil {
		t.Error("nobody is concerned, and it is drawn")
	}
}

// A tree is bounded in number and depth, however the components hang together.
func TestTreeIsBounded(t *testing.T) {
	count := func(v *treeView) (n, deepest int) {
		var walk func([]*branchView, int)
		walk = func(all []*branchView, depth int) {
			for _, b := range all {
				n++
				deepest = max(deepest, depth)
				walk(b.Branches, depth+1)
			}
		}
		walk(v.Branches, 1)
		return n, deepest
	}
	chain, dense := &software.Bill{Root: 0}, &software.Bill{Root: 0}
	for i := range 2000 {
		c := software.Component{Name: fmt.Sprintf("c%d", i), PURL: fmt.Sprintf("pkg:npm/c%d@1", i), Parent: -1}
		chain.Components, dense.Components = append(chain.Components, c), append(dense.Components, c)
		chain.Edges = append(chain.Edges, software.Edge{From: i, To: (i + 1) % 2000})
		for j := range 10 {
			dense.Edges = append(dense.Edges, software.Edge{From: i, To: (i*7 + j*13) % 2000})
		}
	}
	dense.Edges = append(dense.Edges, software.Edge{From: -1, To: 5}, software.Edge{From: 3, To: 9000})
	for name, bill := range map[string]*software.Bill{"chain": chain, "dense": dense} {
		v := treeOf(&dossier.Software{Bill: bill}, Moment{}, "")
		n, deepest := count(v)
		if n > mostBranches || deepest > deepestTree || !v.Cut {
			t.Errorf("%s: %d branches, %d deep, cut %t", name, n, deepest, v.Cut)
		}
		found := treeOf(&dossier.Software{Bill: bill}, Moment{}, "c1999")
		if found.Found != 1 {
			t.Errorf("%s: %d found", name, found.Found)
		}
	}
	flat := treeOf(&dossier.Software{Bill: &software.Bill{Root: -1, Components: dense.Components[:3]}}, Moment{}, "")
	if n, _ := count(flat); n != 3 || !flat.Flat || flat.Components != 3 {
		t.Errorf("a list of 3: %d branches, flat %t, %d components", n, flat.Flat, flat.Components)
	}
	if treeOf(&dossier.Software{}, Moment{}, "") != nil {
		t.Error("a tree without a bill")
	}
}

func TestKnownSince(t *testing.T) {
	if knownOf(map[string]int{}, "2026-11-23") != nil {
		t.Error("a chart of nothing")
	}
	v := knownOf(map[string]int{"2026-10": 2, "2026-11": 1, "": 1}, "2026-11-30")
	if len(v.Bars) != 2 || v.Bars[0].Month != "2026-10" || v.Bars[0].Count != 3 || v.Bars[1].Count != 4 || v.Bars[1].Height != "100.000%" {
		t.Errorf("two months: %+v", v.Bars)
	}
	v = knownOf(map[string]int{"2010-01": 1, "2026-11": 1}, "2026-11-01")
	if len(v.Bars) > mostBars || v.Bars[len(v.Bars)-1].Month != "2026-11" || v.Bars[len(v.Bars)-1].Count != 2 {
		t.Errorf("many years: %d bars, the last %+v", len(v.Bars), v.Bars[len(v.Bars)-1])
	}
}

func TestPaged(t *testing.T) {
	link := func(page string) string { return "?" + page }
	for _, test := range []struct{ total, page, from, to int }{{0, 0, 0, 0}, {50, 0, 0, 50}, {51, 0, 0, 50}, {51, 1, 50, 51}, {51, 9, 51, 51}} {
		from, to, p := paged(test.total, test.page, link)
		if from != test.from || to != test.to || (p.After != "") != (to < test.total) || (p.Before != "") != (test.page > 0) {
			t.Errorf("page %d of %d: %d to %d, %+v", test.page, test.total, from, to, p)
		}
	}
}

func TestVersionsInWords(t *testing.T) {
	for _, test := range []struct {
		a    advisory.Affected
		want string
	}{
		{advisory.Affected{Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "1.2.3"}, {Introduced: "2.0"}, {LastAffected: "2.5"}, {Introduced: "3"}}}}}, "before 1.2.3; from 2.0 up to and with 2.5; from 3 on"},
		{advisory.Affected{Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}}}}}, "every version"},
		{advisory.Affected{Ranges: []advisory.Range{{Type: "GIT", Repo: "https://example.org/r"}}, Versions: []string{"1", "2"}}, "commits of https://example.org/r; 1, 2"},
		{advisory.Affected{}, ""},
	} {
		if got := versionsOf(&test.a); got != test.want {
			t.Errorf("%+v: %q, want %q", test.a, got, test.want)
		}
	}
}
