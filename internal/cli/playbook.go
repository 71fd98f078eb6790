package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const playbookLong = `A playbook (CACAO 2.0) says what is done in which order; a run of it keeps what was
done, by whom and when, and goes on where it was whatever happens to the node. People
do the work: nothing is executed but requests to hosts that serve is told it may reach.

A playbook is named by its id, or by its name in lower case with hyphens, as
federal-incident-response. Without --as you act for every organisation, as whoever
holds the store's files.`

func (a *app) playbookCommand() *cobra.Command {
	c := group("playbook", "Playbooks of response: check, run, act",
		a.playbookLintCommand(), a.playbookImportCommand(), a.playbookListCommand(), a.playbookShowCommand(),
		a.playbookRunCommand(), a.playbookActCommand(), a.playbookRunsCommand(), a.playbookStatusCommand(), a.playbookCancelCommand(),
	)
	c.Long = playbookLong
	return c
}

// playbookFlags are those of serve about runs.
type playbookFlags struct {
	hosts   []string
	private bool
}

func (f *playbookFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.hosts, "playbook-host", nil, "`HOST` that runs of playbooks may send requests to; may be repeated (default none: people do it)")
	c.Flags().BoolVar(&f.private, "playbook-private", false, "allow such hosts in private networks, and plain http")
}

func (f *playbookFlags) options(log *slog.Logger) node.RunOptions {
	return node.RunOptions{Hosts: f.hosts, Private: f.private, Agent: "countersign/" + thisBuild().Version, Logger: log}
}

const playbookLintLong = `Lint says what is wrong with a playbook: what its form breaks of CACAO 2.0, steps that
are missing or never reached, loops that have no end, names that lead nowhere. A
playbook with errors is not run. It needs no store and no network.

Exit codes: 0 no errors, 1 errors.`

func (a *app) playbookLintCommand() *cobra.Command {
	c := command("lint FILE", "Say what is wrong with a playbook", 1, 1, func(_ *cobra.Command, args []string) error {
		b, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		found, err := playbook.Lint(b, playbook.Limits{}, a.now())
		if err != nil {
			return err
		}
		if err := a.playbookLinted(args[0], found); err != nil {
			return err
		}
		if !found.Valid {
			return resultError{}
		}
		return nil
	})
	c.Use = "lint FILE|-"
	c.Long = playbookLintLong
	return c
}

func (a *app) playbookImportCommand() *cobra.Command {
	var as string
	var audience audienceFlag
	c := command("import FILE...", "Take playbooks into the ledger", 1, -1, func(cmd *cobra.Command, args []string) error {
		var files []intake.File
		for _, path := range args {
			b, err := a.readFile(path)
			if err != nil {
				return err
			}
			if !playbook.Recognise(path, b) {
				return problem.New(problem.Invalid, "%s: not a playbook of CACAO 2.0", path)
			}
			files = append(files, intake.File{Name: filepath.Base(path), Bytes: b})
		}
		return a.asMember(cmd.Context(), toBegin, as, func(n *node.Node, by access.Reader) error {
			report, err := n.Import(cmd.Context(), by, files, node.ImportOptions{Audience: audience.Audience, Strict: true})
			if err != nil {
				return err
			}
			if len(report.Failed) > 0 {
				return problem.New(problem.Invalid, "%s", strings.Join(report.Failed, "; "))
			}
			return a.playbookImported(report)
		})
	})
	c.Flags().Var(&audience, "audience", "who may see them: public, or org:ID joined by | (any of) and & (all of)")
	addAs(c, &as)
	return c
}

func (a *app) playbookListCommand() *cobra.Command {
	var as string
	c := command("list", "List playbooks", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			list, err := n.Playbooks(cmd.Context(), asked(by))
			if err != nil {
				return err
			}
			return a.playbookList(list)
		})
	})
	addAs(c, &as)
	return c
}

func (a *app) playbookShowCommand() *cobra.Command {
	var as, version string
	c := command("show ID", "Show a playbook step by step", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			dry, err := n.DryRun(cmd.Context(), asked(by), args[0], version, nil)
			if err != nil {
				return err
			}
			return a.playbookWould(dry)
		})
	})
	c.Flags().StringVar(&version, "version", "", "`TIME` of its modification (default the newest)")
	addAs(c, &as)
	return c
}

// runFlags are those that start a run.
type runFlags struct {
	as   string
	set  []string
	dry  bool
	opts node.NewRun
}

