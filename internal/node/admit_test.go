package node

import (
	"context"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/intake"
)

const payrollForm = `countersign: ssdf-form/v1
id: harrow-payroll-5
submission: new
scope: product
products:
  - {name: Payroll Suite, version: 5.4.0, released: 2025-10-01, purl: pkg:generic/harrow/payroll-suite@5.4.0, digests: [sha256:abababababababababababababababababababababababababababababababab]}
producer: {name: Harrow Ltd, address: "1 Mill Lane, Leeds", website: https://harrow.example, organisation: northlight}
contact: {name: Product security, phone: +44 113 496 0000, email: security@harrow.example}
statements: {1: yes, 1.a: yes, 1.b: yes, 1.c: yes, 1.d: yes, 1.e: yes, 1.f: yes, 2: yes, 3: yes, 4: yes, 4.a: yes, 4.b: yes, 4.c: yes}
notify: true
signature: {name: Ada Stone, title: Chief executive, capacity: ceo, date: 2025-10-14}
`

// A form to which a third party's assessment belongs is for nobody but those who
// are named, signed or not, whoever hands it in.
func TestConfidentialFormIsNotForEverybody(t *testing.T) {
	l := newLabelling(t)
	assessed := payrollForm + "third_party: {name: Audit House, basis: agency, approved_by: Department of X, date: 2025-10-10, report: sha256:" + strings.Repeat("cd", 32) + "}\n"
	signed := func(text string) string {
		form, err := ssdf.Read(t.Context(), "form", []byte(text), ssdf.Limits{})
		l.must(err)
		statement, err := form.Statement()
		l.must(err)
		private, _, err := dsse.GenerateKey()
		l.must(err)
		key, err := dsse.ReadPrivateKey(private)
		l.must(err)
		b, err := dsse.Sign(dsse.PayloadInToto, statement, key)
		l.must(err)
		return string(b)
	}
	const refused = "a third party's assessment belongs to the form, which is then not to be posted in public; name who may see it with --audience"
	for _, c := range []struct {
		name, text, want string
		audience         access.Audience
	}{
		{"a form", payrollForm, "", access.Public},
		{"a signed form", signed(payrollForm), "", access.Public},
		{"a form that was assessed", assessed, refused, access.Public},
		{"a signed form that was assessed", signed(assessed), refused, access.Public},
		{"for those who are named", assessed, "", access.ForOrganisation("northlight")},
		{"signed, for those who are named", signed(assessed), "", access.ForOrganisation("northlight")},
	} {
		r, err := l.Import(context.Background(), access.Operator, []intake.File{{Name: "form", Bytes: []byte(c.text)}}, ImportOptions{Audience: c.audience})
		l.must(err)
		if got := strings.TrimPrefix(strings.Join(r.Failed, "\n"), "form: "); got != c.want || len(r.Editions) != map[bool]int{true: 1}[c.want == ""] {
			t.Errorf("%s: %d editions, %q; want %q", c.name, len(r.Editions), got, c.want)
		}
	}
}
