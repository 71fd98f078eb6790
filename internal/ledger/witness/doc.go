// Package witness lets logs be watched by others: a witness signs a checkpoint
// of somebody else's log once it has checked that the log only grew since the
// checkpoint that it signed before. Whoever asks for enough of such
// cosignatures cannot be shown a history that others are not shown.
//
// Four forms of c2sp.org are spoken here: tlog-cosignature (Ed25519), with
// [Signer] and [Verifier]; tlog-policy, which says whose cosignatures are
// enough, with [ParsePolicy] and [Policy.Verify]; and both sides of
// tlog-witness: [Witness] answers requests, [Gatherer] makes them for a log of
// our own.
//
// A cosignature says that a log grew consistently. It says nothing about what
// is in the log.
//
// Cosignatures with ML-DSA-44 are not made, and keys of that kind are refused
// by name: the standard library has no such signature yet.
package witness
