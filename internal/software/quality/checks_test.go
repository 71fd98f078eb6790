package quality

import (
	"testing"

	"countersign.dev/internal/software"
)

type componentCase struct {
	check string
	with  []string
	name  string
	give  software.Component
	want  answer
}

func componentCases() []componentCase {
	hashed := func(alg, value string) software.Component {
		return software.Component{Hashes: []software.Hash{{Algorithm: alg, Value: value}}}
	}
	licensed := func(l ...software.Licence) software.Component { return software.Component{Licences: l} }
	return []componentCase{
		{"component-name", nil, "named", software.Component{Name: "zlib"}, present},
		{"component-name", nil, "blank", software.Component{Name: " "}, missing},
		{"component-version", nil, "given", software.Component{Version: "1.2.11"}, present},
		{"component-version", nil, "said unknown", software.Component{Version: "UNKNOWN"}, unknown},
		{"component-version", nil, "not asserted", software.Component{Version: "NOASSERTION"}, unknown},
		{"component-version", nil, "absent", software.Component{}, missing},
		{"component-supplier", nil, "given", software.Component{Supplier: "Acme"}, present},
		{"component-supplier", nil, "a maker is none", software.Component{Maker: "Acme"}, missing},
		{"component-producer", nil, "maker", software.Component{Maker: "Acme"}, present},
		{"component-producer", nil, "author", software.Component{Author: "Ada"}, present},
		{"component-producer", nil, "supplier", software.Component{Supplier: "Acme"}, present},
		{"component-producer", nil, "a publisher is none", software.Component{Publisher: "Shop"}, missing},
		{"component-producer", nil, "one of them unknown", software.Component{Maker: "NOASSERTION", Supplier: "Acme"}, present},
		{"component-producer", nil, "all unknown", software.Component{Maker: "NOASSERTION", Author: "unknown"}, unknown},
		{"component-identifier", nil, "purl", software.Component{PURL: "pkg:npm/a@1"}, present},
		{"component-identifier", nil, "further purl", software.Component{MorePURLs: []string{"pkg:npm/a@1"}}, present},
		{"component-identifier", nil, "CPE", software.Component{CPEs: []string{"cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"}}, present},
		{"component-identifier", nil, "none", software.Component{Name: "a"}, missing},
		{"component-licence", nil, "expression", licensed(software.Licence{Expression: "MIT"}), present},
		{"component-licence", nil, "name", licensed(software.Licence{Name: "Acme EULA"}), present},
		{"component-licence", nil, "not asserted", licensed(software.Licence{Expression: "NOASSERTION"}), unknown},
		{"component-licence", nil, "not asserted, then said", licensed(software.Licence{Expression: "NOASSERTION"}, software.Licence{Expression: "MIT"}), present},
		{"component-licence", nil, "none", software.Component{}, missing},
		{"component-licence-expression", []string{"declared"}, "declared", licensed(software.Licence{Expression: "MIT", Acknowledged: "declared"}), present},
		{"component-licence-expression", []string{"declared"}, "concluded only", licensed(software.Licence{Expression: "MIT", Acknowledged: "concluded"}), missing},
		{"component-licence-expression", []string{"concluded"}, "name only", licensed(software.Licence{Name: "EULA", Acknowledged: "concluded"}), missing},
		{"component-licence-expression", []string{"concluded"}, "said unknown", licensed(software.Licence{Expression: "NOASSERTION", Acknowledged: "concluded"}), unknown},
		{"component-hash", nil, "any", hashed("MD5", "d41d8cd98f00b204e9800998ecf8427e"), present},
		{"component-hash", nil, "no algorithm", hashed("", "d41d8cd98f00b204e9800998ecf8427e"), missing},
		{"component-hash", nil, "no value", hashed("SHA-256", ""), missing},
		{"component-hash", nil, "said unknown", hashed("SHA-256", "unknown"), unknown},
		{"component-hash", []string{"SHA-512"}, "another algorithm", hashed("SHA-256", "e3b0c44298fc1c149afbf4c8996fb924"), missing},
		{"component-hash", []string{"SHA-512"}, "another spelling", hashed("sha512", "cf83e1357eefb8bdf1542850d66d8007"), present},
		{"component-hash", []string{"SHA3-256"}, "SHA-3 is not SHA-2", hashed("SHA-256", "e3b0c44298fc1c149afbf4c8996fb924"), missing},
		{"component-download", nil, "URL", software.Component{Download: "https://acme.example/a.tgz"}, present},
		{"component-download", nil, "not asserted", software.Component{Download: "NOASSERTION"}, unknown},
		{"component-download", nil, "none", software.Component{}, missing},
	}
}

func TestComponentChecks(t *testing.T) {
	tested := map[string]bool{"component-relation": true} // TestGraph
	for _, tt := range componentCases() {
		tested[tt.check] = true
		test, err := componentChecks[tt.check](tt.with)
		if err != nil {
			t.Fatal(err)
		}
		b := &software.Bill{Root: -1, Components: []software.Component{tt.give}}
		if got := test(sheetOf(b, Env{}), 0); got != tt.want {
			t.Errorf("%s %v, %s: got %d, want %d", tt.check, tt.with, tt.name, got, tt.want)
		}
	}
	for name := range componentChecks {
		if !tested[name] {
			t.Errorf("%s has no case", name)
		}
	}
}

