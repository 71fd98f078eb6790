// Package inventory is the room of what organisations run: their systems, the
// assets that these consist of, which releases are deployed on them, and who
// can reach them; each from one day to another.
//
// Begin with [System], [Asset], [Exposure] and [Deployment], which are what the
// ledger keeps, and with [Deployments], [Systems] and [Assets], which say what
// was so on a day. [Read] reads an inventory written as a table, [FromBill] one
// written as a bill of materials.
//
// # Ids
//
// A system is called "system:" with the id of its inventory, a slash and its
// own id, as in "system:treasury/hr-01"; an asset likewise with "asset:". The
// keeper of an inventory sees to it that ids are unique within it; the same id
// in another inventory is another system. An id that is written with a slash
// names the inventory that it belongs to.
//
// # What a release is called
//
// A deployment's term is that of the handle by which package software finds a
// release: its digest, its purl without qualifiers, its CPE, or else its name
// and version. What has a term that no release answers to is not lost: it is
// unknown, which is not the same as good.
//
// # What it does not do
//
// It does not say what is due for a system, nor what an address tells of the
// maker of an asset; it keeps the words that both are asked by. What no
// inventory lists is unknown, not absent.
package inventory
