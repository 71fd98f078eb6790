// Package quality says how good a bill of materials is: which of the minimum
// elements of published catalogues it has, for how many of its components;
// whether its structure holds together; how old it is; and how much of it can
// be matched with advisories at all.
//
// Begin with [Shipped], which reads the catalogues that come with the product,
// and [Assess], which gives a [Report].
//
// # What it does not say
//
// There is no overall mark and no pass. Of 68,835 packages in 307 bills of
// popular containers not one names a supplier, so that a gate on "all elements
// present" would refuse everything. Each part has a [Grade] and its numbers, and
// a policy chooses what it insists on.
//
// An element that a bill alone cannot show, as how it is delivered, is
// [NotTested] and says why; it counts for nothing and against nothing.
//
// # Catalogues
//
// A catalogue is a YAML file: catalogue/v1, then what it is (catalogue, title,
// version, state, source and notes on licence, life cycle, ids and
// verification), then its controls. A control has id, kind, title, statement,
// clause, status (required, additional, optional), applicability (document or
// component) and parent. One that is no group has a check, named in this
// package, with its arguments under with, and says under mend what to do; or it
// says under untested why no check is made.
package quality
