// Package match compares names, and finds in an index every name that is like
// the one asked for.
//
// Begin with [Prepare], which takes a query apart once, and [Prepared.Score],
// which compares it with one name. A [Segment] is an immutable index over many
// names; [Segment.Search] returns what comparing with every one of them would
// have returned, at the cost of looking at a few hundred. [Prepared.Explain]
// says why a score is what it is.
//
// # The score
//
// A name is cut into words. Legal forms, particles, honorifics, initials and
// numbers are told apart from words proper; each word has a weight, less the
// commoner it is. Words of the query and of the name are paired, the most
// valuable pair first: equal words, words within one or two slips of the
// keyboard, words of one consonant skeleton (Mohammed, Muhamad), a word and its
// initial, a word and the two into which the other side cuts it (Huawei,
// Hua Wei). What is lost in pairs, what one side has and the other leaves out,
// and what stands on both sides and cannot be paired count for the more, in
// this order: to leave a middle name out is usual, and a different name is a
// different person.
//
// A score is a whole number of ten-thousandths, made by integer arithmetic
// only, from the query, the name and the tables of this package. It does not
// depend on what else is in an index, so that it is the same on every machine
// and can be repeated byte for byte, and nothing of a document that a reader
// may not see shows in what they are told of others.
//
// # Scripts
//
// Each name is compared as it is written and in each of its readings in Latin
// letters (package script), on both sides.
//
// # The index
//
// A segment numbers the words of all names and knows for each word the names
// that have it. Words within two slips are found by leaving letters out on both
// sides, words of one sound by their skeleton. Of a query's words so many are
// looked for, the rarest first, that a name without any of them cannot score
// enough any more; names that pass are compared in full, with the words' own
// similarities at hand. Nothing is lost by it: property tests hold search and
// score against each other, on made names and on the lists.
//
// The package knows nothing of lists, dates or readers; birth dates, countries
// and identifiers are evidence beside the score, and not in it.
package match

import (
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening/script"
)

// Version names how names are compared. It changes whenever any score or hit
// could, that is with the tables and parameters here and with the folding and
// the scripts underneath.
const Version = "match/1+" + party.FoldVersion + "+" + script.Version

// Threshold is the score from which a name is a hit, for every kind of party
// and every script. What it finds and how often it errs is measured in
// TestEvaluation.
const Threshold = 0.85

// Floor is the lowest score that means anything. A search for less finds from
// here on.
const Floor = 0.70
