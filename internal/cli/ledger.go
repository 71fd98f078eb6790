package cli

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

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

func (a *app) proveCommand() *cobra.Command {
	var as string
	c := command("prove POSITION", "Print the inclusion proof of a document", 1, 1, func(cmd *cobra.Command, args []string) error {
		p, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || p < 1 {
			return usage(cmd, "%q: want a position, from 1", args[0])
		}
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			reader, err := readerFor(cmd.Context(), n, as)
			if err != nil {
				return err
			}
			ask := access.Ask{Reader: reader, At: newest.At}
			proof, err := n.Prove(cmd.Context(), ask, p)
			if err != nil {
				return err
			}
			if !a.wantsJSON() {
				_, err = a.out.Write(proof)
				return err
			}
			e, err := n.Document(cmd.Context(), ask, p)
			if err != nil {
				return err
			}
			return a.json(map[string]any{"document": e, "proof": string(proof)})
		})
	})
	c.Long = "Prove prints the inclusion proof of the document at POSITION, in the form of\nc2sp.org/tlog-proof, under the newest signed checkpoint."
	addAs(c, &as)
	return c
}

const verifyLong = `Verify checks everything that the store holds: bodies against their digests,
records against the log, the log against its checkpoints, facts against what the
log vouches for. It prints what it looked at and everything that is wrong.

With --checkpoint it also checks that the log begins with what an older
checkpoint, kept elsewhere, vouches for. With --bundle it checks an exported
decision, for which it needs no store, only the log's public key.`

type verifyFlags struct{ bundle, key, checkpoint string }

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := command("verify", "Check that nothing was changed", 0, 0, func(cmd *cobra.Command, _ []string) error {
		switch {
		case f.bundle != "" && f.key == "":
			return usage(cmd, "--bundle needs --key: the log's public key, as a file or as written")
		case f.bundle == "" && f.key != "":
			return usage(cmd, "--key goes with --bundle; a store has its own, see --public-key")
		case f.bundle != "" && f.checkpoint != "":
			return usage(cmd, "--checkpoint is about a store, --bundle needs none")
		case f.bundle != "":
			return a.verifyBundle(f.bundle, f.key)
		}
		return a.verifyStore(cmd.Context(), f.checkpoint)
	})
	c.Long = verifyLong
	c.Flags().StringVar(&f.bundle, "bundle", "", "`FILE` that check --export wrote")
	c.Flags().StringVar(&f.key, "key", "", "the log's public `KEY` for --bundle: a file, or the key itself")
	c.Flags().StringVar(&f.checkpoint, "checkpoint", "", "`FILE` with an older checkpoint of this log")
	return c
}

func (a *app) verifyStore(ctx context.Context, checkpoint string) error {
	var v *ledger.Verification
	err := a.with(ctx, toRead, func(n *node.Node) error {
		progress, done := a.counting("verifying")
		defer done()
		var err error
		if v, err = n.Ledger.Verify(ctx, progress); err != nil || checkpoint == "" {
			return err
		}
		if err := a.consistent(ctx, n, checkpoint); err != nil {
			v.Problems = append(v.Problems, err.Error())
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

// consistent checks that the log begins with what an older checkpoint vouches
// for.
func (a *app) consistent(ctx context.Context, n *node.Node, path string) error {
	b, err := a.readFile(path)
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(n.VerifierKey())
	if err != nil {
		return fmt.Errorf("public key of the log: %w", err)
	}
	size, root, err := parseCheckpoint(string(b), key)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	proof, tree, err := n.Ledger.ProveConsistency(ctx, size)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := tlog.CheckTree(proof, tree.Size, tree.Root, size, root); err != nil {
		return fmt.Errorf("%s: the log does not begin with the %d documents that this checkpoint vouches for", path, size)
	}
	return nil
}

// parseCheckpoint reads a signed checkpoint of the key's log, in the form of
// c2sp.org/tlog-checkpoint: origin, size and root hash, a line each.
func parseCheckpoint(signed string, key note.Verifier) (int64, tlog.Hash, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("not a checkpoint that the key of this log signed: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		return 0, tlog.Hash{}, fmt.Errorf("not a checkpoint of the log %s", key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: size %q is not a number", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: root %q is not a hash", lines[2])
	}
	return size, tlog.Hash(root), nil
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
