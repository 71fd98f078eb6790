package notice

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
)

// Sender sends a message to where a watch wants it. Its error is [ErrForGood]
// when there is no use in trying again.
type Sender interface {
	Send(ctx context.Context, w *Watch, m *Message) error
}

// ErrForGood is wrapped by errors of senders after which a message is given up.
var ErrForGood = outbox.ErrForGood

// Options of a [Teller]. Book, Ledger and Member are needed.
type Options struct {
	Book   *Book
	Ledger *ledger.Ledger
	// Member is what a member may see now; NotFound for one who is gone.
	Member func(ctx context.Context, name string) (access.Reader, error)
	// Refresh brings up to date what a watch is told of; nil for a node that
	// does not.
	Refresh func(ctx context.Context, w *Watch, reader access.Reader) error
	// Ways is how messages go out, by way. What goes by a way that is not there
	// stays due, for another node.
	Ways map[string]Sender
	// Base is where people read decisions, as "https://countersign.example.org";
	// "" to leave it out.
	Base string
	// Silent never sends: what is due is given up. For demonstrations.
	Silent bool
	Logger *slog.Logger                         // slog.Default when nil
	After  func(time.Duration) <-chan time.Time // time.After when nil
}

// Teller follows the ledger and sends what there is to tell. Step and Run are for one
// goroutine.
type Teller struct {
	opts Options
	log  *slog.Logger
	out  *outbox.Queue

	quiet int64 // position up to which the ledger has nothing beyond what was noted
	facts int64 // position of the last change of facts for which systems were brought up to date
	day   access.Date
}

// NewTeller makes a teller that does nothing before Run or Step.
func NewTeller(opts Options) *Teller {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.After == nil {
		opts.After = time.After
	}
	t := &Teller{opts: opts, log: opts.Logger}
	t.out = &outbox.Queue{DB: opts.Book.DB, Now: opts.Book.Now, Table: "notice_delivery", Send: t.attempt, Keep: kept}
	for _, way := range []string{ByWebhook, ByMail} {
		if opts.Silent || opts.Ways[way] != nil {
			t.out.Ways = append(t.out.Ways, way)
		}
	}
	return t
}

const (
	attemptTime = outbox.AttemptTime
	retryAfter  = 2 * time.Second // after the store failed
)

// Run does what there is to do until ctx ends. What fails is logged and tried
// again.
func (t *Teller) Run(ctx context.Context) {
	t.opts.Ledger.Attend(ctx, ledger.Work{
		Do:     t.Step,
		Failed: func(err error) { t.log.Error("tell of changes", "error", err) },
		Retry:  retryAfter,
		After:  t.opts.After,
	})
}

// Step reads the ledger on, brings watches of systems up to date, and sends
// what is due. It returns how long nothing is due after that.
func (t *Teller) Step(ctx context.Context) (wait time.Duration, err error) {
	if _, err := t.absorb(ctx); err != nil {
		return 0, err
	}
	if err := t.refresh(ctx); err != nil {
		return 0, err
	}
	return t.out.Step(ctx)
}

// halfMade is after how long a watch without a question is taken for one whose
// maker was killed before it was bound.
const halfMade = time.Minute

// refresh brings up to date what watches of systems are told of, and binds what
// was left half-made, when facts changed or a day began.
func (t *Teller) refresh(ctx context.Context) error {
	if t.opts.Refresh == nil {
		return nil
	}
	h, err := t.opts.Ledger.Head(ctx)
	day := access.DateOf(t.opts.Book.Now())
	if err != nil || h.FactsPosition == t.facts && day == t.day {
		return err
	}
	watches, err := t.opts.Book.Watches(ctx, access.Operator)
	if err != nil {
		return err
	}
	for i := range watches {
		w := &watches[i]
		if !w.System && (w.Questions > 0 || t.opts.Book.Now().Sub(w.Created) < halfMade) {
			continue
		}
		reader, err := t.readerOf(ctx, w)
		if err == nil && w.narrowed(reader) {
			continue // it is told nothing any more, see attempt
		}
		if err == nil {
			err = t.opts.Refresh(ctx, w, reader)
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			t.log.Error("watch cannot be brought up to date", "watch", w.ID, "subject", w.Subject, "error", err)
		}
	}
	t.facts, t.day = h.FactsPosition, day
	return nil
}

