package posture_test

import (
	"io/fs"
	"testing"

	"countersign.dev/directives"
	"countersign.dev/internal/access"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/posture"
)

// shipped is the directives about networks that the product ships.
func shipped(t *testing.T) (out []*directive.Directive) {
	t.Helper()
	names, err := fs.Glob(directives.FS, "network/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(directives.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := directive.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, d)
	}
	return out
}

// table1 is Table 1 of BOD 26-04, as the decision table cisa:DT_BOD2604:1.0.0 of
// CERT/CC has it, by exploited, exposed, automatable and impact: days, 0 for the
// next upgrade, and whether evidence is collected first.
var table1 = map[[4]string]struct {
	days     int
	forensic bool
}{
	{"no", "no", "no", "partial"}: {0, false}, {"yes", "no", "no", "partial"}: {14, false}, {"no", "yes", "no", "partial"}: {60, false},
	{"no", "no", "yes", "partial"}: {60, false}, {"no", "no", "no", "total"}: {0, false}, {"yes", "yes", "no", "partial"}: {14, false},
	{"yes", "no", "yes", "partial"}: {14, false}, {"no", "yes", "yes", "partial"}: {14, false}, {"yes", "no", "no", "total"}: {14, false},
	{"no", "yes", "no", "total"}: {14, false}, {"no", "no", "yes", "total"}: {60, false}, {"yes", "yes", "yes", "partial"}: {3, false},
	{"yes", "yes", "no", "total"}: {3, true}, {"yes", "no", "yes", "total"}: {3, true}, {"no", "yes", "yes", "total"}: {3, false},
	{"yes", "yes", "yes", "total"}: {3, true},
}

// TestTable1 asks each row of the table, found before and after it was listed.
func TestTable1(t *testing.T) {
	all := shipped(t)
	if len(table1) != 16 {
		t.Fatalf("%d rows", len(table1))
	}
	for key, want := range table1 {
		for _, found := range []access.Date{"2026-06-20", "2026-07-20"} {
			f := posture.Finding{Found: found, Exposed: key[1], Automatable: key[2], Impact: key[3]}
			from := found
			if key[0] == "yes" {
				f.Listed, f.Catalogue, from = "2026-07-01", "2026-09-01", min(found, "2026-07-01")
			}
			got := posture.Judge(&f, all, "2026-07-01")
			due := access.Date("")
			if want.days > 0 {
				due = from.AddDays(want.days)
			}
			if got.Rule != "BOD-26-04" || got.Due != due || got.Forensic != want.forensic || got.Incomplete || (want.days == 0) != (got.State == posture.Deferred) {
				t.Errorf("%v found %s: %+v, want due %q, forensic %t", key, found, got, due, want.forensic)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	all := shipped(t)
	known := posture.Finding{Found: "2026-06-20", Listed: "2026-06-25", Catalogue: "2026-07-09", Exposed: "no", Automatable: "no", Impact: "partial"}
	with := func(change func(f *posture.Finding)) posture.Finding {
		f := known
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		f    posture.Finding
		at   access.Date
		want posture.Owed // rule, due, state, incomplete, forensic
	}{
		"counted from the earlier of found and listed": {known, "2026-06-30", posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.Open}},
		"due today":  {known, "2026-07-04", posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.Open}},
		"a day late": {known, "2026-07-05", posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.Overdue}},
		"fixed on its day": {with(func(f *posture.Finding) { f.Remediated = "2026-07-04" }), "2026-08-01",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.ClosedOnTime}},
		"fixed late": {with(func(f *posture.Finding) { f.Remediated = "2026-07-05" }), "2026-08-01",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.ClosedLate}},
		"fixed after the day that is asked about": {with(func(f *posture.Finding) { f.Remediated = "2026-08-05" }), "2026-07-01",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.Open}},
		"exposure nobody knows counts as exposed": {with(func(f *posture.Finding) { f.Exposed, f.Automatable = "", "yes" }), "2026-06-21",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-06-23", State: posture.Open}},
		"listed, and nobody has judged it": {with(func(f *posture.Finding) { f.Automatable = "" }), "2026-07-10",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-07-09", State: posture.Overdue, Incomplete: true}},
		"listed without a day, and nobody has judged it": {with(func(f *posture.Finding) { f.Automatable, f.Catalogue = "", "" }), "2026-07-10",
			posture.Owed{Rule: "BOD-26-04", State: posture.Undetermined, Incomplete: true}},
		"not listed, and nobody has judged it": {with(func(f *posture.Finding) { f.Listed, f.Catalogue, f.Impact = "", "", "" }), "2026-07-10",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-08-19", State: posture.Open}},
		"listed before the directive": {with(func(f *posture.Finding) { f.Listed, f.Catalogue = "2026-06-09", "2026-06-30" }), "2026-07-10",
			posture.Owed{Rule: "BOD-22-01", Due: "2026-06-30", State: posture.Overdue}},
		"found before the directive, and not listed": {with(func(f *posture.Finding) { f.Found, f.Listed = "2026-06-09", "" }), "2026-07-10",
			posture.Owed{Rule: posture.NoRule, State: posture.NoClock}},
		"a national security system": {with(func(f *posture.Finding) { f.Spared = []string{"nss"} }), "2026-07-10",
			posture.Owed{Rule: posture.NoRule, State: posture.OutOfScope}},
		"the catalogue wants evidence": {with(func(f *posture.Finding) { f.Forensic = true }), "2026-06-30",
			posture.Owed{Rule: "BOD-26-04", Due: "2026-07-04", State: posture.Open, Forensic: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got := posture.Judge(&c.f, all, c.at)
			if got.Rule != c.want.Rule || got.Due != c.want.Due || got.State != c.want.State || got.Incomplete != c.want.Incomplete || got.Forensic != c.want.Forensic {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			if got.Why == "" || (got.Rule != posture.NoRule) != (got.Cite != "" && got.Row > 0) {
				t.Errorf("%+v does not say why", got)
			}
		})
	}
}
