package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance"
	"countersign.dev/internal/surveillance/specimen"
)

type benchLabelsFlags struct {
	labels   int
	makers   int
	releases int
	dir      string
}

func (a *app) benchLabels() *cobra.Command {
	var f benchLabelsFlags
	c := command("labels", "What one listing, and one exploited weakness, do to a hundred thousand labels", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.labels < 10 || f.labels > 1_000_000 || f.makers < 1 || f.makers > f.labels || f.releases < 1 || f.releases > f.labels {
			return usage(cmd, "want 10 to 1,000,000 labels, and no more makers or releases than labels")
		}
		return a.runBenchLabels(cmd.Context(), &f)
	})
	c.Long = "Labels measures surveillance in a new store, which is removed afterwards: how long a\nnode needs at its start, when it judges every maker and release once; and how long\nit takes from a list's entry, or an entry of the catalogue of exploited weaknesses,\nto the last event of the last label that it concerns, durable in the ledger. In the\nend it does the same in a store whose labels are all of the maker that is listed."
	c.Flags().IntVar(&f.labels, "labels", 100_000, "labels that were given, `N`")
	c.Flags().IntVar(&f.makers, "makers", 20_000, "makers of them, `N`")
	c.Flags().IntVar(&f.releases, "releases", 1000, "releases with a bill of materials that they are for, `N`")
	c.Flags().StringVar(&f.dir, "in", "", "`DIR` on the disk to measure (default the system's for temporary files)")
	return c
}

func (a *app) runBenchLabels(ctx context.Context, f *benchLabelsFlags) (err error) {
	dir, err := os.MkdirTemp(f.dir, "countersign-bench-*")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	report := &benchReport{
		Machine: machine(),
		Data:    fmt.Sprintf("%d made labels of %d makers for %d releases with %d components each", f.labels, f.makers, f.releases, benchComponents),
	}
	spread := &labelsBench{app: a, dir: filepath.Join(dir, "spread"), labels: f.labels, makers: f.makers, releases: f.releases, report: report}
	if err := spread.run(ctx, "a listing of one maker"); err != nil {
		return err
	}
	single := &labelsBench{app: a, dir: filepath.Join(dir, "single"), labels: f.labels, makers: 1, releases: f.releases, report: report}
	if err := single.run(ctx, "a listing of the maker of all labels"); err != nil {
		return err
	}
	return a.benched(report)
}

// labelsBench is one store full of labels.
type labelsBench struct {
	app                      *app
	dir                      string
	labels, makers, releases int
	report                   *benchReport

	node    *node.Node
	watcher *surveillance.Watcher
}

// benchComponents is how many components a made bill has.
const benchComponents = 50

func (b *labelsBench) run(ctx context.Context, listing string) (err error) {
	b.node, err = node.Open(ctx, node.Options{Data: b.dir, Now: b.app.now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.node.Close()) }()
	today := access.DateOf(b.app.now())
	if b.makers > 1 {
		if err := b.software(ctx, today); err != nil {
			return err
		}
	}
	if err := b.give(ctx, today); err != nil {
		return err
	}
	b.watcher = b.node.NewSurveillance(surveillance.Options{})
	if err := b.measure(ctx, "start: judge everything once", func() (int64, error) {
		err := b.watcher.CatchUp(ctx)
		return int64(b.watcher.Stats().Concerns), err
	}); err != nil {
		return err
	}
	if err := b.react(ctx, listing, "listing.yaml", benchListing(today)); err != nil {
		return err
	}
	if b.makers > 1 {
		if err := b.react(ctx, "an exploited weakness in one release of ten", "kev.json", benchCatalogue(today)); err != nil {
			return err
		}
	}
	b.report.Data += fmt.Sprintf("; the heap in the end, with %d makers: %.0f MB", b.makers, heapMB())
	return nil
}

