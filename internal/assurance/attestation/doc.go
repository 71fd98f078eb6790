// Package attestation keeps what others signed about releases and their makers,
// and judges on a day whether it counts.
//
// Begin with [Read], which takes claims out of a bundle or an envelope, and with
// [Anchors.Judge], which says of a claim whether it is [Valid] and by which rule.
//
// # Kept is not believed
//
// An attestation goes into the ledger as it came: what it says about which
// digests is there to be found, and nothing is said of whether it is good. That
// is judged when somebody asks, for the moment of the question, by the anchors
// that the ledger holds then:
//
//   - signers ("countersign: signers/v1", [Signers]): who may say what about
//     whom. A good signature by a stranger proves nothing.
//   - trusted roots of Sigstore, by which certificates are verified.
//
// So a key that is trusted today lets an attestation of last year count, and one
// that is struck off lets none count, and either can be asked of any day.
//
// # Taking back
//
// A [Revocation] names an attestation, a day and a reason. It counts when it is
// by the organisation that handed the attestation in, by the authority of the
// node, or signed by who signed the attestation; nobody else's does. From its
// day the attestation does not count; before it does. The first two are made by
// the node, which knows who asks, and cannot be handed in as a file.
//
// A name binds nothing: an attestation is about the artifacts whose digests it
// has. Only what a rule says about names of packages goes by the names that the
// ledger knows the digest by.
package attestation
