package advisory

import (
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestStatements(t *testing.T) {
	r := &Record{ID: "GHSA-x", Aliases: []string{"CVE-2021-1", "cve-2021-2", "CVE-2021-1", "", "GHSA-x"}}
	affected := []Affected{
		{Ecosystem: "Go", Name: "example.org/A"},
		{Ecosystem: "Go", Name: "example.org/a"},
		{Ecosystem: "Go", Name: "example.org/a#2"},
		{Ecosystem: "Go", Name: "example.org/a"},
		{Maker: "Acme", Name: "Thing"},
		{Name: "thing", CPE: "cpe:2.3:a:acme:thing:*:*:*:*:*:*:*:*"},
	}
	var got []string
	for _, s := range Statements(r, affected, "2021-02-03") {
		got = append(got, fmt.Sprintf("%s %s key=%s term=%s %s", s.Kind, s.Subject, s.Key, s.Term, s.Published))
		if a, ok := s.Body.(*Affected); ok && a.Advisory != "GHSA-x" {
			t.Errorf("%s: advisory %q", s.Key, a.Advisory)
		}
	}
	want := []string{
		"advisory.record GHSA-x key= term=GHSA-X 2021-02-03",
		"advisory.alias GHSA-x key=CVE-2021-1 term=CVE-2021-1 2021-02-03",
		"advisory.alias GHSA-x key=cve-2021-2 term=CVE-2021-2 2021-02-03",
		"advisory.affected GHSA-x key=pkg:go/example.org/a term=pkg:go/example.org/a 2021-02-03",
		"advisory.affected GHSA-x key=pkg:go/example.org/a#2 term=pkg:go/example.org/a 2021-02-03",
		"advisory.affected GHSA-x key=pkg:go/example.org/a#2#2 term=pkg:go/example.org/a#2 2021-02-03",
		"advisory.affected GHSA-x key=pkg:go/example.org/a#3 term=pkg:go/example.org/a 2021-02-03",
		"advisory.affected GHSA-x key=name:acme/thing term= 2021-02-03",
		"advisory.affected GHSA-x key=cpe:acme:thing term=cpe:acme:thing 2021-02-03",
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDayOf(t *testing.T) {
	for text, want := range map[string]string{
		"2021-02-03T04:05:06Z": "2021-02-03", "2021-02-03": "2021-02-03", "2021-02-03 04:05": "2021-02-03",
		"0001-01-01T00:00:00Z": "", "": "", "2021-02-30T00:00:00Z": "", "2021-02-031": "", "yesterday, I think": "",
	} {
		if got := DayOf(text); string(got) != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
