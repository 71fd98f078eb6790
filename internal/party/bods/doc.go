// Package bods reads who owns and controls whom from statements of the
// Beneficial Ownership Data Standard, version 0.4, and of 0.2 and 0.3 as far as
// they say the same in another form.
//
// Begin with [Recognise] and [Read]. A file is a JSON array of statements, or
// one statement after another.
//
// # What is read
//
// An entity or person becomes a party with its names, identifiers, birth date
// and nationalities; its id is the source's and the record's. A relationship
// becomes interests:
//
//	shareholding                            a share of the capital
//	votingRights                            a share of the votes
//	appointmentOfBoard                      control of the board
//	seniorManagingOfficial, board…          control by management
//	settlor, trustee, protector, …          control by a trust
//	rightsGrantedByContract, conditional…   control by contract
//	unknownInterest, unpublishedInterest    an interest of which nothing is known
//	anything else                           control of another kind, named in the note
//
// A share is exact or a range. Its exclusive upper bound is taken as the next
// smaller number that is told apart, so that "less than 50" stays below half;
// an exclusive lower bound as the bound itself. An indirect interest is the
// source's own sum over a chain, which no rule adds up. Parties that a
// statement leaves unspecified hold what is stated of them, without a name by
// which they could be taken for anybody.
//
// Of several statements about one record the last by its date counts, of one
// day's the last in the file. What a closed record stated has ended on that
// statement's day.
package bods
