package peer

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// Direction is which way objects go.
type Direction string

// The directions.
const (
	Pull Direction = "pull"
	Push Direction = "push"
)

// Peer is a collection of another server that is read from or written to.
type Peer struct {
	ID           string        `json:"id"`
	Direction    Direction     `json:"direction"`
	Root         string        `json:"root"`   // URL of its API root
	Remote       string        `json:"remote"` // its collection
	User         string        `json:"user,omitempty"`
	Secret       access.Secret `json:"-"`
	Organisation string        `json:"organisation"` // whose it is: shares what is pulled, and sees what is pushed
	Community    string        `json:"community"`
	Collection   string        `json:"collection"` // ours
	Relays       bool          `json:"relays"`     // may pass on what others made
	Every        time.Duration `json:"-"`
	Seconds      int64         `json:"every_seconds"`
	Added        string        `json:"added,omitempty"` // up to which everything was taken over
	Due          time.Time     `json:"due"`
	Attempts     int           `json:"attempts"` // failed in a row
	Failure      string        `json:"failure,omitempty"`
	Objects      int64         `json:"objects"` // taken over in all
	Refused      int64         `json:"refused"`

	next string
}

// Sharing is what the exchange needs of what is shared here; [sharing.Store] is
// one.
type Sharing interface {
	Page(ctx context.Context, ask access.Ask, community, collection string, kind sharing.Kind, f sharing.Filter) (*sharing.Page, error)
	SubmitFrom(ctx context.Context, ask access.Ask, community, collection string, from sharing.Relay, envelope []byte) (*sharing.Status, error)
	Status(ctx context.Context, ask access.Ask, community, id string) (*sharing.Status, error)
	Drain(ctx context.Context) error
}

// Book keeps the peers and the exchange with them.
type Book struct {
	DB      *db.DB
	Sharing Sharing
	Now     func() time.Time
}

// The limits of a peer.
const (
	pageSize = 1000
	pushSize = 100
	minEvery = time.Second
	maxEvery = 7 * 24 * time.Hour
)

// Add adds a peer. Only whoever runs the node may: it is reached from here.
func (b *Book) Add(ctx context.Context, by access.Reader, p Peer) (*Peer, error) {
	if !by.Operator {
		return nil, problem.New(problem.Denied, "a peer is reached from this node; only its operator may add one")
	}
	if _, err := NewClient(p.Root, p.User, string(p.Secret)); err != nil {
		return nil, err
	}
	switch {
	case p.Direction != Pull && p.Direction != Push:
		return nil, problem.New(problem.Invalid, "direction %q: want pull or push", p.Direction)
	case p.Remote == "" || p.Community == "" || p.Collection == "" || p.Organisation == "":
		return nil, problem.New(problem.Invalid, "a peer needs its collection, our community and collection, and its organisation")
	case p.Every < minEvery || p.Every > maxEvery:
		return nil, problem.New(problem.Invalid, "every %s: want %s to %s", p.Every, minEvery, maxEvery)
	}
	id := make([]byte, 6)
	rand.Read(id)
	p.ID = "peer-" + hex.EncodeToString(id)
	relays := 0
	if p.Relays {
		relays = 1
	}
	now := b.Now().UnixMicro()
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO peer (id, direction, root, remote, username, secret, organisation, community, collection, relays, every, added, next, due, attempts, failure, objects, refused, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', $12, 0, '', 0, 0, $12)`,
			p.ID, string(p.Direction), p.Root, p.Remote, p.User, string(p.Secret), p.Organisation, p.Community, p.Collection, relays, int64(p.Every/time.Second), now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	return b.find(ctx, p.ID)
}

const selectPeer = `SELECT id, direction, root, remote, username, secret, organisation, community, collection, relays, every, added, next, due, attempts, failure, objects, refused FROM peer`

type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (*Peer, error) {
	p := &Peer{}
	var direction, secret string
	var relays, due, attempts int64
	err := row.Scan(&p.ID, &direction, &p.Root, &p.Remote, &p.User, &secret, &p.Organisation, &p.Community, &p.Collection, &relays, &p.Seconds, &p.Added, &p.next, &due, &attempts, &p.Failure, &p.Objects, &p.Refused)
	p.Direction, p.Secret, p.Relays, p.Every = Direction(direction), access.Secret(secret), relays == 1, time.Duration(p.Seconds)*time.Second
	p.Due, p.Attempts = time.UnixMicro(due).UTC(), int(attempts)
	return p, err
}

func (b *Book) find(ctx context.Context, id string) (p *Peer, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = scan(tx.QueryRow(ctx, selectPeer+` WHERE id = $1`, id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, problem.New(problem.NotFound, "there is no peer %q", id)
	}
	return p, err
}

// List is all peers, oldest first. Only whoever runs the node may see them.
func (b *Book) List(ctx context.Context, by access.Reader) ([]Peer, error) {
	if !by.Operator {
		return nil, problem.New(problem.Denied, "only the operator of the node may see its peers")
	}
	out := []Peer{}
	err := b.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, selectPeer+` ORDER BY created, id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			p, err := scan(rows)
			if err != nil {
				return err
			}
			out = append(out, *p)
		}
		return rows.Err()
	})
	return out, err
}

// Remove ends the exchange with a peer. What came from it stays.
func (b *Book) Remove(ctx context.Context, by access.Reader, id string) error {
	if !by.Operator {
		return problem.New(problem.Denied, "only the operator of the node may remove its peers")
	}
	if _, err := b.find(ctx, id); err != nil {
		return err
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM peer WHERE id = $1`, id)
		return err
	})
}
