// Package demo is what a demonstration begins with: histories that were
// written by hand, each act with its date, authority and source. They tell how
// the list under section 1237 treated Xiaomi and Luokung, and Huawei and SMIC
// for contrast; and who held Xiaomi by the account of its complaint.
//
// Begin with [FS]. What the histories say of the world is public and cited;
// nothing in them is invented, and what could not be verified is left out or
// said to be so.
package demo

import "embed"

// FS has the event files under events/, and tables of who owns what in whom
// under ownership/.
//
//go:embed events/*.yaml ownership/*.csv
var FS embed.FS
