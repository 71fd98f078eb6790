package watchlist

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Screener screens names at one moment for one reader. It is safe for
// concurrent use.
type Screener interface {
	One(ctx context.Context, s screening.Sought) (*screening.Result, error)
}

// Runner screens lists again. Everything but Progress is needed.
type Runner struct {
	Ledger     *ledger.Ledger
	Names      *screening.Index
	Screen     func(ctx context.Context, ask access.Ask) (Screener, error)
	Programmes func(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
	Now        func() time.Time
	Progress   func(done, of int64) // called now and then, by one goroutine at a time; may be nil
}

// Recorded is a report with its place in the ledger.
type Recorded struct {
	Report
	Digest   string `json:"digest"`   // of the report's document
	Recorded int64  `json:"recorded"` // its position
	New      bool   `json:"-"`        // made by this run, not found
}

// attempts is how often a report is made anew because facts changed while it
// was being made.
const attempts = 8

// Run screens a list as of now, and records what has changed since its last run.
// When neither facts that the list's audience may see, nor the day, nor the
// list have changed, nothing is recorded and the last report is returned.
// Whoever runs it must be inside the list's audience; actor is their name.
func (r *Runner) Run(ctx context.Context, l *List, actor string) (*Recorded, error) {
	for range attempts {
		done, err := r.once(ctx, l, actor)
		if errors.Is(err, ledger.ErrMoved) {
			continue
		}
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%s: %w", placeOf(l.Name), err)
		}
		return done, err
	}
	return nil, problem.New(problem.Unavailable, "%s: the lists change faster than its names can be screened; try again", placeOf(l.Name))
}

func (r *Runner) once(ctx context.Context, l *List, actor string) (*Recorded, error) {
	reader, err := readerOf(l.audience)
	if err != nil {
		return nil, err
	}
	book := Book{Ledger: r.Ledger}
	head, err := r.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	last, err := book.lastRun(ctx, l)
	if err != nil {
		return nil, err
	}
	to, err := r.moment(ctx, reader, l, head, last)
	if err != nil {
		return nil, err
	}
	if last != nil && last.To == to && last.Engine == Engine {
		return last, nil
	}
	report := &Report{Form: reportForm, List: l.Name, To: to, Engine: Engine, Threshold: screening.Threshold, Changes: []Change{}}
	switch {
	case last == nil:
		report.Because = "the first run"
	case last.Engine != Engine:
		report.Because, report.Previous = "names are compared in another way than before", last.Digest
	default:
		report.From, report.Previous = &last.To, last.Digest
	}
	if err := r.fill(ctx, reader, report); err != nil {
		return nil, err
	}
	return r.record(ctx, l, report, head, actor)
}

// moment is the one to screen at: today, and the position of the last change
// that the list's audience may see, which answers as the head does and is the
// same on every node. A day does not go back.
func (r *Runner) moment(ctx context.Context, reader access.Reader, l *List, head ledger.Head, last *Recorded) (Moment, error) {
	ask := access.Ask{Reader: reader, At: access.At{Position: head.Position}}
	position, err := r.Ledger.LastChange(ctx, ask)
	m := Moment{At: access.DateOf(r.Now()), Position: max(position, 1), Names: l.Digest}
	if last != nil {
		m.At = max(m.At, last.To.At)
	}
	return m, err
}

// fill makes the report's counts and changes.
func (r *Runner) fill(ctx context.Context, reader access.Reader, report *Report) error {
	names, err := r.names(ctx, reader, report.List, report.To.Names)
	if err != nil {
		return err
	}
	report.Counts.Names = len(names)
	c := &comparison{runner: r, names: make([]watched, len(names))}
	for i := range names {
		c.names[i].now = names[i]
	}
	to := report.To.at()
	if c.is, err = r.Screen(ctx, access.Ask{Reader: reader, At: to}); err != nil {
		return err
	}
	if report.From != nil {
		from := report.From.at()
		if c.was, err = r.Screen(ctx, access.Ask{Reader: reader, At: from}); err != nil {
			return err
		}
		if c.names, err = r.paired(ctx, reader, report, names); err != nil {
			return err
		}
		if c.touched, err = r.touchedBetween(ctx, reader, from, to, numbered(names)); err != nil {
			return err
		}
		report.Counts.Subjects = len(c.touched.subjects)
	}
	changes, screened, err := c.run(ctx)
	if err != nil {
		return err
	}
	report.Counts.Screened = screened
	for _, some := range changes {
		report.add(some)
	}
	return nil
}

