package osv

import "countersign.dev/internal/advisory/vex/jsondoc"

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes    int // of the document; default 1 GiB
	Unpacked int // bytes of all records of an archive; default 8 GiB
	Ratio    int // unpacked bytes to those of the archive; default 200
	Records  int // default 2,000,000
	Record   int // bytes of one record; default 16 MiB. A larger one is left out
	Warnings int // that are told one by one; default 200
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 1 << 30}, {&l.Unpacked, 8 << 30}, {&l.Ratio, 200}, {&l.Records, 2_000_000}, {&l.Record, 16 << 20}, {&l.Warnings, 200}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// ofRecord is the limits of one record's JSON.
func (l Limits) ofRecord() jsondoc.Limits {
	return jsondoc.Limits{Bytes: l.Record, Depth: maxDepth, Values: maxValues, Text: l.Record}
}

// What one record may have.
const (
	maxDepth      = 32
	maxValues     = 2_000_000
	maxIDs        = 2000 // aliases, related and upstream ids, each
	maxPackages   = 50_000
	maxEvents     = 20_000  // of one package, in all its ranges
	maxVersions   = 200_000 // of one package
	maxName       = 1024    // bytes of a package's name, a repository, a version
	maxReferences = 200
	maxSymbols    = 2000
	maxSummary    = 1000 // bytes
)
