// Package cyclonedx reads and writes bills of materials in CycloneDX: versions
// 1.0 to 1.7 in JSON and XML, of software and of hardware, and what they say
// of vulnerabilities.
//
// Begin with [Recognise], [Read] and [Write].
//
// # Reading
//
// A document is walked through once, and only what a [software.Bill] has a
// place for is kept of it. Components that are nested in one another become
// one list with parents; services are components of type "service". Pedigree is
// passed over, and so is evidence but for licences and copyright where nobody
// declares any: they say what a component once was, and how somebody came to
// think what the component itself says.
//
// Documents come from strangers, and generators have faults. A part that is
// not as the specification has it is left out and told of in
// [software.Bill.Broken] with its place, and the rest is used. So is a
// component whose bom-ref an earlier one has (it gets one of its own, the
// relations stay with the first), and a relation to what the bill does not
// list. Only what is no JSON or XML, is cut off, is in no text encoding that is
// read, is larger than the [Limits] or is not CycloneDX 1.x is an error; it
// names the byte, or the line.
//
// What a generator says of the source package that a package was built from is
// read from the properties that syft and trivy write, or from the "upstream"
// qualifier of the purl; the end of support from the properties
// "cdx:lifecycle:milestone:endOfLife" and "…:endOfSupport" of the CycloneDX
// taxonomy.
//
// A bill that is the predicate of an in-toto statement, as it is or in a DSSE
// envelope or a Sigstore bundle, is taken out of it. The signature is not
// verified here.
//
// # Writing
//
// [Write] gives CycloneDX 1.6 in JSON. Relations of other kinds than "depends
// on", "provides" and "contains", and those to what is in something else
// already, stand in properties "countersign:relation", as "variant_of REF". What
// the format has no place for is left out: digests by algorithms that it does
// not know.
package cyclonedx
