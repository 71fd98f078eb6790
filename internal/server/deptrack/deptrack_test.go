package deptrack

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func TestFindingOf(t *testing.T) {
	p := &node.Project{UUID: "p", Taken: time.UnixMilli(1234)}
	got := findingOf(p, &dossier.Weakness{Finding: findings.Finding{
		Component: "pkg:maven/org.x/core@1?type=jar", Identity: "pkg:maven/org.x/core@1", Name: "org.x/core", Version: "1",
		Advisory: "GHSA-1", Aliases: []string{"CVE-1", "GO-1"}, Summary: "It breaks.", URL: "https://a.example", State: "affected",
		Severity: &findings.Severity{Word: "High", Score: 7.5, Vector: "CVSS:3.1/AV:N"}, Fixed: []string{"2", "1.1"},
		KEV: &findings.KEV{Added: "2021-12-10", Due: "2021-12-24"}, EPSS: &findings.EPSS{Score: 0.9, Percentile: 0.99},
		VEX: &findings.VEX{Status: "not_affected", Issuer: "Acme"},
	}})
	want := finding{
		Component: component{UUID: node.UUID("component", "p", "pkg:maven/org.x/core@1"), Name: "core", Group: "org.x", Version: "1", PURL: "pkg:maven/org.x/core@1?type=jar", Project: "p"},
		Vulnerability: vulnerability{
			UUID: node.UUID("weakness", "GHSA-1"), Source: "GITHUB", ID: "GHSA-1", Title: "It breaks.",
			Description:    "It breaks. Known to be exploited since 2021-12-10. Acme says: not affected.",
			Recommendation: "Fixed in 2, 1.1.", Severity: "HIGH", SeverityRank: 1, CVSSv3: 7.5, EPSS: 0.9, EPSSPercentile: 0.99, CWEs: []struct{}{},
			Aliases: []map[string]string{{"cveId": "CVE-1"}, {"osvId": "GO-1"}}, KnownExploited: true, ExploitedDue: "2021-12-24",
		},
		Analysis:    analysis{State: "NOT_AFFECTED", Suppressed: true},
		Attribution: attribution{Analyzer: "INTERNAL_ANALYZER", AttributedOn: 1234, ReferenceURL: "https://a.example"},
	}
	want.Matrix = "p:" + want.Component.UUID + ":" + want.Vulnerability.UUID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRank(t *testing.T) {
	for _, tt := range []struct {
		word      string
		malicious bool
		want      string
	}{
		{"critical", false, "CRITICAL"}, {"HIGH", false, "HIGH"}, {"medium", false, "MEDIUM"}, {"low", false, "LOW"}, {"none", false, "INFO"},
		{"dire", false, "UNASSIGNED"}, {"", false, "UNASSIGNED"}, {"", true, "CRITICAL"},
	} {
		f := &findings.Finding{Malicious: tt.malicious}
		if tt.word != "" {
			f.Severity = &findings.Severity{Word: tt.word}
		}
		if got := severities[rankOf(f)]; got != tt.want {
			t.Errorf("%+v is %s", tt, got)
		}
	}
}

func TestCount(t *testing.T) {
	of := func(id string, rank int, state string, suppressed bool) finding {
		return finding{Component: component{UUID: id}, Vulnerability: vulnerability{SeverityRank: rank}, Analysis: analysis{state, suppressed}}
	}
	var m metrics
	m.count([]finding{of("a", 0, "", false), of("a", 1, "IN_TRIAGE", false), of("b", 5, "", false), of("c", 4, "", false), of("d", 0, "RESOLVED", true)})
	want := metrics{Critical: 1, High: 1, Unassigned: 1, Vulnerabilities: 4, VulnerableComponents: 3, Suppressed: 1, FindingsTotal: 4, FindingsAudited: 1, FindingsUnaudited: 3, InheritedRiskScore: 20}
	if m != want {
		t.Errorf("%+v, want %+v", m, want)
	}
}

func request(contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/bom", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

// TestBothWaysAreOne: the same submission as JSON and as a form is the same
// upload.
func TestBothWaysAreOne(t *testing.T) {
	text := `{"projectName":" a ","projectVersion":"1","autoCreate":"TRUE","projectTags":[{"name":"x"},{"name":" y"}],"parentName":"s","parentVersion":"2","isLatest":true,"bom":"PGJvbS8+"}`
	s, err := readJSON(request("application/json", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	one, err := s.upload()
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, f := range [][2]string{{"projectName", "a"}, {"projectVersion", "1"}, {"autoCreate", "true"}, {"projectTags", "x, y"}, {"parentName", "s"}, {"parentVersion", "2"}, {"isLatest", "true"}, {"unheard", "of"}, {"bom", "<bom/>"}} {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	s, err = readForm(request(w.FormDataContentType(), form.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.upload()
	if err != nil {
		t.Fatal(err)
	}
	want := node.Upload{Name: "a", Version: "1", Create: true, Tags: []string{"x", "y"}, Parent: node.ProjectParent{Name: "s", Version: "2"}, Latest: true, Bill: []byte("<bom/>")}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Errorf("as JSON (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, other); diff != "" {
		t.Errorf("as a form (-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", maxField+1)
	tags, err := json.Marshal(make([]tag, maxTags+1))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"too many tags":  `{"projectName":"a","bom":"YQ==","projectTags":` + string(tags) + `}`,
		"a long tag":     `{"projectName":"a","bom":"YQ==","projectTags":[{"name":"` + long + `"}]}`,
		"a long parent":  `{"projectName":"a","bom":"YQ==","parentName":"` + long + `"}`,
		"not a UUID":     `{"project":"` + long + `","bom":"YQ=="}`,
		"nothing to say": `{}`,
	} {
		s, err := readJSON(request("application/json", []byte(body)))
		if err == nil {
			_, err = s.upload()
		}
		if !errors.Is(err, problem.Invalid) || len(err.Error()) > 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := range maxParts + 1 {
		if err := w.WriteField(strings.Repeat("x", i+1), ""); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if _, err := readForm(request(w.FormDataContentType(), form.Bytes())); !errors.Is(err, problem.Invalid) {
		t.Errorf("a form of too many parts: %v", err)
	}
	form.Reset()
	w = multipart.NewWriter(&form)
	if err := w.WriteField("projectName", long); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := readForm(request(w.FormDataContentType(), form.Bytes())); !errors.Is(err, problem.Invalid) {
		t.Errorf("a field that is too long: %v", err)
	}
}

// FuzzSubmission reads what may be a submission: what comes of it is an upload
// that the node can take, or an error of the client's.
func FuzzSubmission(f *testing.F) {
	f.Add("application/json", []byte(`{"projectName":"a","projectVersion":"1","autoCreate":"true","bom":"PGJvbS8+","projectTags":[{"name":"x"}]}`))
	f.Add("application/json", []byte(`{"project":"11111111-2222-8333-8444-555555555555","bom":"\u0050GJvbS8+","isLatest":null}`))
	f.Add("application/json", []byte(`[{"bom":{}}]`))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"bom\"; filename=\"b\"\r\n\r\n<bom/>\r\n--x\r\nContent-Disposition: form-data; name=\"projectName\"\r\n\r\na\r\n--x--\r\n"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"autoCreate\"\r\n\r\nmaybe\r\n--x"))
	f.Add("multipart/form-data", []byte("--\r\n"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		read := readJSON
		if strings.HasPrefix(contentType, "multipart/") {
			read = readForm
		}
		s, err := read(request(contentType, body))
		var u node.Upload
		if err == nil {
			u, err = s.upload()
		}
		if err != nil {
			if problem.KindOf(err) != problem.Invalid {
				t.Fatalf("%v is of kind %s", err, problem.KindOf(err))
			}
			return
		}
		if u.Project == "" && u.Name == "" || u.Project != "" && !uuidForm.MatchString(u.Project) || len(u.Bill) == 0 || len(u.Bill) > len(body) || len(u.Tags) > maxTags {
			t.Fatalf("an upload of %+v", u)
		}
	})
}
