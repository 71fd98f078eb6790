package attestation

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentation reads the signers that docs/attestations.md shows.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../../../docs/attestations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(b), "```yaml\ncountersign: signers/v1\n")
	text, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("no signers in it")
	}
	s, err := ParseSigners([]byte("countersign: signers/v1\n" + text))
	if err != nil || len(s.Signers) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}
