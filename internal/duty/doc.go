// Package duty works out when something falls due: a prohibition that begins
// sixty days after a designation, a report owed within 72 hours of becoming
// aware, a remedy owed within ten business days.
//
// Begin with [Rule], which has a written form ([ParseRule]), and [Due], which
// answers for a day, or [DueAt], which answers for an instant. Both are pure:
// the same rule, events, calendar and moment give the same [Result], in any
// order of the events. Nothing here reads a clock.
//
// # How time is counted
//
// The day of the event is not counted, the last day is: ten days after the
// 1st is the 11th. Business days are those on which the [Calendar] is open.
// A period of months or years ends on the day of the same number, or on the
// last day of a month that has no such day. Hours are elapsed hours, whatever
// the clocks of the zone do meanwhile. An hour of the day is read in the
// rule's zone, from time zone data that is compiled in. These are the rules of
// Fed. R. Civ. P. 6(a)(1) and (2) and of Regulation (EEC, Euratom) 1182/71
// art. 3, except that a day on which the calendar is closed moves a due day
// only where the rule says so, see [Roll].
//
// The package does not know what its events mean, nor what follows when
// something is due.
package duty
