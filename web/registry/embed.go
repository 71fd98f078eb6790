// Package registry holds what the pages about labels are made of: templates for
// html/template and one stylesheet. It is data; the pages themselves are in
// package server/registry.
//
// The pages have no scripts at all, and nothing in them comes from elsewhere: a
// person in a shop opens them on whatever phone they have.
package registry

import "embed"

// Files has layout.html and parts.html, which all pages share, one file per
// page, and registry.css.
//
//go:embed *.html *.css
var Files embed.FS
