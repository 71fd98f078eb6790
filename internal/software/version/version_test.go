package version_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/version"
)

// ladders are versions from the earliest to the newest; those with an equals
// sign between them are equal.
var ladders = []struct{ ecosystem, versions string }{
	{"Go", "v0.0.0-20220722155237-a158d28d115b v0.0.0-20220906165146=0.0.0-20220906165146 0.0.0-20220906165146-f3363e06e74c=v0.0.0-20220906165146-f3363e06e74c v0.0.0-20220906165147 v0.0.0-20230101000000-000000000000 v0.0.0 v0.1.0-rc.1 v0.1.0"},
	{"Go", "1.2.3-0.20200101000000-aaaaaaaaaaaa 1.2.3-rc1 1.2.3-rc1.0.20190101000000-bbbbbbbbbbbb 1.2.3-rc1.0.20200101000000-aaaaaaaaaaaa 1.2.3"},
	{"Go", "1.0.0-20220906165146-f3363e06e74g 1.0.0-rc-20220906165146-f3363e06e74c 1.0.0-x.2022090616514-f3363e06e74c 1.0.0"}, // no pseudo-versions
	{"Go", "v2.0.0+incompatible=2.0.0=v2.0.0+dirty v2.0.1"},
	{"Go", "0 1.20 go1.20.1=v1.20.1=1.20.1 1.21.0-0 go1.21beta1 go1.21rc2=1.21.0-rc.2=1.21rc2 go1.21rc10 go1.21.0=1.21 go1.21.3"},
	{"npm", "0 1.0.0-0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-beta.2 1.0.0-beta.11 1.0.0=1=1.0=v1.0.0=1.0.0+b 1.0.1 1.10.0"},
	{"crates.io", "0.0.0-0 0.1.0-alpha.1 0.1.0 0.1.1"},
	{"Bitnami", "2.4.57-0 2.4.57-rc1 2.4.57 2.4.57-1 2.4.57-5=2.4.57-05 2.4.57-10 2.4.58-0 2.4.58"},
	{"Hex", "1.0.0-rc.1 1.0.0 1.0.1"},
	{"Pub", "1.0.0-a 1.0.0 1.0.0+1 1.0.0+2 1.0.0+a 1.0.1"},
	{"SwiftURL", "1.0 1.0.0.1 v1.1 1.2.0-beta 1.2"},
	{"GitHub Actions", "v3 v3.1 v4-beta v4=4.0.0 v4.1.7"},
	{"NuGet", "1.0.0-ALPHA=1.0.0-alpha 1.0.0-beta 1.0=1.0.0.0 1.0.0.1 1.0.1"},
	{"Debian:11", "1.0~beta1 1.0=0:1.0=1.0-0 1.0-1~deb11u1 1.0-1 1.0-1+b1 1.0-1+deb11u1 1.0a 1.0+dfsg 1.0.1 2 1:0.5"},
	{"Ubuntu:22.04:LTS", "1.1.1f-1ubuntu2.15 1.1.1f-1ubuntu2.16 1.1.1f-1+x 1.1.1n-0"},
	{"Alpine:v3.17", "1.2_alpha1 1.2_rc1 1.2=1.2-r0 1.2-r1 1.2-r10 1.2_p1 1.2a 1.2.1 1.10"},
	{"Wolfi", "0.9.8-r1 3.0.7_git20220101-r0=3.0.7_git20220101~f3363e0-r0 3.0.8-r0 3.1.0-r3"},
	{"Rocky Linux:8", "1.0~rc1-1 1.0 1.0-1.el8 1.0-1.el8_4 1.0-2 1.0^git1-1 1.0.1-1 1:0.1-1"},
	{"Red Hat", "7.61.1-22.el8 7.61.1-22.el8_6.3 7.61.1-25.el8"},
	{"openSUSE", "0=0:0 1.1.1l-150500.17.34.1 1.1.1l-150500.17.37.1"},
	{"PyPI", "0 1.0.dev1 1.0a1.dev1 1.0a1=1.0.alpha-1 1.0b2=1.0beta2 1.0c1=1.0rc1=1.0-pre1 1.0=v1.0.0 1.0+abc 1.0+abc.5 1.0+5 1.0.post1.dev1 1.0.post1=1.0-1=1.0rev1 1.0.1 2!0.1"},
	{"RubyGems", "0 1.0.a 1.0.b1 1.0.rc1=1.0.rc.1 1.0=1=1.0.0 1.0.0.1 1.0.1.pre 1.0.1"},
	{"Maven", "0 1.0-alpha1=1.0-a1 1.0-beta-2 1.0-M1=1.0-milestone-1 1.0-rc1=1.0-CR1 1.0-SNAPSHOT 1.0=1=1.0.0=1.0.Final=1.0-GA=1.0.RELEASE 1.0-sp1 1.0-jre 1.0-1 1.0.1"},
	{"Packagist", "0 1.0-dev 1.0alpha1=v1.0.0-alpha1=1.0-a1 1.0-BETA1=1.0.0.0-beta1 1.0-RC1 1.0=1.0.0=V1.0.0-stable=1.0.0+x 1.0-patch1=1.0-p1 1.0.0.1 1.0.1"},
	{"CRAN", "0.9 0.75 1.0 1.0-0=1.0.0 1.0-1"},
	{"Hackage", "0.9 1 1.0 1.0.0 1.0.1"},
	{"GHC", "9.4 9.4.1 9.6"},
}

