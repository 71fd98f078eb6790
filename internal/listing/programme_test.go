package listing_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

// military is a list like that of section 1237: two tranches, a rule that is
// younger than its list, and an end.
const military = `
countersign: programme/v1
id: us-test-military
title: Military companies
authority: Department of Tests
legal_basis:
  - {cite: Test Act sec. 1, what: keeps the list, url: https://example.gov/act}
purposes: [invest, procure]
url: https://example.gov/list
also: [testmil]
ftm_datasets: [us_test]
note: >-
  A list
  made for tests.
validity:
  - {from: 1998-10-17, state: in_force}
  - {from: 2021-06-03, state: ended, why: replaced by another list, source: https://example.gov/end}
consequences:
  - kind: purchase
    what: buying its securities
    cite: Order 1 sec. 1(a)
    source: https://example.gov/order
    designated_before: 2020-11-12
    starts: 2021-01-11 at 09:30 in America/New_York
    rule_validity: &order
      - {from: 2020-11-12, state: in_force, why: Order 1}
      - {from: 2021-06-03, state: ended, why: Order 2 replaced Order 1}
  - kind: purchase
    what: buying its securities
    cite: Order 1 sec. 1(a)
    designated_since: 2020-11-12
    starts: designated + 60 days at 09:30 in America/New_York
    rule_validity: *order
  - kind: holding
    what: possessing its securities
    cite: Order 1 sec. 1(b)
    designated_since: 2020-11-12
    starts: designated + 365 days
    wind_down: designated + 60 days
    rule_validity: *order
`

// exports is a list whose rule on affiliates was suspended, and whose state
// after that is not known.
const exports = `
countersign: programme/v1
id: us-test-exports
title: Export list
authority: Bureau of Tests
legal_basis: [{cite: Test Regulation part 1}]
purposes: [export]
validity: [{from: 1997-02-03, state: in_force}]
consequences:
  - {kind: export, what: a licence is required, cite: part 1, starts: designated}
  - kind: affiliate_export
    what: a licence is required for what it owns
    cite: part 2
    starts: designated
    rule_validity:
      - {from: 2025-09-29, state: in_force, published: 2025-09-30}
      - {from: 2025-11-10, state: suspended, published: 2025-11-10, why: suspended for a year}
      - {from: 2026-11-10, state: unverified, published: 2025-11-10, why: whether the suspension was extended is not verified}
  - kind: visa
    what: a passing measure
    cite: part 3
    starts: designated + 10 days
    ends: designated + 40 days
`

