package software

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/ledger"
)

const digest = "sha256:0000000000000000000000000000000000000000000000000000000000000001"

func TestReleaseID(t *testing.T) {
	image := "sha256:" + strings.Repeat("ab", 32)
	for _, c := range []struct {
		what string
		bill Bill
		want string
	}{
		{"its own purl", Bill{Components: []Component{{Name: "x", PURL: "pkg:npm/%40acme/portal@3.2.1"}}}, "pkg:npm/%40acme/portal@3.2.1"},
		{"a purl without version", Bill{Components: []Component{{Version: "3", PURL: "pkg:npm/portal"}}}, "pkg:npm/portal@3"},
		{"name and version", Bill{Components: []Component{{Group: "acme", Name: "portal", Version: "3"}}}, "pkg:generic/acme/portal@3"},
		{"a purl that is none", Bill{Components: []Component{{Name: "portal", Version: "3", PURL: "npm/portal"}}}, "pkg:generic/portal@3"},
		{"an image by its digest", Bill{Root: -1, Name: "docker.io/library/redis@" + image}, "pkg:generic/docker.io/library/redis@" + image},
		{"a name with spaces", Bill{Components: []Component{{Name: "Orion Platform", Version: "2020.2 HF 1"}}}, "pkg:generic/Orion%20Platform@2020.2%20HF%201"},
	} {
		if got := ReleaseID(&c.bill, digest); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		} else if strings.ContainsAny(got, " \n") {
			t.Errorf("%s: %q has spaces", c.what, got)
		}
	}
	a, b := Bill{ID: "urn:uuid:1", Name: "portal", Root: -1}, Bill{ID: "urn:uuid:2", Name: "portal", Root: -1}
	if ReleaseID(&a, digest) == ReleaseID(&b, digest) {
		t.Error("two bills without a version are of one release")
	}
	nameless := Bill{Root: -1}
	if got := ReleaseID(&nameless, digest); !strings.HasPrefix(got, "pkg:generic/unnamed?bill=") {
		t.Errorf("a bill that says nothing is of %s", got)
	}
	if ReleaseID(&a, digest) != ReleaseID(&a, "sha256:2") {
		t.Error("one bill written twice is of two releases")
	}
}

