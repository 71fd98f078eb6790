package intake

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/advisory/csaf"
	"countersign.dev/internal/advisory/cverecord"
	"countersign.dev/internal/advisory/epss"
	"countersign.dev/internal/advisory/kev"
	"countersign.dev/internal/advisory/openvex"
	"countersign.dev/internal/advisory/osv"
	"countersign.dev/internal/advisory/ssvc"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/spdx"
)

// softwareFormats is what is taken in about software: bills of materials,
// advisories, and what is said of them.
var softwareFormats = []*format{
	{
		name: "bill of materials (CycloneDX 1.0 to 1.7, JSON or XML)", alone: true,
		recognise: cyclonedx.Recognise,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			b, err := cyclonedx.Read(ctx, f.Bytes, cyclonedx.Limits{})
			if err == nil && inventory.IsInventory(b) {
				return inventory.FromBill(b, inventoryOptions(f, opts))
			}
			return billReading(b, f, err)
		}),
	},
	{
		name: "bill of materials (SPDX 2.1 to 2.3 as JSON, tag-value or YAML; 3.0 as JSON-LD)", alone: true,
		recognise: spdx.Recognise,
		read: each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
			b, err := spdx.Read(ctx, f.Bytes, spdx.Limits{})
			return billReading(b, f, err)
		}),
	},
	{
		name: "statements of exploitability (OpenVEX)", alone: true,
		recognise: openvex.Recognise,
		read:      alone(openvex.Read),
	},
	{
		name: "advisory or statements of exploitability (CSAF 2.0)", alone: true,
		recognise: csaf.Recognise,
		read:      alone(csaf.Read),
	},
	{
		name: "weaknesses known to be exploited (CISA KEV, JSON)", alone: true,
		recognise: kev.Recognise,
		read:      alone(kev.Read),
	},
	{
		name: "likelihood of exploitation (FIRST EPSS, CSV)", alone: true,
		recognise: epss.Recognise,
		read:      alone(epss.Read),
	},
	{
		name: "judgements of weaknesses (SSVC, JSON lines)", alone: true,
		recognise: ssvc.Recognise,
		read:      alone(ssvc.Read),
	},
	{
		name: "CVE record (JSON 5)", alone: true,
		recognise: cverecord.Recognise,
		read:      alone(cverecord.Read),
	},
	{
		name: "advisories (OSV, GHSA: one record, a list of them, or a zip archive)", alone: true,
		recognise: osv.Recognise,
		read:      alone(osv.Read),
	},
	{
		name: "inventory of systems, assets, what runs in them and what was found on them (CSV with header)", alone: true,
		recognise: inventory.Recognise,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			return inventory.Read(ctx, f.Bytes, inventoryOptions(f, opts))
		}),
	},
	{
		name: "hosts and what is installed on them (osquery results, JSON lines)", alone: true,
		recognise: inventory.RecogniseOsquery,
		read: each(func(ctx context.Context, f File, opts Options) (*ledger.Reading, error) {
			return inventory.FromOsquery(ctx, f.Bytes, inventoryOptions(f, opts), inventory.OsqueryLimits{})
		}),
	},
}

// billFormats is how many of them are bills of materials; they stand first.
const billFormats = 2

// alone makes a reader of single files with its default limits one of many.
func alone[L any](read func(context.Context, string, []byte, L) (*ledger.Reading, error)) func(context.Context, []File, Options) []result {
	return each(func(ctx context.Context, f File, _ Options) (*ledger.Reading, error) {
		var defaults L
		return read(ctx, f.Name, f.Bytes, defaults)
	})
}

// inventoryOptions is what an inventory does not say of itself.
func inventoryOptions(f File, opts Options) inventory.Options {
	return inventory.Options{Source: cmp.Or(opts.Source, inventory.Source(f.Name))}
}

// billReading is what the ledger keeps of a bill: its release, and what it says
// of weaknesses. A document that lists nothing and only speaks of weaknesses is
// no bill of anything.
func billReading(b *software.Bill, f File, err error) (*ledger.Reading, error) {
	if err != nil {
		return nil, err
	}
	digest := ledger.Digest(f.Bytes)
	said, warnings := vex.FromBill(b, nil)
	if len(b.Components) == 0 && len(b.Weaknesses) > 0 {
		source := "vex/" + strings.TrimPrefix(cmp.Or(b.ID, digest), "urn:uuid:")
		return &ledger.Reading{
			Kind: "advisory.cyclonedx-vex", Source: source, Mode: ledger.Chronicle, Published: software.DayOf(b.Created),
			Rows: len(b.Weaknesses), Warnings: slices.Concat(b.Broken, warnings), Statements: said,
		}, nil
	}
	r, err := software.Reading(b, digest)
	if err != nil {
		return nil, err
	}
	r.Statements, r.Warnings = append(r.Statements, said...), slices.Concat(r.Warnings, warnings)
	return r, nil
}
