package bulletin

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/notice"
	"countersign.dev/internal/notice/outbox"
	"countersign.dev/internal/problem"
)

// Mailer sends a text by e-mail; [notice.Mail] is one.
type Mailer interface {
	Post(ctx context.Context, to, title, text, id string) error
}

// Hooker sends a body to a webhook; [notice.Webhook] is one.
type Hooker interface {
	Post(ctx context.Context, to notice.Hook, id string, body []byte) error
}

// Options of a [Post]. Book, Ledger and Keep are needed.
type Options struct {
	Book   *Book
	Ledger *ledger.Ledger
	// Keep makes a letter a document of the ledger, once.
	Keep func(ctx context.Context, of *Bulletin, l *Letter) error
	// Mail and Webhook send; what goes by one that is nil stays due, for another
	// node.
	Mail    Mailer
	Webhook Hooker
	// Share puts a letter into a collection, as an object that is marked for its
	// organisation; nil for a node that shares nothing.
	Share func(ctx context.Context, of *Bulletin, l *Letter, collection string) error
	// Base is where people reach this node, for links; "" to leave them out.
	Base string
	// Silent sends nothing but what stays on this node. For demonstrations.
	Silent bool
	Logger *slog.Logger                         // slog.Default when nil
	After  func(time.Duration) <-chan time.Time // time.After when nil
}

// Post sends letters. Step and Run are for one goroutine.
type Post struct {
	opts Options
	log  *slog.Logger
	out  *outbox.Queue

	mu   sync.Mutex
	last *Bulletin // the one that was read last, and where it stands
	at   int64
}

// NewPost makes a post that does nothing before Run or Step.
func NewPost(opts Options) *Post {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.After == nil {
		opts.After = time.After
	}
	p := &Post{opts: opts, log: opts.Logger}
	p.out = &outbox.Queue{DB: opts.Book.DB, Now: opts.Book.Now, Table: deliveryTable, Send: p.send, Ways: []string{ByLedger}}
	for way, can := range map[string]bool{ByMail: opts.Mail != nil, ByWebhook: opts.Webhook != nil, ByTAXII: opts.Share != nil} {
		if can || opts.Silent {
			p.out.Ways = append(p.out.Ways, way)
		}
	}
	return p
}

// retryAfter is how long to wait after the store failed.
const retryAfter = 2 * time.Second

// Run sends what there is to send until ctx ends.
func (p *Post) Run(ctx context.Context) {
	p.opts.Ledger.Attend(ctx, ledger.Work{
		Do:     p.Step,
		Failed: func(err error) { p.log.Error("send letters", "error", err) },
		Retry:  retryAfter,
		After:  p.opts.After,
	})
}

// Step sends all that is due, and returns how long nothing is after that.
func (p *Post) Step(ctx context.Context) (time.Duration, error) { return p.out.Step(ctx) }

// send makes one attempt.
func (p *Post) send(ctx context.Context, i outbox.Item) (failure, err error) {
	d, err := p.opts.Book.delivery(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	if p.opts.Silent && d.Way != ByLedger {
		return outbox.ForGood(problem.New(problem.Denied, "this server is a demonstration, and sends nothing out")), nil
	}
	of, err := p.read(ctx, d.position)
	if problem.KindOf(err) == problem.NotFound {
		return outbox.ForGood(problem.New(problem.NotFound, "the bulletin was withdrawn")), nil
	}
	if err != nil {
		return nil, err
	}
	l := of.Letter(d.Organisation)
	if l == nil {
		return outbox.ForGood(problem.New(problem.Internal, "the bulletin has no letter to %s", d.Organisation)), nil
	}
	failure = p.deliver(ctx, d, of, l)
	if failure != nil && ctx.Err() == nil {
		p.log.Warn("letter not delivered", "bulletin", of.ID, "organisation", d.Organisation, "way", d.Way, "attempt", i.Attempts, "error", failure.Error())
	}
	return failure, nil
}

// deliver sends a letter by one way.
func (p *Post) deliver(ctx context.Context, d *Delivery, of *Bulletin, l *Letter) error {
	switch d.Way {
	case ByLedger:
		return p.opts.Keep(ctx, of, l)
	case ByTAXII:
		return p.opts.Share(ctx, of, l, d.To)
	}
	link, err := p.link(ctx, d)
	if err != nil {
		return err
	}
	if d.Way == ByMail {
		return p.opts.Mail.Post(ctx, d.To, l.Title(), l.Plain(link), d.ID)
	}
	c, err := p.opts.Book.Contact(ctx, d.Organisation)
	if err != nil {
		return err
	}
	if c == nil || c.Webhook != d.To {
		return outbox.ForGood(problem.New(problem.Conflict, "the webhook is no longer that of %s", d.Organisation))
	}
	body, err := json.Marshal(Message{Type: "bulletin", Letter: l, Acknowledge: link})
	if err != nil {
		return err
	}
	return p.opts.Webhook.Post(ctx, notice.Hook{URL: c.Webhook, Secret: c.secret}, d.ID, body)
}

// link is where a delivery is acknowledged.
func (p *Post) link(ctx context.Context, d *Delivery) (string, error) {
	if p.opts.Base == "" {
		return "", nil
	}
	path, err := p.opts.Book.Link(ctx, d.ID)
	return strings.TrimSuffix(p.opts.Base, "/") + path, err
}

// read is the bulletin at a position. Its letters mostly go one after another.
func (p *Post) read(ctx context.Context, position int64) (*Bulletin, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && p.at == position {
		return p.last, nil
	}
	b, err := p.opts.Ledger.Body(ctx, access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}, position)
	if err != nil {
		return nil, err
	}
	of, err := Parse(b)
	if err != nil {
		return nil, err
	}
	p.last, p.at = of, position
	return of, nil
}
