// Package osv reads advisories in the Open Source Vulnerability format (OSV
// schema, versions 1.0 to 1.7), which GitHub, the Go, Rust and Python projects,
// distributions and others publish in: one record, an array or lines of
// records, or a zip archive of records as osv.dev publishes one for each
// ecosystem.
//
// Begin with [Recognise] and [Read]; [Parse] reads one record alone.
//
// # What is used
//
// A record that cannot be read is reported with its name or line and the others
// are used; so is what within a record can be done without. Fields that the
// package does not know are passed over. Records that are withdrawn are read
// like any other and say so.
//
// # Dates
//
// A record's facts count as published on the day of its modification. Some
// sources write the zero time for a day that they do not have, the Go project's
// among them: such facts have no day of their own.
package osv
