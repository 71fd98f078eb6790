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
	for identity, want := range map[string]bool{
		workflows + "builder_go_slsa3.yml@refs/tags/v1.2.2":                                                      true,
		workflows + "builder_go_slsa3.yml@refs/heads/main":                                                       true,
		workflows + "builder_go_slsa3.yml@refs/heads/malicious":                                                  false,
		workflows + "builder_go_slsa3.yml@refs/heads/main2":                                                      false,
		workflows + "builder_go_slsa3.yml":                                                                       false,
		workflows + "@refs/tags/v1.2.2":                                                                          false,
		workflows + "../../other/x.yml@refs/tags/v1.2.2":                                                         false,
		"https://github.com/asraa/slsa-github-generator/.github/workflows/builder_go_slsa3.yml@refs/tags/v1.2.2": false,
	} {
		got, err := builderOf(sigstore.Signer{Identity: identity, Issuer: github})
		if err != nil || (got != "") != want {
			t.Errorf("%s: %q, %v", identity, got, err)
		}
		if got, _ := builderOf(sigstore.Signer{Identity: identity, Issuer: "https://elsewhere.example"}); got != "" {
			t.Errorf("%s, vouched for by somebody else: %q", identity, got)
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