func TestLadders(t *testing.T) {
	for _, ladder := range ladders {
		var steps []string
		rank := map[string]int{}
		for i, group := range strings.Fields(ladder.versions) {
			for _, v := range strings.Split(group, "=") {
				steps, rank[v] = append(steps, v), i
			}
		}
		for _, a := range steps {
			for _, b := range steps {
				got, err := version.Compare(ladder.ecosystem, a, b)
				if want := sign(rank[a] - rank[b]); err != nil || got != want {
					t.Errorf("%s: %s to %s is %d, not %d (%v)", ladder.ecosystem, a, b, got, want, err)
				}
			}
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("1", version.MaxLength+1)
	every := []string{"", " ", "latest", "unknown", "(devel)", "*", "[1.0,2.0)", ">=1.0", "1.0 || 2.0", "${version}", "1.0\n2.0", "1.\x00", "é1", long}
	tests := map[string][]string{
		"Go":             {"f3363e06e74c", "234fd47e07d1004f0aed9c", "v", "1..2", "1.2.3.4", "1.2.3-", "1.2.3-a..b", "devel go1.21-abc", "go1.21x3", "1.2.3~1"},
		"npm":            {"1.x", "1.2.x", "^1.0.0", "~1.0.0", "1.2.3.4", "file:../a", "git+ssh://x", "1.0.0-*"},
		"Bitnami":        {"1.0 beta"},
		"GitHub Actions": {"main", "8f4b7f84864484a7bf31766abe9204da3cbe65b3"},
		"NuGet":          {"1.0.0.0.0", "1.0.*"},
		"Debian":         {"<end-of-life>", "a1.0", "x:1.0", ":1.0", "-1", "1.0_1"},
		"Alpine":         {"1.0-1", "1.0-r1a", "1.0_foo", "1..0", "1.0-rr1", "a1"},
		"Red Hat":        {"(none)", "1.0/2"},
		"PyPI":           {"0.1-bulbasaur", "2004d", "1.0.*", "1.0+", "1.0+a..b", "x!1.0", "1.0.dev1.post1", "1.0a1b1"},
		"RubyGems":       {"a.1", "1..2", "1.0_1", "-1"},
		"Maven":          {"RELEASE", "1.0,2.0", "1.0:2"},
		"Packagist":      {"dev-master", "2.x-dev", "dev-1.0", "1.0.0-foo1"},
		"CRAN":           {"1.0a", "1..0"},
		"Hackage":        {"1.0-1", "1."},
		"Hex":            {"2.3."},
		"OSS-Fuzz":       {"1.0.0"},
		"":               {"1.0.0"},
	}
	for ecosystem, list := range tests {
		for _, s := range slices.Concat(list, every) {
			v, err := version.Parse(ecosystem, s)
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("%s: %.60q is read as %v (%v)", ecosystem, s, v, err)
			}
		}
	}
}

func TestKnown(t *testing.T) {
	for _, e := range []string{"Go", "go", "Debian", "Debian:11", "Ubuntu:22.04:LTS", "Red Hat:rhel_aus:8.4::appstream", "pypi", "crates.io"} {
		if !version.Known(e) {
			t.Errorf("%s has no order", e)
		}
	}
	for _, e := range []string{"", "OSS-Fuzz", "GIT", "Android", ":11"} {
		if version.Known(e) {
			t.Errorf("%s has an order", e)
		}
	}
}

func TestCompareOfDifferentKinds(t *testing.T) {
	a, err := version.Parse("Debian", "1.0-1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := version.Parse("npm", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if there, back := a.Compare(b), b.Compare(a); there == 0 || there != -back {
		t.Errorf("%d and back %d", there, back)
	}
	if c := (version.Version{}).Compare(version.Version{}); c != 0 {
		t.Errorf("two that were not read: %d", c)
	}
}

// TestLong compares the longest versions there are: time must not grow with
// the number that their digits make.
func TestLong(t *testing.T) {
	nines := strings.Repeat("9", version.MaxLength)
	dots := strings.Repeat("1.", version.MaxLength/2-1) + "1"
	begin := time.Now()
	for _, ladder := range ladders {
		for _, s := range []string{nines, dots, "1-" + nines[2:]} {
			v, err := version.Parse(ladder.ecosystem, s)
			if err != nil {
				continue
			}
			for range 100 {
				if v.Compare(v) != 0 {
					t.Errorf("%s: %s is not equal to itself", ladder.ecosystem, s)
				}
			}
		}
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// FuzzCompare looks for three versions whose order contradicts itself.
func FuzzCompare(f *testing.F) {
	for i, ladder := range ladders {
		steps := strings.FieldsFunc(ladder.versions, func(r rune) bool { return r == ' ' || r == '=' })
		for j := range len(steps) - 2 {
			f.Add(uint8(i), steps[j], steps[j+1], steps[j+2])
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, a, b, c string) {
		ecosystem := ladders[int(i)%len(ladders)].ecosystem
		ab, err := version.Compare(ecosystem, a, b)
		if err != nil {
			return
		}
		if ba, _ := version.Compare(ecosystem, b, a); ba != -ab || ab < -1 || ab > 1 {
			t.Fatalf("%s: %q to %q is %d, and back %d", ecosystem, a, b, ab, ba)
		}
		if aa, _ := version.Compare(ecosystem, a, a); aa != 0 {
			t.Fatalf("%s: %q to itself is %d", ecosystem, a, aa)
		}
		bc, err := version.Compare(ecosystem, b, c)
		if err != nil {
			return
		}
		ac, _ := version.Compare(ecosystem, a, c)
		if ab == bc && ac != ab || ab == 0 && ac != bc || bc == 0 && ac != ab {
			t.Fatalf("%s: %q to %q is %d, %q to %q is %d, but %q to %q is %d", ecosystem, a, b, ab, b, c, bc, a, c, ac)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	pairs := []struct{ ecosystem, a, b string }{
		{"Go", "v0.0.0-20220906165146-f3363e06e74c", "0.0.0-20220722155237-a158d28d115b"},
		{"npm", "4.17.21", "4.17.20"},
		{"Debian:11", "1.1.1n-0+deb11u3", "1.1.1n-0+deb11u4"},
		{"PyPI", "1.26.13", "1.26.17"},
		{"Maven", "2.13.4.2", "2.13.4.1"},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pairs[i%len(pairs)]
		if c, err := version.Compare(p.ecosystem, p.a, p.b); err != nil || c == 0 {
			b.Fatal(c, err)
		}
	}
}

// TestBuilds reads what Go's tools say of how they were built.
func TestBuilds(t *testing.T) {
	if c, err := version.Compare("Go", "go1.19.8 X:boringcrypto", "1.19.8"); c != 0 || err != nil {
		t.Errorf("%d (%v)", c, err)
	}
}
