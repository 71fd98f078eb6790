// Package vex says which statement counts when several were made about one
// weakness in one component of a release (VEX, Vulnerability Exploitability
// eXchange), and holds what its readers share.
//
// Begin with [Resolve], which decides and tells by which rule, and with
// [Draft], in which readers of OpenVEX and CSAF collect statements. [FromBill]
// takes the statements out of a CycloneDX document.
//
// # What a statement must have
//
// CISA's Minimum Requirements for VEX (April 2023) want a justification for "not
// affected", or at least an impact statement. One that has neither is kept, with
// a warning, and counts as "under investigation", see [Effective].
//
// # What the package does not do
//
// It does not say who an issuer is. Who speaks for the maker of a release, and
// whether a signature was verified, is for the caller to know: a document may
// claim any role, and any other document's id.
package vex
