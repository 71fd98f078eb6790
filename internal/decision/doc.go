// Package decision answers whether something may be done with a subject: it
// applies policies to a dossier, joins to each reason the evidence that it
// rests on, says on which day the answer changes, and writes the whole down so
// that it can be repeated.
//
// Begin with [Evaluate], which makes an [Answer] and touches nothing;
// [Record] turns an answer into the document that the ledger keeps, and
// [Compare] says whether asking again gave the same.
//
// # What changes_on means
//
// An answer changes by new documents, which nobody can foresee, and by the
// mere passing of time: a prohibition begins, time to divest runs out.
// changes_on is the next day of the second sort, judged from nothing but what
// had been published on the day asked about (or by the known day, when that is
// earlier). The answer of 2021-02-01 therefore names 2021-03-15, on which
// purchases of Xiaomi's securities were to be barred, even when it is asked
// today, when the injunction of 2021-03-12 is known.
//
// An answer has changed when its verdict has, or the set of its reasons: which
// rules spoke, about which listings with which status and which consequences
// in which state.
//
// The package reads no ledger and no clock, and knows of no purpose but what
// its policies say.
package decision

import (
	"strings"

	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// version is that of this package's own part in an answer. It changes whenever
// the same dossier and policies could give another answer.
const version = "decision/2"

// Engine names the versions of everything that takes part in an answer, apart
// from the documents and the policies themselves: what made the dossier (see
// dossier.Builder.Engine), the policy language and this package.
func Engine(dossiers string) string {
	return strings.Join([]string{dossiers, policy.Engine, version}, "+")
}

// ExitCode is the exit code of a command that answered v.
func ExitCode(v policy.Verdict) int {
	switch v {
	case policy.Allow:
		return problem.ExitDone
	case policy.Review:
		return problem.ExitReview
	}
	return problem.ExitDeny
}
