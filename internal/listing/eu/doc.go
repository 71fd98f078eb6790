// Package eu reads the European Union's restrictive measures in two forms: the
// consolidated list of financial sanctions in XML, and transcriptions of the
// annexes of single regulations from the Official Journal in CSV.
//
// Begin with [RecogniseJournal] and [ReadJournal], or [RecogniseFSF] and
// [ReadFSF].
//
// # Official Journal
//
// One file holds the annexes of one regulation, named by its CELEX number, as
// 32014R0269 for Regulation (EU) No 269/2014. It is a part of the source
// "eu-oj": an edition of some regulations leaves the others as they were. A
// file with a header only says that the regulation lists nobody.
//
// An entry is known by regulation, annex and the number in it, since every
// annex counts anew: "eu-oj:32014R0269:I.PERSONS:1". Annexes without numbers
// are known by names: "eu-oj:32002R0881:I:al-qaida".
//
// Cells hold several values; package nametext takes them apart. Numbers are
// taken where it is sure which part of a text is the number. Which annex an
// entry stands in says what is forbidden: asset freezes are on the programme
// "eu-fsf", which is the consolidated list's; other measures have programmes of
// their own.
//
// # Consolidated list
//
// The reader follows the publisher's schema, xmlFullSanctionsList 1.1. No file
// of the publisher was at hand when it was written: it has been tried on
// documents made after the schema alone, and each reading says so.
package eu
