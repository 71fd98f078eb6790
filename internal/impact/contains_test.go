package impact

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

func (w *world) contains(ask access.Ask, q Query, offset, limit int) *Answer {
	w.t.Helper()
	a, err := w.index.Contains(context.Background(), ask, q, offset, limit)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// who is the releases of a page with what they have of what was asked for.
func who(a *Answer) []string {
	out := []string{}
	for _, c := range a.Page {
		var parts []string
		for _, p := range c.Components {
			text := p.PURL
			if p.Direct {
				text = "!" + text
			}
			if p.State != "" {
				text += fmt.Sprintf(" %s %v", p.State, p.Fixed)
			}
			parts = append(parts, text)
		}
		out = append(out, c.Release+": "+strings.Join(parts, ", "))
	}
	return out
}

// small is a world of three releases and two advisories about one weakness.
func small(t *testing.T) *world {
	w := newWorld(t, open(t))
	w.bill(access.Public, "2024-01-01", "pkg:oci/a@1", "pkg:deb/debian/zlib@1.2.11?arch=amd64", "!pkg:golang/example.com/net@v1.2.0", "pkg:oci/a@1")
	w.bill(access.Public, "2024-01-02", "pkg:oci/b@1", "pkg:deb/debian/zlib@1.2.11?arch=arm64", "pkg:golang/example.com/net@v1.3.0", "pkg:oci/b@1")
	w.bill(access.Public, "2024-01-03", "pkg:oci/c@1", "pkg:golang/example.com/net@%28devel%29", "pkg:golang/example.com/net@v1.2.0", "pkg:oci/c@1")
	w.advise(access.Public, "2024-02-01", Advice{
		Record:   advisory.Record{ID: "GO-2024-1", Aliases: []string{"CVE-2024-1"}},
		Affected: []advisory.Affected{affects("example.com/net", "0", "1.3.0")},
	})
	w.advise(access.Public, "2024-02-02", Advice{
		Record:   advisory.Record{ID: "GHSA-a-b-c", Aliases: []string{"CVE-2024-1"}},
		Affected: []advisory.Affected{affects("example.com/net", "0", "1.2.9"), affects("example.com/NET", "1.3.0", "1.4.0")},
	})
	return w
}

func TestContains(t *testing.T) {
	w := small(t)
	affected := func(fixed string) string { return " affected [" + fixed + "]" }
	tests := []struct {
		name     string
		q        Query
		releases int
		affected int
		page     []string
	}{
		{"a package in any version", Query{Term: "pkg:go/example.com/net"}, 3, 0, []string{
			"pkg:oci/a@1: !pkg:golang/example.com/net@v1.2.0", "pkg:oci/b@1: pkg:golang/example.com/net@v1.3.0",
			"pkg:oci/c@1: pkg:golang/example.com/net@%28devel%29, pkg:golang/example.com/net@v1.2.0",
		}},
		{"a purl without a version", Query{PURL: "pkg:golang/Example.com/net"}, 3, 0, []string{
			"pkg:oci/a@1: !pkg:golang/example.com/net@v1.2.0", "pkg:oci/b@1: pkg:golang/example.com/net@v1.3.0",
			"pkg:oci/c@1: pkg:golang/example.com/net@%28devel%29, pkg:golang/example.com/net@v1.2.0",
		}},
		{"a version", Query{PURL: "pkg:golang/example.com/net@v1.2.0"}, 2, 0, []string{
			"pkg:oci/a@1: !pkg:golang/example.com/net@v1.2.0", "pkg:oci/c@1: pkg:golang/example.com/net@v1.2.0",
		}},
		{"the beginning of a version", Query{PURL: "pkg:golang/example.com/net@v1.2"}, 0, 0, []string{}},
		{"a version, whatever the architecture", Query{PURL: "pkg:deb/debian/zlib@1.2.11"}, 2, 0, []string{
			"pkg:oci/a@1: pkg:deb/debian/zlib@1.2.11?arch=amd64", "pkg:oci/b@1: pkg:deb/debian/zlib@1.2.11?arch=arm64",
		}},
		{"an architecture", Query{PURL: "pkg:deb/debian/zlib?arch=arm64"}, 1, 0, []string{"pkg:oci/b@1: pkg:deb/debian/zlib@1.2.11?arch=arm64"}},
		{"a release", Query{PURL: "pkg:oci/b@1"}, 1, 0, []string{"pkg:oci/b@1: pkg:oci/b@1"}},
		{"what nobody has", Query{PURL: "pkg:npm/left-pad@1.3.0"}, 0, 0, []string{}},
		{"an advisory, with the others about the weakness", Query{Advisory: "GO-2024-1"}, 3, 3, []string{
			"pkg:oci/a@1: !pkg:golang/example.com/net@v1.2.0" + affected("1.3.0 1.2.9"),
			"pkg:oci/b@1: pkg:golang/example.com/net@v1.3.0" + affected("1.4.0"),
			"pkg:oci/c@1: pkg:golang/example.com/net@%28devel%29 unknown [], pkg:golang/example.com/net@v1.2.0" + affected("1.3.0 1.2.9"),
		}},
		{"an advisory that nobody published", Query{Advisory: "CVE-1999-1"}, 0, 0, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.contains(w.now(), tt.q, 0, 10)
			if diff := cmp.Diff(tt.page, who(a)); diff != "" || a.Releases != tt.releases || a.Affected != tt.affected {
				t.Errorf("%d releases, %d affected; want %d, %d (-want +got):\n%s", a.Releases, a.Affected, tt.releases, tt.affected, diff)
			}
		})
	}
	if _, err := w.index.Contains(context.Background(), w.now(), Query{PURL: "net@1"}, 0, 10); !errors.Is(err, problem.Invalid) {
		t.Errorf("what is no purl: %v, want an error of kind invalid", err)
	}
}

