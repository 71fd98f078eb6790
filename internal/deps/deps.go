// Package deps is the list of modules that the program may import, with the
// reason for each. A test compares it with what is imported, and looks at the
// licences of everything that ends up in the binary.
//
// A module comes onto the list when something needs it now that is larger to
// write, or more dangerous to get wrong, than to depend on. Modules that only
// tests import are not on it.
package deps

// Module is one module that packages of this one import.
type Module struct {
	Path    string
	Licence Licence
	Why     string
}

// Licence is a licence as the SPDX list names it.
type Licence string

// The licences that allow to ship what is under them in a binary under
// Apache-2.0 with no more than a notice.
const (
	Apache2 Licence = "Apache-2.0"
	BSD2    Licence = "BSD-2-Clause"
	BSD3    Licence = "BSD-3-Clause"
	MIT     Licence = "MIT"
	ISC     Licence = "ISC"
)

// Allowed is every module that packages of the binary import themselves.
var Allowed = []Module{
	{"cel.dev/cel-go", Apache2, "the expressions of policies: typed, bounded, without loops or side effects"},
	{"codeberg.org/go-pdf/fpdf", MIT, "pages of PDF with embedded fonts, for labels to print"},
	{"github.com/danielgtaylor/huma/v2", MIT, "OpenAPI 3.1 and validation of requests from the types of handlers"},
	{"github.com/dlclark/regexp2", MIT, "regular expressions as Perl writes them, which STIX patterns are allowed, with a limit on time"},
	{"github.com/fxamacker/cbor/v2", MIT, "deterministic CBOR, and a strict reader of it, for what a label's QR code holds"},
	{"github.com/github/go-spdx/v2", MIT, "the SPDX list of licences and exceptions, which grows with each release"},
	{"github.com/go-json-experiment/json", BSD3, "a JSON tokeniser that checks as it goes and tells the place, at hundreds of megabytes a second, for SBOMs of hundreds of megabytes"},
	{"github.com/jackc/pgx/v5", MIT, "the driver for PostgreSQL, with COPY and notifications"},
	{"github.com/klauspost/compress", BSD3, "zstd, in which bodies of documents and backups are kept"},
	{"github.com/mozillazg/go-pinyin", MIT, "how each Chinese character is read; a table of 42,000 lines that others keep"},
	{"github.com/pandatix/go-cvss", MIT, "scores of CVSS vectors of every version; 4.0 interpolates in a table of 270"},
	{"github.com/pressly/goose/v3", MIT, "numbered migrations of the schema on both engines"},
	{"github.com/prometheus/client_golang", Apache2, "metrics in the form that is scraped"},
	{"github.com/schollz/progressbar/v3", MIT, "progress of long commands on a terminal"},
	{"github.com/secure-systems-lab/go-securesystemslib", MIT, "DSSE envelopes, in which statements and attestations are signed"},
	{"github.com/sigstore/sigstore", Apache2, "the ways of signing with a key that Sigstore's bundles know"},
	{"github.com/sigstore/sigstore-go", Apache2, "Sigstore bundles, verified offline: certificates, certificate logs, Rekor 1 and 2, timestamps"},
	{"github.com/smallstep/pkcs7", MIT, "CMS signatures of usage descriptions (RFC 8520); the maintained fork of Mozilla's, with tagged releases: digitorus/pkcs7 asks for a newer Go"},
	{"github.com/spf13/cobra", Apache2, "commands, flags, help and shell completion"},
	{"github.com/spf13/pflag", BSD3, "the flag types of cobra, for flags of our own types"},
	{"go.yaml.in/yaml/v3", MIT, "policies, programmes and event files, with the line of each error"},
	{"golang.org/x/crypto", BSD3, "Argon2id, for passwords"},
	{"golang.org/x/image", BSD3, "outlines of letters, the Go fonts, and a rasteriser of curves, for labels as pictures"},
	{"golang.org/x/mod", BSD3, "Merkle trees and signed notes, as in Go's checksum database"},
	{"golang.org/x/net", BSD3, "which proxy an address is asked through, by the variables that every tool reads; the list of public suffixes, below which names have many owners"},
	{"golang.org/x/term", BSD3, "whether a person is there, how wide the screen is, passwords without echo"},
	{"golang.org/x/text", BSD3, "Unicode normalisation and folding of names, and widths of characters"},
	{"golang.org/x/time", BSD3, "token buckets for the rates of clients"},
	{"modernc.org/sqlite", BSD3, "SQLite without cgo, so that the binary is static"},
	{"rsc.io/qr", BSD3, "the bits of a QR code under each of its masks, and their error correction, for labels"},
}

// fit is the licences that may be in the binary at all.
var fit = []Licence{Apache2, BSD2, BSD3, MIT, ISC}
