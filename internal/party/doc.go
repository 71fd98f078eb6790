// Package party is about organisations and persons: their names in every
// script, identifiers, addresses, and the links that join one party's entries
// across sources.
//
// Begin with [Fold], by which names are compared, and the body types
// ([Name], [Identifier], [Address], [Link]) that readers state about a party.
// The room does not know what a party is listed for; that is package listing.
package party
