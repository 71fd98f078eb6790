package node

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance"
)

// surveilled is the surveillance of labels, while there is one.
type surveilled struct {
	watcher atomic.Pointer[surveillance.Watcher] // nil until Surveil
	stop    context.CancelFunc
}

// Surveil keeps labels true in the background, as package surveillance
// describes. What opts leave open the node fills in. Call it once, after Start; it
// ends with Close.
func (n *Node) Surveil(ctx context.Context, opts surveillance.Options) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so labels cannot be kept")
	}
	w := n.NewSurveillance(opts)
	if !n.surveilled.watcher.CompareAndSwap(nil, w) {
		return problem.New(problem.Conflict, "labels are kept already")
	}
	ctx, n.surveilled.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() { w.Run(ctx) })
	return nil
}

// Surveilling is how the surveillance of labels stands; ok is false when this
// node does none.
func (n *Node) Surveilling() (s surveillance.Stats, ok bool) {
	if w := n.surveilled.watcher.Load(); w != nil {
		return w.Stats(), true
	}
	return surveillance.Stats{}, false
}

// NewSurveillance makes a surveillance of this node's labels that is not running.
// What opts leave open the node fills in.
func (n *Node) NewSurveillance(opts surveillance.Options) *surveillance.Watcher {
	opts.Ledger, opts.Labels = n.Ledger, n.labels
	if opts.Judge == nil {
		opts.Judge = &surveyor{node: n, upstream: map[string][]string{}}
	}
	opts.Schemes = func(ctx context.Context, at access.At) (map[string]*label.Scheme, error) {
		return n.Schemes(ctx, access.Ask{Reader: access.Anonymous, At: at})
	}
	opts.Append, opts.RuleKinds = n.appendFound, []string{factProgramme, factPolicy}
	if opts.Now == nil {
		opts.Now = n.now
	}
	if opts.Logger == nil {
		opts.Logger = n.log
	}
	return surveillance.New(opts)
}

// appendFound appends events that surveillance found to be missing, unless a
// fact changed above from. It says how many the ledger did not hold already.
func (n *Node) appendFound(ctx context.Context, from int64, events []*label.Event) (int, error) {
	seen := map[string]int{}
	changes := make([]change, len(events))
	for i, e := range events {
		if _, ok := seen[e.Label]; !ok {
			seen[e.Label] = e.Sequence - 1
		}
		changes[i] = change{e, seen[e.Label]}
	}
	n.labelling.Lock()
	defer n.labelling.Unlock()
	receipt, err := n.appendLabelsOnce(ctx, from, access.Public, surveillance.Actor, changes, nil)
	if err != nil {
		return 0, err
	}
	return len(events) - receipt.Held, nil
}

// surveyor judges what bears on labels, as its reader may see it: the public,
// but for who asks what may stand against a label unseen.
type surveyor struct {
	node   *Node
	reader access.Reader

	mu       sync.Mutex
	upstream map[string][]string // advisories that are about several weaknesses, by the id of each in upper case
}

// Judge implements [surveillance.Judge].
func (s *surveyor) Judge(ctx context.Context, c surveillance.Concern, about []string, at access.At, through func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	switch c.Kind {
	case surveillance.OfParty:
		return s.party(ctx, c, about, at, through)
	case surveillance.OfRelease:
		return s.release(ctx, c, about, at, through)
	}
	return s.profile(ctx, c, at, through)
}

// profile tells whether a profile is retired.
func (s *surveyor) profile(ctx context.Context, c surveillance.Concern, at access.At, through func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	ask := access.Ask{Reader: access.Anonymous, At: at}
	set, err := s.node.Catalogues(ctx, ask)
	if err != nil {
		return nil, err
	}
	p := set.Profile(c.Name)
	// Another edition of the profile, which is stated of its id, makes it due
	// again, and so does a withdrawal, which is stated of its digest.
	read := []string{c.Name}
	if p != nil {
		read = append(read, p.Digest)
	}
	if _, err := through(s.node).BySubject(ctx, ask, read...); err != nil {
		return nil, err
	}
	switch {
	case p == nil:
		return nil, problem.New(problem.NotFound, "no profile %q", c.Name)
	case p.Until == "" || p.Until > at.Date:
		return &surveillance.Outcome{Wake: p.Until, Ended: map[string]surveillance.Ending{"": {Reason: p.Title + " is in use", Rules: map[string]string{"profile": p.Digest}}}}, nil
	}
	return &surveillance.Outcome{Causes: []surveillance.Cause{{
		On: label.OnRetired, Subject: p.Title, Since: p.Until, Reason: fmt.Sprintf("the criteria of the label, %s, were retired on %s", p.Title, p.Until),
		Cite: p.Basis, Rules: map[string]string{"profile": p.Digest},
	}}}, nil
}
