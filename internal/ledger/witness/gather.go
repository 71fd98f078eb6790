package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Source is a log of our own for which cosignatures are gathered.
// [ledger.Ledger] is one.
type Source interface {
	// Checkpoint is the newest signed checkpoint; NotFound before the first.
	Checkpoint(ctx context.Context) (string, error)
	// ConsistencyProof proves that the log of one size begins with an older one.
	ConsistencyProof(ctx context.Context, older, newer int64) (tlog.TreeProof, error)
	// KeepCosigned makes a checkpoint durable that a quorum has cosigned; when it
	// is called again for one tree, with the signatures of both.
	KeepCosigned(ctx context.Context, signed string) error
}

// Options of gathering. Zero fields have defaults.
type Options struct {
	Every time.Duration // witnesses are asked no more often; DefaultEvery when 0
	Limit time.Duration // that one witness may take to answer; 10 s when 0
	Agent string        // what requests say that they come from
	Proxy func(*url.URL) (*url.URL, error)
	Log   *slog.Logger
	Now   func() time.Time
}

// DefaultEvery is how often witnesses are asked at most.
const DefaultEvery = 10 * time.Second

// longestWait is the longest that a witness which failed is left alone: the
// first time as long as between two rounds, then twice as long each time. One
// that says that the log is not consistent is asked again too, though seldom:
// it may have been the witness that was wrong.
const longestWait = 5 * time.Minute

// Gatherer asks the witnesses of a policy to cosign each new checkpoint of a
// log, and hands it back to the log when they are a quorum. It never holds up
// an append: it looks at what is there, and what it misses in one round it
// finds in the next.
type Gatherer struct {
	source Source
	policy *Policy
	key    note.Verifier
	opts   Options
	client client

	mu        sync.Mutex
	witnesses []*asked
	gathered  gathered
	kept      int64 // size of the newest checkpoint with a quorum
}

// asked is one witness and what is known of it.
type asked struct {
	Known
	size     int64 // that it cosigned last, as far as is known
	signed   int64 // size that it cosigned for us; 0 for none
	failures int   // since it last cosigned
	failure  string
	refused  bool // our history; until it cosigns again
	due      time.Time
}

// gathered is the cosignatures of one checkpoint.
type gathered struct {
	checkpoint string // signed by the log alone
	lines      map[string]string
}

// NewGatherer makes the gatherer of the log whose key this is. Each witness of
// the policy must have an address; the policy may name the log, or none.
func NewGatherer(source Source, key note.Verifier, policy *Policy, opts Options) (*Gatherer, error) {
	policy, err := policy.ForLog(key)
	if err != nil {
		return nil, err
	}
	if len(policy.witnesses) == 0 {
		return nil, problem.New(problem.Invalid, "the policy names no witness to ask")
	}
	if opts.Every == 0 {
		opts.Every = DefaultEvery
	}
	if opts.Limit == 0 {
		opts.Limit = 10 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	g := &Gatherer{source: source, policy: policy, key: key, opts: opts, client: newClient(opts)}
	for _, w := range policy.witnesses {
		if err := checkURL(w.Name, w.URL); err != nil {
			return nil, err
		}
		g.witnesses = append(g.witnesses, &asked{Known: w})
	}
	return g, nil
}

func newClient(opts Options) client {
	transport := &http.Transport{
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 5 * time.Minute, TLSHandshakeTimeout: opts.Limit, ResponseHeaderTimeout: opts.Limit,
		MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	if opts.Proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) { return opts.Proxy(r.URL) }
	}
	// A witness stands where the policy says, and nowhere that it leads to.
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client{http: &http.Client{Transport: transport, CheckRedirect: follow}, agent: opts.Agent}
}

