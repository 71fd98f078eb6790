package quality

import (
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/software"
)

// chain is a bill of n components whose relations are given.
func chain(n, root int, edges ...software.Edge) *software.Bill {
	b := &software.Bill{Root: root, Edges: edges}
	for i := range n {
		b.Components = append(b.Components, software.Component{Ref: string(rune('a' + i)), Name: string(rune('a' + i)), Parent: -1})
	}
	return b
}

func nested(b *software.Bill, child, parent int) *software.Bill {
	b.Components[child].Parent = parent
	return b
}

func TestGraph(t *testing.T) {
	for _, tt := range []struct {
		name           string
		give           *software.Bill
		depth, reached int
		deep           answer
		related        string // by letter
	}{
		{"nothing", chain(3, 0), 0, 0, missing, ""},
		{"one level", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 0, To: 2}), 1, 2, missing, "abc"},
		{"two levels", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}), 2, 2, present, "abc"},
		{"nesting counts", nested(chain(3, 0, software.Edge{From: 0, To: 1}), 2, 1), 2, 2, present, "abc"},
		{"a circle", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}, software.Edge{From: 2, To: 0}), 2, 2, present, "abc"},
		{"to itself", chain(2, 0, software.Edge{From: 1, To: 1}), 0, 0, missing, ""},
		{"no root", chain(3, -1, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}), 0, 0, present, "abc"},
		{"root in a circle of two", chain(2, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 0}), 1, 1, present, "ab"},
		{"out of the bill", chain(2, 0, software.Edge{From: 0, To: 7}, software.Edge{From: -1, To: 1}), 0, 0, missing, ""},
		{"nested in what is not there", nested(chain(2, 0), 1, 9), 0, 0, missing, ""},
	} {
		s := sheetOf(tt.give, Env{})
		depth, reached := s.graph.levels(tt.give.Root)
		related := ""
		for i, c := range tt.give.Components {
			if s.graph.related(i) {
				related += c.Name
			}
		}
		test, err := documentChecks["document-depth"](nil)
		if err != nil {
			t.Fatal(err)
		}
		deep, _ := test(s)
		if depth != tt.depth || reached != tt.reached || deep != tt.deep || related != tt.related {
			t.Errorf("%s: depth %d, reached %d, deep %d, related %q; want %+v", tt.name, depth, reached, deep, related, tt)
		}
	}
}

// TestDepthSaidToBeComplete takes the bill's word that one level is all.
func TestDepthSaidToBeComplete(t *testing.T) {
	b := chain(2, 0, software.Edge{From: 0, To: 1})
	b.Complete = "complete"
	r := Assess(b, shippedCatalogues(t), Env{})
	if e := elementOf(t, r, "sbom-cisa-2026", "practices.coverage"); e.State != Met {
		t.Errorf("coverage is %s, found %q", e.State, e.Found)
	}
}

func whats(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.What)
	}
	return out
}

func TestStructure(t *testing.T) {
	twice := chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2})
	twice.Components[2].Ref = "b"
	same := chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2})
	same.Components[1].PURL, same.Components[2].PURL = "pkg:npm/x@1", "pkg:npm/x@1"
	for _, tt := range []struct {
		name  string
		give  *software.Bill
		grade Grade
		want  []string
	}{
		{"sound", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}), A, nil},
		{"empty", chain(0, -1), E, []string{"it lists no component", "it does not say what it is about"}},
		{"flat", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 0, To: 2}), B, []string{"its relations have one level only"}},
		{"two, unrelated", chain(2, 0), C, []string{"nothing in it is related to anything"}},
		{"root alone", chain(1, 0), A, nil},
		{"two, related", chain(2, 0, software.Edge{From: 0, To: 1}), A, nil},
		{"three orphans of five", chain(5, 0, software.Edge{From: 0, To: 1}), C, []string{"its relations have one level only", "3 components are in no relation"}},
		{"unrelated", chain(3, 0), C, []string{"nothing in it is related to anything"}},
		{"no root", chain(3, -1, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}), C, []string{"it does not say what it is about"}},
		{"dangling", chain(3, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}, software.Edge{From: 1, To: 8}), B, []string{"1 relation leads to what it does not list"}},
		{"orphan", chain(4, 0, software.Edge{From: 0, To: 1}, software.Edge{From: 1, To: 2}), B, []string{"1 component is in no relation"}},
		{"reference twice", twice, A, []string{"1 component repeats another"}},
		{"identity twice", same, A, []string{"1 component repeats another"}},
	} {
		r := Assess(tt.give, nil, Env{}).Structure
		if r.Grade != tt.grade || !slices.Equal(whats(r.Faults), tt.want) {
			t.Errorf("%s: %s %q, want %s %q", tt.name, r.Grade, whats(r.Faults), tt.grade, tt.want)
		}
		for _, f := range r.Faults {
			if f.Mend == "" {
				t.Errorf("%s: nothing mends %q", tt.name, f.What)
			}
		}
	}
}

