package gate

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/policy"
)

// checkJUnit holds a report to its counts, and to being XML 1.0.
func checkJUnit(t testing.TB, text []byte) junitSuites {
	t.Helper()
	var all junitSuites
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatalf("no JUnit report: %v", err)
	}
	var tests, failures, skipped int
	for _, s := range all.Suites {
		f, k := 0, 0
		names := map[string]bool{}
		for _, c := range s.Cases {
			if names[c.Name] {
				t.Errorf("two cases of %s are called %q", s.Name, c.Name)
			}
			names[c.Name] = true
			f += yes(c.Failure != nil)
			k += yes(c.Skipped != nil)
		}
		if s.Tests != len(s.Cases) || s.Failures != f || s.Skipped != k || s.Tests == 0 {
			t.Errorf("suite %s says %d, %d, %d and has %d, %d, %d", s.Name, s.Tests, s.Failures, s.Skipped, len(s.Cases), f, k)
		}
		tests, failures, skipped = tests+s.Tests, failures+f, skipped+k
	}
	if all.Tests != tests || all.Failures != failures || all.Skipped != skipped {
		t.Errorf("%d, %d, %d in all; want %d, %d, %d", all.Tests, all.Failures, all.Skipped, tests, failures, skipped)
	}
	return all
}

func TestJUnit(t *testing.T) {
	all := checkJUnit(t, written(t, "xml", camera()))
	s := all.Suites[0]
	if s.Tests != 5 || s.Failures != 1 || s.Skipped != 2 {
		t.Errorf("%d tests, %d failures, %d skipped", s.Tests, s.Failures, s.Skipped)
	}
	if f := s.Cases[0].Failure; f == nil || !strings.Contains(f.Text, "fixed in 2.15.0, 2.12.2\nBOD 22-01") {
		t.Errorf("the failure is %+v", f)
	}
}

// TestJUnitVerdictWithoutReason has a case for a verdict that no reason
// accounts for, so that a denial never looks green.
func TestJUnitVerdictWithoutReason(t *testing.T) {
	for _, tt := range []struct {
		policy            Policy
		failures, skipped int
	}{
		{Policy{ID: "p", Verdict: policy.Deny, Rules: []string{"a"}}, 1, 0},
		{Policy{ID: "p", Verdict: policy.Review}, 0, 1},
		{Policy{ID: "p", Verdict: "perhaps"}, 1, 0},
		{Policy{ID: "p", Verdict: policy.Deny, Reasons: []Reason{{Rule: "a", Verdict: policy.Review}}}, 1, 1},
		{Policy{ID: "p", Verdict: policy.Allow}, 0, 0},
	} {
		all := checkJUnit(t, written(t, "xml", &Result{Policies: []Policy{tt.policy}}))
		if all.Failures != tt.failures || all.Skipped != tt.skipped {
			t.Errorf("%+v: %d failures, %d skipped", tt.policy, all.Failures, all.Skipped)
		}
	}
}

// TestJUnitNames tells the reasons of one rule apart.
func TestJUnitNames(t *testing.T) {
	p := Policy{ID: "p", Rules: []string{"a (2)"}, Reasons: []Reason{
		{Rule: "a", About: "element x"}, {Rule: "a", About: "element y"}, {Rule: "a"}, {Rule: "a"}, {Rule: "a"},
	}}
	var got []string
	for _, c := range checkJUnit(t, written(t, "xml", &Result{Policies: []Policy{p}})).Suites[0].Cases {
		got = append(got, c.Name)
	}
	if want := []string{"a: element x", "a: element y", "a", "a (2)", "a (3)", "a (2) (2)"}; !slices.Equal(got, want) {
		t.Errorf("names: %q, want %q", got, want)
	}
}

func TestJUnitLimits(t *testing.T) {
	p := Policy{ID: "p", Verdict: policy.Deny}
	for i := range maxCases + 10 {
		p.Reasons = append(p.Reasons, Reason{Rule: fmt.Sprint(i), Verdict: policy.Deny})
	}
	all := checkJUnit(t, written(t, "xml", &Result{Policies: []Policy{p}}))
	if all.Tests != maxCases+1 || !slices.Contains(all.Suites[0].Properties, junitProperty{"reasons_left_out", "10"}) {
		t.Errorf("%d tests, properties %v", all.Tests, all.Suites[0].Properties)
	}
}

