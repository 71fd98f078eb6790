package advisory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/software/version"
)

// events reads a range in short: ">=1" introduces, "<2" fixes, "<=2" is the
// last affected, "|3" is a limit.
func events(text string) Range {
	r := Range{Type: "ECOSYSTEM"}
	for _, f := range strings.Fields(text) {
		switch {
		case strings.HasPrefix(f, ">="):
			r.Events = append(r.Events, Event{Introduced: f[2:]})
		case strings.HasPrefix(f, "<="):
			r.Events = append(r.Events, Event{LastAffected: f[2:]})
		case strings.HasPrefix(f, "<"):
			r.Events = append(r.Events, Event{Fixed: f[1:]})
		case strings.HasPrefix(f, "|"):
			r.Events = append(r.Events, Event{Limit: f[1:]})
		case f == "{}":
			r.Events = append(r.Events, Event{})
		default:
			panic(f)
		}
	}
	return r
}

func TestJudge(t *testing.T) {
	const yes, no, open = IsAffected, NotAffected, Unknown
	for _, c := range []struct {
		name     string
		eco      string
		ranges   []string
		versions []string
		want     map[string]State
		fixed    map[string]string
	}{
		{
			"before a fix", "Go",
			[]string{">=0 <1.2.3"},
			nil,
			map[string]State{"1.2.2": yes, "v1.2.2": yes, "1.2.3": no, "1.2.3-rc1": yes, "(devel)": open, "": open, "0.0.0-20200101000000-0123456789ab": yes},
			map[string]string{"1.2.2": "1.2.3"},
		},
		{
			"pseudo-versions", "Go",
			[]string{">=0 <0.0.0-20220906165146-f3363e06e74c"},
			nil,
			map[string]State{"v0.0.0-20220906165145-ffffffffffff": yes, "v0.0.0-20220906165147-000000000000": no, "v0.1.0": no},
			nil,
		},
		{
			"several intervals", "npm",
			[]string{">=1.0.0 <1.5.0 >=2.0.0 <2.3.0"},
			nil,
			map[string]State{"0.9.0": no, "1.0.0": yes, "1.4.9": yes, "1.5.0": no, "1.9.9": no, "2.0.0": yes, "2.3.0": no, "2.0.0-beta": no},
			map[string]string{"1.2.0": "1.5.0 2.3.0", "2.1.0": "2.3.0"},
		},
		{
			"written in any order", "npm",
			[]string{"<2.3.0 >=2.0.0 <1.5.0 >=1.0.0"},
			nil,
			map[string]State{"1.0.0": yes, "1.5.0": no, "2.0.0": yes, "2.3.0": no},
			map[string]string{"1.0.0": "1.5.0 2.3.0"},
		},
		{
			"several ranges", "Maven",
			[]string{">=1.4 <=1.4.7", ">=1.5 <=1.5.4"},
			nil,
			map[string]State{"1.3": no, "1.4": yes, "1.4.7": yes, "1.4.8": no, "1.5.4": yes, "1.6": no},
			map[string]string{"1.4": ""},
		},
		{
			"ranges that overlap", "npm",
			[]string{">=1.0.0 <1.5.0", ">=1.2.0 <2.0.0"},
			nil,
			map[string]State{"1.1.0": yes, "1.5.0": yes, "2.0.0": no},
			map[string]string{"1.1.0": "2.0.0"},
		},
		{
			"a fix that another range takes up", "npm",
			[]string{">=1.0.0 <1.5.0", ">=1.5.0 <2.0.0"},
			nil,
			map[string]State{"1.5.0": yes},
			map[string]string{"1.1.0": "2.0.0", "1.5.0": "2.0.0"},
		},
		{"no fix", "npm", []string{">=1.0.0"}, nil, map[string]State{"0.9.0": no, "99.0.0": yes}, map[string]string{"99.0.0": ""}},
		{
			"last affected, then a fix", "npm",
			[]string{">=1.0.0 <=1.5.0 >=2.0.0 <2.3.0"},
			nil,
			map[string]State{"1.5.0": yes, "1.5.1": no},
			map[string]string{"1.5.0": "2.3.0"},
		},
		{"one version", "npm", []string{">=1.0.0 <=1.0.0"}, nil, map[string]State{"1.0.0": yes, "1.0.1": no, "0.9.9": no}, nil},
		{"empty interval", "npm", []string{">=1.0.0 <1.0.0 >=2.0.0 <3.0.0"}, nil, map[string]State{"1.0.0": no, "1.5.0": no, "2.0.0": yes}, nil},
		{"fixed before it is introduced", "npm", []string{">=2.0.0 <1.0.0"}, nil, map[string]State{"0.5.0": no, "1.5.0": no, "2.0.0": no, "3.0.0": no}, nil},
		{"last affected before it is introduced", "npm", []string{">=2.0.0 <=1.0.0"}, nil, map[string]State{"1.0.0": no, "3.0.0": no}, nil},
		// The gem nokogiri and CVE-2015-1819, as its source has them.
		{
			"an interval that ends before it begins, after another", "RubyGems",
			[]string{">=0 <1.6.6.4 >=1.6.7 <1.6.7.rc4"},
			nil,
			map[string]State{"1.6.0": yes, "1.6.6.4": no, "1.6.7.rc1": no, "1.6.7": no, "1.18.2": no},
			map[string]string{"1.6.0": "1.6.6.4"},
		},
		{"an end alone before a beginning", "npm", []string{"<1.0.0 >=2.0.0"}, nil, map[string]State{"0.5.0": no, "1.5.0": no, "2.0.0": yes}, nil},
		{"two fixes for one beginning", "npm", []string{">=0 <1.0.0 <1.5.0 >=2.0.0"}, nil, map[string]State{"0.1.0": yes, "1.2.0": no, "2.0.0": yes}, map[string]string{"0.1.0": "1.0.0"}},
		{"limit", "npm", []string{">=1.0.0 |2.0.0"}, nil, map[string]State{"1.9.0": yes, "2.0.0": no}, map[string]string{"1.9.0": ""}},
		{"limits: the highest counts", "npm", []string{">=1.0.0 |2.0.0 |3.0.0"}, nil, map[string]State{"2.5.0": yes, "3.0.0": no}, nil},
		{"no limit at all", "npm", []string{">=1.0.0 |* |3.0.0"}, nil, map[string]State{"4.0.0": yes}, nil},
		{"limit within an interval", "npm", []string{">=1.0.0 <3.0.0 |2.0.0"}, nil, map[string]State{"1.9.0": yes, "2.0.0": no}, map[string]string{"1.9.0": ""}},
		{
			"listed", "PyPI", nil,
			[]string{"1.0", "2.0rc1"},
			map[string]State{"1.0": yes, "1.0.0": yes, "2.0.rc1": yes, "2.0": no, "gibberish": open},
			nil,
		},
		{
			"listed beside a range", "PyPI",
			[]string{">=1.0 <1.5"},
			[]string{"1.1", "1.7"},
			map[string]State{"1.7": yes, "1.1": yes, "1.6": no},
			map[string]string{"1.1": "1.5", "1.7": ""},
		},
		{
			"the fix itself is listed", "PyPI",
			[]string{">=1.0 <1.5", ">=1.8 <2.0"},
			[]string{"1.5"},
			map[string]State{"1.5": yes},
			map[string]string{"1.1": "2.0"},
		},
		// What retire.js writes of ember and handlebars.
		{"from the first pre-release on", "npm", []string{">=1.3.0-* <1.3.2"}, nil, map[string]State{"1.2.9": no, "1.3.0-beta.1": yes, "1.3.1": yes, "1.3.2": no}, nil},
		{"a pre-release with a dot", "npm", []string{">=0 <1.0.0.beta.3"}, nil, map[string]State{"1.0.0-beta.2": yes, "1.0.0-beta.3": no, "4.7.7": no, "0.9.0": yes}, map[string]string{"0.9.0": "1.0.0.beta.3"}},
		{"a pattern is no last version", "npm", []string{">=1.0.0 <=1.3.0-*"}, nil, map[string]State{"1.2.0": open, "4.0.0": open}, nil},
		{"no pre-release", "npm", []string{">=0 <2.1.x"}, nil, map[string]State{"1.0.0": open}, nil},
		// The package composer/composer and CVE-2026-40176.
		{"from the pre-releases on, as Composer has it", "Packagist", []string{">=1.0 <2.2.27"}, nil, map[string]State{"1.0.0-alpha8": yes, "1.0.0": yes, "0.9.9": no, "2.2.27": no, "2.2.27-beta1": yes}, map[string]string{"1.0.0-alpha8": "2.2.27"}},
		{"from a pre-release on", "Packagist", []string{">=1.0-beta2 <1.1"}, nil, map[string]State{"1.0-beta1": no, "1.0-beta2": yes, "1.0": yes}, nil},
		{"listed though unreadable", "Go", nil, []string{"(devel)", "master"}, map[string]State{"(devel)": yes, "main": open, "v1.0.0": no}, nil},
		{
			"a broken range beside a sound one", "npm",
			[]string{">=1.0.0 <banana", ">=3.0.0 <4.0.0"},
			nil,
			map[string]State{"3.5.0": yes, "1.5.0": open, "4.0.0": open},
			map[string]string{"3.5.0": "4.0.0"},
		},
		{"an event that says nothing", "npm", []string{">=1.0.0 {}"}, nil, map[string]State{"1.5.0": open}, nil},
		{"a range without events", "npm", []string{""}, nil, map[string]State{"1.5.0": no}, nil},
		{"neither ranges nor versions", "npm", nil, nil, map[string]State{"1.5.0": open}, nil},
		{"ecosystem without an order", "Nowhere", []string{">=1.0.0 <2.0.0"}, []string{"1.7"}, map[string]State{"1.5.0": open, "1.7": yes, "2.0.0": open}, nil},
		{
			"product", "",
			[]string{">=2019.4-hf5 <=2020.2.1"},
			nil,
			map[string]State{"2019.4": no, "2019.4 HF4": no, "2019.4 HF5": yes, "2020.2": yes, "2020.2.1": yes, "2020.2.1 HF1": no, "v2020.2.1.0": yes, "2020.2 beta": open, "2020.2-rc1": yes, "2020.2.1 beta 2": yes, "": open},
			nil,
		},
		{
			"product, from a beta on", "",
			[]string{">=2.0-beta9 <2.3.1 >=2.4 <2.12.2"},
			nil,
			map[string]State{"2.0-beta8": no, "2.0-alpha10": no, "2.0-beta9": yes, "2.0-beta10": yes, "2.0-rc1": yes, "2.0": yes, "2.3.1": no, "2.12.2": no},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := Affected{Ecosystem: c.eco, Name: "x", Versions: c.versions}
			for _, r := range c.ranges {
				a.Ranges = append(a.Ranges, events(r))
			}
			for v, want := range c.want {
				got := a.Judge(v)
				if got.State != want || (got.State == Unknown) != (got.Why != "") {
					t.Errorf("%q: %+v, want %s", v, got, want)
				}
			}
			for v, want := range c.fixed {
				if got := strings.Join(a.Judge(v).Fixed, " "); got != want {
					t.Errorf("%q is fixed in %q, want %q", v, got, want)
				}
			}
		})
	}
}

