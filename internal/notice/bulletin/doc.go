// Package bulletin tells organisations that something concerns them, and keeps
// who was told what, by which way, and who has read it.
//
// Begin with [Bulletin], which is one act of telling, and [Letter], which is what
// one organisation gets of it. [Book] keeps how organisations are reached and
// how deliveries stand; [Post] sends.
//
// # What is kept
//
// A bulletin is a document of the ledger, for whoever tells. It holds every
// letter whole, made when it was told, with nothing in it that its organisation
// may not see. In the transaction that appends it, a delivery is put into the
// outbox for each letter and each way by which its organisation is reached; so
// either nobody was told or everybody is. The first way is the ledger itself: the
// letter becomes a document of its own, which the members of its organisation
// see. An [Acknowledgement] is another, which both sides see. None of them is
// ever changed.
//
// # What is promised
//
// Each way is tried until it was taken, or is given up, see package outbox. What
// is sent twice has the same id both times. A letter that became a document is
// one document, however often that was tried.
//
// # Who acknowledges
//
// A member of the organisation, by name; or whoever got the message, by a link
// that was sent with it and that nobody can make who has not the node's key. To
// open the link acknowledges nothing: programs that look through mail open links.
package bulletin
