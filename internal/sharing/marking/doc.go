// Package marking reads what the markings of a STIX object say, and answers who
// may see it.
//
// Begin with Read, which takes the markings of one object together, Marking.In,
// which makes a Rule of them in a community, and May, which answers for one
// reader and says why. All three are pure.
//
// # What is enforced
//
// The Traffic Light Protocol of FIRST, version 2.0, and version 1 as STIX fixes
// it: CLEAR (WHITE) is for everybody, GREEN for the community, AMBER for the
// organisations that received it and their clients, AMBER+STRICT for these
// organisations alone, RED for the persons named. The strictest marking of an
// object counts, also where only a part of it is marked so. Recipients and
// persons are named by a marking of our own, see Recipients; where none are, the
// members of the community are the recipients.
//
// Of the Information Exchange Policy its TLP is enforced. The Access Control
// Specification is read to say when nobody but the source may see an object: any
// classification but U, and any privilege that names who may. What it says
// beside is kept and shown.
//
// # What it refuses
//
// It fails closed: a marking whose definition is not held, or says nothing that is
// known, leaves the object to its source. It holds no list of organisations, and
// does not know what a reader asks for.
package marking
