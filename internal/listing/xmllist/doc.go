// Package xmllist reads XML documents that are lists: a root with a long row
// of entries, of which one at a time is held in memory. It knows no list; the
// readers of formats say which elements are entries.
//
// Begin with [Root], which tells from a document's beginning what its root is,
// and [Read], which hands each entry over as an [Element].
//
// # What is refused
//
// Documents come from strangers. A document type declaration is refused
// whatever it holds, since none of the lists has one and entities that swell or
// point to other files are declared there. So are documents that are nested too
// deep or have too many elements, and texts that are too long. An encoding that
// is declared and is not that of the bytes is an error that names the line, as
// is anything after the root's end, or an end that comes too early.
//
// Texts come with white space made single, since lists break lines where the
// page was full.
package xmllist
