package watch

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/watch/agenda"
)

// KindDecision is the kind of the documents in which decisions are recorded.
const KindDecision = "decision"

// Actor is who appends the decisions that a watcher makes.
const Actor = "watch"

// Question is what a watched decision answers.
type Question struct {
	Subject   string   // as it was asked for
	Purpose   string   // "" for all that fit
	Audiences []string // what the asker could see, see [decision.Audiences]
}

// Reader is somebody who sees what the asker saw.
func (q Question) Reader() access.Reader {
	var r access.Reader
	for _, expr := range q.Audiences {
		if expr == "all" {
			return access.Operator
		}
		if id, ok := strings.CutPrefix(expr, "org:"); ok {
			r.Organisations = append(r.Organisations, id)
		}
	}
	return r
}

// Asker answers a question at a moment, for its reader. It reads facts only through what through makes of its own
// source of them. The answer's Audience is who may see a decision on it.
type Asker func(ctx context.Context, q Question, at access.At, through func(dossier.Facts) dossier.Facts) (*decision.Answer, error)

// Options of a watcher. Ledger and Ask are needed.
type Options struct {
	Ledger    *ledger.Ledger
	Ask       Asker
	RuleKinds []string // kinds of facts that concern every decision
	OnChange  []func(Change)
	Logger    *slog.Logger // slog.Default when nil

	Now   func() time.Time                     // time.Now when nil
	After func(time.Duration) <-chan time.Time // time.After when nil
	Limit int                                  // most decisions watched; [DefaultLimit] when 0
	Batch int                                  // most questions asked between two looks at the ledger and the clock; [DefaultBatch] when 0
}

// The defaults of [Options].
const (
	DefaultLimit = 50_000
	DefaultBatch = 64
)

// Watcher watches the living decisions of one ledger. CatchUp and Run are for
// one goroutine; Stats is for any.
type Watcher struct {
	opts Options
	log  *slog.Logger

	position int64 // up to which the ledger has been read
	read     bool  // whether it has been at all
	watched  watched
	calendar agenda.Calendar[*living]
	index    agenda.Index[*living]
	due      agenda.Queue[*living]
	asOf     asOf
	mine     map[int64]bool // positions of decisions of this watcher that it has not met in the ledger yet

	mu    sync.Mutex
	stats Stats
}

// Stats is how a watcher stands.
type Stats struct {
	Watched  int         // decisions
	Due      int         // of them to be asked again now
	NextWake access.Date // the next day on which one is to be asked again; "" when none is
	Changes  int64       // that this watcher recorded
	Asked    int64       // questions
	Failed   int64       // questions that could not be answered
	Dropped  int64       // decisions given up because there were more than the limit
	Position int64       // up to which the ledger has been read
}

// New makes a watcher. It does nothing before Run or CatchUp.
func New(opts Options) *Watcher {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.After == nil {
		opts.After = time.After
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Limit <= 0 {
		opts.Limit = DefaultLimit
	}
	if opts.Batch <= 0 {
		opts.Batch = DefaultBatch
	}
	return &Watcher{opts: opts, log: opts.Logger, watched: newWatched(), mine: map[int64]bool{}}
}

// Stats is how the watcher stands.
func (w *Watcher) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

const (
	longest = time.Minute // between two looks at the clock, which may have been set, or stood still while the machine slept
)

// Run does what is due, then waits for the ledger to grow or the next day of
// the calendar, until ctx ends. What fails is logged and tried again.
func (w *Watcher) Run(ctx context.Context) {
	w.opts.Ledger.Attend(ctx, ledger.Work{
		Do: func(ctx context.Context) (time.Duration, error) {
			err := w.CatchUp(ctx)
			return w.untilNext(), err
		},
		Failed: func(err error) { w.log.Error("watch decisions", "error", err) },
		After:  w.opts.After,
	})
}

// untilNext is how long there is nothing to do by the calendar alone.
func (w *Watcher) untilNext() time.Duration {
	day, ok := w.calendar.Next()
	if !ok {
		return longest
	}
	return max(min(day.Time().Sub(w.opts.Now()), longest), 0)
}

// CatchUp does all that is due, by the ledger as far as it goes and by the
// calendar as far as the day has come. Its error is the store's, or that ctx
// ended; what is left is then done by the next call.
func (w *Watcher) CatchUp(ctx context.Context) error {
	defer w.tell()
	for {
		head, err := w.absorb(ctx)
		if err != nil {
			return err
		}
		today := w.today()
		for _, l := range w.calendar.UpTo(today) {
			w.due.Add(l)
		}
		if w.due.Len() == 0 {
			return nil
		}
		if err := w.askSome(ctx, today, head); err != nil {
			return err
		}
		w.tell()
	}
}

// askSome asks a batch of the questions that are due.
func (w *Watcher) askSome(ctx context.Context, today access.Date, head ledger.Head) error {
	for range min(w.opts.Batch, w.due.Len()) {
		l := w.due.First()
		moved, err := w.ask(ctx, l, max(today, l.at), head)
		if err != nil || moved {
			return err // l stays due
		}
		w.due.Remove(l)
	}
	return nil
}

func (w *Watcher) today() access.Date { return access.DateOf(w.opts.Now()) }

// tell brings the statistics up to date.
func (w *Watcher) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Watched, w.stats.Due, w.stats.Position = w.watched.len(), w.due.Len(), w.position
	w.stats.NextWake, _ = w.calendar.Next()
}

// count changes the statistics.
func (w *Watcher) count(fn func(*Stats)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn(&w.stats)
}

// isRule reports whether facts of a kind concern every decision.
func (w *Watcher) isRule(kind string) bool { return slices.Contains(w.opts.RuleKinds, kind) }
