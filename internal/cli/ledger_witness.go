package cli

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// ownKey is the public key of a node's log.
func ownKey(n *node.Node) (note.Verifier, error) {
	key, err := note.NewVerifier(n.VerifierKey())
	if err != nil {
		return nil, fmt.Errorf("public key of the log: %w", err)
	}
	return key, nil
}

// provedUnder checks that enough witnesses have cosigned what a proof leads to.
func (a *app) provedUnder(n *node.Node, policy string, b []byte) error {
	if policy == "" {
		return nil
	}
	p, err := a.policyOfLog(n, policy)
	if err != nil {
		return err
	}
	proof, err := ledger.ParseProof(string(b))
	if err != nil {
		return err
	}
	_, err = p.Verify(proof.Checkpoint)
	return err
}

// policyOfLog reads a policy for the log of a node.
func (a *app) policyOfLog(n *node.Node, path string) (*witness.Policy, error) {
	p, err := a.policy(path)
	if err != nil {
		return nil, err
	}
	key, err := ownKey(n)
	if err != nil {
		return nil, err
	}
	if p, err = p.ForLog(key); err != nil {
		return nil, problem.New(problem.KindOf(err), "%s: %v", path, err)
	}
	return p, nil
}

// witnessed checks that enough witnesses have cosigned the published
// checkpoint, where a policy says who is enough.
func (a *app) witnessed(ctx context.Context, n *node.Node, f *verifyFlags) error {
	if f.policy == "" {
		return nil
	}
	p, err := a.policyOfLog(n, f.policy)
	if err != nil {
		return err
	}
	signed, err := n.Checkpoint(ctx)
	if err != nil {
		return err
	}
	_, err = p.Verify(signed)
	return err
}

// consistent checks that the log begins with what an older checkpoint vouches
// for, where one is named.
func (a *app) consistent(ctx context.Context, n *node.Node, f *verifyFlags) error {
	if f.checkpoint == "" {
		return nil
	}
	older, err := a.olderTree(n, f.checkpoint)
	if err != nil {
		return err
	}
	proof, tree, err := n.Ledger.ProveConsistency(ctx, older.Size)
	if err != nil {
		return fmt.Errorf("%s: %w", f.checkpoint, err)
	}
	if err := ledger.CheckConsistency(proof, older, tree); err != nil {
		return fmt.Errorf("%s: the log does not begin with the %d documents that this checkpoint vouches for", f.checkpoint, older.Size)
	}
	return nil
}

// olderTree reads a checkpoint of the node's log from a file.
func (a *app) olderTree(n *node.Node, path string) (ledger.Tree, error) {
	b, err := a.readFile(path)
	if err != nil {
		return ledger.Tree{}, err
	}
	tree, err := n.Ledger.Tree(string(b))
	if err != nil {
		return ledger.Tree{}, problem.New(problem.Invalid, "%s: not a checkpoint that the key of this log signed: %v", path, err)
	}
	return tree, nil
}

// consistencyReport is a consistency proof with what it leads from and to.
type consistencyReport struct {
	Old        int64    `json:"old"`
	New        int64    `json:"new"`
	Proof      []string `json:"proof"`
	Checkpoint string   `json:"checkpoint"`
}

// proveConsistency prints the proof that the log only grew from an older size,
// or from an older checkpoint, to what is published now.
func (a *app) proveConsistency(ctx context.Context, f *proveFlags) error {
	return a.with(ctx, toRead, func(n *node.Node) error {
		signed, err := n.Checkpoint(ctx)
		if err != nil {
			return err
		}
		if f.policy != "" {
			if err := a.witnessed(ctx, n, &verifyFlags{policy: f.policy}); err != nil {
				return err
			}
		}
		newer, err := n.Ledger.Tree(signed)
		if err != nil {
			return err
		}
		older, err := a.older(n, f.consistency)
		if err != nil {
			return err
		}
		if older.Size > newer.Size {
			return problem.New(problem.Invalid, "size %d: the log's published checkpoint is of %d", older.Size, newer.Size)
		}
		proof, err := n.Ledger.ConsistencyProof(ctx, older.Size, newer.Size)
		if err != nil {
			return err
		}
		if older.Origin != "" { // it came with a root, so it can be checked here
			if err := ledger.CheckConsistency(proof, older, newer); err != nil {
				return problem.New(problem.Conflict, "%s: %v", f.consistency, err)
			}
		}
		if !a.wantsJSON() {
			_, err = fmt.Fprint(a.out, ledger.FormatConsistency(proof))
			return err
		}
		report := consistencyReport{Old: older.Size, New: newer.Size, Proof: []string{}, Checkpoint: signed}
		for _, h := range proof {
			report.Proof = append(report.Proof, h.String())
		}
		return a.json(report)
	})
}

// older is what a consistency proof begins at: a size as written, or the tree
// of a checkpoint in a file.
func (a *app) older(n *node.Node, said string) (ledger.Tree, error) {
	if size, err := strconv.ParseInt(said, 10, 64); err == nil {
		if size < 1 {
			return ledger.Tree{}, problem.New(problem.Invalid, "size %d: want one from 1, or a file with a checkpoint", size)
		}
		return ledger.Tree{Size: size}, nil
	}
	return a.olderTree(n, said)
}
