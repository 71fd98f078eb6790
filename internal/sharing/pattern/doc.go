// Package pattern reads STIX patterns and matches them against observed data
// (STIX 2.1 section 9).
//
// Begin with Parse, then Compile, then Matcher.Match. Pattern.Atoms says which
// comparisons a pattern is made of, for whoever looks values up instead of
// trying every pattern.
//
// # Where the standard leaves open what matches
//
// The reference matcher is followed, so that a pattern means the same here as
// where it was written: an observed-data object counts as often as its
// number_observed says; each of these counts once in a match; a comparison holds
// of an observation when one object in it, and all that this one refers to,
// fulfils it; values of different kinds are never equal, but that numbers are
// numbers; what cannot be read as what it is compared with, as a timestamp that
// is none, is an error and not a "no". LIKE takes % and _ for anything but a line
// break; a network of all addresses is none. Beyond the reference, EXISTS and NOT
// EXISTS are matched, and networks of IPv6. What it takes for an address and
// nobody writes (one number, or parts in octal) is none here; true is not 1 in a
// set; and \w takes the letters of Latin 1 in bytes.
//
// # What it refuses
//
// A pattern is limited in length and depth, and matching in the number of
// combinations that are tried: a pattern that asks for more is an error, never an
// endless search.
package pattern
