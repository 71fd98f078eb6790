package stix

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"countersign.dev/internal/foreign"
)

// askValidator has the validator of the standard's authors (stix2-validator on
// PyPI) judge each object of a list, one word a line.
const askValidator = `
import json, sys
from stix2validator import validate_instance, ValidationOptions
for o in json.load(sys.stdin):
    try:
        word = "valid" if validate_instance(o, ValidationOptions(version="2.1")).is_valid else "invalid"
    except Exception:
        word = "failed"
    print("verdict", word)
`

// TestNoLaxerThanValidator compares what is said of good objects, and of what
// becomes of them when one place is changed, with what the validator says.
func TestNoLaxerThanValidator(t *testing.T) {
	python := foreign.Python(t)
	r := rand.New(rand.NewPCG(3, 4))
	var asked []*Object
	for _, o := range good(t) {
		asked = append(asked, o)
		for range 8 {
			tree, err := readValue(o.Bytes, DefaultLimits.Depth)
			if err != nil {
				t.Fatal(err)
			}
			mutate(r, &tree)
			if m, err := Parse(appendValue(nil, &tree), Limits{}); err == nil && m.SpecVersion == "2.1" {
				asked = append(asked, m)
			}
		}
	}
	var list [][]byte
	for _, o := range asked {
		list = append(list, o.Bytes)
	}
	cmd := exec.Command(python, "-c", askValidator)
	cmd.Stdin = bytes.NewReader(append(append([]byte("["), bytes.Join(list, []byte(","))...), ']'))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(string(out)) { // it prints other things too
		if word, ok := strings.CutPrefix(strings.TrimSpace(line), "verdict "); ok {
			words = append(words, word)
		}
	}
	if len(words) != len(asked) {
		t.Fatalf("%d answers to %d questions", len(words), len(asked))
	}
	same, stricter := 0, 0
	for i, o := range asked {
		valid := Validate(o).Valid
		switch {
		case words[i] == "failed": // it cannot say
		case valid == (words[i] == "valid"):
			same++
		case !valid:
			stricter++
		case !laxer(o):
			t.Errorf("the validator refuses %s", o.Bytes)
		}
	}
	t.Logf("of %d objects %d are judged alike, %d more strictly", len(asked), same, stricter)
}
