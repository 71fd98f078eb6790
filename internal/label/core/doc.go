// Package core is the compact, signed core of a label: what fits into a QR code
// on a product, and lets a phone without a network say who vouched for what
// until when.
//
// Begin with [Encode], which an issuer calls, and [ParseURL] with
// [Signed.Verify], which a reader calls. [NewID] and [ParseID] make and read
// the ten characters that a label is called by.
//
// # Format
//
// The core is a map in deterministic CBOR (RFC 8949, section 4.2.1) with
// integer keys:
//
//	 1  uint   version, 1
//	 2  bytes  first 4 bytes of the issuer's key id: the SHA-256 of its DER SubjectPublicKeyInfo
//	 3  text   maker
//	 4  text   product
//	 5  uint   tier, 0 for none, at most 99
//	 6  uint   day of issue, in days since 1970-01-01
//	 7  uint   first day on which the label is no longer valid
//	 8  uint   first day without support; absent when none was stated
//	 9  bytes  first 8 bytes of the SHA-256 of the label document
//	10  text   scheme, at most 12 bytes
//
// The signature is Ed25519 over "countersign label core v1\n", the label's id as
// XXXXX-XXXXX, "\n" and the map. The address is
//
//	HTTPS://HOST[:PORT]/L/<id>/1.<base32 of map and signature, without padding>
//
// which keeps to the alphanumeric mode of QR codes (ISO/IEC 18004, table 5), and
// to the 311 characters that version 10 holds at level M, 57 modules wide. Maker
// and product are cut until it fits; a text that was cut ends in "…".
//
// A reader refuses what an issuer does not write: another version, members that
// are missing or unknown, CBOR that is not deterministic, bits left over in the
// base32, text that is empty or has control characters or marks of direction
// (which make a name read as another), days after 9999-12-31. So there is one
// address only for each core, but for the case of letters and the host, which
// nothing signs: whoever serves the page, the signature speaks.
//
// What the package does not know is the status of a label. A good signature says
// that the label was given, and until when; not that it was never suspended.
//
// Errors of reading are of the kind [problem.Invalid].
package core
