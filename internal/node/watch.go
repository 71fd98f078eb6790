package node

import (
	"context"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch"
)

// Watch asks living decisions again in the background, on the day they change
// and when facts do, as package watch describes, and runs watch lists. What opts
// leave open the node fills in. Call it once, after Start; it ends with Close.
func (n *Node) Watch(ctx context.Context, opts watch.Options) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so decisions cannot be watched")
	}
	w := n.NewWatcher(opts)
	if !n.watcher.CompareAndSwap(nil, w) {
		return problem.New(problem.Conflict, "decisions are watched already")
	}
	ctx, n.stopWatch = context.WithCancel(context.WithoutCancel(ctx))
	log := opts.Logger
	if log == nil {
		log = n.log
	}
	n.running.Go(func() { w.Run(ctx) })
	n.running.Go(func() { n.followLists(ctx, log) })
	return nil
}

// Watching is how the watch of decisions stands; ok is false when this node
// does not watch.
func (n *Node) Watching() (s watch.Stats, ok bool) {
	if w := n.watcher.Load(); w != nil {
		return w.Stats(), true
	}
	return watch.Stats{}, false
}

// NewWatcher makes a watcher of this node's decisions that is not running.
// What opts leave open the node fills in.
func (n *Node) NewWatcher(opts watch.Options) *watch.Watcher {
	opts.Ledger, opts.Ask, opts.RuleKinds = n.Ledger, n.reask, []string{factProgramme, factPolicy, attestation.FactSigners, attestation.FactRoot}
	if opts.Now == nil {
		opts.Now = n.now
	}
	if opts.Logger == nil {
		opts.Logger = n.log
	}
	return watch.New(opts)
}

// reask answers a watched question, reading facts as through has it. Its
// audience is that of a decision on it.
func (n *Node) reask(ctx context.Context, q watch.Question, at access.At, through func(dossier.Facts) dossier.Facts) (*decision.Answer, error) {
	a, _, err := n.checkWith(ctx, through, access.Ask{Reader: q.Reader(), At: at}, Question{Subject: q.Subject, Purpose: q.Purpose})
	if err != nil {
		return nil, err
	}
	a.Audience = a.Audience.And(askers(q.Reader()))
	return a, nil
}

// rulesAudience is who may see the rules that an answer was made by: the
// policies to choose from, and the programmes of the listings of the subject and
// its owners.
func (n *Node) rulesAudience(ctx context.Context, ask access.Ask, purpose string, d *dossier.Dossier) (access.Audience, error) {
	audience := access.Public
	policies, err := n.ruleFacts(ctx, ask, factPolicy)
	if err != nil {
		return audience, err
	}
	for id, f := range policies {
		p, err := n.compiled(f)
		if err != nil {
			return audience, fmt.Errorf("policy %s: %w", id, err)
		}
		if purpose == "" || purpose == p.Purpose {
			audience = audience.And(f.Audience)
		}
	}
	programmes, err := n.ruleFacts(ctx, ask, factProgramme)
	if err != nil {
		return audience, err
	}
	for _, id := range d.Programmes() {
		if f := programmes[id]; f != nil {
			audience = audience.And(f.Audience)
		}
	}
	return audience, nil
}
