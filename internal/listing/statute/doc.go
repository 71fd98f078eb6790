// Package statute reads tables of whom acts of Congress name, or have a
// department name, to be kept out of procurement or research: sections 889 and
// 1286 of the National Defense Authorization Act for Fiscal Year 2019, section
// 5949 of that for 2023, section 154 of that for 2024, and the sanctions under
// the Iran, North Korea, and Syria Nonproliferation Act.
//
// Begin with [Recognise] and [Read].
//
// # Format
//
// Commas part the columns schema, name*, aliases, topics, program*, authority,
// reason, report-date, start-date, end-date, country, notes, source_url; those
// marked are needed, and semicolons part aliases. The program tells the list;
// all rows of a file are of one.
//
// # Days
//
// Whom an act itself names is listed from the day of its enactment, and
// start-date is when its prohibition begins. Otherwise start-date is the day
// of the listing and report-date that of its publication. Lists that are made
// for a year give only that: the day is then the one that the address of the
// published list has in it, or that of the import where it has none.
//
// A name in several yearly lists is one listing, amended by the later ones; it
// ends where the newest row about it has an end-date. An end that gives only a
// year is taken for the first day after it. The tables tell histories, so a
// newer version of one replaces the older.
//
// # Index of notices
//
// The index of the Federal Register's notices under the Act (document_number,
// publication_date, html_url, pdf_url) names no party. It is kept as a document
// and states nothing.
package statute
