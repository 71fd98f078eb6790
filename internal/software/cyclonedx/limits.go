package cyclonedx

import "cmp"

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes      int // of the document; default 512 MiB
	Components int // services included; default 2,000,000
	Relations  int // default 20,000,000
	Weaknesses int // default 500,000
	Depth      int // of nested objects or elements; default 500
	Field      int // bytes of one text; default 256 KiB. A longer one is left out
	Broken     int // parts that are told of one by one; default 500
}

func (l Limits) orDefault() Limits {
	return Limits{
		Bytes:      cmp.Or(max(l.Bytes, 0), 512<<20),
		Components: cmp.Or(max(l.Components, 0), 2_000_000),
		Relations:  cmp.Or(max(l.Relations, 0), 20_000_000),
		Weaknesses: cmp.Or(max(l.Weaknesses, 0), 500_000),
		Depth:      cmp.Or(max(l.Depth, 0), 500),
		Field:      cmp.Or(max(l.Field, 0), 256<<10),
		Broken:     cmp.Or(max(l.Broken, 0), 500),
	}
}