func TestTerms(t *testing.T) {
	for _, same := range [][2]string{
		{Term("name", "Orion Platform  2020.2-HF1"), Term("name", "orion-platform 2020.2_hf1")},
		{Term("purl", "pkg:npm/%40Acme/Portal@1?arch=amd64"), Term("purl", "pkg:npm/@acme/portal@1")},
		{Term("digest", "SHA256:AB"), Term("digest", "sha256:ab")},
	} {
		if same[0] != same[1] || same[0] == "" {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	if got := Term("purl", "no purl"); got != "" {
		t.Errorf("a purl that is none has the term %q", got)
	}
}

// portal is a bill with one of everything that facts are made of.
func portal() *Bill {
	return &Bill{
		Format: "CycloneDX", Version: "1.6", ID: "urn:uuid:1", Created: "2021-10-28T10:00:00Z", Supplier: "Northfield", Name: "portal",
		Components: []Component{
			{Ref: "r", Name: "portal", Version: "3", Group: "acme", CPEs: []string{"cpe:2.3:a:acme:portal:3:*:*:*:*:*:*:*"}, Hashes: []Hash{{"SHA-256", "AB"}}, Maker: "Acme", Parent: -1},
			{Ref: "a", Name: "a", Version: "1", PURL: "pkg:npm/a@1", Supplier: "Beta", Parent: -1},
			{Ref: "b", Name: "b", Version: "2", PURL: "pkg:npm/b", Supplier: "beta", Parent: -1},
			{Ref: "a2", Name: "a", Version: "1", PURL: "pkg:npm/a@1", Parent: -1},
			{Ref: "c", Name: "c", CPEs: []string{"cpe:2.3:a:x:c:1:*:*:*:*:*:*:*"}, Parent: -1},
			{Ref: "d", Name: "d", Parent: -1},
			{Ref: "e", Name: "README", Type: "file", Parent: -1},
		},
		Edges: []Edge{{From: 0, To: 1}, {From: 1, To: 2}, {From: 0, To: 5, Kind: "contains"}},
	}
}

func TestReading(t *testing.T) {
	r, err := Reading(portal(), digest)
	if err != nil {
		t.Fatal(err)
	}
	const id = "pkg:generic/acme/portal@3"
	if r.Source != "sbom/"+id || r.Mode != ledger.Snapshot || r.Published != "2021-10-28" || r.Rows != 7 {
		t.Errorf("reading of %s, published %s, %d rows", r.Source, r.Published, r.Rows)
	}
	kinds, terms := map[string]int{}, []string{}
	for _, s := range r.Statements {
		if s.Subject != id {
			t.Errorf("%s about %s", s.Kind, s.Subject)
		}
		kinds[s.Kind]++
		if s.Term != "" {
			terms = append(terms, s.Kind+" "+s.Term)
		}
	}
	if d := cmp.Diff(map[string]int{FactRelease: 1, FactContents: 1, FactBill: 1, FactHandle: 8, FactSupplier: 3}, kinds); d != "" {
		t.Errorf("facts (-want +got):\n%s\n%s", d, strings.Join(terms, "\n"))
	}
	for _, want := range []string{
		FactHandle + " purl:" + id, FactHandle + " " + digest, FactHandle + " sha256:ab", FactHandle + " cpe:2.3:a:acme:portal:3:*:*:*:*:*:*:*",
		FactHandle + " name:portal", FactHandle + " name:portal 3", FactSupplier + " beta", FactSupplier + " acme", FactSupplier + " northfield",
	} {
		if !slices.Contains(terms, want) {
			t.Errorf("nothing has the term %q of %q", want, terms)
		}
	}
	told := r.Statements[0].Body.(*Release)
	if told.Components != 6 || told.Unnamed != 1 || told.Relations != 3 || told.Supplier != "Northfield" || told.Maker != "Acme" {
		t.Errorf("release %+v", told)
	}
	var got []string
	err = r.Statements[1].Body.(Contents).Unpack(func(purl []byte, direct bool) error {
		mark := ""
		if direct {
			mark = "!"
		}
		got = append(got, mark+string(purl))
		return nil
	})
	want := []string{"!cpe:2.3:a:acme:portal:3:*:*:*:*:*:*:*", "cpe:2.3:a:x:c:1:*:*:*:*:*:*:*", "!pkg:generic/acme/portal@3", "!pkg:npm/a@1", "pkg:npm/b@2"}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("contents (-want +got):\n%s%v", d, err)
	}
	bill, err := r.Statements[2].Body.(PackedBill).Unpack()
	if d := cmp.Diff(portal(), bill); d != "" || err != nil {
		t.Errorf("bill (-want +got):\n%s%v", d, err)
	}
}

// Equal bills make equal facts, in whatever order maps give them.
func TestReadingIsRepeatable(t *testing.T) {
	first, err := Reading(portal(), digest)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := Reading(portal(), digest)
		if d := cmp.Diff(first, again); d != "" || err != nil {
			t.Fatalf("%s%v", d, err)
		}
	}
}

func TestContents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		purls := rapid.SliceOf(rapid.StringMatching(`pkg:[a-z]{1,5}/[a-z!]{1,9}@[0-9]`)).Draw(t, "purls")
		direct := rapid.SliceOfN(rapid.Bool(), len(purls), len(purls)).Draw(t, "direct")
		c, err := Pack(purls, direct)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		err = c.Unpack(func(purl []byte, d bool) error {
			if string(purl) != purls[i] || d != direct[i] {
				t.Fatalf("%d is %s %v, want %s %v", i, purl, d, purls[i], direct[i])
			}
			i++
			return nil
		})
		if err != nil || i != len(purls) || c.Components != len(purls) {
			t.Fatalf("%d of %d, %v", i, len(purls), err)
		}
	})
	c, err := Pack([]string{"pkg:npm/a@1"}, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	damaged := Contents{Packed: bytes.Clone(c.Packed[:len(c.Packed)-2])}
	if err := damaged.Unpack(func([]byte, bool) error { return nil }); err == nil {
		t.Error("damaged contents are unpacked")
	}
	if _, err := (PackedBill{Packed: c.Packed}).Unpack(); err == nil {
		t.Error("contents are taken for a bill")
	}
}