// readerOf is who is told by a watch, with what that one may see now.
func (t *Teller) readerOf(ctx context.Context, w *Watch) (access.Reader, error) {
	if w.operators() {
		return access.Operator, nil
	}
	if w.public() {
		return access.Reader{Member: w.Member}, nil
	}
	member, err := t.opts.Member(ctx, w.Member)
	if err != nil {
		return access.Reader{}, err
	}
	return w.Reader(member), nil
}

// attempt sends a message. failure is why it did not go; the error is the
// store's.
func (t *Teller) attempt(ctx context.Context, i outbox.Item) (failure, err error) {
	d, err := t.opts.Book.delivery(ctx, i.ID)
	if err != nil || d == nil {
		return givenUp(problem.NotFound, "the watch was removed"), err
	}
	failure, err = t.send(ctx, d)
	if failure != nil && ctx.Err() == nil {
		t.log.Warn("message not delivered", "watch", d.Watch, "way", d.Way, "decision", d.Decision, "attempt", i.Attempts, "error", failure.Error())
	}
	return failure, err
}

// givenUp is a failure after which a message is not tried again.
func givenUp(kind problem.Kind, format string, args ...any) error {
	return outbox.ForGood(problem.New(kind, format, args...))
}

// send makes an attempt at a delivery.
func (t *Teller) send(ctx context.Context, d *Delivery) (failure, err error) {
	if t.opts.Silent {
		return givenUp(problem.Denied, "this server is a demonstration, and sends nothing"), nil
	}
	w, err := t.opts.Book.byID(ctx, d.Watch)
	if err != nil || w == nil {
		return givenUp(problem.NotFound, "the watch was removed"), err
	}
	reader, err := t.readerOf(ctx, w)
	if problem.KindOf(err) == problem.NotFound {
		return givenUp(problem.NotFound, "%s is no longer a member", w.Member), nil
	}
	if err != nil {
		return nil, err
	}
	m, err := Read(ctx, t.opts.Ledger, reader, d.Decision, d.replaces)
	if problem.KindOf(err) == problem.NotFound {
		return givenUp(problem.NotFound, "%s may no longer see the decision, or it was withdrawn", w.Member), nil
	}
	if problem.KindOf(err) == problem.Unavailable {
		return nil, err
	}
	if err != nil {
		return err, nil
	}
	m.Watch, m.URL = w.ID, linkTo(t.opts.Base, d.Decision)
	return t.opts.Ways[d.Way].Send(ctx, w, m), nil
}

// linkTo is where people read a decision.
func linkTo(base, digest string) string {
	if base == "" {
		return ""
	}
	return strings.TrimSuffix(base, "/") + "/decisions/" + digest
}

// Read is what there is to tell a reader of a decision that replaced another,
// "" for none.
func Read(ctx context.Context, l *ledger.Ledger, reader access.Reader, digest, replaces string) (*Message, error) {
	ask, err := l.Resolve(ctx, access.Ask{Reader: reader, At: access.At{Known: access.Forever}})
	if err != nil {
		return nil, err
	}
	is, e, err := readDecision(ctx, l, ask, digest)
	if err != nil {
		return nil, err
	}
	var was *decision.Recorded
	if replaces != "" {
		was, _, err = readDecision(ctx, l, ask, replaces)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return nil, err
		}
	}
	return MessageOf(is, was, e.Position, digest, replaces), nil
}

func readDecision(ctx context.Context, l *ledger.Ledger, ask access.Ask, digest string) (*decision.Recorded, *ledger.Entry, error) {
	e, err := l.ByDigest(ctx, ask, digest)
	if err != nil {
		return nil, nil, err
	}
	b, err := l.Body(ctx, ask, e.Position)
	if err != nil {
		return nil, nil, err
	}
	r, err := decision.ParseRecord(b)
	if err != nil {
		return nil, nil, fmt.Errorf("decision %s: %w", digest, err)
	}
	return r, e, nil
}
