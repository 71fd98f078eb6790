package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

type benchImpactFlags struct {
	sboms, components, systems, organisations, times int
	dir                                              string
}

func (a *app) benchImpact() *cobra.Command {
	var f benchImpactFlags
	c := command("impact", "From a weakness, a package, an address or a malware to whom it concerns", 0, 0, func(cmd *cobra.Command, _ []string) error {
		if f.sboms < 10 || f.sboms > 1_000_000 || f.components < 2 || f.components > 2000 || f.systems < f.organisations || f.systems > 1_000_000 || f.organisations < 1 || f.times < 1 {
			return usage(cmd, "want 10 to 1,000,000 bills of 2 to 2,000 components, and 1 to 1,000,000 systems of no more organisations")
		}
		return a.runBenchImpact(cmd.Context(), &f)
	})
	c.Long = "Impact makes a new store, which is removed afterwards: bills of materials, an\ninventory in which each system runs one release, advisories about a component of\nevery release, of one in ten and of one in a thousand, and a shared malware that\nexploits a weakness. Then it asks whom each concerns, ways included."
	c.Flags().IntVar(&f.sboms, "sboms", 10_000, "bills of materials, `N`")
	c.Flags().IntVar(&f.components, "components", 100, "components of each, `N`")
	c.Flags().IntVar(&f.systems, "systems", 5000, "systems, `N`")
	c.Flags().IntVar(&f.organisations, "organisations", 100, "organisations, `N`")
	c.Flags().IntVar(&f.times, "times", 20, "how often each question is asked, `N`")
	c.Flags().StringVar(&f.dir, "in", "", "`DIR` on the disk to measure (default the system's for temporary files)")
	return c
}

