// Package interestcsv reads who owns what in whom from a plain table.
//
// Begin with [Recognise] and [Read].
//
// # Format
//
// Comma-separated with a header; columns may stand in any order, and only
// those marked * are needed.
//
//	owner*, owned*            a party's id, a listing's id, or a name
//	owner_kind, owned_kind    organisation, person, vessel or aircraft
//	economic                  share of the capital in percent, or a range as 25..50
//	economic_min/_max         the same in two columns
//	voting, voting_min/_max   share of the votes
//	control                   board, management, contract, trust, golden_share; other words are kept as a note
//	valid_from, valid_to      days; the interest ends before valid_to
//	published                 the day on which the source said so, where that was before the table was made
//	source                    where it can be read
//	note
//
// An empty valid_from or valid_to leaves that side open: the table then says
// that the interest is held on any day before or after. Of a share, "?" and
// "unknown" say that nothing is known; where only one end of a range is given,
// the other is 0 or 100. A row without any share, votes and control states an
// interest of an unknown share.
//
// # Who is meant
//
// A cell without spaces is the id of a party or listing, as "xiaomi" or
// "us-ofac-sdn:12345"; and, unless it has a colon, a name too. Any other cell
// is a name. Entries of lists that bear the name of an organisation are then
// the same party; a person's name shows only that they may be.
//
// # Several rows about one owner and one party
//
// Rows with the same source are lots, which add up. Rows whose sources differ
// are accounts of one stake by several sources, which do not. The table is a
// history: a newer version of a file takes the place of the older one wholly.
package interestcsv