// Commits decide nothing about versions, unless the versions are listed.
func TestJudgeByCommits(t *testing.T) {
	git := Range{Type: "GIT", Repo: "https://example.org/x", Events: []Event{{Introduced: "0"}, {Fixed: "0123456789abcdef0123456789abcdef01234567"}}}
	a := Affected{Ecosystem: "PyPI", Name: "x", Ranges: []Range{git}, Versions: []string{"1.0"}}
	if got := a.Judge("1.0").State; got != IsAffected {
		t.Errorf("listed: %s", got)
	}
	if got := a.Judge("2.0"); got.State != Unknown || !strings.Contains(got.Why, "commits") {
		t.Errorf("not listed: %+v", got)
	}
	a.Ranges = append(a.Ranges, events(">=0 <1.5"))
	if got := a.Judge("2.0").State; got != NotAffected {
		t.Errorf("with a range of versions beside the commits: %s", got)
	}
}

func TestJudgeOfAllVersionsSaysSo(t *testing.T) {
	a := Affected{Ecosystem: "Go", Name: "x", Ranges: []Range{events(">=0")}}
	if got := a.Judge("(devel)"); got.State != Unknown || !strings.HasSuffix(got.Why, "; the advisory is about every version") {
		t.Errorf("%+v", got)
	}
	a.Ranges[0] = events(">=0 <1.0.0")
	if got := a.Judge("(devel)"); got.State != Unknown || strings.Contains(got.Why, "every version") {
		t.Errorf("%+v", got)
	}
}