// Run gathers until ctx ends, and returns after the last request has. moved
// gives a channel that is closed when the log has grown; nil where only the
// clock tells.
func (g *Gatherer) Run(ctx context.Context, moved func() <-chan struct{}) {
	defer g.client.http.CloseIdleConnections()
	for ctx.Err() == nil {
		var grown <-chan struct{}
		if moved != nil {
			grown = moved()
		}
		began := g.opts.Now()
		open, err := g.Round(ctx)
		if err != nil && ctx.Err() == nil && problem.KindOf(err) != problem.NotFound {
			g.opts.Log.Error("gather cosignatures", "error", err)
		}
		if !g.rest(ctx, g.opts.Every-g.opts.Now().Sub(began)) {
			return
		}
		if open || err != nil {
			continue // somebody has to be asked again, sooner or later
		}
		select {
		case <-ctx.Done():
		case <-grown:
		case <-time.After(g.opts.Every):
		}
	}
}

func (g *Gatherer) rest(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(max(wait, 0)):
		return true
	}
}

// Round looks at the newest checkpoint once and asks every witness that has not
// cosigned it and is due. It reports whether any is still missing.
func (g *Gatherer) Round(ctx context.Context) (open bool, err error) {
	signed, err := g.source.Checkpoint(ctx)
	if err != nil {
		return false, err
	}
	c, err := g.policy.Open(signed)
	if err != nil {
		return false, fmt.Errorf("our own checkpoint: %w", err)
	}
	due := g.begin(signed, c.Tree.Size)
	failed := make([]error, len(due))
	var wait sync.WaitGroup
	for i, w := range due {
		wait.Go(func() { failed[i] = g.ask(ctx, w, signed, c.Tree) })
	}
	wait.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.gathered.lines) < len(g.witnesses), errors.Join(failed...)
}

// begin finds out who is to be asked, and forgets the cosignatures of an older
// checkpoint.
func (g *Gatherer) begin(signed string, size int64) []*asked {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gathered.checkpoint != signed {
		g.gathered = gathered{checkpoint: signed, lines: map[string]string{}}
	}
	now := g.opts.Now()
	var due []*asked
	for _, w := range g.witnesses {
		if w.signed != size && !now.Before(w.due) {
			due = append(due, w)
		}
	}
	return due
}

// ask has one witness cosign. What goes wrong with the witness is noted, not
// returned; an error is one of our own store.
func (g *Gatherer) ask(ctx context.Context, w *asked, signed string, tree ledger.Tree) error {
	ctx, cancel := context.WithTimeout(ctx, g.opts.Limit)
	defer cancel()
	line, err := g.cosignature(ctx, w, signed, tree)
	if err != nil {
		g.failed(ctx, w, err)
		return nil
	}
	return g.succeeded(ctx, w, signed, tree, line)
}

// cosignature asks a witness, again from the size that it names when that is
// not the one we thought.
func (g *Gatherer) cosignature(ctx context.Context, w *asked, signed string, tree ledger.Tree) (string, error) {
	g.mu.Lock()
	old := min(w.size, tree.Size)
	g.mu.Unlock()
	for again := 0; ; again++ {
		proof, err := g.source.ConsistencyProof(ctx, old, tree.Size)
		if err != nil {
			return "", fmt.Errorf("prove from %d to %d: %w", old, tree.Size, err)
		}
		lines, err := g.client.add(ctx, w.URL, &request{old: old, proof: proof, checkpoint: signed})
		var size *SizeError
		switch {
		case err == nil:
			return cosignatureIn(lines, signed, w.Verifier)
		case !errors.As(err, &size) || again == 2:
			return "", err
		case size.Size > tree.Size:
			return "", g.ahead(ctx, size.Size)
		}
		old = size.Size
		g.mu.Lock()
		w.size = old
		g.mu.Unlock()
	}
}

// behindError is that a witness has cosigned a longer log than ours is.
type behindError struct{ seen, have int64 }

func (e *behindError) Error() string {
	return fmt.Sprintf("it has cosigned this log at size %d, and the log has %d: entries were lost, or two logs are signed with one key", e.seen, e.have)
}

// ahead is the error of a witness that knows a longer log. That is nothing but
// a race when the log has grown meanwhile.
func (g *Gatherer) ahead(ctx context.Context, seen int64) error {
	signed, err := g.source.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := g.policy.Open(signed)
	if err != nil {
		return err
	}
	if c.Tree.Size >= seen {
		return errOvertaken
	}
	return &behindError{seen, c.Tree.Size}
}

