// Package concern goes from a thing to whom it concerns, and keeps the way as
// evidence: from a malware to its indicators, to where these were sighted, to
// the machine, to the system, to the organisation that has to know.
//
// Begin with [Walk], which is given what leads on by one or more [Source], and
// with [Step], of which ways are made. [Shared] is the source for what is shared
// as STIX; what an inventory and bills of materials tell is somebody else's.
//
// # What is followed
//
// Steps lead from whoever acts to what they act with, from there to the traces
// that it leaves and the weaknesses that it uses, and from these to systems:
// [Rules] has them all. A way never leads back up. That a malware and a system's
// intruder are of one group makes the system no concern of the malware; and a
// technique (attack-pattern) that half of all malware uses concerns nobody.
// A relationship that only says that two things are related is not followed.
//
// # What it rests on
//
// A source answers for one reader at one moment, and gives a step only where
// that reader may see both of its ends and what it rests on. The walk itself
// therefore knows nothing of readers: through what one may not see, there is no
// way.
package concern