func TestStructureOfCamera(t *testing.T) {
	r := Assess(camera(), nil, cameraEnv()).Structure
	if r.Root == nil || r.Root.Name != "camera" || r.Relations != 8 || r.Dangling != 1 || r.Depth != 2 || r.Reached != 7 {
		t.Errorf("structure: %+v", r)
	}
	if r.Orphans != 1 || r.OrphansAt[0].Name != "left-over" {
		t.Errorf("orphans: %+v", r.OrphansAt)
	}
	if r.Duplicates != 1 || r.RepeatedAt[0].Name != "isp" || r.RepeatedAt[0].Why != "its reference is another's too" {
		t.Errorf("duplicates: %+v", r.RepeatedAt)
	}
	if r.Broken != 1 || !strings.HasPrefix(r.BrokenAt[0], "components[9]") {
		t.Errorf("broken: %q", r.BrokenAt)
	}
}

func TestFreshness(t *testing.T) {
	number := func(p *int) int {
		if p == nil {
			return -9999
		}
		return *p
	}
	for _, tt := range []struct {
		created       string
		day, released access.Date
		grade         Grade
		age, lag      int
		fault         string
	}{
		{"2026-06-01T00:00:00Z", "2026-07-01", "", A, 30, -9999, ""},
		{"2026-06-01T00:00:00Z", "2026-07-01", "2026-06-05", A, 30, -4, ""},
		{"2026-06-01T00:00:00Z", "2026-07-01", "2026-06-20", C, 30, -19, "it is older than the release"},
		{"2026-06-30T23:30:00-05:00", "2026-07-01", "", A, 0, -9999, ""},
		{"2025-12-01T00:00:00Z", "2026-07-01", "", B, 212, -9999, ""},
		{"2025-01-01T00:00:00Z", "2026-07-01", "", C, 546, -9999, "it is 546 days old"},
		{"2022-12-20T18:01:02Z", "2026-07-01", "2030-01-01", D, 1289, -2569, "it is 1289 days old, it is older than the release"},
		{"2019-01-01T00:00:00Z", "2026-07-01", "", E, 2738, -9999, "it is 2738 days old"},
		{"2026-08-01T00:00:00Z", "2026-07-01", "", E, -31, -9999, "its date lies ahead"},
		{"2026-08-01T00:00:00Z", "", "", Ungraded, -9999, -9999, ""},
		{"yesterday", "2026-07-01", "", E, -9999, -9999, "its date cannot be read"},
		{"", "2026-07-01", "", E, -9999, -9999, "it does not say when it was made"},
	} {
		r := Assess(&software.Bill{Root: -1, Created: tt.created}, nil, Env{Day: tt.day, Released: tt.released}).Freshness
		fault := strings.Join(whats(r.Faults), ", ")
		if r.Grade != tt.grade || number(r.Age) != tt.age || number(r.Lag) != tt.lag || fault != tt.fault {
			t.Errorf("%s on %s: %q, %d days, lag %d, %q; want %+v", tt.created, tt.day, r.Grade, number(r.Age), number(r.Lag), fault, tt)
		}
	}
}

func TestMatchability(t *testing.T) {
	r := Assess(camera(), nil, cameraEnv()).Matchability
	if r.Components != 8 || r.Readable != 2 || r.Sourced != 1 || r.Percent != 12.5 || r.Grade != E {
		t.Errorf("matchability: %+v", r)
	}
	if want := []EcosystemCount{{"Go", 1, false}, {"PyPI", 1, true}}; !slices.Equal(r.Ecosystems, want) {
		t.Errorf("ecosystems: %+v, want %+v", r.Ecosystems, want)
	}
	var got []string
	for _, g := range r.Gaps {
		got = append(got, string(g.Reason)+" "+g.At[0].Name)
		if g.Mend == "" || g.Components != 1 {
			t.Errorf("gap %+v", g)
		}
	}
	want := []string{
		"no_identity left-over", "only_cpe isp", "unreadable_purl odd", "no_ecosystem tuner",
		"no_version bare", "unreadable_version main", "no_source golang.org/x/net",
	}
	if !slices.Equal(got, want) {
		t.Errorf("gaps: %q, want %q", got, want)
	}
}

// TestNotMatched leaves out what the bill is about and the operating system.
func TestNotMatched(t *testing.T) {
	b := chain(3, 0)
	b.Components[1].Type = "operating-system"
	b.Components[2].PURL = "pkg:npm/a@1.0.0"
	if r := Assess(b, nil, Env{}).Matchability; r.Components != 1 || r.Readable != 1 {
		t.Errorf("%d components are counted, %d readable", r.Components, r.Readable)
	}
}

// TestBestPURL matches a component by whichever of its purls can be.
func TestBestPURL(t *testing.T) {
	source := func(e string) bool { return e == "npm" }
	for _, tt := range []struct {
		name string
		give software.Component
		want Reason
	}{
		{"the second", software.Component{PURL: "pkg:generic/a@1", MorePURLs: []string{"pkg:npm/a@1.0.0"}}, ""},
		{"none does; the one that came furthest", software.Component{PURL: "nonsense", MorePURLs: []string{"pkg:pypi/a@1.0"}}, NoSource},
		{"version of the component", software.Component{PURL: "pkg:npm/a", Version: "1.0.0"}, ""},
		{"version said to be unknown", software.Component{PURL: "pkg:npm/a", Version: "unknown"}, NoVersion},
	} {
		tt.give.Parent = -1
		r := Assess(&software.Bill{Root: -1, Components: []software.Component{tt.give}}, nil, Env{Source: source}).Matchability
		var got Reason
		if len(r.Gaps) > 0 {
			got = r.Gaps[0].Reason
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
