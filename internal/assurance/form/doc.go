// Package form reads documents that are trees of named values, JSON from others
// or YAML and JSON in forms of our own, so that whatever is said about a value
// can name its line and its place.
//
// Begin with [JSON] or [Any], which give the [Node] at the top, and take its
// members out with a [Reader], which gathers complaints instead of stopping at
// the first. Whether a complaint is a warning or the end is for the format to
// say.
//
// Names that occur twice in one mapping are refused, since two programs would
// read two things from them (RFC 8259, section 4), and so are text that is not
// UTF-8, a second document, and the anchors and aliases of YAML, by which a
// small file can stand for an enormous one.
package form
