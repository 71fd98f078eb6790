package verify

import (
	"testing"

	"countersign.dev/internal/assurance/sigstore"
)

func TestBuilderOf(t *testing.T) {
	const (
		workflows = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/"
		github    = "https://token.actions.githubusercontent.com"
	)
	for _, c := range []struct {
		identity, source string
		want             bool
	}{
		{workflows + "builder_go_slsa3.yml@refs/tags/v1.2.2", "https://github.com/acme/cam", true},
		{workflows + "builder_go_slsa3.yml@refs/tags/v1", "https://github.com/acme/cam", false},
		{workflows + "builder_go_slsa3.yml@refs/tags/v1.2.2-rc.1", "https://github.com/acme/cam", false},
		{workflows + "builder_go_slsa3.yml@refs/tags/v1.2.2-rc.1", "https://github.com/slsa-framework/example-package", true},
		{workflows + "builder_go_slsa3.yml@v1.2.2", "https://github.com/acme/cam", false},
		{workflows + "builder_go_slsa3.yml@refs/heads/v1.2.2", "https://github.com/acme/cam", false},
		{workflows + "builder_go_slsa3.yml@refs/heads/main", "https://github.com/acme/cam", false},
		{workflows + "builder_go_slsa3.yml@refs/heads/main", "https://github.com/slsa-framework/example-package", true},
		{workflows + "builder_go_slsa3.yml@refs/heads/malicious", "https://github.com/slsa-framework/example-package", false},
		{workflows + "builder_go_slsa3.yml@refs/heads/main", "https://github.com/slsa-framework-2/x", false},
		{workflows + "builder_go_slsa3.yml", "", false},
		{workflows + "@refs/tags/v1.2.2", "", false},
		{workflows + "../../other/x.yml@refs/tags/v1.2.2", "", false},
		{"https://github.com/asraa/slsa-github-generator/.github/workflows/builder_go_slsa3.yml@refs/tags/v1.2.2", "", false},
	} {
		s := sigstore.Signer{Identity: c.identity, Source: c.source, Issuer: github}
		got, err := builderOf(s)
		if err != nil || (got != "") != c.want {
			t.Errorf("%s for %s: %q, %v", c.identity, c.source, got, err)
		}
		s.Issuer = "https://elsewhere.example"
		if got, _ := builderOf(s); got != "" {
			t.Errorf("%s, vouched for by somebody else: %q", c.identity, got)
		}
	}
}

func TestOtherSource(t *testing.T) {
	for claimed, other := range map[string]bool{
		"git+https://github.com/acme/cam@refs/tags/v2": false,
		"https://github.com/Acme/cam.git":              false,
		"https://github.com/acme/cam/":                 false,
		"":                                             false,
		"git+https://github.com/acme/cam2":             true,
		"https://elsewhere.example/acme/cam":           true,
	} {
		a := &Attestation{Signer: &Signer{Source: "https://github.com/acme/cam"}, Claims: &Claims{Source: claimed}}
		if got := otherSource(a); (got != "") != other {
			t.Errorf("%q: %q", claimed, got)
		}
	}
}
