// Package cverecord reads CVE records (CVE Record Format, versions 5.0 to 5.2),
// as cve.org publishes them: one JSON document a weakness.
//
// Begin with [Recognise] and [Read].
//
// # What is affected
//
// A record names products by vendor and product, and may add CPEs, or a package
// and the collection that has it. Where the collection is one whose packages
// advisories name by ecosystem, the package is stated under that; by its CPEs a
// product is stated once for each. What the numbering authority says (container
// cna) and what others add (adp) is read alike.
//
// A version that no entry speaks of has the product's default status. Authorities
// that leave it out mean "not affected" as a rule, though the format has it mean
// "unknown"; here it is taken as they mean it.
package cverecord
