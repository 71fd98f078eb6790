// Package mud reads Manufacturer Usage Descriptions (RFC 8520): what a maker
// says its device needs of the network, so that anything else can be refused.
//
// Begin with [Read], which gives a [File] with the hosts and the kinds of peers
// that the device talks to. [Compare] holds these against what the maker
// declared elsewhere, [Verify] checks the detached signature, and [Reading] is
// what the ledger keeps.
//
// # Flaws
//
// Files as they are found break the rules in small ways, and a rule that is
// broken is itself evidence. So a [Flaw] is kept with its place and the section
// of the RFC, and the sound part is used; only what has no usage description in
// it, no MUD URL, or another version is an error.
//
// # What is not done
//
// Names are not resolved, URLs are not fetched, and rules are not rendered for
// any device of a network.
package mud
