// Package catalogues holds the catalogues of criteria that the product ships,
// and the profiles that pick from them. Each is a YAML file named after its id,
// in our own words, with the marks of how sure its lines are, written to be read
// and argued with by people who know the publication. The text of a standard
// whose owner keeps its rights is not in them.
//
// Package catalogue describes their form. Those named sbom-* say what a bill of
// materials should have; package quality reads them too and tests bills by them.
package catalogues

import "embed"

// FS has one file for each catalogue at its root, and one for each profile in
// the folder profiles.
//
//go:embed *.yaml profiles/*.yaml
var FS embed.FS
