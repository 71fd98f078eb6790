// Package playbooks holds the playbooks that the product ships, in the form of
// CACAO 2.0: the two that Executive Order 14028, section 6, asked for, as the
// agency that it charged published them, in words of our own. They are written
// here and reviewed like code.
//
// Begin with [FS]. A store may hold further playbooks, or newer versions of these.
package playbooks

import "embed"

// FS has the files, at its root.
//
//go:embed *.json
var FS embed.FS