var (
	ours     = regexp.MustCompile(`</?(?:code|details|summary|sub)>`)
	escaped  = regexp.MustCompile("\\\\[\\\\`*_\\[\\]#~$+=-]")
	entities = regexp.MustCompile(`&(?:lt|gt|amp|#124|#58|#46|#8203);`)
	refersTo = regexp.MustCompile(`[@#!~^][A-Za-z0-9_]`)
)

// checkMarkdown sees to it that what strangers wrote neither ends a cell nor
// marks anything up, once what this package writes is taken away.
func checkMarkdown(t testing.TB, text []byte) {
	t.Helper()
	if len(text) > 65_000 || !utf8.Valid(text) {
		t.Errorf("%d bytes, valid UTF-8: %v", len(text), utf8.Valid(text))
	}
	columns := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("a control character in %q", line)
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
		} else if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else if n != columns {
			t.Errorf("a row of %d bars under one of %d: %q", n, columns, line)
		}
		rest := strings.TrimPrefix(strings.NewReplacer("**", "").Replace(line), "###")
		rest = entities.ReplaceAllString(escaped.ReplaceAllString(ours.ReplaceAllString(rest, ""), ""), "\u00b7")
		if strings.ContainsAny(rest, "<>&`*_[]\\$") || strings.Contains(rest, "://") || strings.Contains(strings.ToLower(rest), "www.") {
			t.Errorf("something is marked up in %q", line)
		}
		if !strings.Contains(line, "<code>") && refersTo.MatchString(rest) {
			t.Errorf("a reference in %q", line)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for _, r := range []*Result{camera(), clear(), {}} {
		checkMarkdown(t, written(t, "md", r))
	}
}

func TestMarkdownFitsAComment(t *testing.T) {
	r := camera()
	long := strings.Repeat("<&|", 2000)
	for i := range 3000 {
		r.Findings = append(r.Findings, Finding{Advisory: fmt.Sprint("A-", i), Name: long, Summary: long, Version: long, Fixed: []string{long}})
		r.Policies[0].Reasons = append(r.Policies[0].Reasons, Reason{Rule: "all", Verdict: policy.Deny, Because: long, Findings: []int{len(r.Findings) - 1}})
	}
	text := written(t, "md", r)
	checkMarkdown(t, text)
	if !bytes.Contains(text, []byte("…and ")) {
		t.Error("nothing says that rows were left out")
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, 2.15.0":       "plain text, 2.15.0",
		"a|b":                      "a&#124;b",
		"<script>":                 "&lt;script&gt;",
		"thanks @octocat":          "thanks @&#8203;octocat",
		"a@b.example":              "a@&#8203;b.example",
		"see #12 and !7":           `see \#&#8203;12 and !&#8203;7`,
		"&12":                      "&amp;&#8203;12",
		"50 % of it":               "50 % of it",
		"https://evil.example":     "https&#58;//evil.example",
		"WWW.evil.example":         "WWW&#46;evil.example",
		"[x](y) `z` *a* _b_ ~c~":   "\\[x\\](y) \\`z\\` \\*a\\* \\_b\\_ \\~&#8203;c\\~",
		"- item":                   `\- item`,
		"a - b":                    "a - b",
		"two\nlines\r\n\tand more": "two lines and more",
	} {
		if got := prose(text, 1000); got != want {
			t.Errorf("prose(%q) = %q, want %q", text, got, want)
		}
	}
	if got := html.UnescapeString(code("<a href='x'>|www.x")); got != "<code><a href='x'>|www.x</code>" {
		t.Errorf("code shows %q", got)
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct {
		text  string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{"plain text", 8, "plain…"},
		{"  a \n b  ", 10, "a b"},
		{"", 10, ""},
		{"\x1b[31mred\x1b[0m", 40, "\ufffd[31mred\ufffd[0m"},
		{"a\u202eb", 10, "a\ufffdb"},
		{"a\xffb", 10, "a\ufffdb"},
		{"żółć", 9, "żółć"},
		{"żółćż", 9, "żół…"},
		{"a\u2028b", 10, "a\ufffdb"},
		{"a\ufffe", 10, "a\ufffd"},
		{"ab", 2, "ab"},
	} {
		if got := clean(tt.text, tt.limit); got != tt.want {
			t.Errorf("clean(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
		}
	}
}

// checkCSV holds a table to its columns, and to having no formulas.
func checkCSV(t testing.TB, text []byte, rows int) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("no CSV: %v", err)
	}
	if len(all) != rows+1 || !slices.Equal(all[0], csvHeader) {
		t.Errorf("%d rows, header %q", len(all)-1, all[0])
	}
	for _, row := range all[1:] {
		for i, c := range row {
			if c != "" && strings.ContainsRune("=+-@|%\t\r", rune(c[0])) || strings.ContainsFunc(c, unicode.IsControl) {
				t.Errorf("%s is %q", csvHeader[i], c)
			}
		}
	}
	return all
}

