// Package uk reads the UK Sanctions List in CSV, in two forms: the publisher's
// own, with a row for every name, and a conversion with eight columns and a row
// for every entry, in which copies of the list are in circulation.
//
// Begin with [Recognise] and [Read].
//
// # Statements
//
// An entry is known by its unique id: "uk-sanctions:RUS0001". What is imposed
// on it differs from entry to entry. Those whose assets are frozen are on the
// programme "uk-sanctions"; all others, as ships that may enter no port and
// persons under a travel ban alone, are on "uk-sanctions-other". Each measure
// is a detail.
//
// An entry that was made under a resolution of the Security Council names its
// reference number there, and so links to the entry of the package un.
//
// The day of an edition is the report date that stands before the header, else
// the date in the file's name.
//
// The publisher's form is read after its published description. No file of it
// was at hand when this was written: it has been tried on tables made after the
// description alone, and each reading of that form says so.
package uk
