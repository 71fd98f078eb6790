package catalogue

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// TestShippedProfiles holds what each profile asks to what its note says.
func TestShippedProfiles(t *testing.T) {
	for _, c := range []struct {
		id                    string
		tier                  int
		required, recommended int
	}{
		{"iot-baseline", 0, 92, 0}, // NISTIR 8425 and four exclusions
		{"en-303-645", 0, 36, 42},
		{"us-ssdf-form", 0, 20, 2}, // 13 statements, 7 fields
		{"agency-software-gate", 0, 15, 4},
		{"software-consumer", 0, 25, 0},
		{"iot-tiers-1-4", 1, 32, 0},
		{"iot-tiers-1-4", 2, 128, 42},
		{"iot-tiers-1-4", 3, 129, 42},
		{"iot-tiers-1-4", 4, 130, 42},
	} {
		asked, err := shipped(t).Profile(c.id).Select(shipped(t), c.tier)
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		required := 0
		for _, s := range asked {
			if s.Required {
				required++
			}
		}
		if required != c.required || len(asked)-required != c.recommended {
			t.Errorf("%s tier %d: %d required and %d recommended, want %d and %d",
				c.id, c.tier, required, len(asked)-required, c.required, c.recommended)
		}
	}
}

// TestTiersInclude makes sure that no tier asks less than the one below it, in
// any respect.
func TestTiersInclude(t *testing.T) {
	s := shipped(t)
	for _, p := range s.Profiles() {
		before := map[string]Selected{}
		for tier := range len(p.Tiers) {
			asked, err := p.Select(s, tier+1)
			if err != nil {
				t.Fatal(err)
			}
			now := map[string]Selected{}
			for _, a := range asked {
				now[a.Ref()] = a
			}
			for ref, was := range before {
				is, ok := now[ref]
				if !ok || was.Required && !is.Required || was.Required && !MethodCounts(is.Method, was.Method) || is.Tier != was.Tier {
					t.Errorf("%s: %s at tier %d is %+v, at tier %d %+v", p.ID, ref, tier, was, tier+1, is)
				}
			}
			before = now
		}
	}
}

// TestSelectInOrder: twice the same, in the order of the catalogue.
func TestSelectInOrder(t *testing.T) {
	s := shipped(t)
	p := s.Profile("iot-tiers-1-4")
	first, _ := p.Select(s, 4)
	for range 3 {
		again, _ := p.Select(s, 4)
		if !slices.EqualFunc(first, again, func(a, b Selected) bool { return a.Ref() == b.Ref() }) {
			t.Fatal("two selections differ in order")
		}
	}
	at := map[string]int{}
	for i, a := range first {
		at[a.Ref()] = i
	}
	for _, pair := range [][2]string{{"etsi-en-303-645/5.1-1", "etsi-en-303-645/5.13-1B"}, {"etsi-en-303-645/6-8", "nistir-8425/AI"}, {"sg-cls-iot/L3", "sg-cls-iot/L4"}} {
		if at[pair[0]] >= at[pair[1]] {
			t.Errorf("%s stands after %s", pair[0], pair[1])
		}
	}
}

// TestMerge follows one control through the tiers.
func TestMerge(t *testing.T) {
	s := shipped(t)
	p := s.Profile("iot-tiers-1-4")
	for tier, want := range map[int]Selected{
		2: {Tier: 2, Required: true, Method: Automated, Automatic: "sbom-present"},
		3: {Tier: 2, Required: true, Method: Automated, Automatic: "sbom-complete"},
	} {
		asked, _ := p.Select(s, tier)
		i := slices.IndexFunc(asked, func(a Selected) bool { return a.Ref() == "nistir-8425/DOC.1.d.i" })
		got := asked[i]
		got.Catalogue, got.Control, got.Because, got.When = nil, nil, "", nil
		if got.Tier != want.Tier || got.Required != want.Required || got.Method != want.Method || got.Automatic != want.Automatic {
			t.Errorf("tier %d: %+v, want %+v", tier, got, want)
		}
	}
	// A recommendation does not make what is required harder to show.
	a := Selected{Required: true, Method: Declared}
	a.stricter(&Selected{Method: Laboratory})
	if a.Method != Declared {
		t.Errorf("a recommended line set method %s", a.Method)
	}
	b := Selected{Method: Laboratory}
	b.stricter(&Selected{Required: true, Method: Declared})
	if b.Method != Declared || !b.Required {
		t.Errorf("required over recommended gives %+v", b)
	}
}

