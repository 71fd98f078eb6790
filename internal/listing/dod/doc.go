// Package dod reads the histories of two lists of the US Department of Defense
// in tabular form: the Communist Chinese military companies under section 1237
// of the National Defense Authorization Act for Fiscal Year 1999, and the
// Chinese military companies under section 1260H of that for Fiscal Year 2021.
//
// Begin with [Recognise] and [Read].
//
// # Formats
//
// Both are comma-separated with a header; columns may stand in any order, and
// only those marked * are needed.
//
//	1237    name_as_listed*, acronym, designated_on*, published_on, removed_on,
//	        removal_basis, n, evidence
//	1260H   Clean Name or Name*, Start date*, End date, Alias, Previous Name,
//	        Parent Name, Note, Source Url
//
// # Reading a history
//
// A table has a row for each time that a list names a company, so several rows
// may tell of one listing. Rows whose names have one slug are one listing,
// "us-dod-1260h:" or "us-dod-1237:" and the slug. Its first start designates
// it; a later start while it is listed confirms it (amended), one after a
// removal designates it anew. On every day the newest row that has begun by
// then decides, of equal starts the one that ends later: from its end on the
// company is removed, and the end of an older row says nothing. Every statement
// carries its own publication date, so that what a later list says is not known
// before it.
package dod
