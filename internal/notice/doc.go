// Package notice tells people and machines of decisions that changed: by a
// signed webhook, by e-mail, and in a feed.
//
// Begin with [Book], which keeps the watches, and [Teller.Run], which follows
// the ledger and sends. What a message says is a [Message].
//
// # What is watched
//
// A watch is a subject and a purpose that a member wants to be told of, or a
// system, which stands for all releases that run in it. Each is bound to
// questions (see [watch.Question]) asked by what that member could see, and is
// told when a living decision on one of them says something other than the one
// before. Package watch makes these decisions; a person who asks just after
// facts changed may make one as well, and is no reason to stay silent.
//
// # What is promised
//
// Changes are read from the ledger and not from whoever made them, so that a
// node may be killed at any moment: the position up to which the ledger was read
// moves in the transaction that notes what has to go out. From then on a message
// is sent at least once. It is tried again, ever more seldom (see [Backoff]),
// until it was taken or is given up after [MaxAttempts]; its state can be seen
// all the time. A message sent twice has the same id both times, which is the
// digest of the decision, so that a receiver can tell. Messages may overtake one
// another; each says the position of its decision.
//
// Of several nodes on one store each sends what it leases. A lease outlasts the
// time that an attempt may take, and ends by itself.
//
// # Who is told
//
// Who may see the decision, on the day it is sent: membership that ended ends
// what is told. Whoever joined another organisation since is still told only
// from what the watch was made with, for a webhook or address may be another's.
//
// # Where messages may go
//
// Webhooks go to https addresses of the public internet and follow no
// redirects: whoever may watch must not be able to make the node talk to
// machines beside it. [Guard] says which addresses that excludes, and looks at
// the one that is connected to, not at what its name resolved to before.
package notice
