// Package server is the HTTP door: the JSON API under /api/v1/, the public log
// under /log/, health and metrics, and the way in for the console's pages.
//
// Begin with [New], which takes a [Node] to ask and [Options], and
// [Server.Serve], which answers on a listener until its context ends and then
// lets the requests in hand finish.
//
// Every request passes the same few stations, in this order: it gets an id, a
// time limit and a body limit; its credentials are turned into an
// [access.Reader]; its client's rate is checked; a state change that a browser
// carries a cookie for must come from our own pages. What follows sees the
// result through [ReaderOf], [RequestID] and [FormToken]. Afterwards one line
// is logged and counted.
//
// Errors under /api/ are problem documents (RFC 9457), all of them: those of
// handlers, of validation, of unknown paths and methods, of limits and of
// panics. Kinds of errors and their statuses are those of package problem.
//
// The door decides nothing about a supplier and holds no state but rate
// counters; two servers on one store are as good as one.
package server
