// Package cli is the command line: it reads what was typed, asks the node, and
// prints what came back.
//
// Begin with [Program], which main fills from its process and tests from
// whatever they like. Commands decide nothing about parties, lists or
// documents; they only know how to ask and how to say it.
//
// Results go to standard output and everything else to standard error, in the
// forms that print.go describes. The JSON that commands print is stable and in
// snake_case; the text is for people and may change.
package cli