func TestContainsPagesAndVersions(t *testing.T) {
	w := small(t)
	q := Query{Term: "pkg:go/example.com/net"}
	all := who(w.contains(w.now(), q, 0, 10))
	var pages []string
	for offset := range 4 {
		a := w.contains(w.now(), q, offset, 1)
		pages = append(pages, who(a)...)
		if a.Releases != 3 {
			t.Errorf("page %d: of %d releases", offset, a.Releases)
		}
	}
	if diff := cmp.Diff(all, pages); diff != "" {
		t.Errorf("page by page (-at once +paged):\n%s", diff)
	}
	a := w.contains(w.now(), q, 0, 0)
	want := []Version{
		{Package: q.Term, Version: "v1.2.0", Releases: 2}, {Package: q.Term, Version: "(devel)", Releases: 1}, {Package: q.Term, Version: "v1.3.0", Releases: 1},
	}
	if diff := cmp.Diff(want, a.Versions); diff != "" || len(a.Page) != 0 {
		t.Errorf("%d on a page of none; versions (-want +got):\n%s", len(a.Page), diff)
	}
}

// A reader learns nothing from what is kept for others: neither that they have
// a release, nor how many, nor an advisory of theirs.
func TestAudiences(t *testing.T) {
	w := small(t)
	acme := access.ForOrganisation("acme")
	w.bill(acme, "2024-03-01", "pkg:oci/secret@1", "pkg:golang/example.com/net@v1.2.0", "pkg:golang/example.com/own@v1.0.0")
	w.bill(acme, "2024-03-02", "pkg:oci/a@1", "pkg:golang/example.com/own@v1.0.0")
	w.advise(acme, "2024-03-03", Advice{
		Record:   advisory.Record{ID: "ACME-1", Aliases: []string{"CVE-2024-1"}},
		Affected: []advisory.Affected{affects("example.com/own", "0", "2.0.0"), affects("example.com/net", "0", "9.0.0")},
	})
	public := w.now()
	public.Reader = access.Anonymous
	member := w.now()
	member.Reader = access.Reader{Member: "m", Organisations: []string{"acme"}}
	for _, tt := range []struct {
		q            Query
		public, acme []string
	}{
		{Query{Term: "pkg:go/example.com/net"}, []string{"pkg:oci/a@1", "pkg:oci/b@1", "pkg:oci/c@1"}, []string{"pkg:oci/b@1", "pkg:oci/c@1", "pkg:oci/secret@1"}},
		{Query{Term: "pkg:go/example.com/own"}, nil, []string{"pkg:oci/a@1", "pkg:oci/secret@1"}},
		{Query{Advisory: "ACME-1"}, nil, []string{"pkg:oci/a@1", "pkg:oci/b@1", "pkg:oci/c@1", "pkg:oci/secret@1"}},
		{Query{Advisory: "CVE-2024-1"}, []string{"pkg:oci/a@1", "pkg:oci/b@1", "pkg:oci/c@1"}, []string{"pkg:oci/a@1", "pkg:oci/b@1", "pkg:oci/c@1", "pkg:oci/secret@1"}},
	} {
		for who, ask := range map[string]access.Ask{"the public": public, "a member": member} {
			want := tt.public
			if who == "a member" {
				want = tt.acme
			}
			a := w.contains(ask, tt.q, 0, 10)
			var got []string
			for _, c := range a.Page {
				got = append(got, c.Release)
			}
			if diff := cmp.Diff(want, got); diff != "" || a.Releases != len(want) {
				t.Errorf("%+v, asked by %s: %d releases (-want +got):\n%s", tt.q, who, a.Releases, diff)
			}
		}
	}
	if f, err := w.index.Findings(context.Background(), public, "pkg:oci/secret@1"); !errors.Is(err, problem.NotFound) {
		t.Errorf("the public sees %+v, %v", f, err)
	}
	f, err := w.index.Findings(context.Background(), public, "pkg:oci/a@1")
	if err != nil || strings.Contains(line(f), "ACME") {
		t.Errorf("the public sees %s, %v", line(f), err)
	}
}

