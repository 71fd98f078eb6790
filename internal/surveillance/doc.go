// Package surveillance keeps labels true after they were given: it follows the
// ledger for whatever the rules of their schemes watch for, and appends the
// events that these ask for.
//
// Begin with [New] and [Watcher.Run]; [Watcher.CatchUp] does all that is due and
// returns.
//
// # Concerns
//
// A hundred thousand labels have far fewer makers, laboratories and releases.
// What is watched is therefore not a label but a [Concern], which many labels
// share: a party asked for by a scheme's policy, a release with what it
// contains, a profile with its end. A concern is judged by a [Judge], which
// answers what stands against it now and since when, and of what stood against
// it before, on which day it ceased to.
//
// As in package watch nothing is stored that can be worked out. A new watcher
// judges every concern once; what happened while nobody watched is made up for.
// What each was judged by is noted, so that a fact that changes makes due the
// concerns that looked it up and no others. For releases this would note every
// package of every bill; instead, a [Judge] that keeps an index over bills says
// which releases there may be something against, and which an advisory, a
// catalogue's entry or a statement concerns.
//
// # What is appended
//
// From what stands against its concerns, and from all its events, package label
// tells how a label stands; [React] says which events are missing: warned,
// cleared, suspended, reinstatement_offered, and never one that only a person may
// make ([label.Kind].ByHand). What the events already say is not said again, so
// that doing all of it twice appends nothing, and a node that was killed at any
// point makes up for it at its next start.
//
// A suspension counts from the day on which its cause took effect, however late
// it is told of, but not before the label was given. An offer counts from the day
// of the court's order, the statement or the new catalogue. Where a person gave a
// label back after an offer and the cause returns, it is suspended anew; where a
// person gave it back without one, while the cause stood, that decision holds
// for as long as the cause lasts without a break.
//
// Everything is judged by what the public may see, because a suspension has to be
// explicable in public. A bill of materials that only the maker and the authority
// may see therefore brings no event about; it is for the authority to act.
//
// # Several nodes on one store
//
// All of them watch, and none holds a lease. The ledger refuses events when a
// fact has changed since they were made ([ledger.Edition].MadeFrom), so whoever
// comes second looks again, and finds nothing left to say.
package surveillance
