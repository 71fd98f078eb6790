package ledger

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
)

// Options of a ledger.
type Options struct {
	// Signer signs checkpoints; nil on a node that only appends. Its name is
	// the log's origin.
	Signer note.Signer
	// Verifier is the log's public key. With a Signer it must belong to it.
	Verifier note.Verifier
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Ledger is the ledger in one store. It is safe for concurrent use; several
// processes may have the same store open.
type Ledger struct {
	db       *db.DB
	signer   note.Signer
	verifier note.Verifier
	now      func() time.Time

	queue  chan *request
	closed chan struct{}
	close  func()
	done   chan struct{}

	audiences audienceCache
	counts    countCache
	wake      broadcast
	newest    atomic.Pointer[Head] // as last read
}

// New opens the ledger of a store. Close ends it; the store stays open.
func New(store *db.DB, opts Options) *Ledger {
	l := &Ledger{
		db: store, signer: opts.Signer, verifier: opts.Verifier, now: opts.Now,
		queue: make(chan *request, 256), closed: make(chan struct{}), done: make(chan struct{}),
	}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	if l.now == nil {
		l.now = time.Now
	}
	go l.appendLoop()
	return l
}

// Close waits for appends under way and ends the ledger. Appends that have
// not begun fail. It may be called more than once.
func (l *Ledger) Close() error {
	l.close()
	<-l.done
	return nil
}

// GenerateKey makes a signing key for a log of this origin: the private key,
// which never goes into the store, and the public one, both as note keys.
func GenerateKey(origin string) (signing, verifying string, err error) {
	if origin == "" || strings.ContainsAny(origin, " +\n\t") {
		return "", "", fmt.Errorf("log origin %q: want a name without spaces or plus signs", origin)
	}
	return note.GenerateKey(rand.Reader, origin)
}

// Head is the newest position of a ledger.
type Head struct {
	Position      int64 `json:"position"`
	FactsPosition int64 `json:"facts_position"` // the last that changed a fact
}

// Head reads the head.
func (l *Ledger) Head(ctx context.Context) (Head, error) {
	var h Head
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		var err error
		h, err = head(ctx, tx)
		return err
	})
	if err == nil {
		l.newest.Store(&h)
	}
	return h, err
}

// FactsAsOf is the first position from which on, up to p, no fact changed. All
// positions in between answer alike, so what is remembered of one serves the
// others: a recorded decision moves the head but changes no fact.
func (l *Ledger) FactsAsOf(p int64) int64 {
	if h := l.newest.Load(); h != nil && h.FactsPosition <= p && p <= h.Position {
		return h.FactsPosition
	}
	return p
}

func head(ctx context.Context, tx *db.Tx) (Head, error) {
	var h Head
	err := tx.QueryRow(ctx, `SELECT position, facts_position FROM ledger_head WHERE id = 1`).Scan(&h.Position, &h.FactsPosition)
	if err != nil {
		return h, fmt.Errorf("ledger head: %w", err)
	}
	return h, nil
}

// audienceCache remembers audiences by how they are written.
type audienceCache struct {
	mu     sync.RWMutex
	parsed map[string]access.Audience // by expression
}

// visible is the ids of the audiences that the reader is inside, and the way
// back from id to audience.
func (l *Ledger) visible(ctx context.Context, tx *db.Tx, reader access.Reader) (map[int64]access.Audience, error) {
	rows, err := tx.Query(ctx, `SELECT id, expr FROM audience`)
	if err != nil {
		return nil, fmt.Errorf("audiences: %w", err)
	}
	defer rows.Close()
	seen := map[int64]access.Audience{}
	for rows.Next() {
		var id int64
		var expr string
		if err := rows.Scan(&id, &expr); err != nil {
			return nil, err
		}
		a, err := l.audiences.parse(expr)
		if err != nil {
			return nil, err
		}
		if reader.MaySee(a) {
			seen[id] = a
		}
	}
	return seen, rows.Err()
}

func (c *audienceCache) parse(expr string) (access.Audience, error) {
	c.mu.RLock()
	a, ok := c.parsed[expr]
	c.mu.RUnlock()
	if ok {
		return a, nil
	}
	a, err := access.ParseAudience(expr)
	if err != nil {
		return a, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parsed == nil {
		c.parsed = map[string]access.Audience{}
	}
	c.parsed[expr] = a
	return a, nil
}

// broadcast wakes everybody who waits for it.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait is a channel that the next wake closes. Take it before looking at what
// is awaited, or a wake in between is missed.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) wakeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Visible is the audiences of the store that the reader is inside, sorted.
func (l *Ledger) Visible(ctx context.Context, reader access.Reader) ([]access.Audience, error) {
	var out []access.Audience
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		byID, err := l.visible(ctx, tx, reader)
		if err != nil {
			return err
		}
		out = slices.SortedFunc(maps.Values(byID), func(a, b access.Audience) int { return strings.Compare(a.String(), b.String()) })
		return nil
	})
	return out, err
}
