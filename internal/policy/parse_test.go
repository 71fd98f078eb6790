package policy_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/party"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/policies"
)

// head begins the policies of these tests; rules follow from line 8 on.
const head = `countersign: policy/v1
id: small
title: A small policy
purpose: invest
subjects: [organisation]
default: allow
rules:
`

// oneRule is a policy of one rule.
func oneRule(each, when, because string) string {
	return head + fmt.Sprintf("  - id: only\n    each: %s\n    when: %s\n    verdict: deny\n    because: %s\n    cite: c\n", each, when, because)
}

func TestParse(t *testing.T) {
	p, err := policy.Parse("small.yaml", []byte(oneRule("listing", `listing.status == "listed"`, `"{listing.name}"`)))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(p.Name, p.ID, p.Title, p.Purpose, p.Kinds, p.Default)
	if want := fmt.Sprint("small.yaml", "small", "A small policy", "invest", []party.Kind{"organisation"}, policy.Allow); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.HasPrefix(p.Digest, "sha256:") || len(p.Digest) != len("sha256:")+64 {
		t.Errorf("digest is %q", p.Digest)
	}
	for kind, want := range map[party.Kind]bool{party.Organisation: true, party.Vessel: false, "": true} {
		if p.Fits(kind) != want {
			t.Errorf("Fits(%q) = %v", kind, !want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	rule := func(each, when, because string) string { return oneRule(each, when, because) }
	tests := []struct {
		name, source, want string
	}{
		{"empty", "", "p.yaml:1: is empty, want a policy"},
		{"not yaml", "a: [", "p.yaml:1: did not find expected node content"},
		{"not a mapping", "- a", "p.yaml:1: want countersign, id, title"},
		{"unknown field", strings.Replace(head, "title:", "titel:", 1), `p.yaml:3: unknown field "titel", want one of countersign, id, title`},
		{"field twice", head + "  - id: a\n    id: b\n", "p.yaml:9: id: given twice"},
		{"form", strings.Replace(head, "v1", "v2", 1) + "  - id: a\n", `p.yaml:1: countersign: is "policy/v2", want policy/v1`},
		{"id", strings.Replace(head, "id: small", "id: Small One", 1), `p.yaml:2: id: is "Small One", want lower-case words joined by -`},
		{"no title", strings.Replace(head, "title: A small policy\n", "", 1), "p.yaml:1: title: missing"},
		{"default", strings.Replace(head, "default: allow", "default: perhaps", 1), `p.yaml:6: default: verdict "perhaps": want deny, review or allow`},
		{"subjects", strings.Replace(head, "[organisation]", "[company]", 1), `p.yaml:5: subjects: has "company", want organisation, person, vessel, aircraft, release or product`},
		{"no rules", strings.Replace(head, "rules:\n", "", 1), "p.yaml:1: rules: missing"},
		{"empty rules", strings.Replace(head, "rules:", "rules: []", 1), "p.yaml:7: rules: want a list of 1 to 200 rules"},
		{"alias", "a: &x b\nid: *x\n", `p.yaml:1: unknown field "a"`},
		{"verdict", strings.Replace(rule("subject", "true", "b"), "deny", "maybe", 1), `p.yaml:11: rule only: verdict "maybe": want deny, review or allow`},
		{"each", rule("device", "true", "b"), `p.yaml:9: rule only: each: is "device", want subject, listing, consequence, event, claim, control, finding, supplier, element, source, licence, label, party, party_listing or attestation`},
		{"reserved", strings.Replace(rule("subject", "true", "b"), "id: only", "id: subject-unknown", 1), "p.yaml:8: rule subject-unknown: id: subject-unknown is kept for what every policy says"},
		{"rule twice", rule("subject", "true", "b") + strings.TrimPrefix(rule("subject", "true", "b"), head), "p.yaml:14: rule only: id: also used by the rule in line 8"},
		{"when missing", strings.Replace(rule("subject", "true", "b"), "    when: true\n", "", 1), "p.yaml:8: rule only: when: missing"},
		{"when not bool", rule("subject", "subject.name", "b"), "p.yaml:10: rule only: when: is of type string, want bool"},
		{"syntax", rule("subject", "subject.name ==", "b"), "p.yaml:10: rule only: when: at column 16: Syntax error"},
		{"unknown variable", rule("subject", `listing.status == "listed"`, "b"), "p.yaml:10: rule only: when: at column 1: undeclared reference to 'listing'"},
		{"unknown field of object", rule("listing", `listing.state == "listed"`, "b"), "p.yaml:10: rule only: when: at column 8: undefined field 'state'"},
		{"word that never occurs", rule("listing", `listing.status == "lited"`, "b"),
			`p.yaml:10: rule only: when: at column 16: status is never "lited"; it is one of not_listed, listed, stayed, removed, vacated, expired, superseded`},
		{"word on the left", rule("consequence", `'"purchse" == consequence.kind'`, "b"), `when: at column 11: kind is never "purchse"`},
		{"word in a list", rule("consequence", `consequence.state in ["pending", "active"]`, "b"), `state is never "active"`},
		{"word in a macro", rule("subject", `listings.exists(l, l.status == "gone")`, "b"), `status is never "gone"`},
		{"date is not text", rule("consequence", `consequence.from == "2021-01-01"`, "b"), "found no matching overload for '_==_'"},
		{"date not a day", rule("subject", `at < date("2021-02-30")`, "b"), `invalid date "2021-02-30"`},
		{"date computed", rule("subject", `at < date(subject.name)`, "b"), "date() wants a day written out"},
		{"no clock", rule("subject", `timestamp("2021-01-01T00:00:00Z") < timestamp("2022-01-01T00:00:00Z")`, "b"), "undeclared reference to 'timestamp'"},
		{"no regular expressions", rule("subject", `subject.name.matches("a+")`, "b"), "undeclared reference to 'matches'"},
		{"no conversions", rule("subject", `string(at) == "2021-01-01"`, "b"), "undeclared reference to 'string'"},
		{"no types made", rule("subject", `'subject{name: "x"}.name == "x"'`, "b"), "p.yaml:10: rule only: when:"},
		{"template hole", rule("listing", "true", `"{listing.nam}"`), "p.yaml:12: rule only: because: {listing.nam}: at column 8: undefined field 'nam'"},
		{"template type", rule("listing", "true", `"{listing.tags}"`), "is of type list(string), want string or int or date"},
		{"template open", rule("listing", "true", `"{listing.name"`), `because: has "{" without "}"`},
		{"template close", rule("listing", "true", `"listing}"`), `because: has "}" without "{"`},
		{"because not text", rule("listing", "true", "{listing.name}"), "because: want a text (one with braces in it stands in quotes)"},
		{"literal block", head + "  - id: only\n    when: |\n      true &&\n      subject.nam == \"\"\n    verdict: deny\n    because: b\n    cite: c\n",
			"p.yaml:11: rule only: when: at column 8: undefined field 'nam'"},
		{"too long", rule("subject", "'"+strings.Repeat("true && ", 600)+"true'", "b"), "p.yaml:10: rule only: when:"},
		{"too deep", rule("subject", strings.Repeat("(", 200)+"true"+strings.Repeat(")", 200), "b"), "p.yaml:10: rule only: when:"},
		{"too big", head + strings.Repeat("#", 300<<10), "more than the 262144 a policy may have"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := policy.Parse("p.yaml", []byte(tt.source))
			if err == nil {
				t.Fatalf("no error, want one with %q", tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is\n\t%q\nwant one line with\n\t%q", err, tt.want)
			}
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("error is %s, want %s", problem.KindOf(err), problem.Invalid)
			}
			if e := new(policy.Error); !errors.As(err, &e) || e.File != "p.yaml" || e.Line < 1 {
				t.Errorf("error names no file and line: %#v", err)
			}
		})
	}
}

// TestShippedPolicies reads every policy of the product.
func TestShippedPolicies(t *testing.T) {
	files, err := fs.Glob(policies.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, file := range files {
		p := shipped(t, strings.TrimSuffix(file, ".yaml"))
		if p.ID+".yaml" != file {
			t.Errorf("%s has the id %s", file, p.ID)
		}
		if p.Default != policy.Allow {
			t.Errorf("%s: default is %s", file, p.Default)
		}
		got[p.ID] = p.Purpose
	}
	want := map[string]string{"us-federal-iot": "label", "us-federal-procurement": "procure", "us-federal-software": "operate", "us-securities-investment": "invest", "export": "export"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("purposes (-want +got):\n%s", d)
	}
}

// FuzzParse: no input makes Parse fail otherwise than by an error in one line,
// and what it accepts can be applied.
func FuzzParse(f *testing.F) {
	f.Add([]byte(oneRule("consequence", `consequence.kind == "purchase" && consequence.state in ["in_force"]`, `"{either(consequence.cite, listing.title)}"`)))
	f.Add([]byte(oneRule("claim", `claim.date > date("2021-01-01")`, `"{{{claim.text + '}'}}}"`)))
	f.Add([]byte(oneRule("event", `listings.all(l, l.events.exists_one(e, e.date == event.date))`, `"{size(listings)}"`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := policy.Parse("fuzz.yaml", b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		result, err := p.Evaluate(t.Context(), threeListings())
		if err == nil && len(result.Reasons) > 0 && result.Verdict != result.Reasons[0].Verdict {
			t.Errorf("verdict %s is not that of the first reason, %s", result.Verdict, result.Reasons[0].Verdict)
		}
	})
}
