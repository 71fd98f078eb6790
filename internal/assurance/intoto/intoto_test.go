package intoto

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/realdata"
)

const subject = `"subject":[{"name":"cam","digest":{"sha256":"ab"}}]`

func statement(predicateType, predicate string) []byte {
	return []byte(`{"_type":"` + TypeV1 + `",` + subject + `,"predicateType":"` + predicateType + `","predicate":` + predicate + `}`)
}

func day(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestPredicates(t *testing.T) {
	ab := map[string]string{"sha1": "ab"}
	for _, c := range []struct {
		typ, predicate string
		want           any
	}{
		{
			"https://slsa.dev/provenance/v0.1",
			`{"builder":{"id":"b"},"recipe":{"type":"t","definedInMaterial":1},"metadata":{"buildInvocationId":"i"},"materials":[{"uri":"x"},{"uri":"git+s","digest":{"sha1":"ab"}}]}`,
			&Provenance{Version: "v0.1", Builder: "b", BuildType: "t", Invocation: "i", Source: Resource{URI: "git+s", Digest: ab}, Materials: []Resource{{URI: "x"}, {URI: "git+s", Digest: ab}}},
		},
		{
			"https://slsa.dev/provenance/v0.2",
			`{"builder":{"id":"b"},"buildType":"t","invocation":{"configSource":{"uri":"git+s@refs/tags/v1","digest":{"sha1":"ab"}}},"metadata":{"buildInvocationID":"i","buildStartedOn":"2026-01-02T03:04:05Z"}}`,
			&Provenance{Version: "v0.2", Builder: "b", BuildType: "t", Invocation: "i", Source: Resource{URI: "git+s@refs/tags/v1", Digest: ab}, Started: day("2026-01-02T03:04:05Z")},
		},
		{
			"https://slsa.dev/provenance/v1",
			`{"buildDefinition":{"buildType":"t","externalParameters":{"workflow":{"repository":"https://e/r","ref":"refs/heads/m"}},"resolvedDependencies":[{"uri":"git+https://e/r@refs/heads/m","digest":{"sha1":"ab"}}]},"runDetails":{"builder":{"id":"b"},"metadata":{"invocationId":"i"}}}`,
			&Provenance{
				Version: "v1", Builder: "b", BuildType: "t", Invocation: "i", Source: Resource{URI: "git+https://e/r@refs/heads/m", Digest: ab},
				Materials: []Resource{{URI: "git+https://e/r@refs/heads/m", Digest: ab}},
			},
		},
		{
			"https://slsa.dev/provenance/v1",
			`{"buildDefinition":{"externalParameters":{"source":{"uri":"s"}}},"runDetails":{"builder":{"id":"b"}}}`,
			&Provenance{Version: "v1", Builder: "b", Source: Resource{URI: "s"}},
		},
		{
			"https://slsa.dev/verification_summary/v1",
			`{"verifier":{"id":"v"},"timeVerified":"2026-01-02T03:04:05Z","resourceUri":"r","policy":{"uri":"p"},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_2"]}`,
			&Summary{Version: "v1", Verifier: "v", Passed: true, Levels: []string{"SLSA_BUILD_LEVEL_2"}, Resource: "r", Policy: Resource{URI: "p"}, Time: day("2026-01-02T03:04:05Z")},
		},
		{
			"https://slsa.dev/verification_summary/v0.1",
			`{"verifier":{"id":"v"},"verification_result":"FAILED","policy_level":"SLSA_LEVEL_3"}`,
			&Summary{Version: "v0.1", Verifier: "v", Levels: []string{"SLSA_LEVEL_3"}},
		},
		{
			"https://slsa.dev/verification_summary/v1",
			`{"verifier":{"id":"v"},"verificationResult":"passed"}`, // not the word of the specification
			&Summary{Version: "v1", Verifier: "v"},
		},
		{TypeSVR, `{"verifier":{"id":"v"},"timeCreated":"2026-01-02T03:04:05Z","properties":["P"]}`, &Result{Verifier: "v", Created: day("2026-01-02T03:04:05Z"), Properties: []string{"P"}}},
		{TypeSCAI, `{"attributes":[{"attribute":"A","evidence":{"name":"e"}}],"producer":{"uri":"p"}}`, &Attributes{Attributes: []Attribute{{Name: "A", Evidence: &Resource{Name: "e"}}}, Producer: &Resource{URI: "p"}}},
		{TypeRelease, `{"purl":"pkg:npm/a@1","packageId":7}`, nil},
		{TypeRelease, `{"purl":"pkg:npm/a@1","packageId":"7"}`, &Release{PURL: "pkg:npm/a@1", PackageID: "7"}},
		{TypeNPMPublish, `{"name":"@s/a","version":"1","registry":"r"}`, &Release{PURL: "pkg:npm/%40s/a@1"}},
		{TypeReference, `{"attester":{"id":"a"},"references":[{"downloadLocation":"d"}]}`, &Reference{Attester: "a", References: []Resource{{DownloadLocation: "d"}}}},
		{TypeLink, `{"name":"build","command":["make"],"materials":[{"name":"m"}]}`, &Link{Name: "build", Command: []string{"make"}, Materials: []Resource{{Name: "m"}}}},
		{TypeTestResult, `{"result":"PASSED","passedTests":["a"]}`, &Tests{Result: "PASSED", Passed: []string{"a"}}},
		{"https://example.test/other", `{"a":[1]}`, &Other{JSON: []byte(`{"a":[1]}`)}},
		{"https://slsa.dev/provenance/v2", `{}`, &Other{JSON: []byte(`{}`)}},
	} {
		s, err := Parse(statement(c.typ, c.predicate))
		if err != nil {
			t.Errorf("%s: %v", c.typ, err)
			continue
		}
		if c.want == nil {
			if _, other := s.Predicate.(*Other); !other || s.Problem == nil {
				t.Errorf("%s %s: got %#v without a problem", c.typ, c.predicate, s.Predicate)
			}
			continue
		}
		if d := cmp.Diff(c.want, s.Predicate, cmpopts.EquateEmpty()); d != "" || s.Problem != nil {
			t.Errorf("%s: %v\n%s", c.typ, s.Problem, d)
		}
	}
}

func TestBrokenPredicates(t *testing.T) {
	for _, c := range []struct{ typ, predicate, want string }{
		{"https://slsa.dev/provenance/v0.2", `{"builder":{"id":["b"]}}`, "predicate: /builder/id: want a text, found an array"},
		{"https://slsa.dev/provenance/v0.2", `{}`, "predicate: builder.id: missing"},
		{"https://slsa.dev/provenance/v1", `{"runDetails":{}}`, "predicate: runDetails.builder.id: missing"},
		{TypeSVR, `{"properties":[]}`, "predicate: verifier.id: missing"},
		{TypeSVR, `{"verifier":{"id":"v"},"annotations":{"validUntil":"soon"}}`, "annotations.validUntil: want a time"},
		{TypeSVR, `{"verifier":{"id":"v"},"annotations":{"validFrom":null}}`, "annotations.validFrom: want a time"},
		{TypeSVR, `{"verifier":{"id":"v"},"annotations":{"validFrom":"2026-01-02T00:00:00Z","validUntil":"2026-01-01T00:00:00Z"}}`, "validUntil is not after validFrom"},
		{TypeSVR, `{"verifier":{"id":"v"},"timeCreated":"yesterday"}`, "/timeCreated"},
	} {
		s, err := Parse(statement(c.typ, c.predicate))
		if err != nil || s.Problem == nil || !strings.Contains(s.Problem.Error(), c.want) {
			t.Errorf("%s: %v, want a statement with problem %q", c.predicate, err, c.want)
			continue
		}
		if o, ok := s.Predicate.(*Other); !ok || string(o.JSON) != c.predicate {
			t.Errorf("%s: kept as %#v", c.predicate, s.Predicate)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(statement("t", "{}"))
	for _, c := range []struct{ in, want string }{
		{strings.Replace(good, "/v1", "/v2", 1), `statements of version "v2" are not read`},
		{strings.Replace(good, "/v1", "/v1.1", 1), `statements of version "v1.1" are not read`},
		{strings.Replace(good, "in-toto.io", "example.test", 1), "is no in-toto statement"},
		{`{` + subject + `,"predicateType":"t"}`, "_type: missing"},
		{`{"_type":"` + TypeV1 + `",` + subject + `}`, "predicateType: missing"},
		{`{"_type":"` + TypeV1 + `","predicateType":"t","subject":[]}`, "subject: empty"},
		{`{"_type":"` + TypeV1 + `","predicateType":"t","subject":[{"name":"a"}]}`, "subject[0].digest: missing"},
		{`{"_type":"` + TypeV1 + `","predicateType":"t","subject":[{"digest":{"sha256":""}}]}`, "subject[0].digest: a digest without"},
		{strings.Replace(good, `"predicate":`, `"predicateType":"u","predicate":`, 1), "/predicateType: this member is there twice"},
		{strings.Replace(good, `{}`, `{"a":1,"a":2}`, 1), "/predicate/a: this member is there twice"},
		{`[]`, "want an object, found an array"},
	} {
		if _, err := Parse([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.100s: %v, want %q", c.in, err, c.want)
		}
	}
}

func TestAbout(t *testing.T) {
	s := &Statement{Subjects: []Resource{
		{Name: "a", Digest: map[string]string{"sha256": "AA", "sha512": "cc"}},
		{Name: "b", Digest: map[string]string{"sha256": "bb", "gitCommit": "dd"}},
	}}
	for _, c := range []struct {
		digests map[string]string
		want    string
	}{
		{map[string]string{"sha256": "bb"}, "b"},
		{map[string]string{"sha256": "aa", "sha1": "00"}, "a"},
		{map[string]string{"sha256": "aa", "sha512": "00"}, ""}, // one of two says otherwise
		{map[string]string{"sha256": "00"}, ""},
		{map[string]string{"sha1": "bb"}, ""},
		{map[string]string{"gitcommit": "dd"}, "b"},
		{nil, ""},
	} {
		got, ok := s.About(c.digests)
		if got.Name != c.want || ok != (c.want != "") {
			t.Errorf("%v: %q %t, want %q", c.digests, got.Name, ok, c.want)
		}
	}
}

func TestValidity(t *testing.T) {
	s, err := Parse(statement(TypeSVR, `{"verifier":{"id":"v"},"annotations":{"validFrom":"2026-01-01T00:00:00Z","validUntil":"2027-01-01T00:00:00+01:00"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[string]string{
		"2025-12-31T23:59:59Z": NotYetValid,
		"2026-01-01T00:00:00Z": Valid,
		"2026-12-31T22:59:59Z": Valid,
		"2026-12-31T23:00:00Z": Expired,
	} {
		if got := s.Validity().At(day(moment)); got != want {
			t.Errorf("%s: %s, want %s", moment, got, want)
		}
	}
	if got := (Validity{}).At(day("2026-01-01T00:00:00Z")); got != Valid {
		t.Errorf("no bounds: %s", got)
	}
}

// TestStatementsOfTheSpecification reads every example of the framework's
// predicates. Their digests are cut short, and each is of a type known here.
func TestStatementsOfTheSpecification(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realdata.Path(t, "data/assurance/in-toto"), "*.json"))
	if err != nil || len(files) != 14 {
		t.Fatalf("%d files, %v; want 14", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(b)
		if err != nil || s.Problem != nil {
			t.Errorf("%s: %v, %v", filepath.Base(f), err, s.Problem)
			continue
		}
		if _, other := s.Predicate.(*Other); other {
			t.Errorf("%s: %s is not known", filepath.Base(f), s.PredicateType)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(statement(TypeSVR, `{"verifier":{"id":"v"},"annotations":{"validUntil":"2026-01-01T00:00:00Z"}}`))
	f.Add(statement("https://slsa.dev/provenance/v1", `{"buildDefinition":{"externalParameters":{"source":"s"}},"runDetails":{"builder":{"id":"b"}}}`))
	f.Add(statement("https://slsa.dev/provenance/v0.1", `{"builder":{"id":"b"},"recipe":{"definedInMaterial":-1},"materials":[{}]}`))
	f.Add(statement(TypeSCAI, `null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		if s.Predicate == nil || len(s.Subjects) == 0 {
			t.Fatalf("read without predicate or subject: %+v", s)
		}
		if _, about := s.About(map[string]string{}); about {
			t.Fatal("about an artifact without digests")
		}
		s.Validity().At(time.Unix(0, 0))
	})
}
