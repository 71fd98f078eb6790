package monitor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Options of a monitor. URL and Trust are required.
type Options struct {
	// URL of the node.
	URL string
	// Trust says which signed checkpoints are the log's: by its key, or by the
	// policy of a quorum of witnesses.
	Trust func(signed string) (ledger.Tree, error)
	// Agent is what requests say that they come from.
	Agent string
	// Proxy is asked for each address; nil for none.
	Proxy func(*url.URL) (*url.URL, error)
	// Progress is told how many entries have been read; may be nil.
	Progress func(done, total int64)
	// Now is the clock that lists are fresh by and labels expire by; time.Now
	// when nil.
	Now func() time.Time
}

// Monitor looks at one node.
type Monitor struct {
	opts Options
	site *site
}

// New makes a monitor. It asks nothing yet.
func New(opts Options) (*Monitor, error) {
	base, err := checkBase(opts.URL)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	transport := &http.Transport{TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, MaxIdleConnsPerHost: 2}
	if opts.Proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) { return opts.Proxy(r.URL) }
	}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Minute}
	return &Monitor{opts: opts, site: &site{base: base, client: client, agent: opts.Agent}}, nil
}

// Report is what a run found.
type Report struct {
	Log     string `json:"log"`     // origin
	From    int64  `json:"from"`    // size of the log at the run before
	Size    int64  `json:"size"`    // of the log under its published checkpoint
	Labels  int    `json:"labels"`  // whose states were recomputed
	Events  int    `json:"events"`  // of them, found in the log
	Pending int    `json:"pending"` // events that the checkpoint does not cover yet
	// Differences is all that is not as it should be, a sentence each; none when
	// the node says of its labels what its log says.
	Differences []string `json:"differences"`
}

func (r *Report) differ(format string, args ...any) {
	r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
}

// Run looks at the node once. It returns what it found, and the state for the
// next run, which differs from that of the last only by what was in order. An
// error is that the node could not be looked at: it does not answer, or its
// checkpoint is not one to be trusted.
func (m *Monitor) Run(ctx context.Context, last *State) (*Report, *State, error) {
	defer m.site.client.CloseIdleConnections()
	next := &State{Form: stateForm, Checkpoint: last.Checkpoint, Sequence: last.Sequence, Events: map[string][]Logged{}}
	maps.Copy(next.Events, last.Events)
	report := &Report{Differences: []string{}}
	// The registry is read before the log: what it tells must be in the log by
	// then, though not yet under a checkpoint.
	seen, err := m.registry(ctx, last, report)
	if err != nil {
		return nil, nil, err
	}
	log, signed, err := m.log(ctx, last, report)
	if err != nil {
		return nil, nil, err
	}
	if log == nil {
		return report, next, nil
	}
	missing := map[string]bool{} // labels with an event that is not in the log
	err = log.replay(report.From, seen.wanted(last), m.opts.Progress, func(w wanted, found string) {
		missing[w.label] = true
		if found == "" {
			found = "a document that is not public"
		}
		report.differ("label %s: event %d is not at position %d of the log, where %s is", w.label, w.sequence, w.position, found)
	})
	if problem.KindOf(err) == problem.Unavailable {
		return nil, nil, err
	}
	if err != nil {
		report.differ("the log: %v", err)
		return report, next, nil
	}
	next.Checkpoint = signed
	seen.keep(next, missing, log.tree.Size, report)
	next.Sequence = max(next.Sequence, seen.sequence)
	return report, next, nil
}

// log reads the checkpoint and checks that the log only grew since the last
// run. It is nil where it did not: the report says so.
func (m *Monitor) log(ctx context.Context, last *State, report *Report) (*logView, string, error) {
	const maxCheckpoint = 64 << 10
	b, err := m.site.get(ctx, "/log/checkpoint", maxCheckpoint)
	if err != nil {
		return nil, "", err
	}
	signed := string(b)
	tree, err := m.opts.Trust(signed)
	if err != nil {
		return nil, "", fmt.Errorf("%s/log/checkpoint: %w", m.site.base, err)
	}
	report.Log, report.Size = tree.Origin, tree.Size
	if last.Checkpoint == "" {
		return newLogView(ctx, m.site, tree), signed, nil
	}
	text, _, _ := strings.Cut(last.Checkpoint, "\n\n")
	older, err := ledger.ParseTree(text + "\n") // its signatures were verified by the run that kept it
	if err != nil {
		return nil, "", problem.New(problem.Invalid, "state: %v", err)
	}
	if older.Origin != tree.Origin {
		return nil, "", problem.New(problem.Invalid, "the state is of the log %s, and %s has the log %s", older.Origin, m.site.base, tree.Origin)
	}
	report.From = older.Size
	if tree.Size < older.Size {
		report.differ("the log: %d entries are shown, and %d were at the last run", tree.Size, older.Size)
		return nil, "", nil
	}
	log := newLogView(ctx, m.site, tree)
	if err := log.grewFrom(older); err != nil {
		if problem.KindOf(err) == problem.Unavailable {
			return nil, "", err
		}
		report.differ("the log: %v", err)
		return nil, "", nil
	}
	return log, signed, nil
}

// sorted is the keys of a map in order, so that reports can be compared.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
