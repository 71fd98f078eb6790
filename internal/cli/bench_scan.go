package cli

import (
	"context"
	"runtime/debug"

	"github.com/spf13/cobra"

	"countersign.dev/internal/scan"
)

type benchScanFlags struct{ opts scan.BenchOptions }

func (a *app) benchScan() *cobra.Command {
	var f benchScanFlags
	c := command("scan", "Lines of a log looked through for indicators, a second", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.opts.Lines < 1000 || f.opts.Lines > 20_000_000 || f.opts.Indicators < 10 || f.opts.Indicators > 10_000_000 {
			return usage(cmd, "want 1,000 to 20,000,000 lines and 10 to 10,000,000 indicators")
		}
		f.opts.Planted, f.opts.Seed = f.opts.Lines/1000, 1
		return a.runBenchScan(cmd.Context(), &f)
	})
	c.Long = "Scan makes indicators (one in ten a network, four addresses, four names, one a hash)\nand a log in Zeek's form of some 245 bytes a line, with an indicator in every\nthousandth, and measures how fast it is looked through. A sample of the lines is\ncompared with a plain look for each indicator."
	c.Flags().IntVar(&f.opts.Lines, "lines", 1_000_000, "lines of the log, `N`")
	c.Flags().IntVar(&f.opts.Indicators, "indicators", 100_000, "indicators, `N`")
	c.Flags().IntVar(&f.opts.Jobs, "jobs", 1, "threads, `N`")
	c.Flags().StringVar(&f.opts.Keep, "keep", "", "`DIR` to write the log and the values to, as bench.log and values.txt, for a comparison with other programs")
	return c
}

func (a *app) runBenchScan(ctx context.Context, f *benchScanFlags) error {
	defer debug.SetGCPercent(debug.SetGCPercent(scanGC))
	done := a.working("measuring")
	m, err := scan.Bench(ctx, f.opts)
	done()
	if err != nil {
		return err
	}
	out := struct {
		*scan.Measured
		LinesPerSecond float64 `json:"lines_per_second"`
		BuildSeconds   float64 `json:"build_seconds"`
		IndexMB        float64 `json:"index_mb"`
		Jobs           int     `json:"jobs"`
	}{m, float64(m.Lines) / m.Scan.Seconds(), m.Build.Seconds(), float64(m.Memory) / 1e6, f.opts.Jobs}
	if a.wantsJSON() {
		return a.json(out)
	}
	a.line("%s", machine())
	a.line("%d indicators: index made in %.1f s, %.0f MB", m.Indicators, out.BuildSeconds, out.IndexMB)
	a.line("%d lines of %d bytes: %.0f lines/s, %.0f MB/s, on %d threads", m.Lines, m.Bytes/int64(m.Lines), out.LinesPerSecond, float64(m.Bytes)/1e6/m.Scan.Seconds(), f.opts.Jobs)
	a.line("%d of %d planted lines found, %d hits in all; of %d lines compared with a plain look, %d differ", m.Found, m.Planted, m.Hits, m.Compared, m.Wrong)
	return nil
}
