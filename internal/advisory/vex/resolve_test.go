package vex

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/advisory"
)

var sum = "sha256:" + strings.Repeat("ab", 32)

// target is net within a portal.
var target = Target{
	Weakness:  []string{"GO-2024-1", "CVE-2024-1"},
	Component: Thing{PURL: "pkg:golang/golang.org/x/net@v0.17.0"},
	Release: Thing{
		PURL: "pkg:oci/portal@3.2.1?arch=amd64", Digests: []string{sum}, CPEs: []string{"cpe:2.3:a:acme:portal:3.2.1:*:*:*:*:*:*:*"},
		Names: []string{"Portal", "Acme Portal", "Acme Portal 3.2.1"}, Version: "3.2.1",
	},
}

// held is a justified statement of a maker whose signature was verified.
func held(id, product, component, status string) Held {
	v := advisory.VEX{Weakness: "CVE-2024-1", Product: product, Component: component, Status: status, Issued: "2024-01-01T00:00:00Z"}
	if status == NotAffected {
		v.Justification = Justifications[0]
	}
	return Held{VEX: v, ID: id, Role: Maker, Verified: true}
}

func (h Held) by(role Role) Held          { h.Role = role; return h }
func (h Held) at(issued string) Held      { h.Issued = issued; return h }
func (h Held) unsigned() Held             { h.Verified = false; return h }
func (h Held) in(versions string) Held    { h.Versions = versions; return h }
func (h Held) of(id string) Held          { h.Weakness = id; return h }
func (h Held) also(aliases string) Held   { h.Aliases = []string{aliases}; return h }
func (h Held) because(why, w string) Held { h.Justification, h.Impact = why, w; return h }

const (
	netAny = "pkg:golang/golang.org/x/net"
	net017 = "pkg:golang/golang.org/x/net@0.17.0"
	portal = "pkg:oci/portal"
)

// What a statement must name to speak of the target, and how closely it does.
func TestApplies(t *testing.T) {
	for _, c := range []struct {
		h                  Held
		reach              Reach
		product, component Specificity
	}{
		{held("", portal, netAny, Affected), Here, OfFamily, OfFamily},
		{held("", portal, net017, Affected), Here, OfFamily, OfVersion},
		{held("", portal, "pkg:golang/golang.org/x/net@0.18.0", Affected), 0, 0, 0},
		{held("", portal, "pkg:golang/golang.org/x/net/html", Affected), 0, 0, 0},
		{held("", portal+"@3.2.1", "", Affected), Here, OfVersion, 0},
		{held("", portal+"@3.2.1?arch=amd64", "", Affected), Here, OfVersion, 0},
		{held("", portal+"@3.2.1?arch=arm64", "", Affected), 0, 0, 0},
		{held("", portal+"?os=linux", "", Affected), 0, 0, 0},
		{held("", portal+"@3.2.0", "", Affected), 0, 0, 0},
		{held("", "pkg:oci/other", netAny, Affected), 0, 0, 0},
		{held("", strings.ToUpper(sum), "", Affected), Here, OfDigest, 0},
		{held("", sum, net017, Affected), Here, OfDigest, OfVersion},
		{held("", "sha256:"+strings.Repeat("cd", 32), "", Affected), 0, 0, 0},
		{held("", "cpe:2.3:a:acme:portal:*:*:*:*:*:*:*:*", "", Affected), Here, OfFamily, 0},
		{held("", "cpe:/a:acme:portal:3.2.1", "", Affected), Here, OfVersion, 0},
		{held("", "cpe:/a:acme:portal:3.2.1::pro", "", Affected), 0, 0, 0},
		{held("", "cpe:/a:acme:portal:3.2.2", "", Affected), 0, 0, 0},
		{held("", "cpe:/a:acme:portal:3.2.1:-", "", Affected), Here, OfVersion, 0},
		{held("", "cpe:/a:acme:portal:3.2.1:hotfix1", "", Affected), 0, 0, 0},
		{held("", "acme  PORTAL", "", Affected), Here, OfFamily, 0},
		{held("", "Acme Portal 3.2.1", "", Affected), Here, OfVersion, 0},
		{held("", "Acme Portal 3.2.2", "", Affected), 0, 0, 0},
		{held("", "Acme Portal", "", Affected).in("vers:generic/>=3.0|<3.3"), Here, OfRange, 0},
		{held("", "Acme Portal", "", Affected).in("vers:generic/3.2.1"), Here, OfVersion, 0},
		{held("", "Acme Portal", "", Affected).in("vers:generic/*"), Here, OfFamily, 0},
		{held("", "Acme Portal", "", Affected).in("vers:generic/>3.2.1"), 0, 0, 0},
		{held("", "Acme Portal", "", Affected).in("vers:generic/>=3.0|!=3.2.1|<3.3"), 0, 0, 0},
		{held("", portal, netAny, Affected).in("vers:oci/>=4"), 0, 0, 0},
		{held("", netAny, "", Affected), Anywhere, OfFamily, 0},
		{held("", "", net017, Affected), Anywhere, OfVersion, 0},
		{held("", "", netAny, Affected).in("vers:golang/>=0.16.0|<0.18.0"), Anywhere, OfRange, 0},
		{held("", netAny, "", Affected).in("vers:golang/<0.17.0"), 0, 0, 0},
		{held("", netAny, "pkg:golang/golang.org/x/text", Affected), 0, 0, 0},
		{held("", portal, "", Affected).of("CVE-2024-2"), 0, 0, 0},
		{held("", portal, "", Affected).of("cve-2024-1"), Here, OfFamily, 0},
		{held("", portal, "", Affected).of("GHSA-1").also("go-2024-1"), Here, OfFamily, 0},
	} {
		r := Resolve([]Held{c.h}, target)
		var got Applied
		if r.Winner != nil {
			got = *r.Winner
		}
		if got.Reach != c.reach || got.OfProduct != c.product || got.OfComponent != c.component {
			t.Errorf("%s | %s | %s: reach %d, product %d, component %d; want %d, %d, %d",
				c.h.Product, c.h.Component, c.h.Versions, got.Reach, got.OfProduct, got.OfComponent, c.reach, c.product, c.component)
		}
	}
}

