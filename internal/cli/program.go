package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/problem"
)

// Program is one run of the command line.
type Program struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer // coloured and as wide as the screen when it is a terminal
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time // time.Now when nil
	Self   string           // file of the program, to measure how it starts; "" for not to
}

// Run does what the arguments say and returns the exit code: 0 allow or done,
// 1 failure, 2 usage, 3 review, 4 deny. It ends early when ctx does, which
// serve takes for a wish to stop gracefully.
func (p *Program) Run(ctx context.Context) int {
	out := bufio.NewWriter(p.Stdout)
	now := p.Now
	if now == nil {
		now = time.Now
	}
	a := &app{
		in: p.Stdin, now: now, getenv: p.Getenv, self: p.Self, stderrTerminal: isTerminal(p.Stderr),
		printer: newPrinter(out, p.Stdout, p.Stderr, p.Getenv),
	}
	root := a.root()
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(out)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if flushed := out.Flush(); err == nil || isVerdict(err) {
		if flushed != nil {
			err = flushed
		}
	}
	return a.printer.end(err)
}

// app is what the commands of one run share.
type app struct {
	*printer
	in             io.Reader
	now            func() time.Time
	getenv         func(string) string
	self           string
	stderrTerminal bool
	store          storeFlags
}

const rootLong = `countersign answers four questions about a supplier, with evidence and as of
any date: may we buy from them, may we run it, may the public trust it, and who
must know by when.

Exit codes: 0 allow or done, 1 failure, 2 usage, 3 review, 4 deny.`

func (a *app) root() *cobra.Command {
	root := group("countersign", "Evidence and verdicts about suppliers, as of any date",
		a.serveCommand(),
		a.importCommand(),
		a.feedsCommand(),
		a.checkCommand(),
		a.screenCommand(),
		a.watchCommand(),
		a.noticeCommand(),
		a.watchlistCommand(),
		a.holdingsCommand(),
		a.sameCommand(),
		a.apartCommand(),
		a.showCommand(),
		a.impactCommand(),
		a.attestCommand(),
		a.catalogueCommand(),
		a.labelCommand(),
		a.incidentCommand(),
		a.stixCommand(),
		a.scanCommand(),
		a.postureCommand(),
		a.playbookCommand(),
		a.peerCommand(),
		a.listsCommand(),
		a.ledgerCommand(),
		a.monitorCommand(),
		a.memberCommand(),
		a.backupCommand(),
		a.restoreCommand(),
		a.doctorCommand(),
		a.benchCommand(),
		a.versionCommand(),
	)
	root.Long = rootLong
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "help-command"})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd, "%s", strings.TrimSuffix(err.Error(), "."))
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.store.data, "data", "", "`DIR` of the store and the log's keys (default $COUNTERSIGN_DATA, else countersign in the user's data folder)")
	flags.StringVar(&a.store.db, "db", "", "`URL` of the store's database, as postgres://USER@HOST/NAME, in place of the one in DIR")
	flags.StringVar(&a.store.signingKey, "signing-key", "", "`FILE` of the log's signing key (default DIR/ledger.key)")
	flags.StringVar(&a.store.publicKey, "public-key", "", "`FILE` of the log's public key (default DIR/ledger.pub)")
	flags.Var(&a.format, "format", "text for people, json for programs; of check also sarif, junit, markdown or csv")
	return root
}

// group is a command that only has others below it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	c.AddCommand(commands...)
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(cmd, "say which command: %s", strings.Join(namesOf(cmd), ", "))
		}
		err := usage(cmd, "unknown command %q", args[0])
		if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
			err = usage(cmd, "unknown command %q; did you mean %s", args[0], strings.Join(like, " or "))
		}
		return err
	}
	c.SuggestionsMinimumDistance = 2
	// Runnable, or cobra would print help in place of the errors above.
	c.RunE = func(*cobra.Command, []string) error { return nil }
	return c
}

func namesOf(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// command is a command that does something. want is how many arguments it
// takes: at least and, unless negative, at most.
func command(use, short string, least, most int, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, RunE: run,
		Args: func(cmd *cobra.Command, args []string) error {
			if f := emptyFlag(cmd); f != nil {
				return usage(cmd, "--%s is empty; give it a %s or leave it out", f.Name, valueOf(f))
			}
			format, common := cmd.Flag("format").Value.(*formatFlag)
			switch {
			case common && gateForms[*format] != nil && cmd.Name() != "check" && (cmd.Name() != "scan" || *format != "csv"):
				return usage(cmd, "--format %s is a form of check alone; want text or json", *format)
			case len(args) < least:
				return usage(cmd, "%s is missing", placeholder(use, len(args)))
			case most >= 0 && len(args) > most:
				return usage(cmd, "%q is one argument too many; quote a name that has spaces", args[most])
			}
			return nil
		},
	}
}

// placeholder is the nth argument as the usage line calls it.
func placeholder(use string, n int) string {
	words := strings.Fields(use)[1:]
	if n < len(words) {
		return strings.Trim(words[n], "[].")
	}
	return "an argument"
}

// usageError is a command line that is itself wrong.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(cmd *cobra.Command, format string, args ...any) error {
	return hinted(&usageError{sprintf(format, args...)}, "see %s --help", cmd.CommandPath())
}

// dataFolder is where the store is when nobody says: a folder of its own in
// that for the user's data, after the XDG base directory specification.
func dataFolder(getenv func(string) string) (string, error) {
	// The specification has relative paths ignored.
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "countersign"), nil
	}
	if dir := getenv("HOME"); dir != "" {
		return filepath.Join(dir, ".local", "share", "countersign"), nil
	}
	return "", hinted(problem.New(problem.Invalid, "there is no home directory to keep a store in"), "name a folder with --data")
}

// exists reports whether there is a file at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