// A range of SEMVER type has an order in whatever ecosystem.
func TestJudgeSemverAnywhere(t *testing.T) {
	r := events(">=1.0.0 <2.0.0")
	r.Type = "SEMVER"
	a := Affected{Ecosystem: "Nowhere", Name: "x", Ranges: []Range{r}}
	for v, want := range map[string]State{"1.5.0": IsAffected, "2.0.0": NotAffected, "2.0.0-rc.1": IsAffected, "x": Unknown} {
		if got := a.Judge(v); got.State != want {
			t.Errorf("%s: %+v, want %s", v, got, want)
		}
	}
}

// oracle is the evaluation algorithm of the OSV schema as written there, for
// whole numbers: events sorted by version, each looked at in turn.
func oracle(a *Affected, v int) State {
	if slices.Contains(a.Versions, fmt.Sprintf("%d.0.0", v)) {
		return IsAffected
	}
	for _, r := range a.Ranges {
		if before(r, v) && inRange(r, v) {
			return IsAffected
		}
	}
	if len(a.Ranges)+len(a.Versions) == 0 {
		return Unknown
	}
	return NotAffected
}

func before(r Range, v int) bool {
	limits := 0
	for _, e := range r.Events {
		if e.Limit != "" {
			limits++
			if v < number(e.Limit) {
				return true
			}
		}
	}
	return limits == 0
}

