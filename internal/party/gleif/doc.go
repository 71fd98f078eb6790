// Package gleif reads the golden copies of the Global Legal Entity Identifier
// Foundation in their CSV form: who is who (Level 1) and who owns whom
// (Level 2, relationship records).
//
// Begin with [Recognise] and [Read].
//
// A party's id is "lei:" and its identifier, which it bears as an identifier
// too, so that it is joined to entries of lists with the same one. A
// relationship becomes an interest of the end node in the start node:
//
//	IS_DIRECTLY_CONSOLIDATED_BY     control; the share is not stated
//	IS_ULTIMATELY_CONSOLIDATED_BY   the same, as the source's own sum over a chain
//	IS_INTERNATIONAL_BRANCH_OF      the whole: a branch is a part of its legal person
//	IS_FUND-MANAGED_BY              control by management
//	IS_SUBFUND_OF, IS_FEEDER_TO     control of another kind
//
// That one company is consolidated in another's accounts says that it is
// controlled under an accounting standard, most often and not always by more
// than half of the votes. No share is concluded from it.
//
// Only periods of the relationship itself are read, not accounting periods.
// Records that were annulled or found to be duplicates are passed over. Each
// file is one edition: what a newer one no longer has, its source has stopped
// stating.
package gleif
