package intake

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/realdata"
)

var guideBlock = regexp.MustCompile("(?s)```(json|yaml|csv)\n(.*?)```")

// The examples of the guide are what they say they are, and whole.
func TestEvidenceGuide(t *testing.T) {
	b, err := os.ReadFile("../../docs/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, m := range guideBlock.FindAllStringSubmatch(string(b), -1) {
		f := File{Name: "example-" + string(rune('a'+i)) + "." + m[1], Bytes: []byte(m[2])}
		editions, errs := Read(t.Context(), []File{f}, Options{})
		if len(errs) > 0 || len(editions) != 1 {
			t.Errorf("example %d: %v", i, errs)
			continue
		}
		r := editions[0].Files[0].Reading
		if len(r.Warnings) > 0 || len(r.Statements) == 0 || !Alone(f) || !strings.HasPrefix(r.Source, "evidence/") {
			t.Errorf("example %d: of %s, %d statements, alone %v: %q", i, r.Source, len(r.Statements), Alone(f), r.Warnings)
		}
		kinds = append(kinds, r.Kind)
	}
	want := []string{"evidence.mud", "evidence.scorecard", "evidence.ssdf-form", "evidence.test-report", "evidence.ics"}
	if !slices.Equal(kinds, want) {
		t.Errorf("examples of %v, want %v", kinds, want)
	}
}

// Nothing else takes evidence for its own, and evidence takes nothing else's:
// of all formats exactly one recognises each example.
func TestEvidenceIsRecognisedByOne(t *testing.T) {
	b, err := os.ReadFile("../../docs/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range guideBlock.FindAllStringSubmatch(string(b), -1) {
		var by []string
		for _, of := range formats {
			if of.recognise("example."+m[1], headOf([]byte(m[2]))) {
				by = append(by, of.name)
			}
		}
		if len(by) != 1 {
			t.Errorf("%.40q is recognised by %q", m[2], by)
		}
	}
}

// An error names the file, the place and what was expected.
func TestEvidenceErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"ietf-mud:mud": {"mud-version": 3}}`:                   "x: line 1, ietf-mud:mud.mud-version: want version 1",
		`{"scorecard": {}, "findings": []}`:                      "x: line 1, findings: this result has the findings of single probes",
		"countersign: ssdf-form/v1\nid: a\n":                     `x: line 1: field "submission" is missing`,
		"countersign: test-report/v2\n":                          `x: line 1, countersign: "test-report/v2": want test-report/v1`,
		"provision,support\n05.Jan,Y\n":                          "x: no row could be read: line 2: provision",
		"countersign: lab-report/v1\nid: a\n":                    "x: not a document of a kind that is read: it looks like a document of countersign's",
		`{"ietf-mud:mud": {"mud-version": 1, "mud-version": 1}}`: `x: line 1: the member "mud-version" occurs twice`,
	} {
		editions, errs := Read(t.Context(), []File{{Name: "x", Bytes: []byte(text)}}, Options{})
		if len(editions) != 0 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%q: %d editions, %v; want %q", text, len(editions), errs, want)
		}
	}
}

// Real usage descriptions are each an edition of its own series.
func TestRealUsageDescriptions(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/assurance/mud"), "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	var files []File
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Name: filepath.Base(p), Bytes: b})
	}
	editions, errs := Read(t.Context(), files, Options{})
	if len(errs) != 0 || len(editions) != len(files) {
		t.Errorf("%d editions of %d files, %v", len(editions), len(files), errs)
	}
	for _, e := range editions {
		if e.Published == "" || e.Files[0].Reading.Kind != "evidence.mud" {
			t.Errorf("%s: published %q, kind %s", e.Source, e.Published, e.Files[0].Reading.Kind)
		}
	}
}