// number is the first number of a version.
func number(s string) int {
	var n int
	fmt.Sscanf(s, "%d", &n)
	return n
}

// mark is an event in whole numbers: 0 introduced, 1 fixed, 2 last affected.
type mark struct{ n, kind int }

// inRange is the schema's algorithm. Where that leaves an end over, beginnings
// that are followed by an end before them are taken away with it.
func inRange(r Range, v int) bool {
	marks := marksOf(r)
	if leavesEnd(marks) {
		for i := 0; i+1 < len(marks); {
			if marks[i].kind == 0 && marks[i+1].kind != 0 && marks[i+1].n < marks[i].n {
				marks = slices.Delete(marks, i, i+2)
			} else {
				i++
			}
		}
	}
	vulnerable := false
	for _, e := range byVersion(marks) {
		switch {
		case e.kind == 0 && v >= e.n:
			vulnerable = true
		case e.kind == 1 && v >= e.n, e.kind == 2 && v > e.n:
			vulnerable = false
		}
	}
	return vulnerable
}

func marksOf(r Range) []mark {
	var marks []mark
	for _, e := range r.Events {
		switch {
		case e.Introduced != "":
			marks = append(marks, mark{number(e.Introduced), 0})
		case e.Fixed != "":
			marks = append(marks, mark{number(e.Fixed), 1})
		case e.LastAffected != "":
			marks = append(marks, mark{number(e.LastAffected), 2})
		}
	}
	return marks
}

func byVersion(marks []mark) []mark {
	return slices.SortedStableFunc(slices.Values(marks), func(a, b mark) int { return cmp.Compare(a.n, b.n) })
}

// leavesEnd reports whether an end closes nothing. An end that is written
// twice closes as one.
func leavesEnd(marks []mark) bool {
	open, closed := false, -1
	for _, e := range byVersion(marks) {
		switch {
		case e.kind == 0:
			open = true
		case !open && closed != e.n:
			return true
		default:
			open, closed = false, e.n
		}
	}
	return false
}

// drawAffected draws ranges over the versions 0.0.0 to 9.0.0. No version is
// introduced and fixed at once: what that means, the schema leaves open.
func drawAffected(t *rapid.T) *Affected {
	a := &Affected{Ecosystem: "npm", Name: "x"}
	for range rapid.IntRange(0, 3).Draw(t, "ranges") {
		r := Range{Type: "SEMVER"}
		kinds := map[int]int{}
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			n, kind := rapid.IntRange(0, 9).Draw(t, "version"), rapid.IntRange(0, 2).Draw(t, "kind")
			if was, drawn := kinds[n]; drawn && was != kind {
				continue
			}
			kinds[n] = kind
			text := fmt.Sprintf("%d.0.0", n)
			r.Events = append(r.Events, []Event{{Introduced: text}, {Fixed: text}, {LastAffected: text}}[kind])
		}
		if rapid.IntRange(0, 4).Draw(t, "limited") == 0 {
			r.Events = append(r.Events, Event{Limit: fmt.Sprintf("%d.0.0", rapid.IntRange(0, 9).Draw(t, "limit"))})
		}
		a.Ranges = append(a.Ranges, r)
	}
	for range rapid.IntRange(0, 3).Draw(t, "versions") {
		a.Versions = append(a.Versions, fmt.Sprintf("%d.0.0", rapid.IntRange(0, 9).Draw(t, "listed")))
	}
	return a
}

