// Package oscal reads and writes the JSON form of OSCAL, the Open Security
// Controls Assessment Language of NIST, version 1.1: catalogues, profiles and
// assessment results.
//
// [WriteCatalogue], [WriteProfile] and [WriteResults] export; what has no place
// in OSCAL goes into properties of our own namespace, [Namespace], so that
// [ReadCatalogue], [ReadProfile] and [ReadResults] give the same back. Documents
// of other makers are read as far as they say what our catalogues hold: groups
// and controls with their statements; guidance, examples and references are left
// out. What of a document could not be used is told in notes, each with its
// place, and the rest is used.
//
// The same input gives the same bytes: identifiers are UUIDs of version 5, and
// the time of the last change is given by the caller.
//
// Not read: XML and YAML, component definitions, system security plans,
// assessment plans, plans of action; a profile is not resolved, package catalogue
// does that.
package oscal
