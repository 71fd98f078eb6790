package oscal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/problem"
)

// camera is an assessment of each status, method and kind of evidence.
func camera() *Results {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	sbom := Evidence{Title: "Bill of materials", Kind: "sbom", Digest: "sha256:" + strings.Repeat("ab", 32)}
	return &Results{
		ID: "camera-1.4-2026-03-01", Title: "Camera 1.4 by the baseline", Description: "First assessment.", Version: "1",
		Profile:    Source{ID: "iot-baseline", Title: "Consumer IoT baseline", Version: "1", Digest: "sha256:" + strings.Repeat("01", 32)},
		Catalogues: []Source{{ID: "nistir-8425", Title: "Criteria", Version: "2022-09", Digest: "sha256:" + strings.Repeat("02", 32)}, {ID: "eo-14028-s4", Title: "The order"}},
		Subject:    Subject{ID: "pkg:generic/acme/camera@1.4", Title: "Camera 1.4", Description: "A camera", Kind: "software", Digests: []string{"sha256:" + strings.Repeat("cd", 32)}},
		Tier:       2, Start: at, End: at.Add(time.Hour),
		Assessors: []Party{{ID: "lab", Name: "A Laboratory", Kind: "organization"}, {ID: "ann", Name: "Ann", Kind: "person"}, {ID: "sbom-complete", Name: "SBOM complete", Kind: "tool"}},
		Findings: []Finding{
			{Catalogue: "nistir-8425", Control: "AI.1", Title: "Unique identity", Status: Met, Required: true, Tier: 1, Method: "laboratory", Reason: "tested", Observations: []Observation{
				{Status: Met, Method: "laboratory", Assessor: "lab", Text: "Two devices, two identities", Collected: at, Expires: at.AddDate(2, 0, 0), Evidence: []Evidence{{Title: "Report 7", Kind: "test-report", Digest: "sha256:" + strings.Repeat("ef", 32), Href: "https://lab.example/7.pdf"}}},
				{Status: Met, Method: "declared", Assessor: "ann", Text: "It has a serial number", Collected: at},
			}},
			{Catalogue: "nistir-8425", Control: "DOC.1.d.i", Title: "Parts", Status: NotMet, Required: true, Tier: 2, Method: "automated", Reason: "three components have no version", Observations: []Observation{
				{Status: NotMet, Method: "automated", Assessor: "sbom-complete", Text: "three components have no version", Collected: at, Evidence: []Evidence{sbom}},
			}},
			{Catalogue: "nistir-8425", Control: "SU.1", Title: "Updates", Status: Unknown, Required: true, Tier: 1, Reason: "nothing was handed in"},
			{Catalogue: "eo-14028-s4", Control: "4e(vii)", Title: "SBOM", Status: NotApplicable, Required: false, Tier: 2, Method: "declared", Reason: "nothing is sold to the government", Observations: []Observation{
				{Status: Met, Method: "automated", Assessor: "sbom-complete", Text: "there is one", Collected: at, Evidence: []Evidence{sbom}},
			}},
		},
	}
}

