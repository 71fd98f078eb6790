// Package agenda is what a watcher has to do and when: whom a change concerns,
// on which day to look again, and what is waiting its turn. Package watch keeps
// decisions by it, package surveillance what stands against labels.
//
// Begin with [Reads], which notes by what a question was answered and for how
// long the answer can stand. [Index] then tells whom a fact that changed
// concerns, [Calendar] who is to be asked on a day, and [Queue] keeps those that
// are due, each once. A watched thing takes part by embedding an [Entry], in
// which the three keep its place.
//
// Nothing here is safe for concurrent use: it all belongs to one watcher.
package agenda
