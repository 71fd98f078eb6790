// Package aliases is the alias packs that the product ships: names of one
// party that no rule derives from each other, as 海康威视 and Hikvision, one YAML
// file for each language, in the form that package pack reads. They are
// written here and reviewed like code; every row names a source, and says
// whether somebody looked it up there or wrote it from memory.
//
// Begin with [FS].
package aliases

import "embed"

// FS has the files, at its root.
//
//go:embed *.yaml
var FS embed.FS
