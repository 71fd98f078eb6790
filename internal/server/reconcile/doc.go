// Package reconcile is a reconciliation service after version 0.2 of the
// Reconciliation Service API of the W3C Entity Reconciliation Community Group,
// which OpenRefine speaks: a column of names is matched with the entries of
// lists.
//
// Begin with [Handler.Routes]. The package knows that protocol and nothing of
// lists. JSONP, which the specification allows for old browsers, is not
// answered.
package reconcile
