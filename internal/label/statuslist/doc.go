// Package statuslist makes, signs and verifies the list of an authority's labels
// that are not active, with which a label's status can be told without asking
// anybody: by a phone in a shop that has seen no network since the morning.
//
// Begin with [New] and [Sign] on the authority's side, with [Verify] and
// [List.Lookup] on the other. The offline page reads the same bytes.
//
// A list is good for [Lifetime] from the moment it was made, and stands at a
// position of the authority's ledger, its sequence. Whoever reads lists keeps
// the highest sequence seen and refuses every lower one: an old list in which a
// label was not suspended yet cannot be played back. What no fresh list tells
// of has the status unknown, and never active.
//
// Active labels are not in the list, since it would be large and would change
// with each new one: a label whose signature is good and that is not listed was
// active when the list was made.
package statuslist
