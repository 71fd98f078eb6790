package ssdf

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/catalogues"
	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

var sum = "sha256:" + strings.Repeat("ab", 32)

// filled is a form in which everything is in order.
var filled = `countersign: ssdf-form/v1
id: harrow-payroll-5
submission: new
scope: product
products:
  - {name: Payroll Suite, version: 5.4.0, released: 2025-10-01, purl: pkg:generic/harrow/payroll-suite@5.4.0, digests: [` + sum + `]}
producer: {name: Harrow Ltd, address: "1 Mill Lane, Leeds", website: https://harrow.example, organisation: harrow}
contact: {name: Product security, phone: +44 113 496 0000, email: security@harrow.example}
statements:
  1: yes
  1.a: yes
  1.b: yes
  1.c: yes
  1.d: yes
  1.e: yes
  1.f: yes
  2: yes
  3: {answer: plan_of_action, note: builds of the old line, plan: {mitigations: builds are compared, milestones: [{what: provenance for all, by: 2026-03-01}, {what: audit, by: 2026-02-01}]}}
  4: yes
  4.a: yes
  4.b: yes
  4.c: yes
notify: true
signature: {name: Ada Stone, title: Chief executive, capacity: ceo, date: 2025-10-14}
attachments: [{title: Test plan, digest: ` + sum + `}]
`

