// Package web holds what the console's pages are made of: templates for
// html/template, one stylesheet, a few ES modules and the mark. It is data; the
// pages themselves are in package console.
//
// Nothing here is generated or fetched from elsewhere, and no template carries
// a script or a style of its own, so that a page's content security policy can
// allow 'self' and nothing else.
package web

import "embed"

// Templates is the folder templates: layout.html, parts.html, answer.html,
// listing.html and match.html, which all pages share, and one file per page.
//
//go:embed templates/*.html
var Templates embed.FS

// Static is the folders that browsers fetch from.
//
//go:embed styles/*.css scripts/*.js images/*.svg
var Static embed.FS
