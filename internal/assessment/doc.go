// Package assessment judges evidence against the controls of a profile: what is
// met, what is not, what does not apply, and what nobody knows.
//
// Begin with [Assess]. It takes a profile, a [Subject] and the judgements that
// people and programs have made, and gives an [Assessment] with one [Outcome]
// for each control, its reason, and every judgement that was weighed. [Run]
// makes the judgements that need no person, from [Facts]. [ProgressOf] says what
// the controls that are still unknown wait for.
//
// The package is pure: it knows no store, no clock and no network. The same
// values give the same answer, in whatever order the judgements come.
//
// # What counts
//
//   - Silence is unknown. Unknown never passes, and is never "not applicable".
//   - Not applicable follows from what is declared of the product, for the facts
//     on which the catalogue says the control depends, and from nothing else. A
//     fact that is not declared either way leaves the control unknown.
//   - A judgement says "met" only by evidence that names a release of the
//     subject and is valid on the day. A failure does not lapse with its evidence
//     or its term: it is answered, by the same organisation, on a later day.
//   - What the maker says is declared, whatever method it claims. Nobody judges
//     its own product as laboratory or assessor. A laboratory counts while it is
//     accredited, on the day of its judgement.
//   - The stronger method decides: laboratory, automated, declared. Of the same
//     method a failure beats a success that does not answer it. A method weaker
//     than the profile asks never meets a control, but its failure is believed.
//   - A head is met when all that is asked below it is met or does not apply. A
//     judgement of the head hides no part that is not met.
//
// # What it does not do
//
// It verifies no signature, reads no document and looks nobody up: whoever calls
// it gives values that are verified already, and roles that are those under which
// the judges signed in. It grants no label; package label does.
package assessment