// give gives the labels, a thousand in one edition.
func (b *labelsBench) give(ctx context.Context, today access.Date) error {
	done := b.app.working(fmt.Sprintf("giving %d labels", b.labels))
	defer done()
	numbers := make([]int, b.labels)
	for i := range numbers {
		numbers[i] = i
	}
	for chunk := range slices.Chunk(numbers, 1000) {
		given := make([]specimen.Given, len(chunk))
		for i, n := range chunk {
			given[i] = specimen.Given{ID: specimen.Number(n), Terms: specimen.Terms("iot-mark", specimen.Maker(n%b.makers), specimen.Release(n%b.releases), today)}
		}
		e, err := specimen.Edition(b.app.now(), given)
		if err != nil {
			return err
		}
		if _, err := b.node.Ledger.Append(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// software takes in a bill for each release, and an advisory about a component of
// one in ten.
func (b *labelsBench) software(ctx context.Context, today access.Date) error {
	done := b.app.working(fmt.Sprintf("taking in %d bills of materials", b.releases))
	defer done()
	for i := range b.releases {
		if err := b.take(ctx, "bill.cdx.json", benchBill(i, today)); err != nil {
			return err
		}
	}
	return b.take(ctx, "advisory.json", fmt.Sprintf(`{"schema_version": "1.6.0", "id": "GHSA-2222-3333-4444", "aliases": ["CVE-2026-10001"], "published": "%[1]sT00:00:00Z", "modified": "%[1]sT00:00:00Z", "summary": "made for a benchmark",
		"affected": [{"package": {"ecosystem": "npm", "name": "specimen-weak"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}]}`, today))
}

func (b *labelsBench) take(ctx context.Context, name, text string) error {
	r, err := b.node.Import(ctx, access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, node.ImportOptions{})
	if err == nil && len(r.Failed) > 0 {
		err = problem.New(problem.Internal, "bench: %s", strings.Join(r.Failed, "; "))
	}
	return err
}

// react takes in a document and does what follows from it.
func (b *labelsBench) react(ctx context.Context, what, name, text string) error {
	before := b.watcher.Stats()
	var after surveillance.Stats
	err := b.measure(ctx, what, func() (int64, error) {
		if err := b.take(ctx, name, text); err != nil {
			return 0, err
		}
		err := b.watcher.CatchUp(ctx)
		after = b.watcher.Stats()
		return after.Appended - before.Appended, err
	})
	if err == nil && (after.Appended == before.Appended || after.Failed > 0) {
		err = problem.New(problem.Internal, "bench: %s brought about nothing: %+v", what, after)
	}
	last := &b.report.Figures[len(b.report.Figures)-1]
	last.What += fmt.Sprintf(" (%d concerns judged)", after.Judged-before.Judged)
	return err
}

// measure notes how long something took that happened to so many.
func (b *labelsBench) measure(ctx context.Context, what string, fn func() (int64, error)) error {
	done := b.app.working(what)
	defer done()
	begun := time.Now()
	n, err := fn()
	took := time.Since(begun)
	b.report.Figures = append(b.report.Figures, figure{
		What: what, Clients: 1, Count: int(n), PerSecond: float64(n) / took.Seconds(), P50: milliseconds(took), P99: milliseconds(took),
	})
	return errors.Join(err, ctx.Err())
}

func heapMB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// benchListing puts the first maker on a list.
func benchListing(today access.Date) string {
	return fmt.Sprintf("countersign: events/v1\nid: bench\npublished: %[1]s\nparty: {id: bench, name: %[2]s, kind: organisation}\nlistings:\n  - programme: us-dod-1260h\n    id: us-dod-1260h:bench\n    name: %[2]s\n    events:\n      - {kind: designated, date: %[1]s, published: %[1]s, what: made for a benchmark}\n", today, specimen.Maker(0))
}

func benchCatalogue(today access.Date) string {
	return fmt.Sprintf(`{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "1", "dateReleased": "%[1]sT00:00:00.000Z", "count": 1, "vulnerabilities": [
		{"cveID": "CVE-2026-10001", "vendorProject": "specimen", "product": "weak", "vulnerabilityName": "x", "dateAdded": "%[1]s", "shortDescription": "made for a benchmark", "requiredAction": "x", "dueDate": "%[1]s", "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": []}]}`, today)
}

// benchBill is the bill of a release. One in ten has the component that the
// advisory is about.
func benchBill(n int, today access.Date) string {
	var listed []string
	for i := range benchComponents {
		name := fmt.Sprintf("specimen-%d", (n*7+i*13)%2000)
		if i == 0 && n%10 == 0 {
			name = "specimen-weak"
		}
		listed = append(listed, fmt.Sprintf(`{"bom-ref": "c%[1]d", "type": "library", "name": %[2]q, "version": "1.0.%[1]d", "purl": "pkg:npm/%[3]s@1.0.%[1]d"}`, i, name, name))
	}
	return fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"timestamp": "%sT00:00:00Z", "component": {"bom-ref": "root", "type": "firmware", "name": "camera-%d", "version": "1.0.0", "purl": %q, "supplier": {"name": "Specimen"}}}, "components": [%s]}`,
		today, n, specimen.Release(n), strings.Join(listed, ", "))
}
