package spdx

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/software"
)

func TestAgents(t *testing.T) {
	for text, want := range map[string]string{
		"Organization: Acme, Inc (sbom@acme.example)": "Acme, Inc", "Organization: Acme ()": "Acme", "Person: Jane Doe (jane@acme.example)": "Jane Doe person",
		"person:Jane <jane@acme.example>": "Jane person", "Organization: Acme (Europe)": "Acme (Europe)", "NOASSERTION": "", "Organization: NOASSERTION": "NOASSERTION",
		"Acme": "Acme", "Tool: x": "", "https://acme.example": "https://acme.example", "": "", "Person: jane@acme.example": "jane@acme.example person",
		"Organization: (mail@only.example)": "(mail@only.example)",
	} {
		name, person := agent(text)
		if person {
			name += " person"
		}
		if name != want {
			t.Errorf("%q: %q, want %q", text, name, want)
		}
	}
}

func TestTools(t *testing.T) {
	for text, want := range map[string]string{
		"syft-0.64.0": "syft 0.64.0", "trivy": "trivy", "ko 0.12.0": "ko 0.12.0", "Microsoft.SBOMTool-0.2.7": "Microsoft.SBOMTool 0.2.7",
		"apko (v0.8.0-53-gfaa1b37)": "apko v0.8.0-53-gfaa1b37", "sigs.k8s.io/bom/pkg/spdx": "sigs.k8s.io/bom/pkg/spdx", "x-y-v1.2-rc.1+b": "x-y v1.2-rc.1+b",
		"tern-b8e13d1": "tern-b8e13d1", "": "", "log4j-2": "log4j-2",
	} {
		if got := toolName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Digests are read however their algorithms are spelt in SPDX 2 and 3.
func TestHashes(t *testing.T) {
	for written, want := range map[string]string{
		"SHA1": "SHA-1 20", "SHA256": "SHA-256 32", "sha512": "SHA-512 64", "SHA-384": "SHA-384 48", "SHA3-256": "SHA3-256 32", "sha3_512": "SHA3-512 64",
		"BLAKE2b-256": "BLAKE2b-256 32", "blake2b512": "BLAKE2b-512 64", "blake3": "BLAKE3 32", "md5": "MD5 16", "ADLER32": "ADLER32 4", " SHA224 ": "SHA-224 28",
	} {
		_, size, _ := strings.Cut(want, " ")
		n := 0
		if _, err := fmt.Sscan(size, &n); err != nil {
			t.Fatal(err)
		}
		h, fault := hashOf([]byte(written), []byte(strings.Repeat("AB", n)))
		if fault != "" || h != (software.Hash{Algorithm: strings.Fields(want)[0], Value: strings.Repeat("ab", n)}) {
			t.Errorf("%s: %+v %s", written, h, fault)
		}
	}
}

func TestTypes(t *testing.T) {
	for purpose, want := range map[string]string{
		"APPLICATION": "application", "OPERATING-SYSTEM": "operating-system", "OPERATING_SYSTEM": "operating-system", "operatingSystem": "operating-system",
		"deviceDriver": "device-driver", "CONTAINER": "container", "SOURCE": "", "ARCHIVE": "", "OTHER": "", "": "",
	} {
		if got := typeOf(purpose); got != want {
			t.Errorf("%s: %q, want %q", purpose, got, want)
		}
	}
	for id, want := range map[string]string{"SPDXRef-ContainerImage-1": "container", "SPDXRef-OperatingSystem-1": "operating-system", "SPDXRef-Package-1": ""} {
		if got := guessType(id, "pkg:npm/x"); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if guessType("SPDXRef-1", "pkg:oci/x@sha256:1") != "container" {
		t.Error("an image is no container")
	}
}

// What an enemy may write costs no more than it is long, and what is sound is
// kept as written.
func TestHostile(t *testing.T) {
	cycle := read(t, packages(ab, relates("a", "DEPENDS_ON", "b")+","+relates("b", "DEPENDS_ON", "a")+","+relates("a", "DEPENDS_ON", "a")))
	if got := tell(cycle); got != "a>a ; a>b ; b>a " {
		t.Errorf("%q", got)
	}
	const purl = `pkg:npm/a\nSPDXID: x@1?x=\"><script>`
	injected := read(t, packages(`{"SPDXID":"SPDXRef-a","name":"a","externalRefs":[{"referenceType":"purl","referenceLocator":"`+purl+`"}]}`, ""))
	if got := injected.Components[0].PURL; got != "pkg:npm/a\nSPDXID: x@1?x=\"><script>" {
		t.Errorf("%q", got)
	}
	for _, deep := range []string{strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<20)} {
		if _, err := Read(t.Context(), []byte(`{"spdxVersion":"SPDX-2.3","x":`+deep), Limits{}); err == nil || !strings.Contains(err.Error(), "exceeded max depth") {
			t.Error(err)
		}
	}
	many := strings.Repeat(relates("a", "DEPENDS_ON", "b")+",", 10_000)
	if b := read(t, packages(ab, many+relates("a", "DEPENDS_ON", "b"))); len(b.Edges) != 1 {
		t.Errorf("%d edges", len(b.Edges))
	}
}
