// Package offline holds the page on which a label is checked without a network:
// one document, one stylesheet, a service worker and a few ES modules. It is
// data; package server serves it below /L/.
//
// The modules are layered. core.js and list.js read and verify what was signed,
// as packages label/core and label/statuslist do; keep.js is what the browser
// remembers; judge.js makes an answer in words out of both and asks nobody;
// check.js puts it on the page. Signatures are verified by the browser's own
// cryptography, and where it has none the page says so.
package offline

import "embed"

// Files has the files, at its root.
//
//go:embed *.html *.css *.js *.svg *.webmanifest
var Files embed.FS
