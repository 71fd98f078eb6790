// Package policies holds the policies that the product ships. Each is a YAML
// file of the form that package policy describes, named after its id, written
// to be read and argued with by people who know the law it cites.
package policies

import "embed"

// FS has one file for each policy.
//
//go:embed *.yaml
var FS embed.FS
