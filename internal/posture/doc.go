// Package posture works out what an organisation owes for what it runs: by when a
// weakness that was found on an asset has to be fixed, under which directive, and
// where that stands on a day.
//
// Begin with [Judge], which is pure: the same finding, directives and day give the
// same [Owed]. What directives ask is data, see package duty/directive; this
// package knows no directive by name. It does not look anything up, and it never
// takes silence for compliance: what nobody knows of a finding is named in the
// answer, with what was assumed instead.
package posture
