package vex

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/advisory"
)

func TestProductTerm(t *testing.T) {
	for in, want := range map[string]string{
		"pkg:golang/github.com/Rancher/Rancher@v2.8?type=module#cmd": "purl:pkg:golang/github.com/rancher/rancher",
		"PKG:npm/left-pad": "purl:pkg:npm/left-pad",
		"cpe:2.3:o:RedHat:enterprise_linux:9:*:*:*:*:*:*:*": "cpe:redhat:enterprise_linux",
		"cpe:/o:redhat:enterprise_linux:9::baseos":          "cpe:redhat:enterprise_linux",
		"SHA256:" + strings.Repeat("AB", 32):                "sha256:" + strings.Repeat("ab", 32),
		"sha256:abc":                                        "name:sha256:abc",
		"  Acme\tPortal  3 ":                                "name:acme portal 3",
		"pkg:":                                              "name:pkg:",
		" ":                                                 "",
	} {
		if got := ProductTerm(in); got != want {
			t.Errorf("%q: %q; want %q", in, got, want)
		}
	}
}

func TestDigest(t *testing.T) {
	long := strings.Repeat("0f", 32)
	for _, c := range [][3]string{
		{"SHA-256", strings.ToUpper(long), "sha256:" + long},
		{"sha256", long, "sha256:" + long},
		{"SHA256", " " + long, "sha256:" + long},
		{"sha-512", long, ""},
		{"sha-256", "zz", ""},
		{"SHA-1", strings.Repeat("0f", 20), ""},
		{"md5", strings.Repeat("0f", 16), ""},
		{"", "", ""},
	} {
		if got := Digest(c[0], c[1]); got != c[2] {
			t.Errorf("%q %q: %q; want %q", c[0], c[1], got, c[2])
		}
	}
}

// Two ids never make one source, and a plain id is kept as it is.
func TestSource(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"my-vexdoc2", "https://a.example/x", "http://a.example/x", "a.example/x", "a.example x", "ä", "ö", strings.Repeat("x", 120), strings.Repeat("x", 121), strings.Repeat("x", 122)} {
		s := Source("vex", id)
		if before, twice := seen[s]; twice {
			t.Errorf("%q and %q are both %s", before, id, s)
		}
		seen[s] = id
		if len(s) > 140 || strings.ContainsAny(strings.TrimPrefix(s, "vex/"), "/ :") {
			t.Errorf("%q: %s", id, s)
		}
	}
	if got := Source("csaf", "CISA-ICSA-19-155-03"); got != "csaf/CISA-ICSA-19-155-03" {
		t.Errorf("a plain id becomes %s", got)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	d := NewDraft("k", "s", "")
	for range maxWarnings + 3 {
		d.Warn("x", "amiss")
	}
	if got := d.Done().Warnings; len(got) != maxWarnings+1 || got[maxWarnings] != "and 3 more like these" || got[0] != "x: amiss" {
		t.Errorf("%d warnings, the last is %q", len(got), got[len(got)-1])
	}
}

// In which order a document tells its history does not matter: the latest
// status of each thing has its key, each earlier time keeps its least favourable
// one.
func TestHistoryInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) advisory.VEX {
			return advisory.VEX{
				Weakness: "CVE-1", Product: rapid.SampledFrom([]string{"pkg:npm/a", "pkg:npm/b"}).Draw(t, "product"),
				Status: rapid.SampledFrom([]string{Affected, Fixed, UnderInvestigation}).Draw(t, "status"),
				Issued: rapid.SampledFrom([]string{"", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"}).Draw(t, "issued"),
			}
		}), 0, 8).Draw(t, "statements")
		read := func(in []advisory.VEX) map[string]string {
			d := NewDraft("k", "s", "")
			for _, v := range in {
				d.State("x", v, advisory.DayOf(v.Issued))
			}
			out := map[string]string{}
			for _, st := range d.Done().Statements {
				v := st.Body.(advisory.VEX)
				if _, twice := out[st.Key]; twice {
					t.Fatalf("%s is stated twice", st.Key)
				}
				if v.Issued != "" && st.Published != advisory.DayOf(v.Issued) {
					t.Fatalf("%+v counts from %s", v, st.Published)
				}
				out[st.Key] = v.Issued + " " + v.Status
			}
			return out
		}
		first := read(in)
		if d := cmp.Diff(first, read(rapid.Permutation(in).Draw(t, "shuffled"))); d != "" {
			t.Fatalf("(-first +second)\n%s", d)
		}
		for _, v := range in {
			if latest := first[Key(&v)]; latest < v.Issued {
				t.Fatalf("%s counts, and %+v is later", latest, v)
			}
		}
	})
}
