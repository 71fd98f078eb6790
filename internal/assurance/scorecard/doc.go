// Package scorecard reads results of OpenSSF Scorecard: what a tool found of how
// a repository is kept, check by check. Both its forms are read, JSON (versions
// 4 and 5, option --format json) and the in-toto statement (version 5, --format
// intoto).
//
// Begin with [Read], which gives a [Result]; [Result.Check] is one check of it,
// and [Reading] what the ledger keeps.
//
// # How not to use it
//
// Never gate on the sum alone. It is an average by risk over whichever checks
// ran, so it moves when the tool's weights or its access to the repository
// change, and a repository with a dangerous workflow can have a better one than
// a repository without a licence file. Ask for the checks that matter, each with
// a score, and for a date: a result says nothing of later commits. A check that
// came to no result is neither good nor bad.
package scorecard
