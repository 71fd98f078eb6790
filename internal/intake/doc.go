// Package intake turns files into editions: it opens them, recognises what they
// are, and hands each to the reader of its format. It knows every reader, by a
// table ([formats]), and nothing of their formats.
//
// Begin with [Open], which takes compressed files under limits, and [Read].
//
// It writes nothing. What is wrong with one edition does not touch another;
// within an edition one broken file keeps all out.
package intake
