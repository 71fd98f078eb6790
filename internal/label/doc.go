// Package label keeps security labels of products: the schemes under which they
// are given, the applications for them, and what became of each.
//
// Begin with [Fold], which tells from a label's events how it stood on a day,
// and [View], which keeps the events of all labels at hand. A label is nothing
// but its events: documents of the ledger, each naming the one before it.
//
// # Two courses of events
//
// What happens to a label as a whole (applied, assessed, issued, withdrawn,
// revoked, superseded) happens once and in order. Beside that, any number of
// grounds can stand against it at once: its maker was put on a list, a component
// is being exploited, a test was failed. A label is suspended while one ground
// is open, and each ground ends on its own: on the day of the court's order that
// stayed the listing, say, even when that day is told of later. So the answer for
// a past day, by what is known today, may differ from what was said on that day;
// both can be asked for.
//
// # What is public
//
// Applications are between the maker, the laboratory and the authority. From the
// event on by which it is issued, a label's events are public, each naming the
// public one before it; of the confidential ones they tell nothing but the number.
//
// The package judges nothing. Who finds that a ground exists, and who assesses,
// are others; it only knows which events may follow which, and who may make them.
package label
