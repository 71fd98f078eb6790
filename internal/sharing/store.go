package sharing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Store keeps what is shared. It is safe for concurrent use, and several may
// have the same rows open: each follows what the others write.
type Store struct {
	db     *db.DB
	ledger *ledger.Ledger
	now    func() time.Time
	limits Limits

	registering sync.Mutex
	registry    *registry
	factIDs     []int64
	secret      []byte

	mu     sync.RWMutex // of the index and the orders
	index  *index
	orders map[orderKey]*kept
	uses   int64
}

// Limits bound what is taken in.
type Limits struct {
	Envelope int64 // bytes of an envelope; 100 MiB when 0
	Object   int   // bytes of one object; 10 MiB when 0
	Objects  int   // of one envelope; 1,000,000 when 0
	AtOnce   int   // objects of an envelope that are taken in before it is answered; 1,000 when 0
}

func (l Limits) orDefault() Limits {
	if l.Envelope <= 0 {
		l.Envelope = 100 << 20
	}
	if l.Object <= 0 {
		l.Object = 10 << 20
	}
	if l.Objects <= 0 {
		l.Objects = 1_000_000
	}
	if l.AtOnce <= 0 {
		l.AtOnce = 1000
	}
	return l
}

// Options of a store.
type Options struct {
	Now    func() time.Time // time.Now when nil
	Limits Limits
}

// New makes a store on the rows beside a ledger.
func New(store *db.DB, l *ledger.Ledger, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Store{db: store, ledger: l, now: opts.Now, limits: opts.Limits.orDefault(), index: newIndex(), orders: map[orderKey]*kept{}}
}

// notFound is what is answered for what is not there, and for what the reader
// may not know of.
func notFound(what, name string) error {
	return problem.New(problem.NotFound, "there is no %s %q", what, name)
}

// Roots is the communities that a reader may know of, by id.
func (s *Store) Roots(ctx context.Context, ask access.Ask) ([]Root, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	m := reg.at(s.micros())
	out := []Root{}
	for _, c := range reg.communities {
		if m.concerns(ask.Reader, c) {
			out = append(out, Root{Community: c.ID, Name: c.Name, Description: c.Description})
		}
	}
	slices.SortFunc(out, func(a, b Root) int { return strings.Compare(a.Community, b.Community) })
	return out, nil
}

// community is a community that a reader may know of.
func (m moment) community(reader access.Reader, id string) (*Community, error) {
	c := m.communities[id]
	if c == nil || !m.concerns(reader, c) {
		return nil, notFound("community", id)
	}
	return c, nil
}

// Collections is those of a community that a reader may know of, as its document
// orders them.
func (s *Store) Collections(ctx context.Context, ask access.Ask, community string) ([]Collection, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	m := reg.at(s.micros())
	c, err := m.community(ask.Reader, community)
	if err != nil {
		return nil, err
	}
	out := []Collection{}
	for i := range c.Collections {
		if seen := m.collection(ask.Reader, c, &c.Collections[i]); seen.CanRead || seen.CanWrite || m.knows(ask.Reader, c) {
			out = append(out, seen)
		}
	}
	return out, nil
}

// knows reports whether a reader may know of a community's collections that it
// can neither read nor write: its members may.
func (m moment) knows(reader access.Reader, c *Community) bool {
	return reader.Operator || slices.Contains(reader.Organisations, c.Home) || m.is(reader, Members, c.ID)
}

func (m moment) collection(reader access.Reader, c *Community, f *Folder) Collection {
	return Collection{
		ID: f.ID, Alias: f.Alias, Title: f.Title, Description: f.Description, Community: c.ID,
		CanRead: m.may(ToRead, reader, c.ID, f.ID), CanWrite: m.may(ToWrite, reader, c.ID, f.ID),
		MediaTypes: []string{"application/stix+json;version=2.1", "application/stix+json;version=2.0"},
	}
}

