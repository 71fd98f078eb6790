package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/logs"
	"countersign.dev/internal/node"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/scan"
	"countersign.dev/internal/sharing"
)

const scanLong = `Scan looks through logs for indicators: Zeek, Suricata EVE, DNS, proxy and web servers,
syslog, CSV, JSON or any lines, compressed by gzip or zstd or not; "-" is standard input.
Each hit names the line, its SHA-256, the value, the indicator and how it is marked.

Indicators are those of FILE (a STIX bundle, or a list with a value a line, made harmless
or not), and without one those of the store that can be seen. Values that everybody has,
as private addresses or public suffixes, are not looked for.

Exit codes: 0 nothing was found, 3 something was, 1 a log could not be read to its end.`

const scanExample = `  countersign scan --indicators sunburst.json dns.log conn.log.gz
  countersign scan eve.json --sight agencies/sightings`

type scanFlags struct {
	indicators []string
	format     string
	jobs       int
	at         dateFlag
	sight      string
	as         string
}

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	c := command("scan LOG...", "Look for indicators in logs", 1, -1, func(cmd *cobra.Command, args []string) error {
		return a.scanLogs(cmd.Context(), args, &f)
	})
	c.Use = "scan LOG... | -"
	c.Long, c.Example = scanLong, scanExample
	c.Flags().StringArrayVar(&f.indicators, "indicators", nil, "take indicators from `FILE` instead of the store; may be given several times")
	c.Flags().StringVar(&f.format, "log-format", "", "`FORMAT` of the logs, where it cannot be told: "+strings.Join(logs.Formats, ", "))
	c.Flags().IntVar(&f.jobs, "jobs", 0, "look through with `N` threads (default: all there are)")
	c.Flags().Var(&f.at, "at", "when lines that do not say were written")
	c.Flags().StringVar(&f.sight, "sight", "", "share what was found as sightings in `COMMUNITY/COLLECTION`")
	addAs(c, &f.as)
	return c
}

// scanGC is how much may be garbage, in percent of the rest, while logs are
// scanned: an index is built once and then only read, so that collecting often
// costs little and keeps it from taking twice its size.
const scanGC = 10

func (a *app) scanLogs(ctx context.Context, paths []string, f *scanFlags) error {
	defer debug.SetGCPercent(debug.SetGCPercent(scanGC))
	if f.sight != "" {
		if _, _, err := place(f.sight); err != nil {
			return problem.New(problem.Invalid, "--sight %s", problem.Message(err))
		}
	}
	x := scan.NewIndex()
	if len(f.indicators) > 0 {
		for _, path := range f.indicators {
			if err := a.indicatorsOf(x, path); err != nil {
				return err
			}
		}
		return a.scanWith(ctx, nil, access.Reader{}, x, paths, f)
	}
	return a.asking(ctx, toBegin, f.as, func(n *node.Node, reader access.Reader) error {
		if err := n.Indicators(sharing.By(ctx, "cli"), nowAs(reader), x); err != nil {
			return err
		}
		return a.scanWith(ctx, n, reader, x, paths, f)
	})
}

// indicatorsOf takes the indicators of a file in.
func (a *app) indicatorsOf(x *scan.Index, path string) error {
	b, err := a.unpacked(path)
	if err != nil {
		return err
	}
	if err := scan.AddFile(x, path, b); err != nil {
		return problem.Wrap(problem.KindOf(err), err, "%s", path)
	}
	return nil
}

// scanned is what a scan found.
type scanned struct {
	Indicators int            `json:"indicators"`
	Unfit      map[string]int `json:"unfit"`   // kept out, by reason
	Skipped    int            `json:"skipped"` // nothing can be looked for in them
	Logs       []scannedLog   `json:"logs"`
	Hits       []scan.Hit     `json:"hits"`
	Sightings  int            `json:"sightings"` // shared
}

type scannedLog struct {
	Log string `json:"log"`
	scan.Stats
	Failure string `json:"failure,omitempty"`
}

// maxScanHits bounds the hits that are held; more are counted.
const maxScanHits = 1_000_000

func (a *app) scanWith(ctx context.Context, n *node.Node, reader access.Reader, x *scan.Index, paths []string, f *scanFlags) error {
	out := &scanned{Indicators: x.Len(), Unfit: x.Unfit, Skipped: x.Skipped, Logs: []scannedLog{}, Hits: []scan.Hit{}}
	opts := scan.Options{Format: f.format, Jobs: f.jobs, At: a.now()}
	if f.at != "" {
		opts.At = access.Date(f.at).Time()
	}
	show, finish := a.hitsPrinter()
	var failed []string
	for _, path := range paths {
		l := scannedLog{Log: path}
		stats, err := a.scanOne(ctx, x, path, opts, func(h scan.Hit) error {
			if len(out.Hits) < maxScanHits {
				out.Hits = append(out.Hits, h)
			}
			return show(h)
		})
		if stats != nil {
			l.Stats = *stats
		}
		if err != nil {
			l.Failure = problem.Message(err)
			failed = append(failed, l.Failure)
		}
		out.Logs = append(out.Logs, l)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := finish(); err != nil {
		return err
	}
	if f.sight != "" {
		var err error
		if out.Sightings, err = a.sight(ctx, n, reader, out.Hits, f); err != nil {
			return err
		}
	}
	return a.scanEnd(out, failed)
}

func (a *app) scanOne(ctx context.Context, x *scan.Index, path string, opts scan.Options, hit func(scan.Hit) error) (*scan.Stats, error) {
	var in io.Reader = a.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
		}
		defer file.Close()
		in = file
	}
	return x.Scan(ctx, path, in, opts, hit)
}

