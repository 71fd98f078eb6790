// Package watchlist keeps the names that an organisation wants to be told of,
// and tells it what each new edition of a list, and each new day, changes about
// them.
//
// Begin with [Book], which keeps the lists, and [Runner.Run], which screens one
// list again and gives a [Report] of what changed since it did so last.
//
// # What is kept
//
// A watch list is a document of the ledger: the CSV file as it was handed in,
// in the form that a batch has. An [Act] puts it in force under a name, or takes
// the name out of force with a reason; the newest act on a name counts. Nothing
// is deleted. A run is a document too, its report: that a list was screened, as
// of when and by which engine, is worth proof even when nothing had changed. The
// moment of the newest report is where the next run begins; no result is stored.
//
// # Whom a list sees
//
// A list is screened against what everybody in its audience may see, and its
// reports have its audience. So what one of an organisation's members is told
// every other could have found; and a list for everybody finds nothing in
// documents that are not.
//
// # Cost follows change
//
// The answer of a name can only change through a subject that it finds, before
// or after. A run therefore asks the ledger whose facts were opened or closed
// between the two moments, or ripened with the days that passed, or have an
// event on one of those days, or are on a programme whose rules changed; builds a
// small index over the names of those alone, old and new; and looks each watched
// name up in it. The few that find something there, or share an identifier, are
// screened at both moments and compared. The rest cannot have changed. When the
// engine has changed, or there was no run before, every name is screened once,
// and all that is found is told as new.
//
// The report is the difference of two full screenings, see
// TestReportIsTheDifference.
//
// # Several nodes on one store
//
// A run is as of the last change of facts that the list's audience may see, so
// that nodes which run at once come to equal bytes, which the ledger takes
// once. A report made from facts that changed meanwhile is refused and made
// anew.
package watchlist
