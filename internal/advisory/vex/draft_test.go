package vex

import (
	"strings"
	"testing"
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