func TestDocumentChecks(t *testing.T) {
	cdx := func(version string) software.Bill { return software.Bill{Format: "CycloneDX", Version: version} }
	spdx := func(version string) software.Bill { return software.Bill{Format: "SPDX", Version: version} }
	newest := []string{"CycloneDX 1.6", "SPDX 3.0.1"}
	cases := []struct {
		check string
		with  []string
		name  string
		give  software.Bill
		want  answer
		found string
	}{
		{"document-author", nil, "named", software.Bill{Authors: []string{"Ada"}}, present, "Ada"},
		{"document-author", nil, "a tool is none", software.Bill{Tools: []string{"syft 1.20.0"}}, missing, ""},
		{"document-author-or-tool", nil, "tool", software.Bill{Tools: []string{"syft 1.20.0"}}, present, "syft 1.20.0"},
		{"document-author-or-tool", nil, "author", software.Bill{Authors: []string{"Ada"}}, present, "Ada"},
		{"document-author-or-tool", nil, "nobody", software.Bill{}, missing, ""},
		{"document-timestamp", nil, "UTC", software.Bill{Created: "2022-12-20T18:01:02Z"}, present, "2022-12-20T18:01:02Z"},
		{"document-timestamp", nil, "RFC 9557", software.Bill{Created: "2022-12-20T18:01:02.5+01:00[Europe/Paris]"}, present, "2022-12-20T18:01:02.5+01:00[Europe/Paris]"},
		{"document-timestamp", nil, "day alone", software.Bill{Created: "2022-12-20"}, missing, "2022-12-20"},
		{"document-tool", nil, "named", software.Bill{Tools: []string{"syft"}}, present, "syft"},
		{"document-tool", nil, "none", software.Bill{}, missing, ""},
		{"document-tool-version", nil, "space", software.Bill{Tools: []string{"syft 0.64.0"}}, present, "syft 0.64.0"},
		{"document-tool-version", nil, "hyphen", software.Bill{Tools: []string{"syft-v0.64.0"}}, present, "syft-v0.64.0"},
		{"document-tool-version", nil, "one without", software.Bill{Tools: []string{"syft 0.64.0", "cosign"}}, missing, "cosign"},
		{"document-tool-version", nil, "words are none", software.Bill{Tools: []string{"our tool"}}, missing, "our tool"},
		{"document-tool-version", nil, "said unknown", software.Bill{Tools: []string{"tool UNKNOWN"}}, unknown, "tool UNKNOWN"},
		{"document-tool-version", nil, "no tool", software.Bill{}, missing, ""},
		{"document-context", nil, "build", software.Bill{Contexts: []string{"build"}}, present, "build"},
		{"document-context", nil, "silent", software.Bill{}, missing, ""},
		{"document-signature", nil, "signed", software.Bill{Signed: true}, present, "a signature inside the bill"},
		{"document-signature", nil, "not", software.Bill{}, missing, ""},
		{"document-format", []string{"CycloneDX", "SPDX"}, "any version", spdx("2.2"), present, "SPDX 2.2"},
		{"document-format", newest, "new enough", cdx("1.6"), present, "CycloneDX 1.6"},
		{"document-format", newest, "ten is more than six", cdx("1.10"), present, "CycloneDX 1.10"},
		{"document-format", newest, "too old", cdx("1.5"), missing, "CycloneDX 1.5"},
		{"document-format", newest, "one place short", spdx("3.0"), missing, "SPDX 3.0"},
		{"document-format", newest, "another format", software.Bill{Format: "SWID", Version: "9"}, missing, "SWID 9"},
		{"document-format", newest, "a version that is none", cdx("new"), missing, "CycloneDX new"},
		{"document-format-version", nil, "given", cdx("1.6"), present, "CycloneDX 1.6"},
		{"document-format-version", nil, "not", cdx(""), missing, "CycloneDX"},
		{"document-version", nil, "numbered", software.Bill{Format: "CycloneDX", ID: "urn:uuid:1", Revision: 2}, present, "urn:uuid:1/2"},
		{"document-version", nil, "serial alone", software.Bill{Format: "CycloneDX", ID: "urn:uuid:1"}, missing, "urn:uuid:1"},
		{"document-version", nil, "namespace", software.Bill{Format: "SPDX", ID: "https://acme.example/1"}, present, "https://acme.example/1"},
		{"document-uri", nil, "urn", software.Bill{ID: "urn:uuid:1"}, present, "urn:uuid:1"},
		{"document-uri", nil, "word", software.Bill{ID: "one"}, missing, "one"},
		{"document-uri", nil, "sentence", software.Bill{ID: "see here: one"}, missing, "see here: one"},
		{"document-completeness", nil, "incomplete is an answer", software.Bill{Complete: "incomplete"}, present, "incomplete"},
		{"document-completeness", nil, "silent", software.Bill{}, missing, ""},
	}
	tested := map[string]bool{"document-depth": true} // TestGraph
	for _, tt := range cases {
		tested[tt.check] = true
		test, err := documentChecks[tt.check](tt.with)
		if err != nil {
			t.Fatal(err)
		}
		got, found := test(sheetOf(&tt.give, Env{}))
		if got != tt.want || found != tt.found {
			t.Errorf("%s, %s: got %d %q, want %d %q", tt.check, tt.name, got, found, tt.want, tt.found)
		}
	}
	for name := range documentChecks {
		if !tested[name] {
			t.Errorf("%s has no case", name)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		check string
		of    Applies
		with  []string
	}{
		{"component-licence-expression", ToComponent, nil},
		{"component-licence-expression", ToComponent, []string{"guessed"}},
		{"component-relation", ToComponent, []string{"x"}},
		{"document-format", ToDocument, nil},
		{"document-format", ToDocument, []string{"CycloneDX 1.x"}},
		{"document-depth", ToDocument, []string{"3"}},
		{"document-tool", ToDocument, []string{"x"}},
		{"document-tool", ToComponent, nil},
	} {
		if known(tt.check, tt.of, tt.with) == nil {
			t.Errorf("%s of a %s takes %v", tt.check, tt.of, tt.with)
		}
	}
}
