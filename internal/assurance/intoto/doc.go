// Package intoto reads in-toto statements: what a signed attestation says, about
// which artifacts (in-toto attestation framework, statement 0.1 and 1).
//
// Begin with [Parse], on the payload of a verified envelope. [Statement.About]
// binds a statement to an artifact by its digest, [Statement.Validity] is from
// when to when it claims to be valid, and Predicate is what it says, as the type
// of its predicate: [Provenance], [Summary], [Result], [Attributes], [Release],
// [Reference], [Link], [Tests] or, for types that are not known here, [Other].
//
// Nothing is verified here: a statement without a signature is a rumour.
package intoto
