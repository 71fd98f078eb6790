// Package feed is the room of official archives that are fetched by URL:
// advisories, catalogues of exploited weaknesses, lists of restricted parties.
//
// A fetch asks only for what changed (RFC 9110, section 13), goes on where it
// was cut (section 14.2), and hands on nothing that was not recognised as what
// the feed is for. One that fails leaves what is held as it is.
package feed
