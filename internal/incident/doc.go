// Package incident keeps incidents: what happened, what is known of it, who was
// told, and what is owed to whom by when.
//
// Begin with [Fold], which tells from an incident's events how it stood at an
// instant, [Clocks], which tells what is due, and [View], which keeps the events
// of all incidents at hand. An incident is nothing but its events: documents of
// the ledger that are only ever added.
//
// # Two times
//
// Each event says when it happened and was recorded when it was. What is asked of
// an instant is answered from what had happened by then; what is asked as known on
// a day, from what had been recorded by then. What was recorded wrongly is
// corrected by a further event with a reason. The correction counts for every
// instant, and what was recorded first is still shown.
//
// # Who sees what
//
// An incident belongs to one organisation. Others see it when it is shared with
// them, and then all of its events but those that are kept to fewer. Of an event
// that a reader may not see the reader learns nothing but that a number is taken.
//
// # Clocks
//
// What is owed is data, see package duty/directive. A clock runs from recorded
// facts and from nothing else: when the fact is missing, the clock says which one
// it waits for.
package incident