func mustRead(t testing.TB, text string) *Form {
	t.Helper()
	f, err := Read(t.Context(), "x.yaml", []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// company is the same form about the whole company.
func company() string {
	i := strings.Index(filled, "products:")
	j := strings.Index(filled, "producer:")
	return strings.Replace(filled[:i]+filled[j:], "scope: product", "scope: company_wide", 1)
}

const thirdParty = "third_party: {name: Audit House, basis: agency, approved_by: Department of X, date: 2025-10-10, report: sha256:"

func TestRead(t *testing.T) {
	f := mustRead(t, filled)
	if got := f.Open(); len(got) != 1 || got[0] != "3" {
		t.Errorf("open: %v", got)
	}
	if f.Date() != "2025-10-14" || f.Confidential() || f.Statements["3"].Plan.Milestones[1].By != "2026-02-01" || f.Products[0].Version != "5.4.0" {
		t.Errorf("%+v", f)
	}
	assessed := mustRead(t, strings.NewReplacer("signature: {name: Ada Stone, title: Chief executive, capacity: ceo, date: 2025-10-14}", thirdParty+strings.Repeat("cd", 32)+"}",
		filled[strings.Index(filled, "  3: "):strings.Index(filled, "  4: ")], "  3: yes\n").Replace(filled))
	if !assessed.Confidential() || assessed.Date() != "2025-10-10" || len(assessed.Open()) > 0 {
		t.Errorf("%+v", assessed)
	}
}

// A form in JSON is the same form.
func TestJSONIsTheSame(t *testing.T) {
	for _, text := range []string{filled, company()} {
		f := mustRead(t, text)
		b, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(f, mustRead(t, string(b))); d != "" || !Recognise("x", b) {
			t.Errorf("recognised %v (-YAML +JSON):\n%s", Recognise("x", b), d)
		}
	}
}

// Everything that is amiss is named with its place, whatever else there is.
func TestErrors(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(filled, old) {
			t.Fatalf("%q is not in the form", old)
		}
		return strings.Replace(filled, old, new, 1)
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"line 1: the document is empty"}},
		{"countersign: ssdf-form/v1\n", []string{
			`line 1: field "id" is missing`, `field "submission" is missing`, `field "scope" is missing`, `field "producer" is missing`, `field "contact" is missing`,
			`field "statements" is missing`, `field "notify" is missing`, `neither "signature" nor "third_party" is there`,
		}},
		{change("ssdf-form/v1", "ssdf-form/v2"), []string{`line 1, countersign: "ssdf-form/v2": want ssdf-form/v1`}},
		{change("id: harrow-payroll-5", "id: Harrow Payroll"), []string{`line 2, id: "Harrow Payroll": want lower-case letters`}},
		{change("submission: new", "submission: renewed"), []string{`line 3, submission: "renewed": want new, extension_or_waiver, revised`}},
		{change("notify: true", "notify: false"), []string{"line 23, notify: the form is void without the undertaking"}},
		{change("1.b: yes", "1.b: no"), []string{"line 10, statements.1: statement 1 is attested, but 1.b below it is not"}},
		{change("4.c: yes", "4.c: perhaps"), []string{`line 22, statements.4.c: "perhaps": want yes, no, plan_of_action`}},
		{change("  2: yes\n", ""), []string{"line 10, statements: statement 2 is not answered; want yes, no or plan_of_action"}},
		{change("  2: yes\n", "  2: yes\n  5: yes\n"), []string{`line 18, statements: unknown field "5"`}},
		{change("  2: yes", "  2: plan_of_action"), []string{"line 17, statements.2: the plan of action is missing"}},
		{change("  2: yes", "  2: {answer: plan_of_action}"), []string{`line 17, statements.2: field "plan" is missing`}},
		{change("  2: yes", "  2: {answer: yes, plan: {mitigations: x, milestones: [{what: y, by: 2026-01-01}]}}"), []string{"a plan, but the answer is yes; want answer plan_of_action"}},
		{change("  2: yes", "  2: {answer: plan_of_action, plan: {mitigations: x, milestones: []}}"), []string{"statements.2.plan.milestones: want at least one"}},
		{change("by: 2026-03-01", "by: spring"), []string{`milestones[0].by: "spring" is no date; want YYYY-MM-DD`}},
		{change("scope: product", "scope: company_wide"), []string{"a company-wide form is about the company and names no products"}},
		{change("scope: product", "scope: products"), []string{"one product, but the scope is several; want scope product"}},
		{change("producer:", "  - {name: Second}\nproducer:"), []string{"2 products, but the scope is one; want scope products or versions"}},
		{strings.Replace(change("scope: product", "scope: versions"), "version: 5.4.0, ", "", 1), []string{`line 6, products[0]: field "version" is missing`}},
		{strings.Replace(company(), "company_wide", "product", 1), []string{`field "products" is missing`}},
		{change(sum, "sha256:ab"), []string{`products[0].digests: "sha256:ab" is no digest`}},
		{change("pkg:generic/harrow/", "harrow/"), []string{"is no package URL"}},
		{change("https://harrow.example", "harrow.example"), []string{`producer.website: "harrow.example": want an address like https://example.com`}},
		{change("organisation: harrow", "organisation: Harrow Ltd"), []string{`producer.organisation: "Harrow Ltd": want an id`}},
		{change("security@harrow.example", "nobody"), []string{`contact.email: "nobody": want an address like security@example.com`}},
		{change("capacity: ceo", "capacity: intern"), []string{`signature.capacity: "intern": want ceo, designee`}},
		{change("attachments:", thirdParty+strings.Repeat("cd", 32)+"}\nattachments:"), []string{"a third party assesses every statement, but [3] are not attested"}},
		{change("attachments:", "third_party: {name: Audit House, basis: agency, date: 2025-10-10}\nattachments:"), []string{`third_party: field "report" is missing`, `third_party: field "approved_by" is missing`}},
		{change("attachments:", "third_party: {name: A, basis: fedramp, approved_by: X, date: 2025-10-10, report: [a, b]}\nattachments:"), []string{"third_party.report: want one digest", "an approval, but the basis is fedramp"}},
		{change("title: Test plan", "titel: Test plan"), []string{`attachments[0]: unknown field "titel"`, `attachments[0]: field "title" is missing`}},
	} {
		_, err := Read(t.Context(), "x.yaml", []byte(c.text), Limits{})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) != problem.Invalid || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v; want %q", err, want)
			}
		}
	}
	for limits, text := range map[Limits]string{{Bytes: 100}: filled, {Products: 1}: change("producer:", "  - {name: Second}\nproducer:")} {
		if _, err := Read(t.Context(), "x.yaml", []byte(text), limits); err == nil || !strings.Contains(err.Error(), "the limit is") {
			t.Errorf("%+v: %v", limits, err)
		}
	}
}

