// Package sigstore verifies what was signed with Sigstore, with no network: the
// bundles of cosign, npm, GitHub and PyPI (bundle 0.1 to 0.3, Rekor 1 and 2), and
// envelopes that came with a certificate of Sigstore's and nothing else.
//
// Begin with [ParseRoot], on the trusted root that the user gives, and
// [ParseBundle]; then [Root.Verify]. What is proven is told by [Proof]: by whom
// it was signed, when, and in which log that is written down. [Root.VerifyBare]
// is for envelopes without a log entry, and proves less.
//
// Signatures, certificates, log entries and timestamps are verified by
// sigstore-go. This package decides what must be there: an entry in a
// transparency log, a time by somebody other than the signer, a certificate that
// is in a certificate log; and reads every document strictly before it is used.
// A trusted root is never fetched: who is trusted is for the user to say.
package sigstore