// A statement about a version without its updates is not about those.
func TestUpdatesOfCPEs(t *testing.T) {
	target := target
	target.Release = Thing{CPEs: []string{"cpe:2.3:a:acme:portal:3.2.1:hotfix1:*:*:*:*:*:*"}}
	for cpe, want := range map[string]bool{
		"cpe:2.3:a:acme:portal:3.2.1:-:*:*:*:*:*:*": false, "cpe:2.3:a:acme:portal:3.2.1:*:*:*:*:*:*:*": true,
		"cpe:2.3:a:acme:portal:3.2.1:hotfix1:*:*:*:*:*:*": true, "cpe:2.3:a:acme:portal:3.2.1:hotfix2:*:*:*:*:*:*": false,
	} {
		if r := Resolve([]Held{held("", cpe, "", Fixed)}, target); (r.Winner != nil) != want {
			t.Errorf("%s: %+v", cpe, r.Winner)
		}
	}
}

func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		why          string
		win, lose    Held
		status, rule string
		contested    bool
	}{
		{
			"unknown issuers yield even to the general", held("", netAny, "", Affected).by(ThirdParty), held("", sum, net017, NotAffected).unsigned(),
			Affected, rules[0].name, false,
		},
		{
			"this release before anywhere", held("", portal, netAny, NotAffected), held("", "", net017, Affected).at("2025-01-01T00:00:00Z"),
			NotAffected, rules[1].name, false,
		},
		{
			"digest before version", held("", sum, "", Affected).by(ThirdParty), held("", portal+"@3.2.1", net017, NotAffected),
			Affected, rules[2].name, false,
		},
		{
			"version before range", held("", "Acme Portal 3.2.1", "", Fixed), held("", "Acme Portal", "", Affected).in("<= 3.2.1"),
			Fixed, rules[2].name, false,
		},
		{"range before family", held("", "Acme Portal", "", Fixed).in("<= 3.2.1"), held("", "Acme Portal", "", Affected), Fixed, rules[2].name, false},
		{"component before whole", held("", portal, netAny, NotAffected), held("", portal, "", Affected), NotAffected, rules[3].name, false},
		{
			"the closer one wins, and the trusted one's doubt is told", held("", portal+"@3.2.1", "", NotAffected).by(ThirdParty), held("", portal, "", Affected).by(Analyst),
			NotAffected, rules[2].name, true,
		},
		{
			"own analyst before maker", held("", portal, "", Affected).by(Analyst), held("", portal, "", NotAffected).at("2025-01-01T00:00:00Z"),
			Affected, rules[4].name, false,
		},
		{"maker before third party", held("", portal, "", NotAffected), held("", portal, "", Affected).by(ThirdParty), NotAffected, rules[4].name, false},
		{
			"newer", held("", portal, "", NotAffected).at("2024-01-01T00:00:01+01:00"), held("", portal, "", Affected).at("2023-12-31T23:00:00Z"),
			NotAffected, rules[5].name, false,
		},
		{"dated before undated", held("", portal, "", NotAffected), held("", portal, "", Affected).at(""), NotAffected, rules[5].name, false},
		{"a contradiction", held("", portal, "", Affected), held("", portal, "", NotAffected), Affected, settled, true},
		{"without a reason", held("", portal, "", NotAffected).because("", " "), held("", portal, "", NotAffected), UnderInvestigation, settled, true},
		{"an invented reason", held("", portal, "", NotAffected).because("trust_us", ""), held("", portal, "", Fixed), UnderInvestigation, settled, true},
		{
			"a reason in words", held("", portal, "", NotAffected).because("", "not compiled in").at("2024-02-01T00:00:00Z"), held("", portal, "", Affected),
			NotAffected, rules[5].name, false,
		},
	} {
		c.win.ID, c.lose.ID = "win", "lose"
		for _, in := range [][]Held{{c.win, c.lose}, {c.lose, c.win}} {
			r := Resolve(in, target)
			if r.Winner == nil || r.Winner.ID != "win" || r.Status != c.status || r.Rule != c.rule || r.Contested != c.contested {
				t.Errorf("%s: %+v", c.why, r)
				continue
			}
			if len(r.Losers) != 1 || r.Losers[0].Rule != c.rule || r.Winner.Rule != "" {
				t.Errorf("%s: losers %+v", c.why, r.Losers)
			}
		}
	}
}

