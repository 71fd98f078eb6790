// Package nametext takes apart what authorities write into one text: several
// values in one cell, names with their spelling in another script, acronyms
// and variants in brackets, remarks that are no part of a name.
//
// Begin with [Items], which splits a cell, and [Names], which makes names of
// one item. They leave alone what they are not sure of: a name kept with its
// bracket is found by its words all the same, one that was cut wrongly is not.
package nametext
