package directive_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"countersign.dev/directives"
	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/problem"
)

const whole = `countersign: directive/v1
id: acme-report
title: Reports to Acme
authority: Acme
applies_to: [acme-supplier]
regime: suppliers of Acme
legal_basis: [{cite: the contract, what: asks for it}]
duties:
  - id: report
    title: report
    rule: first aware + 2 business days met by told_acme every 72 hours until closed
    also_met_by: [told_acme_full]
    calendar: us-federal
    recipient: acme
    addressee: Acme
    status: superseded
    from: 2021-01-01
    until: 2022-01-01
    cite: clause 7
    sure: verified
`

func TestParse(t *testing.T) {
	d, err := directive.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	owed := &d.Duties[0]
	for day, want := range map[access.Date]directive.Status{"2020-12-31": "", "2021-01-01": directive.InForce, "2021-12-31": directive.InForce, "2022-01-01": directive.Superseded} {
		if got := owed.StatusOn(day); got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
		if owed.Covers(day) != (want == directive.InForce) {
			t.Errorf("on %s: covers %v", day, owed.Covers(day))
		}
	}
	aware := time.Date(2021, 3, 5, 12, 0, 0, 0, time.UTC) // a Friday
	events := []duty.Event{{Kind: "aware", Time: aware}, {Kind: "told_acme_full", Time: aware.Add(time.Hour)}}
	if got := owed.Due(events, aware.Add(48*time.Hour)); got.State != duty.Running || !got.Instant.Equal(aware.Add(73*time.Hour)) {
		t.Errorf("%s, due %s", got.State, got.Instant)
	}
	if n := owed.Round(events, aware.Add(48*time.Hour)); n != 2 {
		t.Errorf("round %d", n)
	}
}

func TestParseErrors(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"directive/v1", "directive/v2"}:               "want directive/v1",
		{"id: acme-report", "id: Acme"}:                "lower case letters",
		{"applies_to: [acme-supplier]", ""}:            "applies_to",
		{"regime: suppliers of Acme", ""}:              "title, authority and regime",
		{"first aware", "sometimes aware"}:             "out of place",
		{"calendar: us-federal", "calendar: lunar"}:    "calendar",
		{"calendar: us-federal", ""}:                   "needs one",
		{"status: superseded", "status: dubious"}:      "status",
		{"sure: verified", "sure: perhaps"}:            "sure",
		{"until: 2022-01-01", ""}:                      "has ended on some day",
		{"until: 2022-01-01", "until: 2020-01-01"}:     "a day after from",
		{"recipient: acme", "recipient: The Boss"}:     "lower_snake_case",
		{"cite: clause 7", ""}:                         "cite",
		{"sure: verified", "sure: verified\n    x: 1"}: "field x not found",
		{"sure: verified\n", "sure: verified\n---\n"}:  "second document",
	} {
		text := strings.Replace(whole, change[0], change[1], 1)
		if _, err := directive.Parse([]byte(text)); problem.KindOf(err) != problem.Invalid || !strings.Contains(problem.Message(err), want) {
			t.Errorf("%q for %q: %v, want one that says %q", change[1], change[0], err, want)
		}
	}
	if _, err := directive.Parse([]byte(strings.Repeat("#", 1<<19))); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("a large file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	names, err := fs.Glob(directives.FS, "*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(directives.FS, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := directive.Parse(b)
		if err != nil {
			return
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range d.Duties {
			owed := &d.Duties[i]
			owed.Due([]duty.Event{{Kind: owed.Rule.After, Time: at}}, at)
		}
	})
}

const remedies = `countersign: directive/v1
id: acme-fix
code: ACME-1
title: Fixing for Acme
authority: Acme
applies_to: [acme-supplier]
regime: suppliers of Acme
legal_basis: [{cite: the contract, what: asks for it}]
remedies:
  - id: table
    title: fix it
    from: 2021-01-01
    spares: [nss]
    assume: {exposed: "yes"}
    rows:
      - {when: {exploited: "yes", exposed: "yes"}, rule: first found + 3 business days met by remediated, says: soon}
      - {when: {impact: unknown}, by: catalogue, incomplete: true, says: by its day}
      - {by: upgrade, says: some day}
    calendar: us-federal
    cite: clause 8
    sure: verified
`

func TestRemedies(t *testing.T) {
	d, err := directive.Parse([]byte(remedies))
	if err != nil {
		t.Fatal(err)
	}
	r := &d.Remedies[0]
	if !r.Covers("2021-01-01") || r.Covers("2020-12-31") || r.Until != access.Forever {
		t.Errorf("%+v", r)
	}
	for want, values := range []map[string]string{
		{"exploited": "yes", "impact": "total"}, {"exploited": "no", "exposed": "no"}, {"exploited": "no", "impact": "partial"},
	} {
		if got := r.Row(values); got != want {
			t.Errorf("%v: row %d, want %d", values, got, want)
		}
	}
	for _, c := range []struct{ from, to, says string }{
		{"code: ACME-1", "code: acme 1", "code"},
		{"first found + 3", "first aware + 3", `rule counts from "aware"`},
		{"met by remediated", "met by fixed", "met by remediated"},
		{`exploited: "yes"`, `exploited: "maybe"`, `when: exploited: "maybe": want yes, no`},
		{`{when: {impact: unknown}, by: catalogue`, `{when: {weight: unknown}, by: catalogue`, "no variable of this name"},
		{"by: upgrade", "by: hope", `by "hope": want catalogue or upgrade`},
		{"by: upgrade, says: some day", "says: some day", "want a rule, or by"},
		{`assume: {exposed: "yes"}`, `assume: {exposed: perhaps}`, `assume: exposed: "perhaps"`},
		{"from: 2021-01-01", "from: 2021-01-01\n    until: 2020-01-01", "until: want a day after from"},
		{"calendar: us-federal", "calendar: moon", `calendar "moon" is not known`},
		{"sure: verified", "sure: quite", `sure "quite"`},
	} {
		_, err := directive.Parse([]byte(strings.Replace(remedies, c.from, c.to, 1)))
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.to, err, c.says)
		}
	}
}
