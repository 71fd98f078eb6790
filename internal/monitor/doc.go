// Package monitor looks at somebody else's node from outside, as anybody may:
// it reads the public log and checks that it only grew, recomputes how every
// label stands from its public events, each of which it finds in the log, and
// compares that with what the registry says and with its signed status list.
//
// Begin with [Monitor.Run]. What it found is kept in a [State], from which the
// next run goes on: a log that was rewritten, or an event that was taken back,
// since then is noticed.
//
// What it cannot see: the log tells only the digests of documents. A registry
// that never shows an event to anybody hides it from a monitor too; one that
// showed it once does not.
package monitor