func parse(t testing.TB, text string) *listing.Programme {
	t.Helper()
	p, err := listing.ParseProgramme([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseProgramme(t *testing.T) {
	got := parse(t, military)
	order := []listing.Step{
		{From: "2020-11-12", State: listing.RuleInForce, Published: "2020-11-12", Why: "Order 1"},
		{From: "2021-06-03", State: listing.RuleEnded, Published: "2021-06-03", Why: "Order 2 replaced Order 1"},
	}
	want := &listing.Programme{
		ID: "us-test-military", Title: "Military companies", Authority: "Department of Tests",
		LegalBasis: []listing.LegalBasis{{Cite: "Test Act sec. 1", What: "keeps the list", URL: "https://example.gov/act"}},
		Purposes:   []string{"invest", "procure"}, URL: "https://example.gov/list", Also: []string{"testmil"},
		FTMDatasets: []string{"us_test"}, Note: "A list made for tests.",
		Validity: []listing.Step{
			{From: "1998-10-17", State: listing.RuleInForce, Published: "1998-10-17"},
			{From: "2021-06-03", State: listing.RuleEnded, Published: "2021-06-03", Why: "replaced by another list", Source: "https://example.gov/end"},
		},
		Consequences: []listing.ConsequenceRule{
			{
				Kind: listing.Purchase, What: "buying its securities", Cite: "Order 1 sec. 1(a)", Source: "https://example.gov/order", DesignatedBefore: "2020-11-12",
				Starts: duty.Rule{On: "2021-01-11", Hour: "09:30", Zone: "America/New_York"}, Validity: order,
			},
			{
				Kind: listing.Purchase, What: "buying its securities", Cite: "Order 1 sec. 1(a)", DesignatedSince: "2020-11-12",
				Starts: duty.Rule{After: "designated", Amount: 60, Unit: duty.Days, Hour: "09:30", Zone: "America/New_York"}, Validity: order,
			},
			{
				Kind: listing.Holding, What: "possessing its securities", Cite: "Order 1 sec. 1(b)", DesignatedSince: "2020-11-12",
				Starts:   duty.Rule{After: "designated", Amount: 365, Unit: duty.Days},
				WindDown: &duty.Rule{After: "designated", Amount: 60, Unit: duty.Days}, Validity: order,
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// JSON carries all of a programme, its rules in their written form.
func TestProgrammeAsJSON(t *testing.T) {
	for _, text := range []string{military, exports} {
		in := parse(t, text)
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out listing.Programme
		if err := json.Unmarshal(body, &out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, &out); diff != "" {
			t.Errorf("(-in +out):\n%s", diff)
		}
	}
}

func TestParseProgrammeErrors(t *testing.T) {
	// Each takes something out of a good programme and puts another in.
	tests := []struct{ name, old, new, want string }{
		{"empty", exports, "", "the file is empty"},
		{"not YAML", exports, "a: [", "line 1"},
		{"a list", exports, "- a", "line 1: !!seq is out of place here"},
		{"two documents", "  - {kind: export", "---\na: b\n---\n  - {kind: export", "a second document"},
		{"no format", "countersign: programme/v1", "", "countersign: want programme/v1"},
		{"other format", "programme/v1", "events/v1", "line 2: countersign: want programme/v1"},
		{"unknown field", "title:", "titel: x\ntitle:", `line 4: unknown field "titel"`},
		{"unknown field of a consequence", "    ends:", "    end:", `unknown field "end"`},
		{"field given twice", "title: Export list", "title: a\ntitle: b", `line 5: mapping key "title" already defined`},
		{"bad id", "us-test-exports", "US test", `line 3: id "US test"`},
		{"no title", "title: Export list", `title: ""`, "line 4: title is missing"},
		{"title is a list", "title: Export list", "title: [a]", "line 4: want a single value"},
		{"no authority", "authority: Bureau of Tests", "", "authority is missing"},
		{"no legal basis", "legal_basis: [{cite: Test Regulation part 1}]", "", "legal_basis is missing"},
		{"legal basis without a citation", "{cite: Test Regulation part 1}", "{what: x}", "line 6: cite of a legal basis is missing"},
		{"no purposes", "purposes: [export]", "", "purposes are missing"},
		{"unknown purpose", "[export]", "[exporting]", `line 7: purpose "exporting": want one of procure`},
		{"bad address", "part 1}]", "part 1, url: http://example.gov}]", "line 6: \"http://example.gov\": want an address"},
		{"no validity", "validity: [{from: 1997-02-03, state: in_force}]", "", "validity is missing"},
		{"list suspended", "state: in_force}]", "state: suspended, why: x}]", `line 8: state "suspended": want one of in_force, ended`},
		{"no such day", "1997-02-03", "1997-02-30", "line 8: invalid date"},
		{"no such state", "state: unverified", "state: unsure", `line 18: state "unsure"`},
		{"steps out of order", "from: 2025-11-10", "from: 2025-09-29", "line 17: the step from 2025-09-29 does not come after"},
		{"published out of order", "published: 2025-11-10, why: s", "published: 2025-09-01, why: s", "line 17: the step from 2025-11-10 was published before"},
		{"no reason", "why: suspended for a year", `why: ""`, "line 17: why of a step that is suspended is missing"},
		{"step after the end", "state: suspended", "state: ended", "line 18: the rule has ended on 2025-11-10"},
		{"no kind", "kind: export,", "", "line 10: kind of consequence is missing"},
		{"no such kind", "kind: export,", "kind: exports,", `line 10: kind of consequence "exports"`},
		{"act of a market as a rule", "kind: export,", "kind: index_removal,", `line 10: kind of consequence "index_removal"`},
		{"no citation", "cite: part 2", `cite: ""`, "line 13: cite of a consequence is missing"},
		{"no start", ", starts: designated}", "}", "line 10: starts of a consequence is missing"},
		{"bad start", "starts: designated + 10 days", "starts: designated + 10 dozens", `line 22: "designated + 10 dozens": invalid rule`},
		{"start from no event", "starts: designated + 10 days", "starts: birthday + 10 days", `line 22: "birthday" is no kind of event`},
		{"empty tranche", "    cite: part 3", "    cite: part 3\n    designated_since: 2020-01-01\n    designated_before: 2020-01-01", "line 23: designated_before 2020-01-01 leaves no day"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(exports, tt.old, tt.new, 1)
			if text == exports {
				t.Fatal("the test changes nothing")
			}
			_, err := listing.ParseProgramme([]byte(text))
			if !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line that says %q", err, tt.want)
			}
		})
	}
}

func TestAsKnown(t *testing.T) {
	p := parse(t, exports)
	kinds := func(known access.Date) (out []string) {
		for _, r := range p.AsKnown(known).Consequences {
			last := "always"
			if n := len(r.Validity); n > 0 {
				last = string(r.Validity[n-1].State)
			}
			out = append(out, string(r.Kind)+" "+last)
		}
		return out
	}
	tests := []struct {
		known access.Date
		want  []string
	}{
		{"2020-01-01", []string{"export always", "visa always"}},
		{"2025-09-29", []string{"export always", "visa always"}},
		{"2025-09-30", []string{"export always", "affiliate_export in_force", "visa always"}},
		{"2025-11-10", []string{"export always", "affiliate_export unverified", "visa always"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, kinds(tt.known)); diff != "" {
			t.Errorf("known %s (-want +got):\n%s", tt.known, diff)
		}
	}
	if len(p.Consequences) != 3 || len(p.Consequences[1].Validity) != 3 {
		t.Error("AsKnown changed the programme that it was asked of")
	}
}
