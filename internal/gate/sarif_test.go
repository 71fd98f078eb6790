package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/policy"
)

// checkSARIF holds a log to what the standard and GitHub's code scanning want
// of the parts that are written.
func checkSARIF(t testing.TB, text []byte) sarifRun {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var log sarifLog
	if err := dec.Decode(&log); err != nil {
		t.Fatalf("no SARIF: %v", err)
	}
	if log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || run.Results == nil || run.Tool.Driver.Rules == nil {
		t.Error("a driver without a name, or no list of rules or results")
	}
	if len(run.Results) > maxResults || len(run.Tool.Driver.Rules) > maxResults {
		t.Errorf("%d results and %d rules, at most %d", len(run.Results), len(run.Tool.Driver.Rules), maxResults)
	}
	checkRules(t, run.Tool.Driver.Rules)
	prints := map[string]bool{}
	for _, x := range run.Results {
		checkResult(t, &run, &x)
		print := x.RuleID + x.Fingerprints["primaryLocationLineHash"]
		if prints[print] {
			t.Errorf("two results of %s have the fingerprint %s", x.RuleID, print)
		}
		prints[print] = true
	}
	return run
}

func checkRules(t testing.TB, rules []sarifRule) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range rules {
		if r.ID == "" || ids[r.ID] {
			t.Errorf("rule id %q is empty or there twice", r.ID)
		}
		ids[r.ID] = true
		if r.Short.Text == "" || len(r.Short.Text) > maxDescription || r.Full.Text == "" || len(r.Full.Text) > maxDescription || r.Help.Text == "" || r.Help.Markdown == "" {
			t.Errorf("%s: a description or help is missing or too long", r.ID)
		}
		if len(r.Name) > maxName || len(r.Prepared.Tags) > 10 {
			t.Errorf("%s: name of %d bytes, %d tags", r.ID, len(r.Name), len(r.Prepared.Tags))
		}
		if r.Prepared.Severity != "" {
			var s float64
			if _, err := fmt.Sscanf(r.Prepared.Severity, "%f", &s); err != nil || s <= 0 || s > 10 || !slices.Contains(r.Prepared.Tags, "security") {
				t.Errorf("%s: security-severity %q", r.ID, r.Prepared.Severity)
			}
		}
		checkLevel(t, r.ID, r.Defaults.Level)
	}
}

func checkLevel(t testing.TB, id, level string) {
	t.Helper()
	if level != "note" && level != "warning" && level != "error" {
		t.Errorf("%s: level %q", id, level)
	}
}

func checkResult(t testing.TB, run *sarifRun, x *sarifResult) {
	t.Helper()
	rules := run.Tool.Driver.Rules
	if x.RuleIndex < 0 || x.RuleIndex >= len(rules) || rules[x.RuleIndex].ID != x.RuleID {
		t.Errorf("result of %s points to rule %d", x.RuleID, x.RuleIndex)
	}
	checkLevel(t, x.RuleID, x.Level)
	if x.Message.Text == "" || len(x.Locations) != 1 || x.Fingerprints["primaryLocationLineHash"] == "" {
		t.Errorf("%s: message %q, %d locations, fingerprints %v", x.RuleID, x.Message.Text, len(x.Locations), x.Fingerprints)
	}
	if rest := strings.NewReplacer("{{", "", "}}", "").Replace(x.Message.Text); strings.ContainsAny(rest, "{}") || strings.Contains(rest, "](") {
		t.Errorf("%s: the message has a placeholder or a link: %q", x.RuleID, x.Message.Text)
	}
	at := x.Locations[0].Physical
	if at.Artifact.URI == "" || at.Region.StartLine < 1 || at.Region.EndLine < at.Region.StartLine || at.Region.EndColumn <= at.Region.StartColumn {
		t.Errorf("%s: place %+v", x.RuleID, at)
	}
	for _, s := range x.Suppressions {
		if s.Kind != "external" || s.Status != "accepted" || s.Justification == "" {
			t.Errorf("%s: suppression %+v", x.RuleID, s)
		}
	}
}

func TestSARIF(t *testing.T) {
	for _, r := range []*Result{camera(), clear(), {}} {
		checkSARIF(t, written(t, "sarif", r))
	}
}

func TestSARIFSuppressions(t *testing.T) {
	run := checkSARIF(t, written(t, "sarif", camera()))
	var silenced []string
	for _, x := range run.Results {
		if len(x.Suppressions) > 0 {
			silenced = append(silenced, x.RuleID)
		}
	}
	if !slices.Equal(silenced, []string{"PYSEC-2024-1"}) {
		t.Errorf("silenced: %q", silenced)
	}
	var b bytes.Buffer
	if err := SARIF(&b, camera(), SARIFOptions{LeaveOutSilenced: true}); err != nil {
		t.Fatal(err)
	}
	less := checkSARIF(t, b.Bytes())
	if len(less.Results) != len(run.Results)-1 || bytes.Contains(b.Bytes(), []byte("PYSEC-2024-1")) {
		t.Errorf("%d results without what is silenced, %d with it", len(less.Results), len(run.Results))
	}
}

