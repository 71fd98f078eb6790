package decision

import (
	"fmt"
	"slices"

	"countersign.dev/internal/dossier"
)

// The purposes that the card's lines stand for.
var (
	buying  = []string{"procure", "invest", "export"}
	running = []string{"operate"}
	trusted = []string{"label"}
)

// What the lines say that have no verdict: which evidence it would take.
const (
	missingRun = "no verdict: no bill of materials, advisory, provenance or attestation is held " +
		"for a release of this subject"
	missingTrust = "no verdict: no assessment against a criteria catalogue and no signed label is held " +
		"for a product of this subject"
	missingTell = "no verdict: no inventory, incident or shared indicator is held " +
		"that says who depends on this subject"
	notRun     = "no verdict: none of the policies applied is about running software"
	notRunning = "no verdict: a product is run as one of its releases; ask for that"
	notTrusted = "no verdict: none of the policies applied is about labels"
	notTold    = "no verdict: none of the policies applied is about telling; impact says who runs it"
	missingBuy = "no verdict: none of the policies applied is about buying, investing or exporting"
)

// lines is the card. Reasons have to be in order, and to name their policies.
func (a *Answer) lines() Answers {
	run, trust, tell := missingRun, missingTrust, missingTell
	switch {
	case a.Software != nil:
		run, tell = notRun, notTold
	case a.Product != nil:
		run = notRunning
	}
	if a.Product != nil && len(a.Product.Labels) > 0 {
		trust = notTrusted
	}
	return Answers{
		Buy:   a.line(buying, missingBuy),
		Run:   a.line(running, run),
		Trust: a.line(trusted, trust),
		Tell:  unanswered(tell),
	}
}

func unanswered(missing string) Line {
	return Line{Because: missing, Evidence: []dossier.Evidence{}}
}

// line is what the policies of some purposes answer together; missing says what
// it would take where none of them was applied.
func (a *Answer) line(purposes []string, missing string) Line {
	var answers []PolicyAnswer
	for _, p := range a.applied {
		if slices.Contains(purposes, p.Purpose) {
			answers = append(answers, p)
		}
	}
	if len(answers) == 0 {
		return unanswered(missing)
	}
	verdict, changes := total(answers)
	line := Line{Verdict: &verdict, ChangesOn: changes, Evidence: []dossier.Evidence{}}
	for _, r := range a.Reasons {
		if slices.ContainsFunc(answers, func(p PolicyAnswer) bool { return p.Name == r.Policy }) {
			line.Because, line.Cite, line.Evidence = r.Because, r.Cite, r.Evidence
			return line
		}
	}
	line.Because = fmt.Sprintf("nothing that is held speaks against %s on %s", a.Subject.Name, a.At)
	return line
}
