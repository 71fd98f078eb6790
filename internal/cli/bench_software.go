package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

type benchSoftwareFlags struct {
	sboms      int
	purls      string
	advisories []string
	compare    bool
}

func (a *app) benchSoftware() *cobra.Command {
	var f benchSoftwareFlags
	c := command("software", "Who contains what, and what an advisory changes, in a portfolio as large as wanted", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.sboms < 1 || f.sboms > 1_000_000 {
			return usage(cmd, "want 1 to 1,000,000 bills")
		}
		return a.runBenchSoftware(cmd.Context(), &f)
	})
	c.Long = "Software measures the index over a portfolio, in this process and without a store:\nhow long it takes to build, to say who contains a package or is concerned by a\nweakness, and from an advisory to what it changes; and with --compare whether it\nsays the same as a scan of everything. The bills are made of lists of components,\nrepeated with other versions: those of FILE, or lists made by rules."
	c.Flags().IntVar(&f.sboms, "sboms", 10_000, "bills in the portfolio, `N`")
	c.Flags().StringVar(&f.purls, "purls", "", "take lists of components from `FILE`: rows of a name, a tab and a purl")
	c.Flags().StringArrayVar(&f.advisories, "advisories", nil, "take advisories from `FILE`; may be given several times")
	c.Flags().BoolVar(&f.compare, "compare", false, "compare with a full scan, which takes much longer")
	return c
}

func (a *app) runBenchSoftware(ctx context.Context, f *benchSoftwareFlags) error {
	data := "made lists"
	var rows io.Reader = strings.NewReader(madeRows(400))
	statements := madeAdvisories(4000)
	if f.purls != "" {
		text, err := a.unpacked(f.purls)
		if err != nil {
			return err
		}
		rows, data = bytes.NewReader(text), f.purls
	}
	if len(f.advisories) > 0 {
		var err error
		if statements, err = a.statementsOf(ctx, f.advisories); err != nil {
			return err
		}
		data += ", advisories of " + strings.Join(f.advisories, " ")
	}
	done := a.working("measuring")
	got, err := impact.Bench(ctx, impact.Options{SBOMs: f.sboms, Purls: rows, Advisories: statements, Compared: f.compare})
	done()
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(got)
	}
	a.line("%s", machine())
	a.line("%s", oneLine(data))
	a.line("%d bills, %d components in all, %d distinct, %d of them with findings", got.SBOMs, got.Edges, got.Components, got.Findings)
	a.line("built in %.1f s, %.0f MB", got.Build, got.Heap)
	a.table([][]string{
		{"what", "p50 ms", "p99 ms", "longest ms"},
		{"who contains it", fmt.Sprintf("%.3f", got.ImpactP50), fmt.Sprintf("%.3f", got.ImpactP99), fmt.Sprintf("%.1f", got.ImpactMax)},
		{"one advisory to what it changes", fmt.Sprintf("%.3f", got.AdvisoryP50), fmt.Sprintf("%.3f", got.AdvisoryP99), fmt.Sprintf("%.1f", got.AdvisoryMax)},
	})
	a.line("%d advisories at once: %.2f s", got.DeltaAdvisories, got.Delta)
	if got.Equal != nil {
		a.line("equal to a full scan of %.1f s: %v", got.Scan, *got.Equal)
	}
	return nil
}

// unpacked is a file's content.
func (a *app) unpacked(path string) ([]byte, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	return intake.Open(filepath.Base(path), bytes.NewReader(b), intake.Limits{})
}

// statementsOf is what files of advisories state.
func (a *app) statementsOf(ctx context.Context, paths []string) ([]ledger.Statement, error) {
	var out []ledger.Statement
	for _, path := range paths {
		b, err := a.readFile(path)
		if err != nil {
			return nil, err
		}
		editions, failed := intake.Read(ctx, []intake.File{{Name: filepath.Base(path), Bytes: b}}, intake.Options{})
		if len(failed) > 0 {
			return nil, failed[0]
		}
		for _, e := range editions {
			for _, file := range e.Files {
				out = append(out, file.Reading.Statements...)
			}
		}
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "no advisories in %s", strings.Join(paths, ", "))
	}
	return out, nil
}

// packages is of how many packages made lists are.
const packages = 20_000

// common draws a package as bills have them: a few are in most, most in few.
func common(r *rand.Rand) int { return int(packages * math.Pow(r.Float64(), 3)) }

// ecosystems of made packages, as purls and as advisories call them.
var ecosystems = []struct{ purl, osv string }{{"npm", "npm"}, {"golang/example.org", "Go"}, {"pypi", "PyPI"}, {"gem", "RubyGems"}}

// madeRows is lists of components, the same for the same number.
func madeRows(lists int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range lists {
		for range 60 + r.IntN(320) {
			p := common(r)
			fmt.Fprintf(&b, "list-%d\tpkg:%s/p%d@%d.%d.%d\n", i, ecosystems[p%len(ecosystems)].purl, p, r.IntN(4), r.IntN(10), r.IntN(5))
		}
	}
	return b.String()
}

// madeAdvisories is what advisories about made packages state.
func madeAdvisories(n int) []ledger.Statement {
	r := rand.New(rand.NewPCG(3, 4))
	var out []ledger.Statement
	for i := range n {
		p := common(r)
		of := ecosystems[p%len(ecosystems)]
		name := fmt.Sprintf("p%d", p)
		if of.osv == "Go" {
			name = "example.org/" + name
		}
		record := advisory.Record{ID: fmt.Sprintf("MADE-%d", i), Summary: "made by rule"}
		out = append(out, advisory.Statements(&record, []advisory.Affected{{
			Ecosystem: of.osv, Name: name,
			Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {Fixed: fmt.Sprintf("%d.%d.0", r.IntN(4), r.IntN(10))}}}},
		}}, "2024-01-01")...)
	}
	return out
}
