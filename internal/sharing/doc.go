// Package sharing is the room of what organisations tell each other: STIX
// objects in collections, who may see them, and who got them.
//
// Begin with Store. A Community says who shares with whom, and by which default;
// Store.Submit takes an envelope in, Store.Page gives what a reader may see.
//
// # How objects are kept
//
// An envelope is one document of the ledger. Its objects are kept byte for byte
// beside it, in rows that are written in the same transaction, each under its id
// and version. The same id and version with other bytes is refused: nothing is
// overwritten, so a signature made over an object stays good.
//
// # Who sees what
//
// An object in a collection is an entry, and each entry has a rule (package
// marking), interned by what it says. A reader is asked of the few rules there
// are, and what is filtered, counted, limited and pointed to by cursors is only
// what the rules leave. A collection looks to each reader as if nothing else were
// in it; when a reader is let in later, what it may now see comes to it as if it
// had been added at that moment, so that whoever asks for what is new misses
// nothing.
//
// Every answer with objects in it is written down before it is given.
//
// # What it refuses
//
// It does not speak a protocol (server/taxii, sharing/peer), does not judge
// objects (sharing/stix), and knows nothing of what an organisation runs.
package sharing
