// Package opensanctions answers the requests of clients that were written for
// the OpenSanctions API and its server yente: matching by example, search,
// entities, catalogue and algorithms.
//
// Begin with [Handler.Routes]. The package knows that wire format and nothing
// of lists: it turns an example into a name to be screened and a match into an
// entity, and takes everything else from a small interface. What a parameter
// asks for that this node cannot do it refuses, rather than to answer another
// question.
//
// The scores are those of package screening: they are comparable with its
// published threshold, and not with those of another server.
package opensanctions
