// Package access knows who asks and what they may see: organisations, their
// members with roles, API tokens, sessions, and the [Audience] of documents.
//
// Begin with [Ask], which every read of the ledger carries, and [Audience],
// which every document has. The room refuses to decide anything about a
// document's content; it only answers whether a reader is inside an audience.
package access
