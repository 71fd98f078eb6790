// Package bis reads two lists of the US Bureau of Industry and Security: the
// Denied Persons List, as the bureau publishes it, and the military-intelligence
// end users that 15 CFR 744.22(f)(2) names, as a table.
//
// Begin with [Recognise] and [Read].
//
// # Denied Persons List
//
// Tabs part the columns Name, Street_Address, City, State, Country,
// Postal_Code, Effective_Date, Expiration_Date, Standard_Order, Last_Update,
// Action and FR_Citation; days are month/day/year. The list gives no numbers,
// and has a row for each name and address: rows whose names have one slug are
// one listing, "us-bis-dpl:" and the slug, with the addresses of all of them.
//
// An order denies export privileges from its effective date to its expiration
// date. Orders that overlap are one stretch, of which the first day designates
// and the last ends the listing by expiry. The citation gives the day on which
// an order came into the Federal Register; without one it counts as published
// on the day that it has effect.
//
// The list does not say who is a person. A name with a legal form, or a word
// that only organisations have in theirs, is an organisation's; any other
// leaves the kind open. The newest of the days in Last_Update is the edition's.
//
// # Military-intelligence end users
//
// Commas part the columns Type, Name*, Alias, Country, Topics, Program, Date*,
// End date and Source URL; those marked are needed. The table tells a history,
// so its newest version replaces the older.
package bis
