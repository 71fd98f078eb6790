// Package advisory is the room of weaknesses: what is published about them,
// which versions of which packages they concern, what makers and analysts say
// of their products (VEX), which are known to be exploited and how likely that
// is, and how all of that applies to a component of a release.
//
// Begin with [Record] and [Affected], which readers make, [Affected.Judge],
// which says whether a version is concerned, and [VEX].
//
// Answers are three-valued. A version that cannot be read, or an ecosystem
// that no advisory source is held for, gives [Unknown], which is shown and
// never dropped.
package advisory
