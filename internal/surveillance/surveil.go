package surveillance

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watch/agenda"
)

// Actor is who makes the events.
const Actor = "surveillance"

// Labels is the labels that are watched; [label.View] is one.
type Labels interface {
	// CatchUp brings the labels up to the ledger's head and to a day.
	CatchUp(ctx context.Context, today access.Date) (int64, error)
	// Each calls fn with every label that was issued, as it stands for everybody on
	// the day, until fn says false. fn must not ask the labels.
	Each(fn func(*label.State) bool)
	// Events is the events of a label that the ask allows, by sequence.
	Events(ask access.Ask, id string) []*label.Event
}

// Options of a watcher. All up to Append are needed.
type Options struct {
	Ledger *ledger.Ledger
	Labels Labels
	Judge  Judge
	// Schemes is the schemes as the ledger holds them at a moment, by id.
	Schemes func(ctx context.Context, at access.At) (map[string]*label.Scheme, error)
	// Append makes events durable, all or none, and public, and says how many of
	// them are new: another node may have made the same. It is refused with
	// [ledger.ErrMoved] when a fact changed above from, and with a conflict when
	// one of the labels has moved on; both are looked at again.
	Append func(ctx context.Context, from int64, events []*label.Event) (fresh int, err error)
	// RuleKinds is the kinds of facts that concern every party.
	RuleKinds []string
	Logger    *slog.Logger // slog.Default when nil

	Now   func() time.Time                     // time.Now when nil
	After func(time.Duration) <-chan time.Time // time.After when nil
	Batch int                                  // most concerns judged between two looks at the ledger and the clock; [DefaultBatch] when 0
	Group int                                  // most labels whose events are appended at once; [DefaultGroup] when 0
}

// The defaults of [Options].
const (
	DefaultBatch = 64
	DefaultGroup = 2000
)

// Watcher keeps the labels of one ledger. CatchUp and Run are for one goroutine;
// Stats is for any.
type Watcher struct {
	opts Options
	log  *slog.Logger

	read     bool        // whether the labels have been read at all
	position int64       // up to which the ledger has been read
	day      access.Date // up to which time has been followed
	schemes  map[string]*label.Scheme
	labels   map[string]*subject
	concerns map[Concern]*concern

	index    agenda.Index[*concern]
	calendar agenda.Calendar[*concern]
	due      agenda.Queue[*concern]
	dates    agenda.Calendar[*subject] // on which warnings fall due
	waiting  agenda.Queue[*subject]    // labels of which events may be missing

	mu    sync.Mutex
	stats Stats
}

// Stats is how a watcher stands.
type Stats struct {
	Labels   int         // that are watched: those that were issued and to which something can still happen
	Concerns int         // that bear on them
	Due      int         // concerns that are to be judged now
	Waiting  int         // labels that are to be looked at now
	NextWake access.Date // the next day on which there is something to do; "" when there is none
	Judged   int64       // concerns, one by one
	Cleared  int64       // concerns that were found in one pass to have nothing against them
	Failed   int64       // concerns that could not be judged, and events that could not be appended
	Appended int64       // events, by this watcher
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
	if opts.Batch <= 0 {
		opts.Batch = DefaultBatch
	}
	if opts.Group <= 0 {
		opts.Group = DefaultGroup
	}
	w := &Watcher{opts: opts, log: opts.Logger}
	w.forgetAll()
	return w
}

// forgetAll begins anew.
func (w *Watcher) forgetAll() {
	w.read, w.schemes = false, nil
	w.labels, w.concerns = map[string]*subject{}, map[Concern]*concern{}
	w.index, w.calendar, w.due = agenda.Index[*concern]{}, agenda.Calendar[*concern]{}, agenda.Queue[*concern]{}
	w.dates, w.waiting = agenda.Calendar[*subject]{}, agenda.Queue[*subject]{}
}

// Stats is how the watcher stands.
func (w *Watcher) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

const (
	maxAgain = 5           // times that events are made anew for one position of the ledger
	longest  = time.Minute // between two looks at the clock, which may have been set, or stood still while the machine slept
)

// Run does what is due, then waits for the ledger to grow or the next day, until
// ctx ends. What fails is logged and tried again.
func (w *Watcher) Run(ctx context.Context) {
	w.opts.Ledger.Attend(ctx, ledger.Work{
		Do: func(ctx context.Context) (time.Duration, error) {
			err := w.CatchUp(ctx)
			return w.untilTomorrow(), err
		},
		Failed: func(err error) { w.log.Error("keep labels", "error", err) },
		After:  w.opts.After,
	})
}

// untilTomorrow is how long nothing happens by the calendar alone.
func (w *Watcher) untilTomorrow() time.Duration {
	now := w.opts.Now()
	return max(min(access.DateOf(now).AddDays(1).Time().Sub(now), longest), 0)
}

// CatchUp does all that is due, by the ledger as far as it goes and by the
// calendar as far as the day has come. Its error is the store's, or that ctx
// ended; what is left is then done by the next call.
func (w *Watcher) CatchUp(ctx context.Context) error {
	defer w.tell()
	movedAt, again := int64(-1), 0
	for {
		today := access.DateOf(w.opts.Now())
		head, err := w.absorb(ctx, today)
		if err != nil {
			return err
		}
		w.tell()
		if w.due.Len() == 0 && w.waiting.Len() == 0 {
			return nil
		}
		// Labels first: what is found is said at once, not after all else was
		// looked for.
		if w.waiting.Len() > 0 {
			moved, err := w.settleSome(ctx, today, head)
			if err != nil {
				return err
			}
			if moved && head.Position == movedAt {
				again++
			} else {
				again = 0
			}
			if again == maxAgain {
				return problem.New(problem.Conflict, "labels cannot be kept: the ledger refuses their events as out of date, and is no further than position %d", head.Position)
			}
			if moved {
				movedAt = head.Position
				continue
			}
		}
		if err := w.judgeSome(ctx, today, head); err != nil {
			return err
		}
	}
}

// tell brings the statistics up to date.
func (w *Watcher) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.stats
	s.Labels, s.Concerns, s.Due, s.Waiting, s.Position = len(w.labels), len(w.concerns), w.due.Len(), w.waiting.Len(), w.position
	s.NextWake, _ = w.calendar.Next()
	if day, ok := w.dates.Next(); ok && (s.NextWake == "" || day < s.NextWake) {
		s.NextWake = day
	}
}

// count changes the statistics.
func (w *Watcher) count(fn func(*Stats)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn(&w.stats)
}
