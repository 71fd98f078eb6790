package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/ledger/witness"
	"countersign.dev/internal/problem"
)

// witnessing is what a node does for the logs of others, and others for its.
type witnessing struct {
	witness  atomic.Pointer[witness.Witness]  // nil until WitnessFor
	gatherer atomic.Pointer[witness.Gatherer] // nil until GatherCosignatures
	stop     context.CancelFunc
}

// WitnessOptions say what a witness is. Nodes on one store that are to be one
// witness have the same keys.
type WitnessOptions struct {
	Logs       []witness.Watched // that it cosigns for
	SigningKey string            // file of its signing key; made when it is not there
	PublicKey  string            // file of its public key, made with the other
	Name       string            // of a key that is made; a random one when ""
	Logger     *slog.Logger      // of the node when nil
}

// WitnessFor begins to cosign the checkpoints of other logs.
func (n *Node) WitnessFor(ctx context.Context, opts WitnessOptions) (*witness.Witness, error) {
	if n.readOnly {
		return nil, problem.New(problem.Conflict, "the store is open for reading only, so nothing can be witnessed")
	}
	if own, err := note.NewVerifier(n.verifier); err == nil {
		for _, l := range opts.Logs {
			if l.Verifier.Name() == own.Name() {
				return nil, problem.New(problem.Invalid, "%s is this node's own log; a witness of oneself tells nobody anything", own.Name())
			}
		}
	}
	signer, err := n.witnessKey(ctx, &opts)
	if err != nil {
		return nil, err
	}
	log := opts.Logger
	if log == nil {
		log = n.log
	}
	w, err := witness.New(ctx, n.DB, signer, opts.Logs, log)
	if problem.KindOf(err) == problem.Conflict {
		err = problem.New(problem.Conflict, "%v: move %s and %s away, and have logs trust the key that is made then", err, opts.SigningKey, opts.PublicKey)
	}
	if err != nil {
		return nil, err
	}
	if !n.witnessing.witness.CompareAndSwap(nil, w) {
		return nil, problem.New(problem.Conflict, "this node is a witness already")
	}
	return w, nil
}

// witnessKey reads the witness's key, or makes it. The store learns of a new
// key first: one that it does not know must never have signed.
func (n *Node) witnessKey(ctx context.Context, opts *WitnessOptions) (*witness.Signer, error) {
	b, err := os.ReadFile(opts.SigningKey)
	if err == nil {
		s, err := witness.NewSigner(trim(b), n.now)
		switch {
		case err != nil:
			return nil, problem.New(problem.Invalid, "%s: %v", opts.SigningKey, err)
		case opts.Name != "" && opts.Name != s.Name():
			return nil, problem.New(problem.Conflict, "%s is the key of witness %s, not of %s; a key keeps its name", opts.SigningKey, s.Name(), opts.Name)
		}
		return s, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("witness key: %w", err)
	}
	name := opts.Name
	if name == "" {
		// Short, since it is in every proof; the key's hash tells it from others.
		name = "witness/" + strings.ToLower(rand.Text()[:7])
	}
	signing, public, err := witness.GenerateKey(name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%v", err)
	}
	s, err := witness.NewSigner(signing, n.now)
	if err != nil {
		return nil, err
	}
	if err := witness.Adopt(ctx, n.DB, s.Verifier(), n.now()); err != nil {
		return nil, err
	}
	if err := writeNew(opts.SigningKey, signing+"\n", 0o600); err != nil {
		return nil, fmt.Errorf("witness key: %w", err)
	}
	if err := writeNew(opts.PublicKey, public+"\n", 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("public key of the witness: %w", err), os.Remove(opts.SigningKey))
	}
	return s, nil
}

// Witness is the witness that this node is; nil when it is none.
func (n *Node) Witness() *witness.Witness { return n.witnessing.witness.Load() }

// GatherCosignatures begins to have each new checkpoint of this node's log
// cosigned by the witnesses of a policy, in the background. Only a node with
// the log's public key can: it has to know its own checkpoints. It ends with
// Close.
func (n *Node) GatherCosignatures(ctx context.Context, policy *witness.Policy, opts witness.Options) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so no cosignatures can be kept")
	}
	key, err := note.NewVerifier(n.verifier)
	if err != nil {
		return problem.New(problem.Conflict, "this node has no public key of the log, so it cannot tell its checkpoints from others; give it the folder with the log's keys by --data")
	}
	if opts.Log == nil {
		opts.Log = n.log
	}
	g, err := witness.NewGatherer(n.Ledger, key, policy, opts)
	if err != nil {
		return err
	}
	if !n.witnessing.gatherer.CompareAndSwap(nil, g) {
		return problem.New(problem.Conflict, "cosignatures are gathered already")
	}
	ctx, n.witnessing.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() { g.Run(ctx, n.Ledger.Moved) })
	return nil
}

// Cosigning is how the gathering of cosignatures stands; ok is false when this
// node does not gather any.
func (n *Node) Cosigning() (s witness.Status, ok bool) {
	if g := n.witnessing.gatherer.Load(); g != nil {
		return g.Status(), true
	}
	return witness.Status{}, false
}
