// Package ledger keeps documents for good. Each gets the next position and a
// leaf in an append-only Merkle log (RFC 6962 hashing, C2SP tlog-tiles and
// tlog-checkpoint forms); the facts taken from it are written in the same
// transaction.
//
// Begin with [Ledger.Append], which takes an edition, [Statement], which is
// what readers make of it, and [Fact], which is what every question is
// answered from. The room does not know what its documents mean.
package ledger
