package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/problem"
)

// RunFilter narrows a list of runs. The zero filter is all of them.
type RunFilter struct {
	Status   playbook.Status
	Playbook string
	Incident string
	After    string // id after which the page begins
	Limit    int    // 100 when 0
}

// RunList is one page of runs, newest first.
type RunList struct {
	Runs []RunSummary `json:"runs"`
	Next string       `json:"next,omitempty"` // give it as "after" for the next page
}

// RunSummary is a run in a list.
type RunSummary struct {
	ID      string          `json:"run"`
	Start   playbook.Start  `json:"start"`
	Status  playbook.Status `json:"status"`
	Started time.Time       `json:"started"`
	By      string          `json:"by"`
	Ended   time.Time       `json:"ended,omitzero"`
	Waits   []Waiting       `json:"waits"`
	Late    int             `json:"late"` // how many of these are
}

// Runs is the runs that the ask's reader may know of.
func (n *Node) Runs(ctx context.Context, ask access.Ask, f RunFilter) (*RunList, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	ids, err := n.runIDs(ctx, ask)
	if err != nil {
		return nil, err
	}
	if f.After != "" {
		i := slices.Index(ids, f.After)
		if i < 0 {
			return nil, noRun(f.After)
		}
		ids = ids[i+1:]
	}
	out := &RunList{Runs: []RunSummary{}}
	for _, id := range ids {
		r, err := n.runAt(ctx, ask, id)
		if problem.KindOf(err) == problem.NotFound {
			continue // not begun yet on the day that is asked about
		}
		if err != nil {
			return nil, err
		}
		if f.Status != "" && r.Status != f.Status || f.Playbook != "" && r.Start.Playbook != f.Playbook || f.Incident != "" && r.Start.Incident != f.Incident {
			continue
		}
		if len(out.Runs) == cmp.Or(max(f.Limit, 0), 100) {
			out.Next = out.Runs[len(out.Runs)-1].ID
			break
		}
		s := RunSummary{ID: r.ID, Start: r.Start, Status: r.Status, Started: r.Started, By: r.By, Ended: r.Ended, Waits: r.Waits}
		for _, w := range r.Waits {
			if w.Late {
				s.Late++
			}
		}
		out.Runs = append(out.Runs, s)
	}
	return out, nil
}

// runIDs is the ids of runs, the newest first.
func (n *Node) runIDs(ctx context.Context, ask access.Ask) ([]string, error) {
	facts, err := n.Ledger.ByDocumentKind(ctx, ask, playbook.KindRun)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(facts, func(a, b ledger.Fact) int { return cmp.Compare(b.ID, a.ID) })
	out := make([]string, len(facts))
	for i := range facts {
		out[i] = facts[i].Subject
	}
	return out, nil
}

// RunOptions say what is done about runs in the background.
type RunOptions struct {
	// Hosts are those that commands of type http-api are sent to; none: nothing is
	// sent, and such commands are for people like any other.
	Hosts []string
	// Private allows hosts that are not of the public internet, and plain http.
	Private bool
	Agent   string // User-Agent
	Logger  *slog.Logger
}

// tendEvery is how often runs are looked at.
const tendEvery = 15 * time.Second

// TendRuns looks after all runs in the background: it begins what a delay held
// back, tells what has become late, and sends the commands that may be sent. Call
// it once; it ends with Close.
func (n *Node) TendRuns(ctx context.Context, opts RunOptions) error {
	if n.readOnly {
		return problem.New(problem.Conflict, "the store is open for reading only, so runs cannot be looked after")
	}
	if n.runs.stop != nil {
		return problem.New(problem.Conflict, "runs are looked after already")
	}
	if opts.Logger == nil {
		opts.Logger = n.log
	}
	n.Connect(opts)
	ctx, n.runs.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() {
		for {
			if err := n.TendOnce(ctx); err != nil && ctx.Err() == nil {
				opts.Logger.Error("runs of playbooks", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(tendEvery):
			}
		}
	})
	return nil
}

// Connect says to which hosts commands are sent.
func (n *Node) Connect(opts RunOptions) {
	if len(opts.Hosts) == 0 {
		return
	}
	guard := notice.Guard
	if opts.Private {
		guard = nil
	}
	n.runs.connector = playbook.NewConnector(playbook.ConnectorOptions{Hosts: opts.Hosts, Guard: guard, Agent: opts.Agent})
}

// TendOnce looks after all runs once.
func (n *Node) TendOnce(ctx context.Context) error {
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return err
	}
	ids, err := n.runIDs(ctx, ask)
	if err != nil {
		return err
	}
	for _, id := range ids {
		n.runs.mu.Lock()
		over := n.runs.over[id]
		n.runs.mu.Unlock()
		if over {
			continue
		}
		if err := n.tend(ctx, id); err != nil {
			return fmt.Errorf("run %s: %w", id, err)
		}
	}
	return nil
}

func (n *Node) tend(ctx context.Context, id string) error {
	var sent int
	var requests []playbook.Request
	err := n.changeRun(ctx, id, func(r *playbook.Run) (*playbook.Act, error) {
		sent, requests = 0, nil
		if r.Status != playbook.Running {
			n.runs.mu.Lock()
			defer n.runs.mu.Unlock()
			if n.runs.over == nil {
				n.runs.over = map[string]bool{}
			}
			n.runs.over[id] = true
			return nil, nil
		}
		if n.runs.connector == nil {
			return nil, nil
		}
		for _, t := range r.Open() {
			if out := r.Sendable(t, n.now()); n.runs.connector.Allows(out) {
				sent, requests = t.Of, out
				return r.Send(t, n.now())
			}
		}
		return nil, nil
	})
	if err != nil || sent == 0 {
		return err
	}
	// Only now, when the ledger has that it is sent, is it sent.
	answer, failure := n.runs.connector.Do(ctx, requests)
	return n.changeRun(context.WithoutCancel(ctx), id, func(r *playbook.Run) (*playbook.Act, error) {
		t := r.Task(sent)
		if r.Status != playbook.Running || !t.IsOpen() {
			return nil, nil // a person was quicker
		}
		if failure != nil {
			return r.Answered(t, playbook.Failed, problem.Message(failure), "", n.now())
		}
		return r.Answered(t, playbook.Done, "", answer, n.now())
	})
}