func (a *app) playbookRunCommand() *cobra.Command {
	var f runFlags
	c := command("run ID", "Start a run of a playbook, or see what it would do", 1, 1, func(cmd *cobra.Command, args []string) error {
		f.opts.Playbook = args[0]
		var err error
		if f.opts.Values, err = assigned(cmd, f.set); err != nil {
			return err
		}
		return a.playbookRun(cmd.Context(), &f)
	})
	flags := c.Flags()
	flags.StringVar(&f.opts.Version, "version", "", "`TIME` of its modification (default the newest)")
	flags.StringVar(&f.opts.Incident, "incident", "", "`ID` of the incident that the run belongs to; its clocks are the run's deadlines")
	flags.StringVar(&f.opts.Owner, "for", "", "`ORGANISATION` whose run it is (default the incident's, or your own)")
	flags.StringSliceVar(&f.opts.With, "with", nil, "`ORGANISATION` that sees it and acts in it too; may be repeated")
	flags.StringArrayVar(&f.set, "set", nil, "`NAME=VALUE` of a variable of the playbook; may be repeated")
	flags.StringVar(&f.opts.By, "by", "", "`PERSON` who starts it, where that is not who signs in")
	flags.StringVar(&f.opts.Note, "note", "", "why, in a sentence")
	flags.BoolVar(&f.dry, "dry-run", false, "tell what it would do, and do nothing")
	addAs(c, &f.as)
	return c
}

func (a *app) playbookRun(ctx context.Context, f *runFlags) error {
	if f.dry {
		return a.asMember(ctx, toRead, f.as, func(n *node.Node, by access.Reader) error {
			dry, err := n.DryRun(ctx, asked(by), f.opts.Playbook, f.opts.Version, f.opts.Values)
			if err != nil {
				return err
			}
			return a.playbookWould(dry)
		})
	}
	return a.asMember(ctx, toBegin, f.as, func(n *node.Node, by access.Reader) error {
		s, err := n.StartRun(ctx, by, f.opts)
		if err != nil {
			return err
		}
		return a.runState(s)
	})
}

// assigned reads NAME=VALUE. The underscores around a name may be left out.
func assigned(cmd *cobra.Command, set []string) (map[string]string, error) {
	if len(set) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, usage(cmd, "--set %s: want NAME=VALUE", s)
		}
		if !strings.HasPrefix(name, "__") {
			name = "__" + name + "__"
		}
		out[name] = value
	}
	return out, nil
}

func (a *app) playbookActCommand() *cobra.Command {
	var as string
	var set []string
	var act node.RunAct
	c := command("act RUN STEP VERB", "End a step of a run, or approve it", 3, 3, func(cmd *cobra.Command, args []string) error {
		act.Step, act.Verb = args[1], args[2]
		if act.Verb != "done" && act.Verb != "failed" && act.Verb != "approve" {
			return usage(cmd, "%s: want done, failed or approve", act.Verb)
		}
		var err error
		if act.Values, err = assigned(cmd, set); err != nil {
			return err
		}
		return a.actInRun(cmd.Context(), as, args[0], act)
	})
	c.Use = "act RUN STEP done|failed|approve"
	c.Long = "Act records that somebody did a step, that it failed, or that somebody approves it.\nSTEP is the number of the task that status shows, or the step's name or id."
	c.Flags().StringVar(&act.By, "by", "", "`PERSON` who did it, where that is not who signs in")
	c.Flags().StringVar(&act.Note, "note", "", "what came of it; why it failed")
	c.Flags().StringArrayVar(&set, "set", nil, "`NAME=VALUE` of a variable that the step sets; may be repeated")
	addAs(c, &as)
	return c
}

func (a *app) playbookCancelCommand() *cobra.Command {
	var as string
	act := node.RunAct{Verb: "cancel"}
	c := command("cancel RUN", "Call a run off, for a reason", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.actInRun(cmd.Context(), as, args[0], act)
	})
	c.Flags().StringVar(&act.By, "by", "", "`PERSON` who does, where that is not who signs in")
	c.Flags().StringVar(&act.Note, "note", "", "why, in a sentence")
	addAs(c, &as)
	return c
}

func (a *app) actInRun(ctx context.Context, as, run string, act node.RunAct) error {
	return a.asMember(ctx, toWrite, as, func(n *node.Node, by access.Reader) error {
		s, err := n.ActInRun(ctx, by, run, act)
		if err != nil {
			return err
		}
		return a.runState(s)
	})
}

func (a *app) playbookRunsCommand() *cobra.Command {
	var as, status string
	var f node.RunFilter
	c := command("runs", "List runs, newest first", 0, 0, func(cmd *cobra.Command, _ []string) error {
		f.Status = playbook.Status(status)
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			list, err := n.Runs(cmd.Context(), asked(by), f)
			if err != nil {
				return err
			}
			return a.runList(list)
		})
	})
	flags := c.Flags()
	flags.StringVar(&status, "status", "", "only those that are running, done, failed or cancelled")
	flags.StringVar(&f.Incident, "incident", "", "only those of the incident with this `ID`")
	flags.StringVar(&f.After, "after", "", "`ID` of the run after which the list begins")
	flags.IntVar(&f.Limit, "limit", 100, "how many at most")
	addAs(c, &as)
	return c
}

func (a *app) playbookStatusCommand() *cobra.Command {
	var as string
	c := command("status RUN", "Show how far a run has come, and what it waits for", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, by access.Reader) error {
			s, err := n.Run(cmd.Context(), asked(by), args[0])
			if err != nil {
				return err
			}
			return a.runState(s)
		})
	})
	addAs(c, &as)
	return c
}
