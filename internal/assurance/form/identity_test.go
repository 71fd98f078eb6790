package form_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/assurance/form"
)

func TestIdentities(t *testing.T) {
	hex := strings.Repeat("ab", 32)
	n, err := form.YAML([]byte("digests: [sha256:"+strings.ToUpper(hex)+", sha256:"+hex+", sha256:12, md5:"+hex+", gitCommit:"+hex[:40]+", "+hex+"]\none: sha512:"+hex+hex+
		"\npurl: pkg:PyPI/Foo_Bar@1.0\nbad: foo\n"), form.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var r form.Reader
	got := [][]string{r.Digests(n, "digests", form.Required), r.Digests(n, "one", form.Required), {r.PURL(n, "purl", form.Required), r.PURL(n, "bad", form.Optional), r.PURL(n, "none", form.Optional)}}
	want := [][]string{{"sha256:" + hex, "gitCommit:" + hex[:40]}, {"sha512:" + hex + hex}, {"pkg:pypi/foo-bar@1.0", "", ""}}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if c := r.Complaints(); len(c) != 4 || !strings.HasPrefix(c[0], `line 1, digests: "sha256:12" is no digest`) || !strings.HasPrefix(c[3], `line 4, bad: "foo" is no package URL`) {
		t.Errorf("%q", c)
	}
	if got := form.Fold(" Harrow-Payroll_Suite\t 5 "); got != "harrow payroll suite 5" {
		t.Errorf("%q", got)
	}
}
