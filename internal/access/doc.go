// Package access knows who asks and what they may see: organisations, their
// members with roles, API tokens, sessions, and the [Audience] of documents.
//
// Begin with [Ask], which every read of the ledger carries, and [Audience],
// which every document has; [Store] keeps the members. The room refuses to
// decide anything about a document's content; it only answers whether a reader
// is inside an audience.
//
// # Secrets
//
// Tokens, session cookies and set-up codes are 256 random bits; the store has
// their SHA-256. Passwords are kept as argon2id. A secret is shown once, when
// it is made, and [Secret] keeps it out of logs. Cookies and the tokens of
// forms are the HTTP door's: it derives the latter from the session's secret,
// so nothing of them is stored.
package access
