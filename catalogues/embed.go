// Package catalogues holds the catalogues of criteria that the product ships.
// Each is a YAML file named after its id, in our own words, with the clause of
// each element, written to be read and argued with by people who know the
// publication.
//
// Those named sbom-* say what a bill of materials should have; package quality
// reads them and describes their form.
package catalogues

import "embed"

// FS has one file for each catalogue.
//
//go:embed *.yaml
var FS embed.FS