// Collection is one collection, by id or alias. One that the reader may not know
// of is not found.
func (s *Store) Collection(ctx context.Context, ask access.Ask, community, name string) (*Collection, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	m := reg.at(s.micros())
	c, err := m.community(ask.Reader, community)
	if err != nil {
		return nil, err
	}
	f := c.folder(name)
	if f == nil {
		return nil, notFound("collection", name)
	}
	seen := m.collection(ask.Reader, c, f)
	if !seen.CanRead && !seen.CanWrite && !m.knows(ask.Reader, c) {
		return nil, notFound("collection", name)
	}
	return &seen, nil
}

// readable is a collection that the reader may read. It answers Denied for one
// that it may know of but not read.
func (s *Store) readable(ctx context.Context, ask access.Ask, community, name string) (*Collection, error) {
	c, err := s.Collection(ctx, ask, community, name)
	if err == nil && !c.CanRead {
		err = problem.New(problem.Denied, "the collection %q is not open to you for reading", c.Title)
	}
	return c, err
}

// Epoch notes when a community's document takes effect, on the clock of entries.
// It belongs into the transaction that appends the document, see
// [ledger.Edition.Along].
func Epoch(now func() time.Time) func(context.Context, *db.Tx, int64) error {
	return func(ctx context.Context, tx *db.Tx, position int64) error {
		h, err := lockHead(ctx, tx, now().UnixMicro())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO sharing_epoch (position, added) VALUES ($1, $2) ON CONFLICT (position) DO NOTHING`, position, h.next()); err != nil {
			return fmt.Errorf("epoch of %d: %w", position, err)
		}
		return h.save(ctx, tx)
	}
}

func (s *Store) epochs(ctx context.Context) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT position, added FROM sharing_epoch`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var position, added int64
			if err := rows.Scan(&position, &added); err != nil {
				return err
			}
			out[position] = added
		}
		return rows.Err()
	})
	return out, err
}

// headRow is the row that numbers and instants come from, held to the end of a
// transaction.
type headRow struct {
	object, entry, removal, added int64
	now                           int64
}

// lockHead takes the row for this transaction. It takes the ledger's lock first,
// as whoever appends does, so that two can not wait for each other.
func lockHead(ctx context.Context, tx *db.Tx, now int64) (*headRow, error) {
	if err := tx.LockHead(ctx); err != nil {
		return nil, err
	}
	h := &headRow{now: now}
	err := tx.QueryRow(ctx, `SELECT object, entry, removal, added FROM sharing_head WHERE id = 1`).Scan(&h.object, &h.entry, &h.removal, &h.added)
	if err != nil {
		return nil, fmt.Errorf("head of sharing: %w", err)
	}
	return h, nil
}

// next is the next instant: now, but later than every one before.
func (h *headRow) next() int64 {
	h.added = max(h.now, h.added+1)
	return h.added
}

func (h *headRow) save(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE sharing_head SET object = $1, entry = $2, removal = $3, added = $4 WHERE id = 1`, h.object, h.entry, h.removal, h.added)
	if err != nil {
		return fmt.Errorf("head of sharing: %w", err)
	}
	return nil
}

// signing is the secret that cursors are signed with. The store makes it when it
// is first needed.
func (s *Store) signing(ctx context.Context) ([]byte, error) {
	s.registering.Lock()
	defer s.registering.Unlock()
	if s.secret != nil {
		return s.secret, nil
	}
	var text string
	read := func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT secret FROM sharing_head WHERE id = 1`).Scan(&text)
	}
	if err := s.db.Read(ctx, read); err != nil {
		return nil, err
	}
	if text == "" {
		fresh := make([]byte, 32)
		rand.Read(fresh)
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE sharing_head SET secret = $1 WHERE id = 1 AND secret = ''`, hex.EncodeToString(fresh)); err != nil {
				return err
			}
			return read(tx)
		})
		if err != nil {
			return nil, err
		}
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) < 32 {
		return nil, fmt.Errorf("secret of sharing: %w", errDamaged)
	}
	s.secret = secret
	return secret, nil
}

// HomeOf is the organisation that runs a community; "" when there is none of this
// id.
func (s *Store) HomeOf(ctx context.Context, community string) (string, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return "", err
	}
	if c := reg.communities[community]; c != nil {
		return c.Home, nil
	}
	return "", nil
}
