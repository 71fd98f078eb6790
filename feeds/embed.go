// Package feeds is the table of the official archives that the product knows
// how to fetch, one YAML file in the form that internal/feed reads. It is
// written here and reviewed like code: an address in it is one that this
// program will ask without being told.
//
// Begin with [FS].
package feeds

import "embed"

// FS has the table, feeds.yaml, at its root.
//
//go:embed *.yaml
var FS embed.FS