// TestEveryAssessorHasWork: an assessor that no profile names would be code
// that nothing calls, and a name that is none would judge nothing.
func TestEveryAssessorHasWork(t *testing.T) {
	used := map[string]bool{}
	for _, p := range shipped(t).Profiles() {
		for i := range p.Asks {
			if a := p.Asks[i].Automatic; a != "" {
				used[a] = true
			}
		}
	}
	if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, Automatic) {
		t.Errorf("profiles name %v, there are %v", got, Automatic)
	}
}

// TestWhen: the facts on which a control hangs come with what they say.
func TestWhen(t *testing.T) {
	s := shipped(t)
	asked, err := s.Profile("en-303-645").Select(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(asked, func(a Selected) bool { return a.Control.ID == "5.1-5" })
	want := []Fact{
		{"etsi-en-303-645/14", "no use-driven resource constraint prevents a brute-force countermeasure"},
		{"etsi-en-303-645/e", "users or devices can be authenticated over the network"},
	}
	if diff := cmp.Diff(want, asked[i].When); diff != "" {
		t.Errorf("5.1-5 (-want +got):\n%s", diff)
	}
	asked, err = s.Profile("software-consumer").Select(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	i = slices.IndexFunc(asked, func(a Selected) bool { return a.Control.ID == "C.3" })
	if diff := cmp.Diff([]Fact{{"software-consumer/accounts", "users have accounts in the software"}}, asked[i].When); diff != "" {
		t.Errorf("C.3 (-want +got):\n%s", diff)
	}
}

func TestDuty(t *testing.T) {
	p := shipped(t).Profile("us-ssdf-form")
	for day, want := range map[access.Date]bool{"2022-09-13": false, "2022-09-14": true, "2026-01-22": true, "2026-01-23": false} {
		if got := p.Duty(day); got != want {
			t.Errorf("duty on %s: %v, want %v", day, got, want)
		}
	}
	if shipped(t).Profile("agency-software-gate").Duty("2026-06-01") {
		t.Error("an example is nobody's duty")
	}
}

func TestSelectRefuses(t *testing.T) {
	s := shipped(t)
	empty, err := NewSet(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		profile string
		set     *Set
		tier    int
		kind    problem.Kind
		says    string
	}{
		{"iot-baseline", s, 1, problem.Invalid, "has no tiers"},
		{"iot-tiers-1-4", s, 0, problem.Invalid, "has tiers 1 to 4"},
		{"iot-tiers-1-4", s, 5, problem.Invalid, "has tiers 1 to 4"},
		{"iot-baseline", empty, 0, problem.NotFound, `no catalogue "nistir-8425"`},
	} {
		_, err := s.Profile(c.profile).Select(c.set, c.tier)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s tier %d: %v, want %s: %s", c.profile, c.tier, err, c.kind, c.says)
		}
	}
}

const smallProfile = `countersign: profile/v1
profile: p
title: P
version: "1"
purpose: label
basis: none
source: ours
verification: ours
tiers:
  - {tier: 1, title: One, statement: The first}
features: {net: it has a network}
select:
  - {catalogue: c, tier: 1, controls: [A.1], ask: required, when: [net]}
`

func TestParseProfileRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, says string }{
		{"profile/v1", "profile/v2", "line 1: countersign: want profile/v1"},
		{"profile: p\n", "", "profile is missing"},
		{"profile: p\n", "profile: P!\n", `line 2: profile "P!"`},
		{"tier: 1, title", "tier: 2, title", `line 10: tier "2": want 1`},
		{"tier: 1, controls", "tier: 2, controls", `line 13: tier 2: want 1 to 1`},
		{"controls: [A.1], ", "", "line 13: a line of select names no controls"},
		{"ask: required", "ask: perhaps", `line 13: ask "perhaps": want required, recommended`},
		{"ask: required", "ask: required, method: guessed", `line 13: method "guessed"`},
		{"ask: required", "ask: required, automatic: magic", `line 13: automatic "magic"`},
		{"when: [net]", "when: [radio]", `line 13: when: the profile has no feature "radio"`},
		{"[A.1]", "[A.1, A.1]", `line 13: controls names "A.1" twice`},
		{"source: ours", "source: ours\nduty: {from: 2022-09-31}", "line 8: invalid date"},
		{"source: ours", "source: ours\nduty: {until: 2022-09-30}", "line 8: duty: from is missing"},
		{"source: ours", "source: ours\nduty: {from: 2022-09-14, until: 2022-09-14}", "line 8: duty: until 2022-09-14 leaves no day"},
		{"source: ours", "source: ours\nsauce: ours", `line 8: unknown field "sauce"`},
	} {
		if !strings.Contains(smallProfile, c.old) {
			t.Fatalf("%q is not in the profile", c.old)
		}
		_, err := ParseProfile([]byte(strings.Replace(smallProfile, c.old, c.new, 1)))
		if !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %s", c.new, err, c.says)
		}
	}
	if _, err := ParseProfile([]byte(smallProfile)); err != nil {
		t.Errorf("the profile itself: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	files := func(catalogue, profile string) fstest.MapFS {
		return fstest.MapFS{"c.yaml": {Data: []byte(catalogue)}, "profiles/p.yaml": {Data: []byte(profile)}}
	}
	if _, err := Load(files(smallCatalogue, smallProfile)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files fstest.MapFS
		says  string
	}{
		{files(smallCatalogue, strings.Replace(smallProfile, "[A.1]", "[A.9]", 1)), `profile p: line 13: catalogue c has no control "A.9"`},
		{files(smallCatalogue, strings.Replace(smallProfile, "catalogue: c", "catalogue: d", 1)), `profile p: line 13: no catalogue "d"`},
		{files(smallCatalogue, strings.Replace(smallProfile, "controls: [A.1]", "kinds: [moon]", 1)), `line 13: picks no control of c`},
		{files(smallCatalogue, strings.Replace(smallProfile, "profile: p", "profile: q", 1)), `profiles/p.yaml: has the id "q"`},
		{files(strings.Replace(smallCatalogue, "catalogue: c", "catalogue: d", 1), smallProfile), `c.yaml: has the id "d"`},
		{files(strings.Replace(smallCatalogue, "parent: A}", "parent: A, ssdf: [PO.1.1]}", 1), smallProfile), "control A.1: leads to PO.1.1 of catalogue nist-ssdf, which is not here"},
		{files(strings.Replace(smallCatalogue, "parent: A}", "parent: Z}", 1), smallProfile), `c.yaml: catalogue: line 13: control A.1: parent: there is no control "Z"`},
	} {
		_, err := Load(c.files)
		if !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %s", err, c.says)
		}
	}
}

// TestEncodeProfile: what a profile asks is not lost when it is written.
func TestEncodeProfile(t *testing.T) {
	for _, p := range shipped(t).Profiles() {
		again, err := ParseProfile(EncodeProfile(p))
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		if diff := cmp.Diff(p, again, cmpopts.IgnoreUnexported(Profile{}, Ask{}), cmpopts.IgnoreFields(Profile{}, "Digest")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.ID, diff)
		}
	}
}
