package impact

import (
	"context"
	"fmt"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// Source is how an index follows the ledger; [ledger.Ledger] is one.
type Source interface {
	Head(ctx context.Context) (ledger.Head, error)
	// Changes tells of the facts of these kinds opened and closed at positions
	// above after, up to upto, whoever may see them, in the order of their ids.
	Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error
	// BySubject is all facts about these subjects that the ask's moment allows.
	BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error)
	// ByTerm is those of these kinds with one of these terms; limit 0 is none.
	ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error)
}

// Index is a view over what all releases contain and what all advisories say
// of it, for all readers; each question filters by those of its ask. It holds
// nothing that the ledger does not, and catches up with it when it is asked
// about a position that it has not reached. It is safe for concurrent use.
type Index struct {
	source Source
	told   func(Delta) // nil when nobody wants to know

	keeping *Keeping // nil when nothing is kept

	// catching is held by whoever follows the ledger. Nobody else changes
	// anything, so its holder reads without mu and locks it only to change.
	catching sync.Mutex
	taken    int64 // the last fact about contents that was taken in
	judged   int   // components below this number were compared with advisories

	begun bool // the snapshot was looked for

	mu         sync.RWMutex
	position   int64 // up to which the ledger was followed
	kept       int64 // the position of the snapshot; 0 for none
	learnt     int64 // the last position at which there was anything to learn
	components components
	releases   releases
	titles     titles
	deployed   words // terms by which anything was ever deployed
	advisories advisories
	hits       map[uint32][]hit // by component
	audiences  audiences
	moments    moments
	passed     int
}

// hit says that a slot's advisory concerns a component, or that nobody can
// say: the slot, and 1 for unknown.
type hit uint32

func hitOf(slot uint32, unknown bool) hit {
	if unknown {
		return hit(slot<<1 | 1)
	}
	return hit(slot << 1)
}

func (h hit) slot() uint32  { return uint32(h >> 1) }
func (h hit) unknown() bool { return h&1 == 1 }

// New makes an index that knows nothing yet. told is called with every change
// of what is so now, one after another, and must not use the index's CatchUp;
// nil when nobody wants to know.
func New(source Source, told func(Delta)) *Index {
	return &Index{source: source, told: told, hits: map[uint32][]hit{}}
}

var followedKinds = []string{
	software.FactContents, software.FactRelease, advisory.FactRecord, advisory.FactAffected, inventory.FactDeployment, inventory.FactAlias,
}

// Position is the position up to which the index has followed the ledger.
func (x *Index) Position() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.position
}

// Size is how much an index holds.
type Size struct {
	Releases   int `json:"releases"`
	Components int `json:"components"`  // distinct
	Edges      int `json:"edges"`       // components of all bills together
	Advisories int `json:"advisories"`  // packages that advisories say are affected
	Passed     int `json:"passed_over"` // releases, components and advisories with names longer than 64 KiB: one of them must not keep the rest away
	Findings   int `json:"findings"`    // distinct components with what concerns them
}

// Size counts what the index holds, of all readers and times.
func (x *Index) Size() Size {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := Size{Components: x.components.len(), Advisories: len(x.advisories.slots) - len(x.advisories.free), Passed: x.passed}
	for _, bills := range x.releases.of {
		if len(bills) > 0 {
			s.Releases++
		}
	}
	for _, l := range x.releases.lists {
		s.Edges += l.len()
	}
	for _, h := range x.hits {
		s.Findings += len(h)
	}
	return s
}

// CatchUp follows the ledger to its head, and says where that is.
func (x *Index) CatchUp(ctx context.Context) (int64, error) {
	x.catching.Lock()
	defer x.catching.Unlock()
	x.begin(ctx)
	head, err := x.source.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head.FactsPosition <= x.position {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.position = max(x.position, head.Position)
		return x.position, nil
	}
	b := newBatch(x, head.Position)
	err = x.source.Changes(ctx, followedKinds, x.position, head.Position, b.open(ctx), b.close)
	if err = b.finish(ctx, err); err != nil {
		return 0, fmt.Errorf("portfolio above position %d: %w", x.position, err)
	}
	return head.Position, x.apply(ctx, b)
}

// reach catches up when the ask is about a position that was not reached yet.
// What it returns is the ask, about no later day than there is.
func (x *Index) reach(ctx context.Context, ask access.Ask) (access.Ask, error) {
	ask.At.Known = min(ask.At.Known, lastDay)
	if x.Position() >= ask.At.Position {
		return ask, nil
	}
	_, err := x.CatchUp(ctx)
	return ask, err
}