func (m *Moment) at() access.At { return access.At{Date: m.At, Known: m.At, Position: m.Position} }

// numbered reports whether any name is looked up by an identifier too.
func numbered(names []screening.Sought) bool {
	for i := range names {
		if len(names[i].IdentifierTerms()) > 0 {
			return true
		}
	}
	return false
}

// names is those of a file, by its digest.
func (r *Runner) names(ctx context.Context, reader access.Reader, list, digest string) ([]screening.Sought, error) {
	ask := access.Ask{Reader: reader, At: access.At{Known: access.Forever, Position: access.Now}}
	e, err := r.Ledger.ByDigest(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	if e.Withdrawn != "" {
		return nil, problem.New(problem.Conflict, "its file of names was withdrawn: %s", e.Withdrawn)
	}
	b, err := r.Ledger.Body(ctx, ask, e.Position)
	if err != nil {
		return nil, err
	}
	names, _, err := ReadNames(list, b)
	return names, err
}

// paired is the names with what they were in the last run's version of the
// list. Names of a version that has been withdrawn are all taken for new.
func (r *Runner) paired(ctx context.Context, reader access.Reader, report *Report, names []screening.Sought) ([]watched, error) {
	if report.From.Names == report.To.Names {
		return alike(names), nil
	}
	before, err := r.names(ctx, reader, report.List, report.From.Names)
	if err != nil && problem.KindOf(err) != problem.Conflict && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	pairs, dropped := pair(names, before)
	report.Counts.Dropped = dropped
	for i := range pairs {
		if pairs[i].was == nil {
			report.Counts.Added++
		}
	}
	return pairs, nil
}

// record appends the report.
func (r *Runner) record(ctx context.Context, l *List, report *Report, head ledger.Head, actor string) (*Recorded, error) {
	b, err := report.Encode()
	if err != nil {
		return nil, err
	}
	receipt, err := r.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{Bytes: b, Kind: KindReport, Name: l.Name}},
		Audience:  l.audience, Actor: actor, MadeFrom: head.FactsPosition,
	})
	if err != nil {
		return nil, err
	}
	doc := receipt.Documents[0]
	return &Recorded{Report: *report, Digest: doc.Digest, Recorded: doc.Position, New: receipt.Held == 0}, nil
}

// comparison screens names at two moments, those that may be concerned.
type comparison struct {
	runner  *Runner
	names   []watched
	was, is Screener // was is nil when there is no moment before
	touched *touched // nil then, too
}

// step is how many names a worker takes at once.
const step = 64

// run is the changes of each name, in the order of the names, and how many of
// them were screened.
func (c *comparison) run(ctx context.Context) (changes [][]Change, screened int, err error) {
	changes = make([][]Change, len(c.names))
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next, asked atomic.Int64
	var telling sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				begin := int(next.Add(step)) - step
				if begin >= len(c.names) {
					return
				}
				for i := begin; i < min(begin+step, len(c.names)); i++ {
					found, did, err := c.one(ctx, &c.names[i])
					if err != nil {
						stop(fmt.Errorf("name %d: %w", i+1, err))
						return
					}
					if did {
						asked.Add(1)
					}
					changes[i] = found
				}
				if c.runner.Progress != nil {
					telling.Lock()
					c.runner.Progress(int64(min(begin+step, len(c.names))), int64(len(c.names)))
					telling.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return changes, int(asked.Load()), context.Cause(ctx)
}

// one is what changed about one name; asked is false when nothing can have.
func (c *comparison) one(ctx context.Context, w *watched) (changes []Change, asked bool, err error) {
	if c.touched != nil && w.was != nil && *w.was == w.now && !c.touched.concerns(&w.now) {
		return nil, false, nil
	}
	is, err := c.is.One(ctx, w.now)
	if err != nil {
		return nil, true, err
	}
	var before []screening.Match
	if c.was != nil && w.was != nil {
		was, err := c.was.One(ctx, *w.was)
		if err != nil {
			return nil, true, err
		}
		before = was.Matches
	}
	return compare(&w.now, before, is.Matches), true, nil
}
