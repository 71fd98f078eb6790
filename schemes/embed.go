// Package schemes holds the labelling schemes that the product ships: who gives
// a mark, by which criteria, for how long, and what makes it stop. Each is a
// YAML file named after its id, written to be read and argued with; package
// label describes the form. An authority imports its own.
package schemes

import "embed"

// FS has one file for each scheme.
//
//go:embed *.yaml
var FS embed.FS
