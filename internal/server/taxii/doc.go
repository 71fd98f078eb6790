// Package taxii is the TAXII 2.1 door (OASIS Standard, 10 June 2021): the
// collections of package sharing, in the requests and answers of that protocol.
//
// Begin with [Handler.Routes]. The package knows the wire: media types, filters,
// pages, status resources and error messages. Who may see what, the order of
// objects, cursors and what becomes of an envelope are the business of
// [Sharing]; who asks is found out before a request comes here.
//
// Section numbers in comments are those of the standard. Where it leaves a
// choice, this door
//
//   - answers a path without its last slash with 404 (section 3.1 demands the
//     slash of requests),
//   - takes any Accept header that takes TAXII 2.1, with or without a version,
//     and answers 406 where there is none,
//   - ignores match fields that an endpoint does not know, but not when deleting,
//     where that would delete more than was meant,
//   - deletes all versions of an object unless some are named, so that what was
//     deleted is not found afterwards (section 5.7),
//   - answers a page on which nothing is with the instant that was asked after,
//     or the beginning of time, in its headers, so that a client that takes it for
//     its next question misses nothing (section 3.2 demands the headers),
//   - gives the cursor "next" with manifests and versions too, as it takes it
//     there (sections 5.3 and 5.8).
package taxii
