// Package stix reads and validates STIX objects, the units in which threat
// intelligence is shared (STIX 2.1, OASIS Standard of 10 June 2021), and turns
// those of STIX 2.0 into 2.1.
//
// Begin with [Split], which cuts a file or an envelope into the exact bytes of
// its objects, and [Parse], which reads the head of one. [Validate] says what
// an object breaks: errors for the rules that the standard states with MUST,
// warnings for those with SHOULD. [ValidateFile] does both for a whole file.
//
// The bytes of an object are never rewritten: properties and types that no
// standard knows stay as they are. The package decides nothing about who may
// see an object, and looks up no object that another refers to.
package stix
