// Package software is the room of what is run: releases of products, the
// components that a bill of materials says they contain, and how these depend
// on one another.
//
// Begin with [Bill], which is what a reader of a format makes of an SBOM, and
// [Statements], which makes of a bill what the ledger keeps: the [Release],
// the words it is found by, the [Contents] that portfolios are indexed by, and
// the whole bill, packed.
//
// The readers stand below, one package a format; they give bills and know
// neither ledger nor advisories. Which advisories concern a component is for
// package advisory, which uses this one.
package software
