package inventory

import (
	"cmp"
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Kind is the kind of the documents that [Read] reads.
const Kind = "inventory.csv"

// Limits bound what is read of one file. A zero field means its default: 128
// MiB, 1,000,000 rows, 100 columns and 4 KiB in each cell.
type Limits = table.Limits

var defaultLimits = Limits{Bytes: 128 << 20, Rows: 1_000_000, Columns: 100, Field: 4 << 10}

// maxHead is how much of a file is looked at for its header.
const maxHead = 64 << 10

// open is how a table is written, and its header. Programs write what they call
// CSV with semicolons or tabs where commas stand in numbers.
func open(b []byte) (table.Form, table.Header) {
	b = b[:min(len(b), maxHead)]
	var form table.Form
	var header table.Header
	for _, comma := range []rune{',', ';', '\t'} {
		form = table.Form{Comma: comma, HeaderOnly: true, ShortRows: true}
		if header = form.Header(b); colSystem.in(header) || isFindings(header) {
			return form, header
		}
	}
	form.Comma = ','
	return form, table.Header{}
}

// Options is what a file does not say of itself.
type Options struct {
	Source       string // "inventory/treasury"; see [Source]
	Organisation string // whose the systems are of which no row says so; may be ""
	Limits       Limits
}

// The parts of an inventory. A file covers the one that its columns go down to.
const (
	partSystems     = "systems"
	partAssets      = "assets"
	partDeployments = "deployments"
	partFindings    = "findings"
)

var parts = []string{partSystems, partAssets, partDeployments, partFindings}

// Recognise tells an inventory by its header: it has systems, and something
// that only inventories say of them.
func Recognise(_ string, head []byte) bool {
	_, h := open(head)
	return isFindings(h) || colSystem.in(h) && (partOf(h) != partSystems || anyIn(h, colCriticality, colNSS, colHighValue, colHosting, colReach))
}

// partOf is the part of an inventory that a table is.
func partOf(h table.Header) string {
	switch {
	case isFindings(h):
		return partFindings
	case anyIn(h, colRelease, colPURL, colCPE, colSoftware):
		return partDeployments
	case colAsset.in(h):
		return partAssets
	}
	return partSystems
}

// isFindings reports whether a table is a scanner's: what was found on which asset.
func isFindings(h table.Header) bool {
	return colAsset.in(h) && colWeakness.in(h) && colDetected.in(h)
}

// Read reads an inventory: one edition of one part of its source, a snapshot.
//
// A cell that cannot be read is left out and told among the warnings, with its
// place; a row that names no system, or whose days cannot be read, is passed
// over so. A file without any sound row below its header is an error.
func Read(ctx context.Context, b []byte, o Options) (*ledger.Reading, error) {
	form, h := open(b)
	if !colSystem.in(h) && !isFindings(h) {
		// The table's own errors are the more telling ones.
		if _, err := form.Read(ctx, b, o.Limits.Or(defaultLimits), func(table.Row) error { return nil }); err != nil {
			return nil, err
		}
		return nil, problem.New(problem.Invalid, "line 1: no column %q; want a table of systems, and of the assets and software in them", columnNames[colSystem][0])
	}
	source := cmp.Or(o.Source, Source(""))
	t := &reader{
		reading:   &ledger.Reading{Kind: Kind, Source: source, Part: partOf(h), Mode: ledger.Snapshot},
		inventory: inventoryOf(source), organisation: o.Organisation, names: namesIn(h),
	}
	if _, err := form.Read(ctx, b, o.Limits.Or(defaultLimits), t.add); err != nil {
		return nil, err
	}
	t.finish()
	if t.reading.Rows > 0 && len(t.reading.Statements) == 0 {
		return nil, problem.New(problem.Invalid, "no row can be used: %s", t.reading.Warnings[0])
	}
	return t.reading, nil
}

// reader is what has been read so far.
type reader struct {
	reading      *ledger.Reading
	inventory    string
	organisation string
	names        []string // of the columns, in this table
	broken       int

	organisations book[Organisation]
	systems       book[System]
	assets        book[Asset]
	seen          book[Seen]
	exposures     book[Exposure]
	deployments   book[Deployment]
	findings      book[Finding]
}

// add reads one row. What it says from when to when is about the most special
// thing that it names: the deployment, else the asset, else the system.
func (t *reader) add(r table.Row) error {
	t.reading.Rows++
	if t.reading.Part == partFindings {
		t.finding(r)
		return nil
	}
	system := SystemID(t.inventory, t.cell(r, colSystem))
	if system == "" {
		t.warn(r, colSystem, "no system; the row is passed over")
		return nil
	}
	days, ok := t.interval(r, colFrom, colTo, "the row is passed over")
	if !ok {
		return nil
	}
	t.published(r)
	asset := AssetID(t.inventory, t.cell(r, colAsset))
	d := t.deployment(r, asset)
	var systemDays, assetDays interval
	switch {
	case d != nil:
		t.deploy(r, system, *d, days)
	case asset != "":
		assetDays = days
	default:
		systemDays = days
	}
	t.system(r, system, systemDays)
	if asset != "" {
		t.asset(r, system, asset, assetDays)
	}
	t.exposure(r, cmp.Or(asset, system))
	return nil
}

// interval is from when to when a row says that something was so; "" where it
// does not say.
type interval struct{ from, to access.Date }

// interval reads one. What cannot be read is reported, and what becomes of it.
func (t *reader) interval(r table.Row, from, to column, becomes string) (interval, bool) {
	var days interval
	var ok bool
	if days.from, ok = t.day(r, from, becomes); !ok {
		return interval{}, false
	}
	if days.to, ok = t.day(r, to, becomes); !ok {
		return interval{}, false
	}
	if days.to != "" && (days.to <= days.from || days.to <= ever) {
		t.warn(r, to, "%s is not after %s; %s", days.to, cmp.Or(days.from, ever), becomes)
		return interval{}, false
	}
	return days, true
}

// published notes the day as of which the inventory was taken: the latest that
// a row gives.
func (t *reader) published(r table.Row) {
	if day, ok := t.day(r, colAsOf, leftOut); ok {
		t.reading.Published = max(t.reading.Published, day)
	}
}

// ever is from when something is taken to have been so that has ended, and of
// which nobody says when it began.
const ever access.Date = "1000-01-01"

// maxWarnings bounds how many of a file's faults are told one by one.
const maxWarnings = 200

// warn reports a cell.
func (t *reader) warn(r table.Row, c column, format string, args ...any) {
	t.say("line %d, column %q: %s", r.Line, t.names[c], fmt.Sprintf(format, args...))
}

func (t *reader) say(format string, args ...any) {
	t.broken++
	if t.broken <= maxWarnings {
		t.reading.Warnings = append(t.reading.Warnings, fmt.Sprintf(format, args...))
	}
}
