// Package ssdf reads the Secure Software Development Attestation common form of
// the US Cybersecurity and Infrastructure Security Agency as data: which
// practices of NIST SP 800-218 a producer of software says that it follows, for
// which products, and who binds the company to it.
//
// Begin with [Read], which gives a [Form] from YAML or JSON, or names everything
// that is missing or contradicts itself, each with its place. [Form.Statement]
// is the in-toto statement that is signed, [FromStatement] reads it back, and
// [Reading] is what the ledger keeps. [RequiredOn] tells when agencies had to
// ask for the form.
//
// # Format
//
//	countersign: ssdf-form/v1
//	id: harrow-payroll-5          # names the series: a revised form replaces the earlier one
//	submission: new               # or extension_or_waiver, revised
//	scope: product                # or company_wide, products, versions
//	products:                     # none when company_wide
//	  - {name: Payroll Suite, version: 5.4.0, released: 2025-10-01, purl: pkg:generic/harrow/payroll-suite@5.4.0, digests: [sha256:…]}
//	producer: {name: Harrow Ltd, address: …, website: https://…, organisation: harrow}
//	contact: {name: …, title: …, address: …, phone: …, email: …}
//	statements:                   # each of them, by its number on the form
//	  1: yes                      # or no, or a mapping
//	  1.d: {answer: plan_of_action, note: …, plan: {mitigations: …, milestones: [{what: …, by: 2026-03-01}]}}
//	notify: true                  # the producer tells the agencies when a practice ceases
//	signature: {name: …, title: …, capacity: ceo, date: 2025-10-14}   # or capacity: designee
//	third_party: {name: …, basis: fedramp, date: 2025-10-10, report: sha256:…}  # instead of, or beside, the signature; or basis: agency, approved_by: …
//	attachments: [{title: …, description: …, digest: sha256:…}]
//
// Unknown fields are errors. The words of the form's statements are in the
// catalogue cisa-ssda-common-form.
package ssdf
