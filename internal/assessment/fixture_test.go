package assessment_test

import (
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
)

const (
	today    = access.Date("2026-11-27")
	bell     = "pkg:generic/acme/bell@2.1"
	firmware = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
)

// criteria is the catalogue and profile of the tests.
func criteria(t testing.TB) (*catalogue.Profile, *catalogue.Set) {
	t.Helper()
	set, err := catalogue.Load(os.DirFS("testdata/criteria"))
	if err != nil {
		t.Fatal(err)
	}
	return set.Profile("doorbell-mark"), set
}

// subject is a doorbell of which everything is declared.
func subject() assessment.Subject {
	return assessment.Subject{
		Releases:   []assessment.Release{{PURL: bell, Digests: []string{firmware}}},
		Declared:   map[string]bool{"doorbell/1": true, "doorbell/a": true, "doorbell/b": true},
		Maker:      "acme",
		Affiliates: []string{"acme-labs"},
		Accreditations: []assessment.Accreditation{
			{Laboratory: "testers", By: "A2LA", From: "2024-01-01", Until: "2026-06-01"},
			{Laboratory: "acme-labs", By: "A2LA", From: "2024-01-01"},
		},
	}
}

// report is a document about the doorbell.
func report() assessment.Evidence {
	return assessment.Evidence{Digest: "sha256:aa", Kind: "test-report", Title: "Report 7", Position: 7, About: []string{firmware}}
}

func with(change func(*assessment.Evidence)) assessment.Evidence {
	e := report()
	change(&e)
	return e
}

// failer is the part of a test that fixtures need; tests of properties have it.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// by gives judgements of a control by usual judges, "maker: met" or "testers:
// not_met 2026-03-01".
func by(t failer, control, said string) assessment.Judgement {
	t.Helper()
	who, what, _ := strings.Cut(said, ": ")
	status, on, dated := strings.Cut(what, " ")
	if !dated {
		on = "2026-05-01"
	}
	j := assessment.Judgement{
		Control: "doorbell/" + control, Status: assessment.Status(status), Method: assessment.Declared,
		Assessor: "somebody", Organisation: who, On: access.Date(on), Evidence: []assessment.Evidence{report()},
	}
	switch who {
	case "maker":
		j.Role, j.Organisation = assessment.RoleMaker, "acme"
	case "testers", "others", "acme-labs":
		j.Role, j.Method = assessment.RoleLaboratory, assessment.Laboratory
	case "authority":
		j.Role = assessment.RoleAssessor
	case "program":
		j.Role, j.Method, j.Organisation, j.Assessor = assessment.RoleAutomatic, assessment.Automated, "", "sbom-present"
	default:
		t.Fatalf("nobody is called %q", who)
	}
	return j
}

func assess(t testing.TB, tier int, s assessment.Subject, js ...assessment.Judgement) *assessment.Assessment {
	t.Helper()
	p, set := criteria(t)
	a, err := assessment.Assess(p, set, tier, s, js, today)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func outcome(t testing.TB, a *assessment.Assessment, control string) *assessment.Outcome {
	t.Helper()
	o := a.Outcome("doorbell/" + control)
	if o == nil {
		t.Fatalf("nothing is asked of %s", control)
	}
	return o
}
