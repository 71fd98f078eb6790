package cli

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) benchCommand() *cobra.Command {
	return group("bench", "Measure this machine, store and data", a.benchAppend(), a.benchCheck(), a.benchScreen(), a.benchSoftware(), a.benchLabels(), a.benchScan(), a.benchTaxii(), a.benchImpact())
}

// figure is one measured thing.
type figure struct {
	What      string  `json:"what"`
	Clients   int     `json:"clients"` // at the same time
	Count     int     `json:"count"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"` // of how long one took
	P99       float64 `json:"p99_ms"`
}

// benchReport is what a benchmark measured, and on what.
type benchReport struct {
	Machine string   `json:"machine"`
	Data    string   `json:"data"` // what it was measured on
	Figures []figure `json:"figures"`
}

func machine() string {
	return fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version())
}

// newFigure sums up how long each of some things took, and all together.
func newFigure(what string, clients int, took []time.Duration, all time.Duration) figure {
	slices.Sort(took)
	f := figure{What: what, Clients: clients, Count: len(took)}
	if len(took) == 0 || all <= 0 {
		return f
	}
	f.PerSecond = float64(len(took)) / all.Seconds()
	f.P50, f.P99 = milliseconds(quantile(took, 0.50)), milliseconds(quantile(took, 0.99))
	return f
}

// quantile of sorted durations, by nearest rank.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (a *app) benched(r *benchReport) error {
	if a.wantsJSON() {
		return a.json(r)
	}
	a.line("%s", r.Machine)
	a.line("%s", oneLine(r.Data))
	rows := [][]string{{"what", "clients", "count", "per second", "p50 ms", "p99 ms"}}
	for _, f := range r.Figures {
		rows = append(rows, []string{
			f.What, fmt.Sprint(f.Clients), fmt.Sprint(f.Count),
			fmt.Sprintf("%.1f", f.PerSecond), fmt.Sprintf("%.2f", f.P50), fmt.Sprintf("%.2f", f.P99),
		})
	}
	a.table(rows)
	return nil
}