func (a *app) runBenchImpact(ctx context.Context, f *benchImpactFlags) (err error) {
	dir, err := os.MkdirTemp(f.dir, "countersign-bench-*")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	n, err := node.Open(ctx, node.Options{Data: dir, Now: a.now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	b := &impactBench{app: a, node: n, flags: f, today: access.DateOf(a.now())}
	report := &benchReport{Machine: machine(), Data: fmt.Sprintf("%d bills of %d components, %d in all; %d systems of %d organisations", f.sboms, f.components, f.sboms*f.components, f.systems, f.organisations)}
	done := a.working(report.Data)
	err = b.fill(ctx)
	done()
	if err != nil {
		return err
	}
	for _, q := range []struct {
		what, subject string
		systems       int
	}{
		{"a weakness in every release", "CVE-2026-20001", f.systems},
		{"one in a tenth", "CVE-2026-20002", -1},
		{"one in a thousandth", "CVE-2026-20003", -1},
		{"a package in a tenth", "pkg:npm/tenth@1.0.0", -1},
		{"an address", benchAddress(1), 1},
		{"a malware that exploits one in a tenth", "Bench Otter", -1},
	} {
		figure, err := b.ask(ctx, q.what, q.subject, q.systems)
		if err != nil {
			return err
		}
		report.Figures = append(report.Figures, figure)
	}
	return a.benched(report)
}

// impactBench is one store to ask.
type impactBench struct {
	app   *app
	node  *node.Node
	flags *benchImpactFlags
	today access.Date
}

// ask measures a question. systems is how many must be concerned; -1 for some.
func (b *impactBench) ask(ctx context.Context, what, subject string, systems int) (figure, error) {
	ask := access.Ask{Reader: access.Operator}
	if _, err := b.node.ImpactWhole(ctx, ask, subject, 0, 0); err != nil { // which builds the index, the first time
		return figure{}, err
	}
	var took []time.Duration
	found := 0
	begun := time.Now()
	for range b.flags.times {
		at := time.Now()
		got, err := b.node.ImpactWhole(ctx, ask, subject, 0, 0)
		if err != nil {
			return figure{}, err
		}
		took = append(took, time.Since(at))
		if found = len(got.Systems); found == 0 || systems >= 0 && found != min(systems, 5000) {
			return figure{}, problem.New(problem.Internal, "bench: %s concerns %d systems", subject, found)
		}
	}
	return newFigure(fmt.Sprintf("%s: %d systems", what, found), 1, took, time.Since(begun)), nil
}

// fill takes in everything that is asked about.
func (b *impactBench) fill(ctx context.Context) error {
	var files []intake.File
	take := func(last bool) error {
		if len(files) < 100 && !last || len(files) == 0 {
			return nil
		}
		r, err := b.node.Import(ctx, access.Operator, files, node.ImportOptions{})
		if err == nil && len(r.Failed) > 0 {
			err = problem.New(problem.Internal, "bench: %s", strings.Join(r.Failed, "; "))
		}
		files = files[:0]
		return err
	}
	add := func(name, text string) { files = append(files, intake.File{Name: name, Bytes: []byte(text)}) }
	for i := range b.flags.sboms {
		add(fmt.Sprintf("bill-%d.cdx.json", i), b.bill(i))
		if err := take(false); err != nil {
			return err
		}
	}
	for i, name := range []string{"every", "tenth", "thousandth"} {
		add(name+".json", fmt.Sprintf(`{"schema_version": "1.6.0", "id": "GHSA-2222-3333-444%[1]d", "aliases": ["CVE-2026-2000%[1]d"], "published": "%[2]sT00:00:00Z", "modified": "%[2]sT00:00:00Z", "summary": "made for a benchmark",
			"affected": [{"package": {"ecosystem": "npm", "name": %[3]q}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}]}`, i+1, b.today, name))
	}
	add("bench."+string(b.today)+".csv", b.inventory())
	add("bench.yaml", "countersign: community/v1\ncommunity: bench\nname: Bench\nhome: bench\ndefault: amber\nmembers: [{organisation: bench}]\ncollections:\n  - {id: 8c5f0d0e-0001-4c7e-9d52-0f6c2b9a7e11, alias: all, title: All, read: members, write: members}\n")
	if err := take(true); err != nil {
		return err
	}
	return b.share(ctx)
}

// share hands in a malware that exploits the weakness of one release in ten.
func (b *impactBench) share(ctx context.Context) error {
	id := func(kind string, n int) string { return fmt.Sprintf("%s--00000000-0000-4000-8000-%012d", kind, n) }
	at := string(b.today) + "T00:00:00.000Z"
	object := func(kind string, n int, more string) string {
		return fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,"created":%q,"modified":%q,%s}`, kind, id(kind, n), at, at, more)
	}
	objects := []string{
		object("malware", 1, `"name":"Bench Otter","is_family":false`), object("vulnerability", 2, `"name":"CVE-2026-20002"`),
		object("relationship", 3, fmt.Sprintf(`"relationship_type":"exploits","source_ref":%q,"target_ref":%q`, id("malware", 1), id("vulnerability", 2))),
	}
	by := access.Reader{Member: "bench", Organisations: []string{"bench"}, Roles: map[string]access.Role{"bench": access.RoleAnalyst}}
	st, err := b.node.Sharing().Submit(ctx, access.Ask{Reader: by}, "bench", "all", []byte(`{"objects":[`+strings.Join(objects, ",")+`]}`))
	if err == nil && len(st.Failures) > 0 {
		err = problem.New(problem.Internal, "bench: %s", st.Failures[0].Message)
	}
	return err
}

// bill is the bill of a release: one component that all have, one that a tenth
// has, one that a thousandth has, and others drawn from 20,000.
func (b *impactBench) bill(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	listed := []string{benchComponent("every", "1.0.0")}
	if n%10 == 0 {
		listed = append(listed, benchComponent("tenth", "1.0.0"))
	}
	if n%1000 == 0 {
		listed = append(listed, benchComponent("thousandth", "1.0.0"))
	}
	for len(listed) < b.flags.components {
		listed = append(listed, benchComponent(fmt.Sprintf("p%d", common(r)), fmt.Sprintf("%d.%d.%d", r.IntN(4), r.IntN(10), len(listed))))
	}
	return fmt.Sprintf(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"timestamp": "%sT00:00:00Z", "component": {"bom-ref": "root", "type": "application", "group": "bench", "name": "app-%d", "version": "1", "purl": "pkg:generic/bench/app-%d@1"}}, "components": [%s]}`,
		b.today, n, n, strings.Join(listed, ", "))
}

func benchComponent(name, version string) string {
	return fmt.Sprintf(`{"bom-ref": "%[1]s@%[2]s", "type": "library", "name": %[1]q, "version": %[2]q, "purl": "pkg:npm/%[1]s@%[2]s"}`, name, version)
}

func benchAddress(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }

// inventory is one system for each number, with an asset that runs a release.
func (b *impactBench) inventory() string {
	var out strings.Builder
	out.WriteString("as_of,organisation,system,system_name,criticality,asset,ip,purl\n")
	for i := range b.flags.systems {
		fmt.Fprintf(&out, "%s,agency-%d,s-%d,System %d,moderate,a-%d,%s,pkg:generic/bench/app-%d@1\n", b.today, i%b.flags.organisations, i, i, i, benchAddress(i), i%b.flags.sboms)
	}
	return out.String()
}
