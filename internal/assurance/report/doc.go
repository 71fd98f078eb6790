// Package report reads what laboratories and makers write down about a product
// and a catalogue of criteria: a laboratory's test report, with a verdict for
// each control, and a maker's implementation conformance statement (ICS), with
// what it claims to support and how.
//
// Begin with [Read] for a report and [ReadICS] for a statement; [Reading] and
// [ICS.Reading] are what the ledger keeps. Verdicts and methods are in the words
// of ETSI TS 103 701. Nothing is decided here: whether a laboratory's word
// counts, and for how long, is for an assessment to say.
//
// # Test reports
//
//	countersign: test-report/v1
//	id: L-2026-0042
//	issued: 2026-05-04
//	valid_until: 2028-05-04       # first day on which it no longer is; may be left out
//	laboratory:
//	  name: North Test Laboratory
//	  organisation: north-lab     # its id here
//	  accreditation: {body: UKAS, number: "1234", valid_until: 2027-01-01}
//	product:
//	  name: Lumen Cam 2
//	  maker: Lumen
//	  version: 2.4.1
//	  purl: pkg:generic/lumen/cam2@2.4.1
//	  digests: [sha256:…]         # of the release that was tested; at least one
//	catalogue: etsi-en-303-645    # id, and edition as the laboratory has it
//	edition: V3.1.3
//	results:
//	  - {control: 5.1-1, verdict: pass, methods: [conceptual, functional], date: 2026-04-20, note: …}
//	  - {control: 5.1-2, verdict: not_applicable, note: no passwords before first use}
//
// A verdict is pass, fail, not_applicable or inconclusive. The first two need a
// method, the others a note that says why: what does not apply is never told by
// silence.
//
// # Implementation conformance statements
//
// A table with the columns provision, support (Y, N or N/A) and, where wanted,
// detail, reference, release (digest or purl; an empty cell goes on with the one
// above) and catalogue. Rows that cannot be read are passed over with a warning:
// what is not said of a provision leaves it unknown.
package report