func writtenResults(t testing.TB, r *Results) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteResults(&b, r, modified); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestResultsRoundTrip(t *testing.T) {
	b := writtenResults(t, camera())
	got, notes, err := ReadResults(b)
	if err != nil || len(notes) > 0 || len(got) != 1 {
		t.Fatalf("%d results, %v, %v", len(got), notes, err)
	}
	if diff := cmp.Diff(*camera(), got[0], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !bytes.Equal(b, writtenResults(t, camera())) {
		t.Error("written twice gives different bytes")
	}
	// One bill, one resource, though two observations rest on it.
	if n := bytes.Count(b, []byte(`"title": "Bill of materials"`)); n != 1 {
		t.Errorf("the bill is %d resources", n)
	}
}

func TestResultsSchema(t *testing.T) {
	s := schema(t, "assessment-results")
	for name, r := range map[string]*Results{
		"camera": camera(),
		"least":  {ID: "x", Profile: Source{ID: "p"}, Subject: Subject{ID: "s"}, Start: modified, Findings: []Finding{{Control: "1", Status: Unknown}}},
		"many lines": {
			ID: "y", Title: "Two\nlines ", Profile: Source{ID: "p"}, Subject: Subject{ID: "s", Title: "a\nb"}, Start: modified,
			Findings: []Finding{{Catalogue: "c", Control: "1", Title: " t\n", Status: Met, Reason: "because\nof that", Observations: []Observation{{Method: "guessed", Text: "x\n\ny", Collected: modified, Evidence: []Evidence{{Href: "a b"}}}}}},
		},
	} {
		t.Run(name, func(t *testing.T) { valid(t, s, writtenResults(t, r)) })
	}
}

// TestResultsStates: unknown is not satisfied, and others see that nothing was
// shown.
func TestResultsStates(t *testing.T) {
	b := string(writtenResults(t, camera()))
	if n := strings.Count(b, `"state": "satisfied"`); n != 2 {
		t.Errorf("%d findings are satisfied, want that which is met and that which does not apply", n)
	}
	if n := strings.Count(b, `"state": "not-satisfied"`); n != 2 {
		t.Errorf("%d findings are not satisfied, want 2", n)
	}
}

func TestForeignResults(t *testing.T) {
	const doc = `{"assessment-results": {"uuid": "u", "metadata": {"title": "T", "last-modified": "x", "version": "1", "oscal-version": "1.1.2"},
 "import-ap": {"href": "ap.json"}, "results": [{"uuid": "r", "title": "R", "description": "D", "start": "yesterday", "reviewed-controls": {"control-selections": [{}]},
 "findings": [
  {"uuid": "1", "title": "A", "description": "d", "target": {"type": "objective-id", "target-id": "ac-2_obj.a-1", "status": {"state": "satisfied"}}},
  {"uuid": "2", "title": "B", "description": "d", "target": {"type": "statement-id", "target-id": "ac-3_smt.b", "status": {"state": "satisfied"}, "implementation-status": {"state": "not-applicable"}}},
  {"uuid": "3", "title": "C", "description": "d", "target": {"type": "statement-id", "target-id": "ac-4", "status": {"state": "perhaps"}}, "related-observations": [{"observation-uuid": "none"}]},
  {"uuid": "4", "title": "D", "description": "d", "target": {"type": "statement-id", "target-id": "", "status": {"state": "satisfied"}}}]}]}}`
	got, notes, err := ReadResults([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range got[0].Findings {
		said = append(said, f.Control+" "+f.Status)
	}
	if diff := cmp.Diff([]string{"ac-2 met", "ac-3 not_applicable", "ac-4 unknown"}, said); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	at := "assessment-results/results/0"
	told := []Note{
		{at + "/start", `"yesterday" is no time: want one as 2026-03-12T10:00:00Z`},
		{at + "/findings/2/target/status", `state is "perhaps", want satisfied or not-satisfied; taken for unknown`},
		{at + "/findings/2/related-observations", "there is no observation none"},
		{at + "/findings/3", "target-id: missing; the finding is left out"},
	}
	if diff := cmp.Diff(told, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestReadResultsRefuses(t *testing.T) {
	const head = `{"assessment-results": {"uuid": "u", "metadata": {"title": "T", "last-modified": "x", "version": "1", "oscal-version": `
	for doc, says := range map[string]string{
		head + `"2.0.0"}, "results": [{}]}}`: `assessment-results/metadata/oscal-version: is "2.0.0", want 1.0, 1.1 or a later 1`,
		head + `"1.1.2"}}}`:                  "assessment-results/results: missing",
		`{"assessment-results": null}`:       "assessment-results: want an object, found null",
	} {
		_, _, err := ReadResults([]byte(doc))
		if problem.KindOf(err) != problem.Invalid || err.Error() != says {
			t.Errorf("%v, want %s", err, says)
		}
	}
}
