// Package programmes is the programmes that the product ships: one YAML file
// for each list, named after its id, in the form that package listing reads.
// They are written here and reviewed like code; every consequence cites the
// rule that it comes from.
//
// Begin with [FS]. A store may hold further programmes, or newer versions of
// these.
package programmes

import "embed"

// FS has the files, at its root.
//
//go:embed *.yaml
var FS embed.FS
