package advisory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCPE(t *testing.T) {
	for text, want := range map[string]CPE{
		`cpe:2.3:a:solarwinds:orion_platform:2020.2:hotfix1:*:*:*:*:*:*`: {"a", "solarwinds", "orion_platform", "2020.2", "hotfix1"},
		`cpe:2.3:a:Acme:x\:y:*:*:*:*:*:*:*:*`:                            {"a", "acme", "x:y", "", ""},
		`cpe:/o:linux:linux_kernel:5.10`:                                 {"o", "linux", "linux_kernel", "5.10", ""},
		`cpe:2.3:a:acme:thing`:                                           {"a", "acme", "thing", "", ""},
	} {
		if got, ok := ParseCPE(text); !ok || got != want {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "cpe:2.3:a:*:x:1", "cpe:2.3", "pkg:npm/a@1", `cpe:2.3:a:b`} {
		if got, ok := ParseCPE(text); ok {
			t.Errorf("%s: %+v, want none", text, got)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		identity string
		cpes     []string
		want     []Key
	}{
		{"pkg:golang/golang.org/x/net@v0.1.0", nil, []Key{{Term: "pkg:go/golang.org/x/net", Ecosystem: "Go", Version: "v0.1.0"}}},
		{"pkg:generic/acme/thing@1", nil, []Key{{Term: "purl:pkg:generic/acme/thing", Version: "1"}}},
		{"cpe:2.3:a:acme:thing:1:*:*:*:*:*:*:*", []string{"cpe:2.3:a:acme:thing:1:*:*:*:*:*:*:*"}, []Key{{Term: "cpe:acme:thing", Version: "1", Weak: true}}},
	} {
		if d := cmp.Diff(c.want, KeysOf(c.identity, c.cpes)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.identity, d)
		}
	}
	for _, c := range []struct {
		of   Affected
		want string
	}{
		{Affected{Ecosystem: "Go", Name: "golang.org/x/net"}, "pkg:go/golang.org/x/net"},
		{Affected{PURL: "pkg:golang/golang.org/x/net"}, "pkg:go/golang.org/x/net"},
		{Affected{PURL: "pkg:generic/Acme/Thing"}, "purl:pkg:generic/acme/thing"},
		{Affected{CPE: "cpe:2.3:a:acme:thing:*:*:*:*:*:*:*:*"}, "cpe:acme:thing"},
		{Affected{Name: "thing"}, ""},
	} {
		if got := TermOf(&c.of); got != c.want {
			t.Errorf("%+v: %q, want %q", c.of, got, c.want)
		}
	}
}
