package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// witnessFlags say whose logs a server witnesses, and who witnesses its own.
type witnessFlags struct {
	logs   string // file with the logs that are witnessed
	name   string // of the witness's key, when it is made
	policy string // file with the policy of the own log
	every  time.Duration
}

func (f *witnessFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.logs, "witness-for", "", "be a witness, under /witness, for the logs in `FILE`: the public key of one on each line, and a name after it")
	c.Flags().StringVar(&f.name, "witness-name", "", "`NAME` of the witness's key when it is made, as witness.example.org (default a random one)")
	c.Flags().StringVar(&f.policy, "witness", "", "have checkpoints of the log cosigned as the policy in `FILE` says, in the form of c2sp.org/tlog-policy")
	c.Flags().DurationVar(&f.every, "witness-every", witness.DefaultEvery, "ask witnesses no more often than every `DURATION`")
}

func (f *witnessFlags) check(cmd *cobra.Command, demo bool) error {
	switch {
	case f.name != "" && f.logs == "":
		return usage(cmd, "--witness-name needs --witness-for")
	case cmd.Flags().Changed("witness-every") && f.policy == "":
		return usage(cmd, "--witness-every needs --witness")
	case f.every < 100*time.Millisecond:
		return usage(cmd, "--witness-every %s: want a duration from 100ms on", f.every)
	case demo && f.policy != "":
		return usage(cmd, "--demo asks nobody; leave --witness away")
	}
	return nil
}

// witness begins to witness the logs of others, and to have the own one
// witnessed, if it is to.
func (a *app) witness(ctx context.Context, n *node.Node, f *witnessFlags, log *slog.Logger) error {
	if f.logs != "" {
		if err := a.witnessFor(ctx, n, f, log); err != nil {
			return err
		}
	}
	if f.policy == "" {
		return nil
	}
	policy, err := a.policy(f.policy)
	if err != nil {
		return err
	}
	opts := witness.Options{Every: f.every, Agent: "countersign/" + thisBuild().Version, Proxy: a.proxies(), Log: log}
	if err := n.GatherCosignatures(ctx, policy, opts); err != nil {
		return problem.New(problem.KindOf(err), "%s: %v", f.policy, err)
	}
	return nil
}

// witnessFor makes this node a witness. Its keys lie beside the log's.
func (a *app) witnessFor(ctx context.Context, n *node.Node, f *witnessFlags, log *slog.Logger) error {
	b, err := a.readFile(f.logs)
	if err != nil {
		return err
	}
	logs, err := witness.ParseLogs(b)
	if err != nil {
		return problem.New(problem.Invalid, "%s: %v", f.logs, err)
	}
	store, err := a.options()
	if err != nil {
		return err
	}
	dir := store.Data
	if store.SigningKey != "" {
		dir = filepath.Dir(store.SigningKey)
	}
	if dir == "" {
		return hinted(problem.New(problem.Invalid, "a witness has a key of its own, and there is no folder for it"), "name one with --data")
	}
	w, err := n.WitnessFor(ctx, node.WitnessOptions{
		Logs: logs, SigningKey: filepath.Join(dir, "witness.key"), PublicKey: filepath.Join(dir, "witness.pub"), Name: f.name, Logger: log,
	})
	if err != nil {
		return err
	}
	a.tell("witness for %s, with the key %s", counted(w.Logs(), "log"), w.Key())
	return nil
}

// policy reads whose cosignatures are wanted.
func (a *app) policy(path string) (*witness.Policy, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	p, err := witness.ParsePolicy(b)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s: %v", path, err)
	}
	return p, nil
}
