package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (a *app) ledgerCommand() *cobra.Command {
	return group("ledger", "Proofs, verification and replay",
		a.checkpointCommand(), a.proveCommand(), a.verifyCommand(), a.replayCommand(), a.withdrawCommand())
}

// newest is the operator's question about the present.
var newest = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}

func (a *app) checkpointCommand() *cobra.Command {
	c := command("checkpoint", "Print the newest signed checkpoint of the log", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			h, err := n.Head(cmd.Context())
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(h)
			}
			signed, err := n.Checkpoint(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprint(a.out, signed)
			return nil
		})
	})
	c.Long = "Checkpoint prints the newest signed checkpoint, in the form of\nc2sp.org/tlog-checkpoint. Keep one elsewhere: ledger verify --checkpoint then shows\nthat nothing below it was changed."
	return c
}

const proveLong = `Prove prints the inclusion proof of the document at POSITION, in the form of
c2sp.org/tlog-proof. It leads to the newest checkpoint that witnesses have
cosigned, where that covers the document, and else to the newest signed one.
With --policy it fails unless enough witnesses have cosigned that.

With --consistency it prints instead the proof that the log only grew from OLD
to the checkpoint that ledger checkpoint prints: a hash on each line, as
c2sp.org/tlog-witness has it, and none where both are of one size.`

type proveFlags struct{ as, policy, consistency string }

func (a *app) proveCommand() *cobra.Command {
	var f proveFlags
	c := command("prove POSITION", "Print the inclusion proof of a document", 0, 1, func(cmd *cobra.Command, args []string) error {
		if (f.consistency == "") != (len(args) == 1) {
			return usage(cmd, "want a POSITION, or --consistency")
		}
		if f.consistency != "" {
			return a.proveConsistency(cmd.Context(), &f)
		}
		p, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || p < 1 {
			return usage(cmd, "%q: want a position, from 1", args[0])
		}
		return a.prove(cmd.Context(), &f, p)
	})
	c.Use = "prove POSITION | --consistency OLD"
	c.Long = proveLong
	c.Flags().StringVar(&f.policy, "policy", "", "`FILE` that says which witnesses must have cosigned")
	c.Flags().StringVar(&f.consistency, "consistency", "", "prove that the log only grew from `OLD`: a size, or a file with a checkpoint")
	addAs(c, &f.as)
	return c
}

func (a *app) prove(ctx context.Context, f *proveFlags, position int64) error {
	return a.with(ctx, toRead, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, f.as)
		if err != nil {
			return err
		}
		ask := access.Ask{Reader: reader, At: newest.At}
		b, err := n.Prove(ctx, ask, position)
		if err != nil {
			return err
		}
		if err := a.provedUnder(n, f.policy, b); err != nil {
			return err
		}
		if !a.wantsJSON() {
			_, err = a.out.Write(b)
			return err
		}
		e, err := n.Document(ctx, ask, position)
		if err != nil {
			return err
		}
		return a.json(map[string]any{"document": e, "proof": string(b)})
	})
}

const verifyLong = `Verify checks everything that the store holds: bodies against their digests,
records against the log, the log against its checkpoints, facts against what the
log vouches for. It prints what it looked at and everything that is wrong.

With --checkpoint it also checks that the log begins with what an older
checkpoint, kept elsewhere, vouches for. With --policy it also checks that
enough witnesses have cosigned the checkpoint that is published. With --bundle
it checks an exported decision, for which it needs no store, only the log's
public key, or a policy that names the log.`

type verifyFlags struct{ bundle, key, checkpoint, policy string }

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := command("verify", "Check that nothing was changed", 0, 0, func(cmd *cobra.Command, _ []string) error {
		switch {
		case f.bundle != "" && f.key == "" && f.policy == "":
			return usage(cmd, "--bundle needs --key: the log's public key, as a file or as written")
		case f.bundle == "" && f.key != "":
			return usage(cmd, "--key goes with --bundle; a store has its own, see --public-key")
		case f.bundle != "" && f.checkpoint != "":
			return usage(cmd, "--checkpoint is about a store, --bundle needs none")
		case f.bundle != "":
			return a.verifyBundle(&f)
		}
		return a.verifyStore(cmd.Context(), &f)
	})
	c.Long = verifyLong
	c.Flags().StringVar(&f.bundle, "bundle", "", "`FILE` that check --export wrote")
	c.Flags().StringVar(&f.key, "key", "", "the log's public `KEY` for --bundle: a file, or the key itself")
	c.Flags().StringVar(&f.checkpoint, "checkpoint", "", "`FILE` with an older checkpoint of this log")
	c.Flags().StringVar(&f.policy, "policy", "", "`FILE` that says which witnesses must have cosigned")
	return c
}