func TestJudgeEqualsTheSchemasAlgorithm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAffected(t)
		p := a.Prepare()
		for v := range 11 {
			raw := fmt.Sprintf("%d.0.0", v)
			got := p.Judge(version.Version{}, raw)
			if want := oracle(a, v); got.State != want {
				t.Fatalf("%+v: %s is %s, want %s", a, raw, got.State, want)
			}
			read, err := version.Parse("npm", raw)
			if err != nil {
				t.Fatal(err)
			}
			if d := gocmp.Diff(got, p.Judge(read, raw)); d != "" {
				t.Fatalf("%+v: %s read before and by Judge (-want +got):\n%s", a, raw, d)
			}
			for i, f := range got.Fixed {
				if s := a.Judge(f).State; s != NotAffected {
					t.Fatalf("%+v: %s is said to be fixed in %s, which is %s", a, raw, f, s)
				}
				if order, err := version.Compare("npm", f, raw); err != nil || order <= 0 {
					t.Fatalf("%+v: %s is said to be fixed in %s", a, raw, f)
				}
				if i > 0 {
					if order, _ := version.Compare("npm", got.Fixed[i-1], f); order >= 0 {
						t.Fatalf("%+v: fixes of %s out of order: %v", a, raw, got.Fixed)
					}
				}
			}
		}
	})
}

// The order in which ranges, versions and the events of a sound range are
// written means nothing.
func TestJudgeIgnoresTheOrderOfWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAffected(t)
		b := &Affected{Ecosystem: a.Ecosystem, Name: a.Name, Versions: rapid.Permutation(a.Versions).Draw(t, "versions")}
		for _, r := range rapid.Permutation(a.Ranges).Draw(t, "ranges") {
			// What an end that is left over belongs to, only their order tells.
			if !leavesEnd(marksOf(r)) {
				r.Events = rapid.Permutation(r.Events).Draw(t, "events")
			}
			b.Ranges = append(b.Ranges, r)
		}
		for v := range 11 {
			raw := fmt.Sprintf("%d.0.0", v)
			if d := gocmp.Diff(a.Judge(raw), b.Judge(raw)); d != "" {
				t.Fatalf("%+v and %+v, version %s:\n%s", a, b, raw, d)
			}
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	a := Affected{Ecosystem: "Go", Name: "stdlib", Ranges: []Range{events(">=0 <1.18.6 >=1.19.0-0 <1.19.1 >=1.20.0-0 <1.20.3")}}
	p := a.Prepare()
	v, err := version.Parse("Go", "1.19.0")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if p.Judge(v, "1.19.0").State != IsAffected {
			b.Fatal("not affected")
		}
	}
}

// FuzzJudge reads ranges of events, in short, with versions among them, and versions to judge.
func FuzzJudge(f *testing.F) {
	f.Add("Go", ">=0 <1.18.6 >=1.19.0-0 <1.19.1", "v1.18.0\n(devel)\n")
	f.Add("PyPI", ">=1.0 <=2.0rc1 |3; 1.7 >=0 <0.5", "1.5\n2.0\n1!0")
	f.Add("Debian:11", ">=0 <1:2.3-4~deb11u1", "1:2.3-4\n2.3")
	f.Add("", ">=2019.4-hf5 <=2020.2.1", "2020.2 HF 1\n2019.4\n")
	f.Add("Nowhere", ">=0 {} <5", "4")
	f.Fuzz(func(t *testing.T, eco, line, versions string) {
		a := &Affected{Ecosystem: eco, Name: "x"}
		for part := range strings.SplitSeq(line, ";") {
			r := Range{Type: "ECOSYSTEM"}
			for _, word := range strings.Fields(part) {
				if strings.HasPrefix(word, ">=") || strings.HasPrefix(word, "<") || strings.HasPrefix(word, "|") {
					r.Events = append(r.Events, events(word).Events...)
				} else {
					a.Versions = append(a.Versions, word)
				}
			}
			a.Ranges = append(a.Ranges, r)
		}
		p := a.Prepare()
		for _, raw := range append(strings.Split(versions, "\n"), a.Versions...) {
			j := p.Judge(version.Version{}, raw)
			if (j.State == Unknown) != (j.Why != "") || j.State != IsAffected && len(j.Fixed) > 0 {
				t.Errorf("%q: %+v", raw, j)
			}
			if slices.Contains(a.Versions, raw) && j.State != IsAffected {
				t.Errorf("%q is listed, and is %+v", raw, j)
			}
			for _, fixed := range j.Fixed {
				if k := p.Judge(version.Version{}, fixed); k.State == IsAffected && !slices.Contains(a.Versions, fixed) {
					t.Errorf("%q is said to be fixed in %q, which is %+v", raw, fixed, k)
				}
			}
		}
	})
}
