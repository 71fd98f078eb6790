// Package registry is the public door to labels: a page per label that says in
// plain words how it stands, its history with the proof of each event, search,
// the label as it is printed, and the answer to a code that somebody scanned.
//
// Begin with [New], which takes the [Labels] that a node answers, and returns a
// handler for every path below /labels/ that the server keeps for nobody else.
// [Registry.Scanned] answers the address in a label's code.
//
// # Everybody
//
// Whoever asks is asked for as the public, signed in or not. What is between a
// maker, its laboratory and the authority can therefore not get onto a page, and
// a label that is not public yet is answered as one that does not exist. Since
// the answer does not depend on who asks, others may keep it for a minute.
//
// # As of
//
// Every page takes at and known, two days: how the label stood on the one, by
// what was published until the other. Where that differs from what the registry
// said on the day itself, the page tells both.
package registry
