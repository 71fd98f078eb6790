// Package spdx reads and writes bills of materials in the formats of the System
// Package Data Exchange (SPDX): versions 2.1 to 2.3 as JSON, tag-value and YAML,
// and 3.0 as JSON-LD. It finds those in JSON also inside an in-toto statement,
// plain, in a DSSE envelope or in a Sigstore bundle.
//
// Begin with [Recognise], [Read] and [Write]. Sections that comments name are
// those of SPDX 2.3, where they do not say otherwise.
//
// # What becomes of a document
//
// Packages are components. Files and snippets are not: most bytes of a
// container's bill are about files, and no question that is asked of a bill
// needs them. Their ids are looked at only to tell a relation to a file, which
// is left out, from one to nothing at all, which is reported. The one exception
// is a file that is all that the document describes: it is the release.
//
// The release, the bill's root, is what the document describes, if that is one
// thing. Tools that describe each package, or only the document itself, leave
// the release to be named by the document. The digest of the one subject of a
// statement is a digest of the release.
//
// NOASSERTION and NONE are what SPDX says for nothing; both are left out. So are
// mail addresses. A package's originator is its maker, and also its author if it
// is a person.
//
// # Relations
//
// Those that mean a dependency are turned so that they lead from who needs to
// what is needed, and those that mean a part from the whole to the part; see
// [meanings]. A component that is needed only for making or testing others has
// the scope "excluded". All other relations keep their direction, and their name
// in lower case is the kind of the edge. Relations to elements of other
// documents become links.
//
// # Broken documents
//
// What is not well-formed in its encoding, or says no version of SPDX, is
// refused with the place. A single value that is not what SPDX has there is
// left out and reported, with its place, in the bill's Broken.
package spdx
