package node

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/watch"
)

// releaseStage is a node that lives through days, with a watcher that tells of
// changes.
type releaseStage struct {
	t       testing.TB
	node    *Node
	day     access.Date
	watcher *watch.Watcher
	changes []watch.Change
}

func openReleaseStage(t testing.TB, url string, day access.Date) *releaseStage {
	t.Helper()
	s := &releaseStage{t: t, day: day}
	quiet := slog.New(slog.DiscardHandler)
	n, err := Open(t.Context(), Options{Data: t.TempDir(), DB: url, Logger: quiet, Now: func() time.Time { return s.day.Time().Add(9 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	s.node = n
	s.watcher = n.NewWatcher(watch.Options{OnChange: []func(watch.Change){func(c watch.Change) { s.changes = append(s.changes, c) }}})
	return s
}

func (s *releaseStage) importFile(name string, b []byte) {
	s.t.Helper()
	r, err := s.node.Import(s.t.Context(), access.Operator, []intake.File{{Name: name, Bytes: b}}, ImportOptions{AcceptLoss: true})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(r.Failed) > 0 {
		s.t.Fatalf("import %s: %v", name, r.Failed)
	}
}

func (s *releaseStage) importDemo(name string) {
	s.t.Helper()
	b, err := demo.FS.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	s.importFile(name, b)
}

func (s *releaseStage) decide(subject string) {
	s.t.Helper()
	if _, err := s.node.Decide(s.t.Context(), access.Ask{Reader: access.Operator}, Question{Subject: subject, Purpose: "operate"}); err != nil {
		s.t.Fatal(err)
	}
}

// catchUp is the changes that the watcher tells of next, each as one line with
// the rules that deny, and how many questions it asked.
func (s *releaseStage) catchUp() (told []string, asked int64) {
	s.t.Helper()
	before := s.watcher.Stats().Asked
	s.changes = nil
	if err := s.watcher.CatchUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	for _, c := range s.changes {
		var rules []string
		for _, r := range c.Answer.Reasons {
			if c.Is == policy.Deny && r.Verdict == c.Is && !slices.Contains(rules, r.Rule) {
				rules = append(rules, r.Rule)
			}
		}
		told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s: %s to %s %s", c.At, c.Question.Subject, c.Was, c.Is, strings.Join(rules, ", "))))
	}
	return told, s.watcher.Stats().Asked - before
}

func (s *releaseStage) expect(what string, asked int64, told ...string) {
	s.t.Helper()
	got, n := s.catchUp()
	if d := cmp.Diff(told, got); d != "" {
		s.t.Errorf("%s, told (-want +got):\n%s", what, d)
	}
	if n != asked {
		s.t.Errorf("%s: asked %d questions, want %d", what, n, asked)
	}
}

const (
	payroll = "pkg:generic/harrow/payroll-suite@5.4.0"
	firm    = "pkg:generic/oakridge-vision/vx200-firmware@2.4.0"
)

// TestReleaseIsWatched lives through Log4Shell with two releases that were
// decided on before: only the one that has the component is asked about again,
// the advisory denies it, the catalogue of exploited weaknesses changes why, and
// the maker's statement turns it back. The catalogue concerns both: that one is
// held, and of when, is among what a release is judged by.
func TestReleaseIsWatched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openReleaseStage(t, url, "2021-12-01")
		s.importDemo("software/payroll-suite-5.4.0.cdx.json")
		s.importDemo("software/vx200-firmware-2.4.0.cdx.json")
		s.decide(payroll)
		s.decide(firm)
		s.expect("at the start", 2)
		s.expect("nothing", 0)
		s.day = "2021-12-10"
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		s.expect("an advisory", 1, "2021-12-10 "+payroll+": review to deny critical-with-fix")
		s.importDemo("advisories/log4shell.2021-12-10.osv.json")
		s.expect("the same again", 0)
		s.importDemo("advisories/kev.2025-08-25.json")
		s.expect("exploited", 2, "2021-12-10 "+payroll+": deny to deny known-exploited", "2021-12-10 "+firm+": review to review")
		s.day = "2021-12-14"
		s.importDemo("software/payroll-suite-5.4.0.2021-12-14.openvex.json")
		s.expect("a statement of the maker", 1, "2021-12-14 "+payroll+": deny to review")
	})
}

// TestWeaknessInPlaceOfAnother tells of a weakness that is answered on the day
// on which another one of the same rule comes up: verdict and rules stay.
func TestWeaknessInPlaceOfAnother(t *testing.T) {
	s := openReleaseStage(t, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.decide(payroll)
	s.expect("at the start", 1)
	s.day = "2021-12-14"
	s.importDemo("software/payroll-suite-5.4.0.2021-12-14.openvex.json")
	s.importFile("other.json", []byte(`{"schema_version":"1.6.0","id":"GHSA-xxxx-test-0001","modified":"2021-12-14T00:00:00Z","published":"2021-12-14T00:00:00Z",
		"summary":"Constructed for a test","database_specific":{"severity":"CRITICAL"},
		"affected":[{"package":{"ecosystem":"Maven","name":"org.apache.logging.log4j:log4j-core"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"2.0"},{"fixed":"2.16.0"}]}]}]}`))
	s.expect("one answered, another new", 1, "2021-12-14 "+payroll+": deny to deny critical-with-fix")
}

// supported is a bill of one package that is supported until a day.
const supported = `{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"gauge","documentNamespace":"https://example.test/gauge",
	"creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Organization: Example"]},
	"packages":[{"SPDXID":"SPDXRef-gauge","name":"gauge","versionInfo":"1.0","supplier":"Organization: Example","downloadLocation":"NOASSERTION","filesAnalyzed":false,
		"validUntilDate":"2026-06-30T00:00:00Z","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:generic/example/gauge@1.0"}]}],
	"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-gauge"}]}`

// TestEndOfSupportIsTold has nothing happen but that time passes.
func TestEndOfSupportIsTold(t *testing.T) {
	s := openReleaseStage(t, "", "2026-03-01")
	s.importFile("gauge.spdx.json", []byte(supported))
	s.decide("pkg:generic/example/gauge@1.0")
	s.expect("at the start", 1)
	s.day = "2026-06-29"
	s.expect("the day before", 0)
	s.day = "2026-06-30"
	s.expect("the day", 1, "2026-06-30 pkg:generic/example/gauge@1.0: review to deny end-of-life")
}

// BenchmarkNewScores is what one watched decision costs when the day's EPSS
// scores, of 280,000 weaknesses, come in: all that have a finding look them up,
// so all of them are asked again.
func BenchmarkNewScores(b *testing.B) {
	s := openReleaseStage(b, "", "2021-12-10")
	s.importDemo("software/payroll-suite-5.4.0.cdx.json")
	s.importDemo("advisories/log4shell.2021-12-10.osv.json")
	s.decide(payroll)
	s.catchUp()
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		s.day = s.day.AddDays(1)
		var csv strings.Builder
		fmt.Fprintf(&csv, "#model_version:v1,score_date:%sT00:00:00+0000\ncve,epss,percentile\n", s.day)
		for n := range 280_000 {
			fmt.Fprintf(&csv, "CVE-%d-%04d,%.5f,%.5f\n", 2000+n/12_000, n%12_000, float64((n+i)%1000)/2000, float64((n+i)%1000)/1000)
		}
		s.importFile("epss.csv", []byte(csv.String()))
		b.StartTimer()
		if _, asked := s.catchUp(); asked != 1 {
			b.Fatalf("asked %d questions", asked)
		}
	}
}