// The statements are those of the catalogue, and the heads its parents.
func TestStatementsAreTheCatalogues(t *testing.T) {
	b, err := catalogues.FS.ReadFile("cisa-ssda-common-form.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := form.YAML(b, form.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	below := map[string][]string{}
	for _, c := range doc.Get("controls").Items {
		if c.Get("kind").Scalar != "statement" {
			continue
		}
		id, parent := c.Get("id").Scalar, c.Get("parent").Scalar
		ids = append(ids, id)
		if parent != "III" {
			below[parent] = append(below[parent], id)
		}
	}
	if d := gocmp.Diff(ids, Statements) + gocmp.Diff(below, parents); d != "" {
		t.Errorf("(-catalogue +package):\n%s", d)
	}
}

func TestStatus(t *testing.T) {
	for c, want := range map[Choice]string{Yes: "met", No: "not_met", PlanOfAction: "not_met", "": "unknown"} {
		if got := c.Status(); got != want {
			t.Errorf("%q: %s, want %s", c, got, want)
		}
	}
}

func TestDuty(t *testing.T) {
	for day, want := range map[access.Date]struct {
		required bool
		act      string
	}{
		"2022-09-13": {false, ""}, "2022-09-14": {true, "OMB M-22-18"}, "2023-06-09": {true, "OMB M-23-16"},
		"2026-01-22": {true, "OMB M-23-16"}, "2026-01-23": {false, "OMB M-26-05"}, "2030-01-01": {false, "OMB M-26-05"},
	} {
		if required, act := RequiredOn(day); required != want.required || act.Name != want.act {
			t.Errorf("%s: %v by %q, want %+v", day, required, act.Name, want)
		}
	}
}

// What is signed is what is read back, and it is about the products.
func TestStatement(t *testing.T) {
	for _, text := range []string{filled, company()} {
		f := mustRead(t, text)
		payload, err := f.Statement()
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromStatement(payload)
		if d := gocmp.Diff(f, back); err != nil || d != "" {
			t.Errorf("%v (-form +statement):\n%s", err, d)
		}
	}
	f := mustRead(t, filled)
	payload, err := f.Statement()
	if err != nil {
		t.Fatal(err)
	}
	if want := `"subject":[{"name":"Payroll Suite 5.4.0","uri":"pkg:generic/harrow/payroll-suite@5.4.0","digest":{"sha256":"` + sum[7:] + `"}}]`; !strings.Contains(string(payload), want) {
		t.Errorf("%s has not %s", payload, want)
	}
}

func TestSignedStatement(t *testing.T) {
	private, public, err := dsse.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := dsse.ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := mustRead(t, filled).Statement()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := dsse.Sign("application/vnd.in-toto+json", payload, key)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := dsse.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := dsse.ParsePublicKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := envelope.Verify(trusted); err != nil {
		t.Fatal(err)
	}
	if f, err := FromStatement(envelope.Payload); err != nil || f.Signature.Name != "Ada Stone" {
		t.Errorf("%+v %v", f, err)
	}
}

// A statement whose subjects are not the form's binds something that nobody
// reads.
func TestFromStatementErrors(t *testing.T) {
	payload, err := mustRead(t, filled).Statement()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := mustRead(t, company()).Statement()
	if err != nil {
		t.Fatal(err)
	}
	first := func(s []byte, old, new string) string { return strings.Replace(string(s), old, new, 1) }
	for _, c := range []struct{ payload, want string }{
		{"{}", "_type"},
		{first(payload, PredicateType, "https://example.org/x"), `predicateType "https://example.org/x": want ` + PredicateType},
		{first(payload, sum[7:], strings.Repeat("00", 32)), "is of no product that the form names"},
		{first(payload, `"subject":[`, `"subject":[{"digest":{"sha256":"`+strings.Repeat("00", 32)+`"}},`), "is of no product that the form names"},
		{first(payload, sum+`"]`, sum+`","sha256:`+strings.Repeat("11", 32)+`"]`), "is missing, which the form names"},
		{first(whole, "Harrow Ltd", "Harrow plc"), "is of no product that the form names"},
		{first(payload, `"notify":true`, `"notify":false`), "predicate: line 1, notify: the form is void"},
		{first(payload, `"notify":true`, `"notify":true,"notify":true`), "notify"},
		{first(payload, `"predicate":{`, `"predicate":[],"x":{`), "predicate: line 1: want a JSON object"},
	} {
		if _, err := FromStatement([]byte(c.payload)); err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}

func TestReading(t *testing.T) {
	f := mustRead(t, filled)
	answers := map[string]Choice{}
	for _, id := range Statements {
		answers[id] = Yes
	}
	answers["3"] = PlanOfAction
	body := Evidence{
		Document: "sha256:00", Form: "harrow-payroll-5", Submission: New, Scope: OneProduct, Producer: "Harrow Ltd", Organisation: "harrow", Product: "Payroll Suite 5.4.0",
		Answers: answers, Open: []string{"3"}, Due: "2026-03-01", Signer: "Ada Stone, Chief executive", Capacity: CEO, Date: "2025-10-14",
	}
	of := func(subject string) ledger.Statement {
		return ledger.Statement{Kind: "evidence.ssdf-form", Subject: subject, Key: "attestation", Term: subject, Body: body, ValidFrom: "2025-10-14"}
	}
	want := &ledger.Reading{
		Kind: "evidence.ssdf-form", Source: "evidence/ssdf-form/harrow/harrow-payroll-5", Mode: ledger.Snapshot, Published: "2025-10-14", Rows: 13,
		Statements: []ledger.Statement{of(sum), of("pkg:generic/harrow/payroll-suite@5.4.0")},
	}
	if d := gocmp.Diff(want, Reading(f, "sha256:00")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := Reading(mustRead(t, company()), "sha256:00").Statements; len(got) != 1 || got[0].Subject != "maker:harrow ltd" || got[0].Body.(Evidence).Product != "" {
		t.Errorf("%+v", got)
	}
	f.Products[0].PURL, f.Products[0].Digests, f.Producer.Organisation = "", nil, ""
	if got := Reading(f, "sha256:00").Source; got != "evidence/ssdf-form/harrow-ltd/harrow-payroll-5" {
		t.Errorf("source %s", got)
	}
	if got := Reading(f, "sha256:00").Statements; len(got) != 1 || got[0].Subject != "name:payroll suite 5.4.0" {
		t.Errorf("%+v", got)
	}
	f.Signature, f.ThirdParty = nil, &ThirdParty{Name: "Audit House", Date: "2025-10-10"}
	if got := Reading(f, "sha256:00"); len(got.Warnings) != 0 || got.Published != "2025-10-10" || !got.Statements[0].Body.(Evidence).Confidential {
		t.Errorf("%+v", got)
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		filled: true, "\ufeff" + filled: true, `{"countersign": "ssdf-form/v1"`: true, "{\n  \"id\": 1,\n  \"countersign\": \"ssdf-form/v9\"": true,
		"countersign: test-report/v1\n": false, "# countersign: ssdf-form/v1\n": false, "": false,
	} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(filled))
	f.Add([]byte(company()))
	f.Add([]byte(`{"countersign": "ssdf-form/v1", "id": "x", "statements": {"1": {"answer": "no"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		got, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 16, Products: 10})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		payload, err := got.Statement()
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromStatement(payload)
		if d := gocmp.Diff(got, back); err != nil || d != "" {
			t.Errorf("%q: %v\n%s", b, err, d)
		}
		if r := Reading(got, "sha256:00"); len(r.Statements) == 0 || slices.ContainsFunc(r.Statements, func(s ledger.Statement) bool { return s.Subject == "" }) {
			t.Errorf("%q: %+v", b, r)
		}
	})
}