// TestSARIFFingerprints sees to it that an alert stays the same when the
// component moves in the file or to another version that has the weakness too,
// and that two versions side by side are two alerts.
func TestSARIFFingerprints(t *testing.T) {
	prints := func(findings ...Finding) []string {
		run := checkSARIF(t, written(t, "sarif", &Result{File: "sbom.json", Findings: findings}))
		var out []string
		for _, x := range run.Results {
			out = append(out, x.Fingerprints["primaryLocationLineHash"])
		}
		return out
	}
	old := Finding{Advisory: "A-1", Component: "pkg:npm/%40a/b@1.0.0?arch=x", Version: "1.0.0", Place: Place{Line: 7}}
	moved, newer, other, elsewhere := old, old, old, old
	moved.Place.Line = 99
	newer.Component, newer.Version = "pkg:npm/%40a/b@1.1.0", "1.1.0"
	other.Component = "pkg:npm/%40a/c@1.0.0"
	elsewhere.Advisory = "A-2"
	first := prints(old)
	if !slices.Equal(prints(moved), first) || !slices.Equal(prints(newer), first) {
		t.Error("the fingerprint changed with the line or the version")
	}
	if slices.Equal(prints(other), first) || slices.Equal(prints(elsewhere), first) {
		t.Error("another component or advisory has the same fingerprint")
	}
	if both := prints(old, newer); len(both) != 2 || both[0] == both[1] || both[0] != first[0] {
		t.Errorf("two versions side by side: %q", both)
	}
}

func TestSARIFLevels(t *testing.T) {
	for _, tt := range []struct {
		finding Finding
		verdict policy.Verdict
		want    string
	}{
		{Finding{Score: 9.8}, policy.Allow, "error"},
		{Finding{Severity: "high"}, policy.Allow, "error"},
		{Finding{Severity: "medium"}, policy.Allow, "warning"},
		{Finding{Score: 3}, policy.Allow, "note"},
		{Finding{}, policy.Allow, "note"},
		{Finding{Exploited: true}, policy.Allow, "error"},
		{Finding{Score: 9.8}, policy.Review, "warning"},
		{Finding{Score: 1}, policy.Deny, "error"},
		{Finding{State: "unknown", Score: 9.8}, policy.Allow, "warning"},
		{Finding{State: "unknown", Score: 5}, policy.Allow, "note"},
		{Finding{Score: 99}, policy.Allow, "note"},
	} {
		if got := (&judged{Finding: &tt.finding, verdict: tt.verdict}).level(); got != tt.want {
			t.Errorf("%+v under %s is %s, want %s", tt.finding, tt.verdict, got, tt.want)
		}
	}
}

func TestSARIFRuleHasWorstSeverity(t *testing.T) {
	run := checkSARIF(t, written(t, "sarif", &Result{Findings: []Finding{
		{Advisory: "A", Name: "x", Score: 5}, {Advisory: "A", Name: "y", Score: 8.1, VEX: &VEX{Status: "affected"}}, {Advisory: "B", Name: "x"},
	}}))
	rules := run.Tool.Driver.Rules
	if len(rules) != 2 || rules[0].Prepared.Severity != "8.1" || rules[1].Prepared.Severity != "" {
		t.Errorf("rules: %+v", rules)
	}
}

// TestSARIFLimits keeps the worst of more findings than are wanted, and says
// how many are left out.
func TestSARIFLimits(t *testing.T) {
	r := &Result{}
	for i := range 180 {
		r.Findings = append(r.Findings, Finding{Advisory: fmt.Sprintf("A-%03d", i), Name: "x", Score: 1 + float64(i%90)/10})
	}
	var b bytes.Buffer
	if err := SARIF(&b, r, SARIFOptions{Results: 100}); err != nil {
		t.Fatal(err)
	}
	run := checkSARIF(t, b.Bytes())
	if len(run.Results) != 100 || len(run.Tool.Driver.Rules) != 100 {
		t.Errorf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	notes := run.Invocations[0].Notifications
	if len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "80 findings are left out") {
		t.Errorf("notifications: %+v", notes)
	}
	if last := run.Results[99].Properties.Score; last < 4.9 {
		t.Errorf("the last result has score %v; worse ones were left out", last)
	}
}

func TestArtifactLocation(t *testing.T) {
	for file, want := range map[string]sarifArtifactLocation{
		"sbom.json":           {URI: "sbom.json", Base: "%SRCROOT%"},
		"./build/my sbom.xml": {URI: "build/my%20sbom.xml", Base: "%SRCROOT%"},
		"a:b.json":            {URI: "./a:b.json", Base: "%SRCROOT%"},
		"100%.json":           {URI: "100%25.json", Base: "%SRCROOT%"},
		"/tmp/sbom.json":      {URI: "file:///tmp/sbom.json"},
		"-":                   {URI: "sbom", Base: "%SRCROOT%"},
		"":                    {URI: "sbom", Base: "%SRCROOT%"},
	} {
		if got := artifactLocation(file); got != want {
			t.Errorf("%q is at %+v, want %+v", file, got, want)
		}
	}
}

func TestWebAddress(t *testing.T) {
	for text, want := range map[string]string{
		"https://osv.dev/A-1": "https://osv.dev/A-1", "javascript:alert(1)": "", "https://": "", "": "", "osv.dev": "", "http://a\x00b": "",
		"https://a.example/<b>": "https://a.example/%3Cb%3E",
	} {
		if got := webAddress(text); got != want {
			t.Errorf("%q is the address %q, want %q", text, got, want)
		}
	}
}
