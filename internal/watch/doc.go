// Package watch prevents what would otherwise be found out by accident: it
// knows on which day each recorded decision ceases to be true, asks the
// question again on that day, and again whenever the ledger learns something
// that concerns it.
//
// Begin with [New] and [Watcher.Run]; [Watcher.CatchUp] does all that is due
// and returns.
//
// # Which decisions are watched
//
// A decision is living when it was asked by the clocks of its day: its date and
// known day are the day on which it was recorded, and it was judged from the
// facts of that moment. A question about a past or a future day, or about an
// old position, was answered once and for all. Of the living decisions with the
// same question (words, purpose and what the asker could see) the newest is
// watched. The audience of its document is no part of the question: when an
// answer has to be kept closer than before, the new decision takes the old one's
// place all the same.
//
// Nothing of this is stored. A new watcher reads the decisions from the ledger,
// newest first, and asks each once, which brings up to date whatever happened
// while nobody watched.
//
// # What wakes a decision
//
// Time: the answer's changes_on, and the day on which something that is held
// already is published, or is superseded by a later edition. Several days that
// were missed are made up for by one question, as of today.
//
// Facts: while a question is answered, the subjects and terms that are looked
// up are noted. A fact that is opened or closed at a later position concerns
// the decisions that looked up its subject or its term, and no others; so a
// name that nobody had when it was asked for wakes its decision when somebody
// comes to bear it. Programmes and policies concern all.
//
// # What is recorded
//
// An answer that differs in verdict, in changes_on, in who is meant, or in its
// reasons: which rules spoke, about which listings in which status or what of a
// release, and which consequences in which state. Words, evidence and positions may differ without
// that. The new decision has the actor "watch", and the audience of its inputs;
// the decision that it replaces is one of them, for a change tells of what was
// before. So the audience only narrows, until somebody asks anew. A decision
// that comes to rest on what fewer may see is recorded for them even if its
// answer stays the same, which counts as no change.
//
// # Several nodes on one store
//
// All of them watch, and none holds a lease. They agree because an answer is
// asked for as of the position of the last change of facts that the asker may
// see, so that equal answers are equal bytes, which the ledger takes once; and because the ledger
// refuses a decision when a fact has changed since it was made
// ([ledger.Edition].MadeFrom). Whoever comes late therefore either appends the
// same bytes, or has read the other's decision before and finds nothing new.
// Only the node whose append made the document tells of the change. Nodes whose
// clocks disagree about the day may, around midnight, record one answer each.
//
// OnChange is told of a change after it is durable, and once: a node that is
// killed in between does not tell of it later. Who must not miss one follows the
// ledger instead, as package notice does: [Living] tells which decisions count,
// [QuestionOf] which of them belong together, and [Same] whether one says
// something new.
package watch
