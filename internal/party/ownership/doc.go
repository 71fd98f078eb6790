// Package ownership works out who is reached by the listings of its owners:
// OFAC's 50 percent rule, and the Affiliates Rule of the Bureau of Industry and
// Security, which counts the same way over other lists.
//
// Begin with [Solve], which takes a [Graph] of parties and the interests they
// hold in each other and gives a [Solution]; [Solution.Finding] tells of one
// party whether it is reached, by which stakes, and where that is open, which
// stake would decide it. The package is pure: it reads no ledger, knows no day
// and resolves no names. Who is listed on the day, and which interests hold
// on it, is for the caller.
//
// # The rule
//
// OFAC's guidance of 13 August 2014 ("Revised Guidance on Entities Owned by
// Persons Whose Property and Interests in Property Are Blocked") with FAQ 398
// to 402: an entity is blocked when blocked persons own 50 percent or more of
// it, individually or in the aggregate, directly or indirectly.
//
//   - Indirectly means by way of entities that are blocked themselves. So the
//     stakes that count for an entity are the direct ones, each whole, of
//     holders that are listed or reached already. Nothing is multiplied along
//     a chain (FAQ 401): half of a half blocks.
//   - Stakes of holders that are listed for different reasons add up (FAQ 399).
//   - The set of blocked entities is the least one that satisfies this, so that
//     two companies which hold each other do not block one another.
//   - The rule speaks of ownership and not of control (FAQ 398, 400). Votes,
//     board seats and contracts block nothing; they raise a flag, because OFAC
//     urges caution with whoever a blocked person controls.
//
// An interest for which the source states votes or control and is silent about
// capital is no ownership as far as it is stated. One of which nothing is
// stated but that it exists is of an unknown share.
//
// The Affiliates Rule (90 FR 47201, 15 CFR 744.11, 744.16, 744.21 and 744.8)
// reaches what those on its lists own by 50 percent or more in the same way; a
// smaller share of theirs is a red flag.
//
// # What is not known
//
// A stake is a range. The fixed point is computed twice, with every stake at
// its least and at its most: who is in both sets is blocked, who is in neither
// is not, and of whoever is only in the second it is undetermined. The same
// holds of parties that may be listed, and of those whose own owners were not
// all looked at.
//
// Two sources that state one holder's stake in one party are two claims about
// one thing: their stakes are not added, and the range runs from the least to
// the most that any of them says. What one source states of one holder in
// several rows are lots, which add up.
package ownership
