package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const importLong = `Import takes in files of any supported kind, which are recognised by their
content: lists of OFAC, DoD, BIS, the FCC, Congress, the UN, the EU and the UK,
collections of FollowTheMoney entities, tables of who owns what; bills of
materials (CycloneDX, SPDX), advisories (OSV, CSAF, CVE), VEX, KEV and EPSS;
inventories; and countersign's own event files, programmes and policies. "-" is
standard input; of a folder every file below it is read.

Files of one edition belong into one command. What the ledger holds already is
left as it is, so importing twice is importing once. A file that cannot be read
does not keep the others out, unless --strict.`

const importExample = `  countersign import --published 2021-07-14 sdn.csv alt.csv add.csv sdn_comments.csv
  countersign import section1237_ccmc.csv
  countersign import --demo`

type importFlags struct {
	published  dateFlag
	source     string
	audience   audienceFlag
	acceptLoss bool
	strict     bool
	demo       bool
	as         string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	c := command("import FILE...", "Take documents into the ledger", 0, -1, func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && !f.demo {
			return usage(cmd, "FILE is missing")
		}
		return a.importFiles(cmd.Context(), args, &f)
	})
	c.Use = "import FILE|DIR... | - | --demo"
	c.Long, c.Example = importLong+"\n\nWhat can be read:\n  "+strings.Join(intake.Formats(), "\n  "), importExample
	flags := c.Flags()
	flags.Var(&f.published, "published", "when the files were issued, where they do not say")
	flags.StringVar(&f.source, "source", "", "`NAME` of the series they belong to, where their content does not tell")
	flags.Var(&f.audience, "audience", "who may see them: public, or org:ID joined by | (any of) and & (all of)")
	flags.BoolVar(&f.acceptLoss, "accept-loss", false, "take an edition that drops more than 20 % of a list")
	flags.BoolVar(&f.strict, "strict", false, "take nothing when a file cannot be read")
	flags.BoolVar(&f.demo, "demo", false, "take in the demonstration data that the program carries")
	addAs(c, &f.as)
	return c
}

func (a *app) importFiles(ctx context.Context, paths []string, f *importFlags) error {
	paths, err := expand(paths)
	if err != nil {
		return err
	}
	in := &importing{app: a, opts: node.ImportOptions{
		Source: f.source, Published: access.Date(f.published), Audience: f.audience.Audience, AcceptLoss: f.acceptLoss, Strict: f.strict,
	}}
	if f.strict || len(paths) == 1 {
		if in.together, in.unread = a.readFiles(paths); len(in.unread) > 0 {
			return &failures{in.unread}
		}
		paths = nil
	}
	err = a.with(ctx, toBegin, func(n *node.Node) error {
		var err error
		if in.reader, err = readerFor(ctx, n, f.as); err != nil {
			return err
		}
		in.node = n
		if f.demo {
			r, err := n.ImportDemo(ctx)
			if err != nil {
				return err
			}
			in.took(r)
		}
		return in.run(ctx, paths)
	})
	report := in.report()
	a.imported(report)
	if err == nil && len(report.Failed) > 0 {
		return &failures{report.Failed}
	}
	return err
}

// imported prints what became of files, but for those that failed.
func (a *app) imported(report *node.ImportReport) {
	if a.wantsJSON() {
		if report.Failed == nil {
			report.Failed = []string{}
		}
		_ = a.json(report) // a broken output shows when it is flushed
	}
	for _, e := range report.Editions {
		for _, w := range e.Warnings {
			a.warn("%s", w)
		}
		if a.wantsJSON() {
			continue
		}
		words := fmt.Sprintf("%s, published %s: %s", e.Source, e.Published, counted(e.Rows, "row"))
		if e.New {
			a.line("%s, +%d added, -%d removed, ~%d changed, at position %d", words, e.Added, e.Removed, e.Changed, e.Position)
		} else {
			a.line("%s, already held", words)
		}
	}
}

// maxFile bounds a file that is read, in bytes. The largest list there is has
// some 30 MB.
const maxFile = 1 << 30

// readFiles reads files, and says of each that it cannot read why.
func (a *app) readFiles(paths []string) (files []intake.File, unread []string) {
	for _, path := range paths {
		b, err := a.readFile(path)
		if err != nil {
			unread = append(unread, err.Error())
			continue
		}
		name := filepath.Base(path)
		if path == "-" {
			name = "standard input"
		}
		files = append(files, intake.File{Name: name, Bytes: b})
	}
	return files, unread
}

func (a *app) readFile(path string) ([]byte, error) {
	var r io.Reader = a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, problem.New(problem.Invalid, "%s: %s", path, reasonOf(err))
	case len(b) > maxFile:
		return nil, problem.New(problem.TooLarge, "%s: larger than %d MB", path, maxFile>>20)
	}
	return b, nil
}

// reasonOf is what is wrong with a file, without the path and the system call.
func reasonOf(err error) string {
	words := err.Error()
	if i := strings.LastIndex(words, ": "); i >= 0 {
		return words[i+2:]
	}
	return words
}
