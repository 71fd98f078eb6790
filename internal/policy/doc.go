// Package policy judges: it reads rules that people have written down and says
// what they make of a subject, with a reason and a citation for each.
//
// Begin with [Parse], which reads one policy and checks it whole, and
// [Policy.Evaluate], which applies it to an [Input]. A policy knows nothing of
// where its input came from; package decision makes it from a dossier.
//
// # The form of a policy
//
// A policy is a YAML file of this form:
//
//	countersign: policy/v1
//	id: us-securities-investment
//	title: Investing in securities, under United States law
//	purpose: invest
//	subjects: [organisation, person]
//	default: allow
//	rules:
//	  - id: purchase-barred
//	    each: consequence
//	    when: consequence.kind == "purchase" && consequence.state == "in_force"
//	    verdict: deny
//	    because: "purchases barred since {consequence.from}"
//	    cite: "{consequence.cite}"
//
// A rule is asked once for the subject, or once for each listing, consequence,
// event, claim or rule about ownership; of a release for each finding, supplier,
// element, source or licence; of a product for each label, party or attestation,
// as "each" says. "when" is a CEL expression that is true where the rule speaks. "because" and "cite" are text for people, with CEL
// expressions in braces; "{{" and "}}" stand for the braces themselves.
//
// The verdict of a policy is the worst that its rules spoke, and its default
// where none spoke. A rule that says allow therefore informs in a policy whose
// default is allow, and permits in one whose default is stricter. Whatever its
// rules say, a policy answers review for a subject that is not known or that
// may be several.
//
// # The language of expressions
//
// Expressions are CEL without its clock, regular expressions and conversions:
// comparison, "in", logic, "+", size, contains, startsWith, endsWith, the
// macros has, all, exists, exists_one, filter and map, and two functions of our
// own, date("2026-06-30") and either(a, b), the first of two texts that is not
// empty. The variables depend on "each":
//
//	subject, listings, claims, controls, at, known   always
//	listing                                          each: listing, consequence, event
//	consequence                                      each: consequence
//	event                                            each: event
//	claim                                            each: claim
//	control                                          each: control
//	release, findings, suppliers, elements           always, and each of the four by
//	sources, licences                                its own name
//	labels, parties, attestations                    always, and likewise
//	party, listing                                   each: party_listing
//
// Days have a type of their own that can be compared and shown, nothing else.
// So the days on which an expression can change its mind are those written in
// the policy, those in the input and the days after them, and nobody has to
// guess when to ask again; see [Policy.Days]. To compare a day that is not set,
// or that never comes, is an error, which has() avoids.
//
// A word that can never occur, as in listing.status == "lited", is refused
// when the policy is read, and so is an expression that could cost too much.
// What still fails while a policy is applied makes the whole evaluation fail:
// there is no verdict without every rule.
package policy

// Engine is the version of what this package makes of a policy and an input.
// It changes whenever the same two could give another result.
const Engine = "policy/2"
