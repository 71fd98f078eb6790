// Package impact goes from a thing to whom it concerns: from a package, a
// version or a weakness to the releases that contain it, and from a release to
// the weaknesses of what it contains, over a portfolio of a hundred thousand
// bills of materials.
//
// Begin with [Index], a view that follows the ledger. It keeps for every
// component the releases that contain it and the advisories that concern it, in
// both directions and by what changed: a new bill is looked at for the
// components that nobody had before, and a new advisory only for the components
// that it could be about. [Scan] does the same work without any index; that
// both say the same, to the byte, is what the index is tested by.
//
// Questions about now are answered from memory. Those about another moment are
// answered from the same lists of components, which are kept for as long as
// the index is, and from advisories as the ledger tells them for that
// moment.
//
// What an index knows can be kept in a file from one process to the next, see
// [Keeping]: a saving of time that is thrown away at the least doubt.
package impact
