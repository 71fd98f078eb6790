package peer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// lease is for how long a node has a peer to itself. It is longer than one step
// takes, is taken anew with each, and ends by itself.
const lease = 5 * time.Minute

// Backoff is how long to wait after failures in a row: some seconds at first, an
// hour in the end.
func Backoff(attempts int) time.Duration {
	return min(5*time.Second<<min(attempts, 20), time.Hour)
}

// Run exchanges with the peers whose time has come, until ctx ends.
func (b *Book) Run(ctx context.Context, log *slog.Logger) {
	for ctx.Err() == nil {
		wait, err := b.Step(ctx)
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "exchange with a peer failed", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// idle is how long nothing is looked at when nothing is due.
const idle = time.Second

// Step exchanges with the peer that has been due for longest, and says how long
// to wait before the next. What goes wrong is kept with the peer as well.
func (b *Book) Step(ctx context.Context) (time.Duration, error) {
	p, err := b.take(ctx)
	if err != nil || p == nil {
		return idle, err
	}
	err = b.exchange(ctx, p)
	if ctx.Err() != nil {
		return 0, ctx.Err() // the lease ends by itself
	}
	return 0, errors.Join(err, b.done(ctx, p, err))
}

// take leases the peer that has been due for longest; nil when none is.
func (b *Book) take(ctx context.Context) (p *Peer, err error) {
	now := b.Now()
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		p, err = scan(tx.QueryRow(ctx, selectPeer+` WHERE due <= $1 ORDER BY due LIMIT 1`, now.UnixMicro()))
		if errors.Is(err, sql.ErrNoRows) {
			p = nil
			return nil
		}
		if err != nil {
			return err
		}
		done, err := tx.Exec(ctx, `UPDATE peer SET due = $1 WHERE id = $2 AND due = $3`, now.Add(lease).UnixMicro(), p.ID, p.Due.UnixMicro())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			p = nil // another node was first
			return err
		}
		return nil
	})
	return p, err
}

// done notes how an exchange ended, and when the next is due.
func (b *Book) done(ctx context.Context, p *Peer, failed error) error {
	attempts, failure, due := 0, "", b.Now().Add(p.Every)
	if failed != nil {
		attempts, failure = p.Attempts+1, problem.Message(failed)
		if failure == "" || problem.KindOf(failed) == problem.Internal {
			failure = failed.Error()
		}
		due = b.Now().Add(Backoff(attempts))
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE peer SET attempts = $1, failure = $2, due = $3 WHERE id = $4`, attempts, failure, due.UnixMicro(), p.ID)
		return err
	})
}

// moved notes how far an exchange has come, and takes the lease anew.
func (b *Book) moved(ctx context.Context, p *Peer, objects, refused int) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE peer SET added = $1, next = $2, objects = objects + $3, refused = refused + $4, due = $5 WHERE id = $6`,
			p.Added, p.next, objects, refused, b.Now().Add(lease).UnixMicro(), p.ID)
		return err
	})
}

func (b *Book) exchange(ctx context.Context, p *Peer) error {
	c, err := NewClient(p.Root, p.User, string(p.Secret))
	if err != nil {
		return err
	}
	if p.Direction == Push {
		return b.push(ctx, p, c)
	}
	return b.pull(ctx, p, c)
}

// as is the peer's organisation, as which what it gives is shared and what it is
// given is seen. It is no person, under no name that a member can have: TLP:RED,
// which is for persons, never goes to a peer by itself.
func (p *Peer) as() access.Ask {
	return access.Ask{Reader: access.Reader{Member: "peer:" + p.ID, Organisations: []string{p.Organisation}}, At: access.At{Position: access.Now}}
}

// pull takes over what the other has and we have not. In the middle of it the
// other's cursor is kept; up to which instant everything was taken over is only
// known at the end, since several objects may have come at one.
func (b *Book) pull(ctx context.Context, p *Peer, c *Client) error {
	last := p.Added
	for {
		a, err := c.objects(ctx, p.Remote, p.Added, p.next)
		if p.next != "" && isRefused(err, http.StatusBadRequest, http.StatusNotFound) {
			p.next = "" // a cursor that has ended: begin at the last instant
			continue
		}
		if err != nil {
			return err
		}
		taken, refused, err := b.store(ctx, p, a.Objects)
		if err != nil {
			return err
		}
		if a.last != "" {
			last = a.last
		}
		stuck := a.More && (a.Next == "" || a.Next == p.next || len(a.Objects) == 0)
		if p.next = a.Next; !a.More || stuck {
			p.next, p.Added = "", last
		}
		if err := b.moved(ctx, p, taken, refused); err != nil {
			return err
		}
		switch {
		case stuck && len(a.Objects) == 0:
			return problem.New(problem.Invalid, "%s says that there is more, and gives nothing", p.Root)
		case !a.More:
			return nil
		}
	}
}

func isRefused(err error, statuses ...int) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, s := range statuses {
		if r.status == s {
			return true
		}
	}
	return false
}

// store shares what a peer gave. What of it is refused stays refused, however
// often it is given.
func (b *Book) store(ctx context.Context, p *Peer, objects []json.RawMessage) (taken, refused int, err error) {
	if len(objects) == 0 {
		return 0, 0, nil
	}
	st, err := b.Sharing.SubmitFrom(ctx, p.as(), p.Community, p.Collection, sharing.Relay{Peer: p.ID, Organisation: p.Organisation, Trusted: p.Relays}, envelopeOf(objects))
	if err == nil && st.State == sharing.Pending {
		if err = b.Sharing.Drain(ctx); err == nil {
			st, err = b.Sharing.Status(ctx, p.as(), p.Community, st.ID)
		}
	}
	if err != nil {
		return 0, 0, err
	}
	return len(st.Successes), len(st.Failures), nil
}

func envelopeOf(objects []json.RawMessage) []byte {
	return append(append([]byte(`{"objects":[`), bytes.Join(rawBytes(objects), []byte(","))...), "]}"...)
}

func rawBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// push gives the other what its organisation may see of a collection of ours.
func (b *Book) push(ctx context.Context, p *Peer, c *Client) error {
	ctx = sharing.By(ctx, "peer")
	for {
		f := sharing.Filter{Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}, Limit: pushSize}
		if p.Added != "" {
			after, err := time.Parse(time.RFC3339Nano, p.Added)
			if err != nil {
				return problem.New(problem.Invalid, "peer %s: %q is no instant", p.ID, p.Added)
			}
			f.AddedAfter = after
		}
		page, err := b.Sharing.Page(ctx, p.as(), p.Community, p.Collection, sharing.Objects, f)
		if err != nil {
			return err
		}
		if len(page.Entries) == 0 {
			return nil
		}
		objects := make([]json.RawMessage, len(page.Entries))
		for i := range page.Entries {
			objects[i] = page.Entries[i].Body
		}
		done, err := c.post(ctx, p.Remote, envelopeOf(objects), pause)
		if err != nil {
			return err
		}
		p.Added = sharing.Instant(page.Entries[len(page.Entries)-1].Added)
		if err := b.moved(ctx, p, done.Successes, done.Failures); err != nil {
			return err
		}
		if !page.More {
			return nil
		}
	}
}

// maxPauses bounds how often a submission that is pending is asked about.
const maxPauses = 100

func pause(ctx context.Context, n int) error {
	if n == maxPauses {
		return problem.New(problem.Unavailable, "the other server does not come to an end with what it was given")
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(50*time.Millisecond<<min(n, 6), 2*time.Second)):
		return nil
	}
}
