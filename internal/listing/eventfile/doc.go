// Package eventfile reads event files: hand-written YAML that tells the life of
// a party's listings act by act, with date, authority and source of each, and
// who claims what about it.
//
// Begin with [Recognise] and [Read].
//
// # Format
//
//	countersign: events/v1
//	id: acme-1237               # the series' name: newer versions replace older ones
//	published: 2026-11-01       # of this file
//	party:
//	  id: acme
//	  name: Acme Corporation
//	  kind: organisation        # or person, vessel, aircraft
//	  names: [{name: 顶点, quality: alias}]
//	  identifiers: [{scheme: isin, value: XX0000000000, country: China}]
//	  details: [{name: country, value: China}]
//	  links: [{relation: parent, to: other-id, name: Other Ltd}]
//	listings:
//	  - programme: us-dod-1237
//	    id: us-dod-1237:acme-corporation
//	    name: Acme Corporation  # as listed
//	    note: why, in the authority's words or ours
//	    events:
//	      - kind: designated    # see listing.EventKind
//	        date: 2021-01-14    # first day of effect
//	        published: 2021-01-14
//	        what: …
//	        authority: …
//	        citation: …
//	        source: https://…
//	        successor: us-dod-1237:other   # respelled only, and needed there
//	        consequences: [{kind: purchase, from: 2021-03-15, to: …, wind_down: …, ended: true, what: …}]
//	claims:
//	  - {issuer: …, date: 2021-01-29, text: …, source: https://…, stance: denies, about: us-dod-1237:acme-corporation}
//
// Only id, published, party id and name, at least one listing with programme,
// id, name and one event, and kind and date of each event are needed; of a
// claim issuer, date, text and source. What is not known here is an error.
// Aliases and anchors of YAML are refused.
//
// # Statements
//
// Events and claims are published on their own days. Entry, names, identifiers,
// details and links have none, and count as published with the earliest event
// of the file, so that a question about an early day finds the party. Every
// listing gets all the names; identifiers, details, links and claims are stated
// of the first.
package eventfile