func (a *app) verifyStore(ctx context.Context, f *verifyFlags) error {
	var v *ledger.Verification
	err := a.with(ctx, toRead, func(n *node.Node) error {
		progress, done := a.counting("verifying")
		defer done()
		var err error
		if v, err = n.Ledger.Verify(ctx, progress); err != nil {
			return err
		}
		for _, check := range []func(context.Context, *node.Node, *verifyFlags) error{a.consistent, a.witnessed} {
			if err := check(ctx, n, f); err != nil {
				v.Problems = append(v.Problems, err.Error())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.verified(v)
}

// verified prints what a verification found. Problems make it fail.
func (a *app) verified(v *ledger.Verification) error {
	if a.wantsJSON() {
		if err := a.json(v); err != nil {
			return err
		}
	} else {
		word := "ok"
		if len(v.Problems) > 0 {
			word = counted(len(v.Problems), "problem")
		}
		a.line("%s: %d documents, %d bodies, %d facts, %d checkpoints, up to position %d",
			word, v.Documents, v.Bodies, v.Facts, v.Checkpoints, v.Position)
	}
	if len(v.Problems) > 0 {
		return &failures{v.Problems}
	}
	return nil
}

// verifierOf is a log's public key, from a file or as it is written.
func (a *app) verifierOf(key string) (note.Verifier, error) {
	if exists(key) {
		b, err := os.ReadFile(key)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %s", key, reasonOf(err))
		}
		v, err := note.NewVerifier(strings.TrimSpace(string(b)))
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: not the public key of a log: %v", key, err)
		}
		return v, nil
	}
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, problem.New(problem.Invalid, "key %q: neither a file nor the public key of a log", key)
	}
	return v, nil
}

// replayed is one decision, asked again.
type replayed struct {
	Decision string `json:"decision"`
	*decision.Outcome
}

func (a *app) replayCommand() *cobra.Command {
	var all bool
	c := command("replay DIGEST", "Ask a recorded decision or screening again and compare", 0, 1, func(cmd *cobra.Command, args []string) error {
		if all == (len(args) == 1) {
			return usage(cmd, "want the DIGEST of a decision or screening, or --all")
		}
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			digests := args
			if all {
				for _, kind := range []string{node.KindDecision, node.KindScreening} {
					more, err := recorded(cmd.Context(), n, kind)
					if err != nil {
						return err
					}
					digests = append(digests, more...)
				}
			}
			return a.replay(cmd.Context(), n, digests, all)
		})
	})
	c.Use = "replay DIGEST | --all"
	c.Long = "Replay asks the question of a recorded decision or screening again, with the policies and at\nthe position that it names, and says same, differs or other_engine. Only differs\nis a failure; other_engine means that another version of the program decided."
	c.Flags().BoolVar(&all, "all", false, "every decision and screening that is recorded")
	return c
}

// recorded is the digests of all that was recorded of a kind, oldest first.
func recorded(ctx context.Context, n *node.Node, kind string) ([]string, error) {
	var digests []string
	f := ledger.Filter{Kind: kind, Limit: 1000}
	for {
		entries, err := n.List(ctx, newest, f)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			digests = append(digests, e.Digest)
			f.After = e.Position
		}
		if len(entries) < f.Limit {
			return digests, nil
		}
	}
}

func (a *app) replay(ctx context.Context, n *node.Node, digests []string, all bool) error {
	results := []replayed{}
	counts, gone := map[decision.Replay]int{}, 0
	for _, digest := range digests {
		o, err := n.Replay(ctx, newest, digest)
		if all && problem.KindOf(err) == problem.NotFound {
			gone++ // what it says, or the bill that it judged, was withdrawn
			a.warn("%s: %s", digest, problem.Message(err))
			continue
		}
		if err != nil {
			return err
		}
		counts[o.Result]++
		results = append(results, replayed{digest, o})
		if a.wantsJSON() {
			continue
		}
		a.line("%-12s  %s", o.Result, digest)
		for _, d := range o.Differences {
			a.paragraph("              ", d.String())
		}
	}
	switch {
	case a.wantsJSON() && all:
		if err := a.json(map[string]any{"replays": results}); err != nil {
			return err
		}
	case a.wantsJSON():
		if err := a.json(results[0]); err != nil {
			return err
		}
	case all:
		words := fmt.Sprintf("%s: %d same, %d differ, %d of another engine",
			counted(len(digests), "decision"), counts[decision.Same], counts[decision.Differs], counts[decision.OtherEngine])
		if gone > 0 {
			words += fmt.Sprintf(", %d withdrawn", gone)
		}
		a.line("%s", words)
	}
	if counts[decision.Differs] > 0 {
		return problem.New(problem.Conflict, "%d of %d decisions cannot be repeated", counts[decision.Differs], len(digests))
	}
	return nil
}
