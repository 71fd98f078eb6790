package witness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
)

// vector is a case of the collection that is about proofs.
type vector struct {
	Kind, File, Expect, Reason, Leaf, Policy, Old, New, Proof string
}

func TestVectors(t *testing.T) {
	dir := realdata.Path(t, "data/assurance/label-vectors")
	var all []vector
	if err := json.Unmarshal(read(t, dir, "expected.json"), &all); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range all {
		check := map[string]func(*testing.T, string, vector) error{"tlog-proof": proofVector, "consistency": consistencyVector}[v.Kind]
		if check == nil {
			continue
		}
		ran++
		t.Run(v.Kind+" "+v.File+v.New, func(t *testing.T) {
			if err := check(t, dir, v); (err == nil) != (v.Expect == "valid") {
				t.Errorf("want %s (%s), got %v", v.Expect, v.Reason, err)
			} else if err != nil {
				t.Log(err)
			}
		})
	}
	if ran < 9 {
		t.Errorf("only %d cases are about proofs", ran)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func proofVector(t *testing.T, dir string, v vector) error {
	policy := mustParse(t, string(read(t, dir, v.Policy)))
	p, err := ledger.ParseProof(string(read(t, dir, v.File)))
	if err != nil {
		return err
	}
	_, err = policy.VerifyProof(p, read(t, dir, v.Leaf))
	return err
}

func consistencyVector(t *testing.T, dir string, v vector) error {
	policy := mustParse(t, string(read(t, dir, "log-policy.txt")))
	older, err := policy.Verify(string(read(t, dir, v.Old)))
	if err != nil {
		t.Fatal(err)
	}
	newer, err := policy.Verify(string(read(t, dir, v.New)))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.ParseConsistency(string(read(t, dir, v.Proof)))
	if err != nil {
		t.Fatal(err)
	}
	return ledger.CheckConsistency(proof, older, newer)
}