// hitsPrinter shows hits as they are found, in text and CSV.
func (a *app) hitsPrinter() (show func(scan.Hit) error, finish func() error) {
	switch a.format {
	case "json":
		return func(scan.Hit) error { return nil }, func() error { return nil }
	case "csv":
		w := csv.NewWriter(a.out)
		_ = w.Write([]string{"file", "line", "offset", "sha256", "kind", "value", "indicator", "name", "marking", "source", "time", "host", "text"})
		return func(h scan.Hit) error {
				when := ""
				if !h.Time.IsZero() {
					when = h.Time.Format(time.RFC3339Nano)
				}
				return w.Write([]string{
					h.File, strconv.FormatInt(h.Line, 10), strconv.FormatInt(h.Offset, 10), h.SHA256, string(h.Kind), safeCell(h.Value), h.Indicator.ID, safeCell(h.Indicator.Name),
					h.Indicator.Marking, h.Indicator.Source, when, safeCell(h.Host), safeCell(h.Text),
				})
			}, func() error {
				w.Flush()
				return w.Error()
			}
	}
	return func(h scan.Hit) error {
		when := ""
		if !h.Time.IsZero() {
			when = h.Time.Format("2006-01-02 15:04:05")
		}
		a.line("%s:%d  %s  %s  %s", oneLine(h.File), h.Line, a.style(bold, oneLine(h.Value)), oneLine(join(" ", h.Indicator.Marking, orElse(h.Indicator.Name, h.Indicator.ID))), a.style(faint, oneLine(join(" ", when, h.Host))))
		return nil
	}, func() error { return nil }
}

// safeCell keeps a spreadsheet from taking what a log says for a formula.
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// sight shares what was found, marked like the indicators.
func (a *app) sight(ctx context.Context, n *node.Node, reader access.Reader, hits []scan.Hit, f *scanFlags) (int, error) {
	if n == nil {
		shared := 0
		err := a.asking(ctx, toBegin, f.as, func(n *node.Node, reader access.Reader) (err error) {
			shared, err = a.sight(ctx, n, reader, hits, f)
			return err
		})
		return shared, err
	}
	community, collection, err := place(f.sight)
	if err != nil {
		return 0, err
	}
	list := scan.Sightings(hits, a.now())
	if len(list) == 0 {
		return 0, nil
	}
	bodies := make([]string, len(list))
	for i := range list {
		bodies[i] = string(list[i].Body)
	}
	st, err := n.Sharing().Submit(ctx, nowAs(reader), community, collection, []byte(`{"objects":[`+strings.Join(bodies, ",")+`]}`))
	if err != nil {
		return 0, err
	}
	if st.State == sharing.Pending {
		return st.Total, n.Sharing().Drain(ctx)
	}
	for _, bad := range st.Failures {
		a.warn("%s: %s", bad.ID, bad.Message)
	}
	return len(st.Successes), nil
}

// scanEnd sums a scan up.
func (a *app) scanEnd(out *scanned, failed []string) error {
	total := int64(0)
	for i := range out.Logs {
		total += out.Logs[i].Hits
	}
	switch a.format {
	case "json":
		if err := a.json(out); err != nil {
			return err
		}
	case "csv":
	default:
		for _, l := range out.Logs {
			notes := ""
			if l.Odd > 0 {
				notes += fmt.Sprintf(", %d not as the format says", l.Odd)
			}
			if l.TooLong > 0 {
				notes += fmt.Sprintf(", %d too long to be looked through whole", l.TooLong)
			}
			a.line("%s  %s: %d lines%s, %d hits", oneLine(l.Log), l.Format, l.Lines, notes, l.Hits)
		}
		kept := 0
		for _, n := range out.Unfit {
			kept += n
		}
		a.line("%s", a.style(faint, sprintf("%d indicators; %d values kept out because everybody has them, %d without anything to look for", out.Indicators, kept, out.Skipped)))
		if out.Sightings > 0 {
			a.line("%d sightings shared", out.Sightings)
		}
	}
	switch {
	case len(failed) > 0:
		return &failures{failed}
	case total > 0:
		return verdictError{policy.Review}
	}
	return nil
}
