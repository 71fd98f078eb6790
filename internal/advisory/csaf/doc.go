// Package csaf reads and writes advisories and VEX documents of the Common
// Security Advisory Framework, version 2.0 (OASIS Standard, 18 November 2022),
// and reads of version 2.1 what it shares with 2.0 or renames.
//
// Begin with [Recognise], [Read] and [Write].
//
// # Statements
//
// A document is one advisory: a record by its tracking id. It has the alias of
// its CVE only when it is about exactly one; a document about several is none of
// them, and names them as related.
//
// What product_status calls known, first or last affected becomes
// advisory.FactAffected, where a package URL, a CPE or the names of maker and
// product in the branches of the product tree tell what it is. Products of one
// name are put together with all their versions. A component that is affected
// within a certain product only (relationships) is not said to be affected
// everywhere: of it there is the statement below alone.
//
// Each status of a product under a vulnerability also becomes a statement of
// kind advisory.FactVEX, one for each identifier of the product: known, first
// and last affected are "affected"; fixed and first fixed are "fixed";
// recommended says nothing of the weakness. Its justification is the product's
// flag, its impact a threat of category impact, its action the remediations.
//
// # What is not checked
//
// The conformance tests of section 6 are a validator's business. Those that
// change what a document means are told as warnings: undefined, repeated and
// circular product ids, products with two statuses, flags of nothing.
package csaf
