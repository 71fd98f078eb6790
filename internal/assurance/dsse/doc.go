// Package dsse reads, verifies and makes DSSE envelopes (Dead Simple Signing
// Envelope, version 1.0), in which attestations and labels are signed, and
// reads the public keys that they are verified with.
//
// Begin with [Parse] and [Envelope.Verify] for somebody else's envelope, with
// [Sign] for one of our own. [ParsePublicKeys] reads whom to trust. [Strict]
// and [Unmarshal] are for what is inside an envelope, where two readers must
// never see two different things.
//
// One signature by a trusted key is enough; the other signatures of an envelope
// may be by anybody. A key id in an envelope is a hint of its writer and decides
// nothing: every trusted key is tried on every signature. Certificates beside a
// signature are handed on as they are and trusted by nobody here.
package dsse