// errOvertaken is that another node has had a newer checkpoint cosigned
// meanwhile. The next round will.
var errOvertaken = errors.New("a newer checkpoint has been cosigned meanwhile")

// failed notes what a witness answered, and when it is to be asked again. That
// it refuses our history is the one thing that must not go unheard.
func (g *Gatherer) failed(ctx context.Context, w *asked, err error) {
	if errors.Is(err, errOvertaken) || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	g.mu.Lock()
	w.failures++
	wait := longestWait
	if doubled := w.failures - 1; doubled < 12 {
		wait = min(g.opts.Every<<doubled, longestWait)
	}
	first, refused := w.failures == 1, refuses(err)
	if refused {
		w.refused, wait = true, longestWait
	}
	w.failure, w.due = err.Error(), g.opts.Now().Add(wait)
	g.mu.Unlock()
	switch {
	case refused:
		g.opts.Log.Error("A WITNESS REFUSES THE HISTORY OF THIS LOG", "witness", w.Name, "url", w.URL, "error", err, "again_in", wait)
	case first:
		g.opts.Log.Warn("a witness does not cosign", "witness", w.Name, "url", w.URL, "error", err, "again_in", wait)
	default:
		g.opts.Log.Debug("a witness does not cosign", "witness", w.Name, "url", w.URL, "error", err, "again_in", wait)
	}
}

// refuses reports whether a witness says that the log is not what it was.
func refuses(err error) bool {
	var status *statusError
	var behind *behindError
	return errors.As(err, &status) && status.status == http.StatusUnprocessableEntity || errors.As(err, &behind)
}

// succeeded takes in a cosignature, and keeps the checkpoint if there are
// enough of them now.
func (g *Gatherer) succeeded(ctx context.Context, w *asked, signed string, tree ledger.Tree, line string) error {
	g.mu.Lock()
	if w.failures > 0 {
		g.opts.Log.Info("a witness cosigns again", "witness", w.Name, "url", w.URL)
	}
	w.size, w.signed, w.failures, w.failure, w.refused, w.due = tree.Size, tree.Size, 0, "", false, time.Time{}
	if g.gathered.checkpoint != signed {
		g.mu.Unlock()
		return nil // a later round has begun
	}
	g.gathered.lines[w.Name] = line
	note := g.gathered.note(g.witnesses)
	g.mu.Unlock()
	c, err := g.policy.Open(note)
	if err != nil || g.policy.Met(c) != nil {
		return err
	}
	if err := g.source.KeepCosigned(context.WithoutCancel(ctx), note); err != nil {
		return fmt.Errorf("keep cosigned checkpoint of %d: %w", tree.Size, err)
	}
	g.mu.Lock()
	g.kept = max(g.kept, tree.Size)
	g.mu.Unlock()
	return nil
}

// note is the checkpoint with what has been gathered, in the policy's order.
func (c *gathered) note(witnesses []*asked) string {
	var b strings.Builder
	b.WriteString(c.checkpoint)
	for _, w := range witnesses {
		b.WriteString(c.lines[w.Name])
	}
	return b.String()
}

// Status is how gathering stands.
type Status struct {
	Size      int64           `json:"size"`    // of the newest checkpoint that a quorum has cosigned since the start; 0 for none
	Refused   bool            `json:"refused"` // a witness says that this log is not what it was
	Witnesses []WitnessStatus `json:"witnesses"`
}

// WitnessStatus is how one witness stands.
type WitnessStatus struct {
	Name     string `json:"name"`
	Size     int64  `json:"size"`              // that it cosigned last for us; 0 for none
	Failures int    `json:"failures"`          // in a row
	Failure  string `json:"failure,omitempty"` // the last of them
	Refused  bool   `json:"refused"`           // it says that this log is not what it was
}

// Status is how gathering stands now.
func (g *Gatherer) Status() Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Status{Size: g.kept}
	for _, w := range g.witnesses {
		s.Witnesses = append(s.Witnesses, WitnessStatus{w.Name, w.signed, w.failures, w.failure, w.refused})
	}
	s.Refused = slices.ContainsFunc(s.Witnesses, func(w WitnessStatus) bool { return w.Refused })
	return s
}