func TestResolveTellsWhatItCannotKnow(t *testing.T) {
	target := target
	target.Release.Version = "(devel)"
	in := []Held{held("a", "Acme Portal", "", NotAffected).in(">= 3.0"), held("b", "Acme Portal", "", NotAffected).in("see the notes"), held("c", "", netAny, NotAffected).in("vers:golang/<1")}
	r := Resolve(in, target)
	if r.Winner == nil || r.Winner.ID != "c" || r.Rule != only {
		t.Errorf("%+v", r)
	}
	var doubts []string
	for _, d := range r.Doubts {
		doubts = append(doubts, d.ID+": "+d.Why)
	}
	if len(doubts) != 2 || !strings.Contains(doubts[0], "(devel)") || !strings.Contains(doubts[1], "want bounds") {
		t.Errorf("doubts %q", doubts)
	}
	if r := Resolve(nil, target); r.Winner != nil || r.Status != "" {
		t.Errorf("nothing said: %+v", r)
	}
	same := Resolve([]Held{held("a", portal, "", Fixed), held("b", portal, "", Fixed)}, target)
	if same.Rule != repeated || same.Contested || same.Winner.ID != "a" {
		t.Errorf("said twice: %+v", same)
	}
}

// anyHeld draws statements of which most speak of the target.
func anyHeld(t *rapid.T) Held {
	h := held(rapid.StringMatching(`[a-e]`).Draw(t, "id"),
		rapid.SampledFrom([]string{portal, portal + "@3.2.1", sum, "Acme Portal", netAny, "", "pkg:oci/other"}).Draw(t, "product"),
		rapid.SampledFrom([]string{"", netAny, net017}).Draw(t, "component"),
		rapid.SampledFrom([]string{Affected, NotAffected, Fixed, UnderInvestigation}).Draw(t, "status"))
	h.Role = rapid.SampledFrom([]Role{Unknown, ThirdParty, Maintainer, Maker, Analyst}).Draw(t, "role")
	h.Verified = rapid.IntRange(0, 3).Draw(t, "verified") > 0
	h.Issued = rapid.SampledFrom([]string{"", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"}).Draw(t, "issued")
	if rapid.Bool().Draw(t, "bare") {
		h.Justification = ""
	}
	if h.Product == "Acme Portal" {
		h.Versions = rapid.SampledFrom([]string{"", ">= 3", "< 3", "nonsense"}).Draw(t, "versions")
	}
	return h
}

func TestResolveProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Custom(anyHeld), 0, 8).Draw(t, "statements")
		r := Resolve(in, target)

		shuffled := rapid.Permutation(in).Draw(t, "shuffled")
		if d := cmp.Diff(r, Resolve(shuffled, target)); d != "" {
			t.Fatalf("the order of statements matters (-first +second)\n%s", d)
		}
		applied := len(r.Losers)
		if r.Winner != nil {
			applied++
		}
		if applied+len(r.Doubts) > len(in) {
			t.Fatalf("%d statements became %d and %d doubts", len(in), applied, len(r.Doubts))
		}
		if r.Status == NotAffected && !justified(&r.Winner.VEX) {
			t.Fatalf("not affected without a reason: %+v", r.Winner)
		}
		// Taking away what lost changes nothing; taking away the winner makes the
		// strongest loser win.
		if r.Winner != nil {
			alone := Resolve([]Held{r.Winner.Held}, target)
			if alone.Status != r.Status {
				t.Fatalf("alone the winner counts as %s, among others as %s", alone.Status, r.Status)
			}
			i := slices.IndexFunc(in, func(h Held) bool { return cmp.Equal(h, r.Winner.Held) })
			rest := Resolve(slices.Delete(slices.Clone(in), i, i+1), target)
			if len(r.Losers) > 0 && !cmp.Equal(rest.Winner.Held, r.Losers[0].Held) {
				t.Fatalf("without the winner %+v wins, not %+v", rest.Winner, r.Losers[0])
			}
		}
		more := rapid.Custom(anyHeld).Draw(t, "more")
		after := Resolve(append(slices.Clone(in), more), target)
		weaker(t, r, after, more)
	})
}

