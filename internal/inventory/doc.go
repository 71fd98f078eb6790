// Package inventory is the room of what organisations run: their systems, the
// assets that these consist of, which releases are deployed on them, and who
// can reach them; each from one day to another.
//
// Begin with [System], [Asset], [Exposure] and [Deployment], which are what the
// ledger keeps, and with [Deployments], [Systems], [Assets] and [Reached], which
// say what was so on a day. [Read] reads an inventory written as a table, [FromBill] one
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
// # Tables
//
// A table has one row for each deployment, asset or system, whichever is the
// most special that it goes down to; which of the three it is makes it that part
// of its inventory, and a newer file of the part takes the place of the older
// one. Columns may stand in any order, and most go by several names, which the
// guide lists; only "system" is needed, and something else of the list. Commas,
// semicolons or tabs stand between them.
//
//	as_of                      day on which the inventory was taken
//	organisation               whose the system is; also organisation_name, organisation_contact
//	system                     id; also system_name
//	criticality                low, moderate or high (FIPS 199)
//	hva, nss                   yes or no: high value asset, national security system
//	hosting, owner, contact
//	asset                      id; also asset_kind, hostname, ip, mac, os, model, manufacturer
//	first_seen, last_seen, last_scan
//	exposure                   public, internal or unknown; also exposure_evidence, exposure_by, exposure_from, exposure_to
//	purl, cpe, release         what is deployed; release is its digest, or a purl or CPE
//	software, version, vendor  the same in words
//	environment, note
//	from, to                   days between which the row's own thing ran or existed, "to" not included
//
// Without from and to, a thing is there from the day of the first edition that
// lists it to that of the first that does not.
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
