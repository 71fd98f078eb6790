package assessment_test

import (
	"fmt"
	"log"
	"os"

	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
)

// A maker declares one line of the criteria for doorbells, and asks what is
// still to be done for the rest.
func ExampleAssess() {
	set, err := catalogue.Load(os.DirFS("testdata/criteria"))
	if err != nil {
		log.Fatal(err)
	}
	doorbell := assessment.Subject{
		Releases: []assessment.Release{{PURL: "pkg:generic/acme/bell@2.1"}},
		Declared: map[string]bool{"doorbell/1": true, "doorbell/a": false, "doorbell/b": true},
		Maker:    "acme",
	}
	form := assessment.Evidence{Digest: "sha256:0c1d", Kind: "application", About: []string{"pkg:generic/acme/bell@2.1"}}
	declared := assessment.Judgement{
		Control: "doorbell/A.1", Status: assessment.Met, Method: assessment.Declared, Reason: "the label shows a password of its own",
		Assessor: "A. Maker", Organisation: "acme", Role: assessment.RoleMaker, Evidence: []assessment.Evidence{form}, On: "2026-11-20",
	}
	a, err := assessment.Assess(set.Profile("doorbell-mark"), set, 1, doorbell, []assessment.Judgement{declared}, "2026-11-27")
	if err != nil {
		log.Fatal(err)
	}
	p := assessment.ProgressOf(a)
	fmt.Println(p.Summary)
	for _, w := range p.Waits {
		fmt.Printf("%s %s: %s; %s\n", w.Ref, w.Title, w.Why, w.Would[0])
	}
	for _, ref := range a.With(assessment.NotApplicable) {
		fmt.Println(ref, a.Outcome(ref).Reason)
	}
	// Output:
	// 3 controls still unknown
	// doorbell/A.2 Network: nobody has judged it; a statement of the maker, with a document that names the release
	// doorbell/U Updates: nobody has judged it; a statement of the maker, with a document that names the release
	// doorbell/B Bill: nobody has judged it; a bill of materials of the release (CycloneDX or SPDX)
	// doorbell/P it does not apply, because this is declared not to be so: it has a camera
	// doorbell/P.1 it does not apply, because this is declared not to be so: it has a camera
	// doorbell/P.2 it does not apply, because this is declared not to be so: it has a camera
}
