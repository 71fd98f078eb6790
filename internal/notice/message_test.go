package notice

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/policy"
)

func reason(rule string, v policy.Verdict, about, because string) decision.Reason {
	return decision.Reason{Rule: rule, Verdict: v, About: about, Because: because, Cite: "a law"}
}

// TestMessageOf is what is said of each way in which two decisions differ.
func TestMessageOf(t *testing.T) {
	kept := reason("old", policy.Review, "", "a bill is old")
	a, b := reason("weak", policy.Deny, "finding x A", "A in x"), reason("weak", policy.Deny, "finding x B", "B in x")
	for _, tt := range []struct {
		what    string
		was, is *decision.Recorded
		because string
		changes []string
	}{
		{"nothing before", nil, &decision.Recorded{Verdict: policy.Allow}, "no rule says otherwise", nil},
		{
			"a new reason, before one that was there", &decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{a, kept}},
			&decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{kept, a, b}}, "B in x", []string{"appeared weak B in x"},
		},
		{
			"one goes, the verdict falls back", &decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{a, kept}},
			&decision.Recorded{Verdict: policy.Review, Reasons: []decision.Reason{kept}}, "a bill is old", []string{"disappeared weak A in x"},
		},
		{
			"one says something else", &decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{a}},
			&decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{reason("weak", policy.Deny, "finding x A", "A in x, until May")}}, "A in x, until May",
			[]string{"changed weak A in x, until May"},
		},
		{
			"the same twice, then once", &decision.Recorded{Verdict: policy.Review, Reasons: []decision.Reason{kept, kept}},
			&decision.Recorded{Verdict: policy.Review, Reasons: []decision.Reason{kept}}, "a bill is old", []string{"disappeared old a bill is old"},
		},
		{
			"what came before what went", &decision.Recorded{Verdict: policy.Deny, Reasons: []decision.Reason{a}},
			&decision.Recorded{Verdict: policy.Review, Reasons: []decision.Reason{kept}}, "a bill is old", []string{"appeared old a bill is old", "disappeared weak A in x"},
		},
	} {
		m := MessageOf(tt.is, tt.was, 7, "sha256:is", "sha256:was")
		var changes []string
		for _, c := range m.Changes {
			changes = append(changes, c.Change+" "+c.Rule+" "+c.Because)
		}
		if d := cmp.Diff(tt.changes, changes); d != "" || m.Because != tt.because {
			t.Errorf("%s: because %q, want %q; changes (-want +got):\n%s", tt.what, m.Because, tt.because, d)
		}
		if (m.Was == nil) != (tt.was == nil) || (m.Replaces == nil) != (tt.was == nil) {
			t.Errorf("%s: was %v, replaces %v", tt.what, m.Was, m.Replaces)
		}
	}
	many := &decision.Recorded{Verdict: policy.Deny}
	for i := range 200 {
		many.Reasons = append(many.Reasons, reason("weak", policy.Deny, fmt.Sprint("finding x ", i), fmt.Sprint(i)))
	}
	if m := MessageOf(many, &decision.Recorded{}, 7, "", ""); len(m.Changes) != maxChanges || m.Because != "0" {
		t.Errorf("%d changes, because %q", len(m.Changes), m.Because)
	}
}

// TestAtom is read as XML, whatever documents say, and gives an entry the same
// id in every feed.
func TestAtom(t *testing.T) {
	m := testMessage()
	m.Subject.Name = "a\x00b\x1b]0;<title>&amp;"
	read := func(told []Told) atomFeed {
		b, err := Atom("log.example.org/x", "https://countersign.example.org/feeds/changes.atom", told)
		if err != nil {
			t.Fatal(err)
		}
		var f atomFeed
		if err := xml.Unmarshal(b, &f); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		return f
	}
	f := read([]Told{{*m, time.Unix(1_700_000_000, 0)}})
	if len(f.Entries) != 1 || f.Updated != "2023-11-14T22:13:20Z" || f.Entries[0].ID != "urn:countersign:decision:ab" {
		t.Fatalf("feed %+v", f)
	}
	if e := f.Entries[0]; e.Title != "a b ]0;<title>&amp;: deny, was review" || e.Links[0].Href != m.URL || !strings.Contains(e.Content.Text, "CVE-2021-44228") {
		t.Errorf("entry %+v", e)
	}
	if empty := read(nil); len(empty.Entries) != 0 || empty.ID != f.ID || empty.Updated == "" {
		t.Errorf("empty feed %+v", empty)
	}
}
