// Package scan looks for indicators in logs.
//
// Begin with NewIndex, which takes indicators in, from STIX objects or lists, and
// Index.Scan, which streams logs and tells each Hit: the line, its digest, the
// value, the indicator and how it is marked.
//
// # What is found
//
// A value is found where it stands by itself in a line, whatever the format of
// the log: an address or one of a network, a name or one below it, an address of
// the web or its host, a hash. Patterns with LIKE and MATCHES are tried on the
// values of their kind, after a look for letters that they must have. A pattern of
// several comparisons, or with a window in time, is matched against what lines
// say, for each host by itself.
//
// Indicators that everybody would have are kept out and counted, see
// observable.Unfit; ones that are revoked, or not valid when a line was written,
// find nothing.
//
// The package neither knows where indicators come from nor sends anything back;
// Sightings says what could be sent.
package scan
