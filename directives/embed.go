// Package directives holds the directives that the product ships: what laws,
// rules and orders ask of whom, by when. Each is a YAML file of the form that
// package duty/directive describes, named after its id, written to be read and
// argued with by people who know the law that it cites.
package directives

import "embed"

// FS has one file for each directive, in a folder for each field of law.
//
//go:embed incident/*.yaml network/*.yaml
var FS embed.FS
