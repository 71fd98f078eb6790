// Package openvex reads and writes OpenVEX documents, versions 0.0.1 to 0.2.0
// (github.com/openvex/spec): statements of somebody about whether weaknesses
// affect products, or components within products.
//
// Begin with [Recognise], [Read] and [Write].
//
// # Statements
//
// Each pair of a product and one of its subcomponents becomes one statement of
// kind advisory.FactVEX; a product with several identifiers one for each of
// them, since OpenVEX lets any of them match. Hashes that collide at will (MD5,
// SHA-1) identify nothing. An @id that is no package URL counts as the product's
// name only when there is nothing better.
//
// A statement without a time of its own has the document's. Statements of one
// document about the same thing at different times tell a history, and stay
// side by side; the latest counts.
//
// # Versions of a document
//
// A newer document with the same @id replaces the older one. Ids that tools made
// up are told apart by author and products too: of the 56 documents of a public
// repository 52 share three such ids.
//
// # Envelopes
//
// A document may come in a DSSE envelope, as the predicate of an in-toto
// attestation, or in a Sigstore bundle; statements without products are then
// about what is attested. No signature is verified here. A document says itself
// who wrote it and under which @id: whoever relies on either looks at the
// envelope.
package openvex
