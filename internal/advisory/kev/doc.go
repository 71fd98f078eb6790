// Package kev reads the catalogue of Known Exploited Vulnerabilities of the US
// Cybersecurity and Infrastructure Security Agency, in JSON: which weaknesses
// are known to be exploited, and by which day federal agencies must have acted
// (Binding Operational Directives 22-01 and 26-04).
//
// Begin with [Recognise] and [Read]. All forms since 2021 are read: those
// without the ransomware flag and the CWEs too, and fields that came later are
// passed over.
package kev
