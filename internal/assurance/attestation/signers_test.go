package attestation

import (
	"context"
	"strings"
	"testing"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

const someKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAnPZSnX9klLzM7m4zvf1oWvGMzTu3YJHznCiqHmEwR6Q=
-----END PUBLIC KEY-----`

// house is signers in which everything is in order.
var house = `countersign: signers/v1
id: house
title: whom we listen to
published: 2026-01-01
signers:
  - id: acme
    organisation: acme
    keys:
      - |
        ` + strings.ReplaceAll(someKey, "\n", "\n        ") + `
    from: 2026-01-01
    until: 2027-01-01
    says:
      - predicates: [https://slsa.dev/provenance/*, signature]
        subjects: [pkg:generic/acme/, org:acme, "maker:Acme Devices"]
  - id: builds
    identity: https://github.com/acme/cam/.github/workflows/release.yml@*
    issuer: https://token.actions.githubusercontent.com
    says: [{predicates: ["*"], subjects: ["*"]}]
    builder: {id: "https://github.com/acme/*", hosted: true, level: 3}
`

func TestParseSigners(t *testing.T) {
	s, err := ParseSigners([]byte(house))
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != "house" || len(s.Signers) != 2 || len(s.Signers[0].Keys) != 1 || s.Signers[1].Builder.Level != 3 || !s.Signers[1].Builder.Hosted || s.Signers[0].Until != "2027-01-01" {
		t.Errorf("%+v", s)
	}
	r, err := ReadSigners(context.Background(), "x", []byte(house), Limits{})
	if err != nil || r.Kind != KindSigners || r.Source != "signers/house" || r.Published != "2026-01-01" || r.Rows != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if !RecogniseSigners("x", []byte(house)) || RecogniseSigners("x", []byte("countersign: scheme/v1\n")) {
		t.Error("not told by its header")
	}
}

func TestParseSignersRefuses(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"signers/v1", "signers/v2", `"signers/v2": want signers/v1`},
		{"id: house", "id: The House", "want lower-case"},
		{"id: builds", "id: acme", `"acme" is there twice`},
		{"    issuer: https://token.actions.githubusercontent.com\n", "", "belong together"},
		{"until: 2027-01-01", "until: 2025-01-01", "is not after from"},
		{"from: 2026-01-01", "from: lately", "no date"},
		{someKey[27:60], "AAAA", "want public keys in PEM"},
		// Beginnings that somebody else can continue.
		{"https://github.com/acme/cam/.github/workflows/release.yml@*", "https://github.com/acme*", `up to a "/" or "@"`},
		{"https://github.com/acme/cam/.github/workflows/release.yml@*", `"*"`, `up to a "/" or "@"`},
		{"https://github.com/acme/cam/.github/workflows/release.yml@*", `"https://*/acme"`, `up to a "/" or "@"`},
		{`builder: {id: "https://github.com/acme/*"`, `builder: {id: "https://github.com/acme*"`, `up to a "/" or "@"`},
		{"https://slsa.dev/provenance/*", "https://slsa.dev/prov*", `a beginning that ends in "/*"`},
		{"pkg:generic/acme/", "pkg:generic", "want how a purl begins"},
		{"pkg:generic/acme/", "pkg:*/acme/", "want how a purl begins"},
		{"pkg:generic/acme/", "acme", "want how a purl begins"},
		{"level: 3", "level: 4", "want 1, 2 or 3"},
		{"    says: [{predicates: [\"*\"], subjects: [\"*\"]}]\n", "", `field "says" is missing`},
		{"organisation: acme", "organization: acme", `unknown field "organization"`},
	} {
		text := strings.Replace(house, c.from, c.to, 1)
		if text == house {
			t.Fatalf("nothing was changed by %q", c.from)
		}
		if _, err := ParseSigners([]byte(text)); problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v; want %q", c.to, err, c.want)
		}
	}
}

func TestReaches(t *testing.T) {
	for _, c := range []struct {
		rule, name string
		want       bool
	}{
		{"pkg:generic/acme/", "pkg:generic/acme/cam@2.1", true},
		{"pkg:generic/acme/", "pkg:generic/acme-evil/cam@2.1", false},
		{"pkg:generic/acme", "pkg:generic/acme-evil/cam@2.1", false},
		{"pkg:generic/acme", "pkg:generic/acme/cam@2.1", true},
		{"pkg:generic/acme/cam", "pkg:generic/acme/cam@2.1", true},
		{"pkg:generic/acme/cam", "pkg:generic/acme/camera@2.1", false},
		{"pkg:generic/acme/cam@2.1", "pkg:generic/acme/cam@2.1", true},
		{"pkg:generic/acme/cam@2.1", "pkg:generic/acme/cam@2.10", false},
		{"pkg:generic/acme/cam@2.1", "pkg:generic/acme/cam@2.1?arch=arm", true},
		{"org:acme", "org:acme/x", false},
	} {
		if got := reaches(c.rule, c.name); got != c.want {
			t.Errorf("%s reaches %s: %v", c.rule, c.name, got)
		}
	}
}

func FuzzParseSigners(f *testing.F) {
	f.Add(house)
	f.Add(`{"countersign": "signers/v1", "id": "x", "signers": [{"id": "a", "keys": "x", "says": []}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSigners([]byte(text))
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("not told as the file's fault: %v", err)
			}
			return
		}
		for i := range s.Signers {
			one := &s.Signers[i]
			if one.ID == "" || len(one.Keys) == 0 && (one.Identity == "" || one.Issuer == "") || len(one.Says) == 0 {
				t.Errorf("%+v", one)
			}
			for _, k := range one.Keys {
				if _, err := dsse.ParsePublicKeys(k.PEM()); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