// weaker checks that a further statement changes the winner only where it may.
func weaker(t *rapid.T, before, after Resolution, more Held) {
	if before.Winner == nil {
		return
	}
	alone := Resolve([]Held{more}, target)
	changed := !cmp.Equal(before.Winner.Held, after.Winner.Held)
	switch {
	case alone.Winner == nil && changed:
		t.Fatalf("what does not speak of the target wins: %+v", after.Winner)
	case alone.Winner == nil:
	case alone.Winner.Trust == Unknown && before.Winner.Trust > Unknown && changed:
		t.Fatalf("an unknown issuer's statement displaced a known one's: %+v", after.Winner)
	case alone.Winner.Trust < before.Winner.Trust && alone.Winner.Reach <= before.Winner.Reach &&
		alone.Winner.OfProduct <= before.Winner.OfProduct && alone.Winner.OfComponent <= before.Winner.OfComponent && changed:
		t.Fatalf("a less trusted statement that is no closer won: %+v", after.Winner)
	case changed && alone.Winner.Trust < before.Winner.Trust && favour[after.Status] > favour[before.Status] && !after.Contested:
		t.Fatalf("a less trusted statement made things better and nobody is told: %+v", after)
	}
}

// What is passed over unread would not have named the thing either.
func TestMayBeLosesNothing(t *testing.T) {
	names := []string{
		"pkg:npm/%40a/core@1", "pkg:npm/@a/core", "pkg:pypi/Foo__Bar@1", "pkg:pypi/foo-bar", "pkg:golang/golang.org/x/net@v0.17.0#html", "pkg:GOLANG/golang.org/x/NET/", "pkg:npm/",
		"pkg:generic/acme%20portal@1/2", "pkg:maven/a/b@1?type=jar", "cpe:/a:acme:portal", "pkg:cpan/Foo::Bar", "pkg:alpine/zlib@1", "pkg:apk/alpine/zlib", "zlib", "pkg:oci/a@sha256:" + strings.Repeat("ab", 32), "pkg:docker/a/b@x/y",
	}
	for _, id := range names {
		for _, mine := range names {
			thing := (&Thing{PURL: mine, Names: []string{mine}}).read()
			want := identify(id)
			named := slices.ContainsFunc(thing.ids, func(is identity) bool { return want.names(&is, "") != Unnamed })
			if named && !thing.mayBe(id) {
				t.Errorf("%s names %s, and is passed over", id, mine)
			}
		}
	}
}

// BenchmarkResolve weighs statements of a maker who says something of one
// weakness in each of a thousand products.
func BenchmarkResolve(b *testing.B) {
	var in []Held
	for i := range 1000 {
		in = append(in, held("", portal+"-"+strconv.Itoa(i), net017, NotAffected))
	}
	in = append(in, held("", portal, net017, NotAffected))
	for b.Loop() {
		if r := Resolve(in, target); r.Winner == nil || len(r.Losers) > 0 {
			b.Fatal(r)
		}
	}
}