// Who contains what an advisory concerns must be whose findings have it, now
// and as of every moment before.
func TestContainsIsWhatFindingsSay(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, open(t))
			r := rand.New(rand.NewPCG(seed, 11))
			day := access.Date("2024-01-01")
			var asks []access.At
			for range 40 {
				position := w.draw(r, day)
				if r.IntN(6) == 0 {
					asks = append(asks, access.At{Date: day, Known: "2031-01-01", Position: position}, access.At{Date: day, Known: day, Position: access.Now})
				}
				day = day.AddDays(1)
			}
			found := 0
			for _, at := range append(asks, w.now().At) {
				for id := range w.advices {
					found += w.checkContains(access.Ask{Reader: access.Operator, At: at}, id)
				}
			}
			if found == 0 {
				t.Error("nothing was ever concerned: the test tests nothing")
			}
		})
	}
}

// checkContains compares who contains what an advisory concerns with the
// findings of every release, and counts them.
func (w *world) checkContains(ask access.Ask, id string) int {
	w.t.Helper()
	want := map[string]bool{}
	for release := range w.bills {
		f, err := w.index.Findings(context.Background(), ask, release)
		if errors.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			w.t.Fatal(err)
		}
		for _, one := range f.Findings {
			if one.Advisory == id || slices.Contains(one.Aliases, id) {
				want[release] = true
			}
		}
	}
	got := map[string]bool{}
	for _, c := range w.contains(ask, Query{Advisory: id}, 0, 100).Page {
		got[c.Release] = true
	}
	// An advisory's id also finds what others say of the ids that it gives the
	// weakness, where it concerns the component not itself.
	for release := range want {
		if !got[release] {
			w.t.Fatalf("%s as of %+v: findings of %s have it; contained only in %v", id, ask.At, release, slices.Sorted(maps.Keys(got)))
		}
	}
	return len(want)
}

// Bills and advisories that were read before the ledger failed are not read
// twice, and nobody sees them before the rest is there.
func TestCatchUpAfterFailure(t *testing.T) {
	w := newWorld(t, open(t))
	r := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		w.draw(r, "2024-01-01")
	}
	before := w.state()
	day := access.Date("2024-01-02")
	for range 30 {
		w.draw(r, day)
		day = day.AddDays(1)
	}
	x := w.index
	x.source = &failing{Source: w.ledger, after: 25}
	if _, err := x.CatchUp(context.Background()); err == nil {
		t.Fatal("the ledger failed and nobody noticed")
	}
	ask := w.now()
	ask.At.Position = x.Position()
	after := map[string]string{}
	if err := x.Each(context.Background(), ask, func(f *Found) error { after[f.Release] = line(f); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("after a failure (-before +after):\n%s", diff)
	}
	x.source = w.ledger
	if diff := cmp.Diff(w.scanned(), w.state()); diff != "" {
		t.Errorf("once the ledger is back (-scan +index):\n%s", diff)
	}
	facts := map[int64]bool{}
	for _, b := range x.releases.bills {
		if facts[b.fact] {
			t.Errorf("fact %d was taken in twice", b.fact)
		}
		facts[b.fact] = true
	}
}

// A release whose document is replaced by one that says nothing of it goes,
// and is still there for who asks about before.
func TestReleaseGoes(t *testing.T) {
	w := small(t)
	state := func(day access.Date, releases ...string) int64 {
		doc := ledger.Document{Kind: "inventory", Source: "inventory", Mode: ledger.Chronicle, Published: day, Head: software.FactContents}
		for _, r := range releases {
			doc.Statements = append(doc.Statements, ledger.Statement{Kind: software.FactContents, Subject: r, Body: packed(t, "pkg:golang/example.com/net@v1.2.5")})
		}
		return w.append(access.Public, doc)
	}
	before := state("2024-05-01", "pkg:oci/x@1", "pkg:oci/y@1")
	q := Query{PURL: "pkg:golang/example.com/net@v1.2.5"}
	if a := w.contains(w.now(), q, 0, 10); a.Releases != 2 {
		t.Fatalf("%d releases, want 2", a.Releases)
	}
	w.deltas = nil
	state("2024-05-02", "pkg:oci/y@1")
	a := w.contains(w.now(), q, 0, 10)
	if diff := cmp.Diff([]string{"pkg:oci/y@1: pkg:golang/example.com/net@v1.2.5"}, who(a)); diff != "" {
		t.Errorf("after x went (-want +got):\n%s", diff)
	}
	if len(w.deltas) != 1 || !slices.Equal(w.deltas[0].Releases, []string{"pkg:oci/x@1"}) || len(w.deltas[0].Changes) != 0 {
		t.Errorf("told %+v, want that x changed", w.deltas)
	}
	ask := w.now()
	ask.At.Position = before
	if a := w.contains(ask, q, 0, 10); a.Releases != 2 {
		t.Errorf("as of before: %d releases, want 2", a.Releases)
	}
	if _, err := w.index.Findings(context.Background(), w.now(), "pkg:oci/x@1"); !errors.Is(err, problem.NotFound) {
		t.Errorf("findings of what went: %v", err)
	}
}
