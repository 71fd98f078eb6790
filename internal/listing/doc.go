// Package listing is about programmes (the lists that authorities keep), the
// listings of parties on them, and what follows from a listing and when.
//
// Begin with [Programme], which is data (package programmes), and [Event];
// [Events] makes the events of one listing out of the facts about it, and
// [Programme.Fold] turns them into its [Status] and the states of its
// consequences on a day. Status is never stored: it is folded from events each
// time, so that every day of the past and future has its own.
//
// The room refuses to judge: whether a listing forbids a purchase is for a
// policy to say.
package listing
