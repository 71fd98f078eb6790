package cli

import (
	"context"

	"github.com/spf13/cobra"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/monitor"
	"countersign.dev/internal/problem"
)

const monitorLong = `Monitor looks at a node from outside, as anybody may, and needs no store. It reads
the public log and checks that it only grew since the last run; finds every public
event of a label in it; recomputes how each label stands; and compares that with
what the registry lists and with its signed status list. It prints every
difference, and fails when there is one.

--key says whose log it has to be, and --policy which witnesses must have cosigned
it; one of them is wanted. With --state a run goes on from the last, and notices
what was rewritten or taken back in between; without it every run reads the whole
log and knows nothing of before.`

type monitorFlags struct{ key, policy, state string }

func (a *app) monitorCommand() *cobra.Command {
	var f monitorFlags
	c := command("monitor URL", "Check a node's labels against its public log", 1, 1, func(cmd *cobra.Command, args []string) error {
		if f.key == "" && f.policy == "" {
			return usage(cmd, "say whose log it has to be: --key, or --policy with a log in it")
		}
		return a.monitor(cmd.Context(), &f, args[0])
	})
	c.Long = monitorLong
	c.Flags().StringVar(&f.key, "key", "", "the log's public `KEY`: a file, or the key itself")
	c.Flags().StringVar(&f.policy, "policy", "", "`FILE` that says which witnesses must have cosigned")
	c.Flags().StringVar(&f.state, "state", "", "`FILE` to keep what was seen in, for the next run")
	return c
}

func (a *app) monitor(ctx context.Context, f *monitorFlags, url string) error {
	trust, err := a.trustedLog(f)
	if err != nil {
		return err
	}
	last := &monitor.State{}
	if f.state != "" {
		if last, err = monitor.ReadState(f.state); err != nil {
			return err
		}
	}
	progress, done := a.counting("reading the log")
	m, err := monitor.New(monitor.Options{
		URL: url, Trust: trust, Agent: "countersign/" + thisBuild().Version, Proxy: a.proxies(), Progress: progress, Now: a.now,
	})
	if err != nil {
		done()
		return err
	}
	report, next, err := m.Run(ctx, last)
	done()
	if err != nil {
		return err
	}
	if f.state != "" {
		if err := next.Write(f.state); err != nil {
			return err
		}
	}
	return a.monitored(report)
}

// trustedLog is whose checkpoints are believed.
func (a *app) trustedLog(f *monitorFlags) (func(string) (ledger.Tree, error), error) {
	key, policy, err := a.trusted(&verifyFlags{key: f.key, policy: f.policy})
	if err != nil {
		return nil, err
	}
	if policy != nil {
		return policy.Verify, nil
	}
	return func(signed string) (ledger.Tree, error) {
		tree, err := ledger.OpenCheckpoint(signed, key)
		if err != nil {
			err = problem.New(problem.Invalid, "%v", err)
		}
		return tree, err
	}, nil
}

// monitored prints what a run found. Differences make it fail.
func (a *app) monitored(r *monitor.Report) error {
	if a.wantsJSON() {
		if err := a.json(r); err != nil {
			return err
		}
	} else {
		word := "ok"
		if len(r.Differences) > 0 {
			word = counted(len(r.Differences), "difference")
		}
		a.line("%s: %s with %s in the log %s of %d, which was of %d at the last run",
			word, counted(r.Labels, "label"), counted(r.Events, "event"), r.Log, r.Size, r.From)
		if r.Pending > 0 {
			a.line("%s not under the published checkpoint yet", counted(r.Pending, "event"))
		}
	}
	if len(r.Differences) > 0 {
		return &failures{r.Differences}
	}
	return nil
}