func TestCSV(t *testing.T) {
	r := camera()
	r.Findings = append(r.Findings, Finding{Advisory: "=cmd|' /C calc'!A0", Name: "@SUM(1)", Version: "-1", Score: 1})
	all := checkCSV(t, written(t, "csv", r), len(r.Findings))
	row := all[slices.IndexFunc(all, func(row []string) bool { return strings.Contains(row[1], "calc") })]
	if row[1] != "'=cmd|' /C calc'!A0" || row[4] != "'@SUM(1)" || row[5] != "'-1" || row[10] != "1.0" {
		t.Errorf("the row is %q", row)
	}
}

// FuzzForms gives each form texts that try to get out of it.
func FuzzForms(f *testing.F) {
	f.Add(hostile, "1.0", 7.5, 3, "deny")
	f.Add("pkg:npm/a\"b@1?x=`y`", "]]>\x1b[2J", -1.0, -5, "review")
	f.Add("\\|\\\\|", "=HYPERLINK(\"x\")", 1e300, 1<<30, "")
	f.Add("&lt;www.www.x://y", "\u202d@a#1", 0.04, 0, "allow")
	f.Fuzz(func(t *testing.T, text, other string, score float64, line int, verdict string) {
		r := &Result{
			Tool: Tool{text, other, text}, Subject: Subject{text, other, text}, File: text, Digest: "sha256:" + other, Purpose: other,
			Verdict: policy.Verdict(verdict), Decision: text, Source: &Source{text, other, text},
			Policies: []Policy{{ID: text, Title: other, Verdict: policy.Verdict(verdict), Rules: []string{text, other}, Reasons: []Reason{
				{Rule: text, Verdict: policy.Verdict(verdict), Because: other, Cite: text, Mend: other, Findings: []int{0, line}, About: other},
				{Rule: other, Verdict: policy.Review, Because: text, Cite: other, Mend: text, About: text},
			}}},
			Findings: []Finding{
				{
					Component: text, Name: other, Version: text, Place: Place{line, other}, Weak: true, Advisory: other, Aliases: []string{text}, Summary: other, URL: text,
					State: "affected", Why: other, Severity: other, Score: score, Fixed: []string{text}, Malicious: line > 0, Exploited: true, Due: "2026-01-01",
					EPSS: score, Percentile: score, VEX: &VEX{text, other, text, other, text, true},
				},
				{
					Component: other, Name: text, Version: other, Advisory: text, Summary: text, URL: other, State: "unknown", Why: text, Severity: "high",
					VEX: &VEX{"not_affected", text, other, text, other, false},
				},
			},
			Quality: []Part{{text, other, text, score, other}},
			Data:    []Age{{Ecosystem: text}, {Ecosystem: other, Held: true, Newest: "2026-01-01"}},
		}
		checkSARIF(t, written(t, "sarif", r))
		checkJUnit(t, written(t, "xml", r))
		checkMarkdown(t, written(t, "md", r))
		checkCSV(t, written(t, "csv", r), 2)
	})
}
