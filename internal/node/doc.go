// Package node is one running countersign: it opens a store with its ledger,
// sees to it that the programmes and policies the product ships are in it, and
// offers the same questions to every door.
//
// Begin with [Open] and [Node.Check]. The room holds no rules of its own: it
// only brings the rooms below together.
package node
