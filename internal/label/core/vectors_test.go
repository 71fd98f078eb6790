package core

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vector is one address, and what a reader that pins one key makes of it. The
// reader in the offline page is held to the same file.
type vector struct {
	Name      string  `json:"name"`
	URL       string  `json:"url"`
	PublicKey string  `json:"public_key"`        // base64 of the 32 bytes
	Core      *fields `json:"core,omitempty"`    // what the reader shows
	Refused   string  `json:"refused,omitempty"` // at which step it stops: format or signature
}

type fields struct {
	ID         string `json:"id"`
	KeyHint    string `json:"key_hint"`
	Maker      string `json:"maker"`
	Product    string `json:"product"`
	Tier       int    `json:"tier"`
	Issued     string `json:"issued"`
	ValidUntil string `json:"valid_until"`
	SupportEnd string `json:"support_end"`
	Document   string `json:"document"`
	Scheme     string `json:"scheme"`
}

func shown(c Core) *fields {
	return &fields{
		ID: c.ID, KeyHint: hex.EncodeToString(c.KeyHint[:]), Maker: c.Maker, Product: c.Product,
		Tier: c.Tier, Issued: string(c.Issued), ValidUntil: string(c.ValidUntil),
		SupportEnd: string(c.SupportEnd), Document: hex.EncodeToString(c.Document[:]), Scheme: c.Scheme,
	}
}

const vectorsFile = "testdata/vectors.json"

// TestVectors reads every address of the file. With -update it first writes
// the file; what it says is decided by how each vector was made, not by what
// the reader made of it.
func TestVectors(t *testing.T) {
	if *update {
		b, err := json.MarshalIndent(map[string]any{"vectors": vectors(t)}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vectors(t), file.Vectors); diff != "" {
		t.Errorf("the file is not what is made now; run with -update if that is meant:\n%s", diff)
	}
	if len(file.Vectors) < 20 {
		t.Errorf("%d vectors", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			key, err := base64.StdEncoding.DecodeString(v.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			s, err := ParseURL(v.URL)
			if v.Refused == "format" {
				if err == nil {
					t.Fatalf("read as %+v", s.Core)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Verify(ed25519.PublicKey(key))
			switch {
			case v.Refused == "signature":
				if err == nil {
					t.Fatalf("verified as %+v", s.Core)
				}
			case err != nil:
				t.Fatal(err)
			default:
				if diff := cmp.Diff(v.Core, shown(s.Core)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// vectors makes what the file holds.
func vectors(t *testing.T) []vector {
	t.Helper()
	m := &making{t: t, key: seeded(1)}
	m.good()
	m.badText()
	m.badMaps()
	m.badSignatures()
	return m.out
}
