// Package deptrack answers the requests of clients that were written for OWASP
// Dependency-Track: plugins of build systems that hand in a bill of materials,
// wait until it is worked on, and fetch what was found.
//
// Begin with [Handler.Routes]. The package knows that wire format and nothing
// of weaknesses: it turns a form into an upload and a finding into theirs, and
// takes everything else from a small interface.
//
// A project is a name and version under which bills are handed in. It is made
// by the first upload that asks for it, and bound to the release that its newest
// bill describes; a release of which a bill came in otherwise is a project of its
// own name. What is handed in is seen by the organisations of whoever hands it
// in. A bill is worked on while it is handed in, so that a token is never one of
// work that is still to do.
//
// What a statement of exploitability silences is suppressed, as they call it.
// The verdict's reasons are policy violations.
package deptrack
