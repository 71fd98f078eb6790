package sharing

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/stix"
)

// KindEnvelope is the kind of the documents that objects come in.
const KindEnvelope = "sharing.envelope"

// submitter is who hands an envelope in, and where.
type submitter struct {
	registry     *registry
	community    *Community
	collection   *Collection
	organisation string // that the objects are shared by
	member       string
	relay        Relay
}

// Submit takes an envelope into a collection: a TAXII envelope, a STIX bundle, or
// one object. Each object is judged by itself, and those that are refused do not
// keep the others out. When it returns, the envelope is durable; an envelope of
// more objects than are taken in at once is pending then, and worked through by
// [Store.Work].
//
// It answers NotFound for a collection that the reader may not know of, Denied
// for one that it may not write, and Invalid for what is no envelope.
func (s *Store) Submit(ctx context.Context, ask access.Ask, community, collection string, envelope []byte) (*Status, error) {
	return s.SubmitFrom(ctx, ask, community, collection, Relay{}, envelope)
}

// Relay is the peer that objects came through.
type Relay struct {
	Peer         string // its id; "" for none
	Organisation string // that it belongs to, and that shares what it gives
	Trusted      bool   // it may pass on what somebody else speaks for
}

// String is the relay as the rows keep it: the peer, with a mark when it is
// trusted.
func (r Relay) String() string {
	if r.Trusted {
		return r.Peer + "+"
	}
	return r.Peer
}

func relayOf(text, organisation string) Relay {
	peer, trusted := strings.CutSuffix(text, "+")
	return Relay{peer, organisation, trusted}
}

// SubmitFrom is Submit for what a peer gave.
func (s *Store) SubmitFrom(ctx context.Context, ask access.Ask, community, collection string, relay Relay, envelope []byte) (*Status, error) {
	by, err := s.submitter(ctx, ask, community, collection)
	if err != nil {
		return nil, err
	}
	if by.relay = relay; relay.Peer != "" {
		by.organisation = relay.Organisation
	}
	if int64(len(envelope)) > s.limits.Envelope {
		return nil, problem.New(problem.TooLarge, "an envelope of %d bytes: the limit is %d", len(envelope), s.limits.Envelope)
	}
	objects, err := s.split(envelope)
	if err != nil {
		return nil, err
	}
	st := &Status{ID: newUUID(), Community: by.community.ID, State: Complete, Requested: timeOf(s.micros()), Total: len(objects)}
	var taken []candidate
	if len(objects) <= s.limits.AtOnce {
		if taken, err = s.prepare(ctx, by, objects, nil); err != nil {
			return nil, err
		}
	} else {
		st.State = Pending
	}
	_, err = s.ledger.Append(ctx, ledger.Edition{
		Audience: access.ForOrganisation(by.organisation), Actor: by.member,
		Documents: []ledger.Document{{
			Bytes: envelope, Kind: KindEnvelope, Source: "sharing/" + by.community.ID + "/" + by.collection.ID, Name: st.ID + ".json",
			Rows: len(objects), Mode: ledger.Increment,
		}},
		Along: func(ctx context.Context, tx *db.Tx, position int64) error {
			st.Document = position
			return s.record(ctx, tx, by, st, taken)
		},
	})
	if err != nil {
		return nil, err
	}
	return st, nil
}

// split reads the objects of an envelope.
func (s *Store) split(envelope []byte) ([]json.RawMessage, error) {
	objects, _, err := stix.Split(envelope, stix.Limits{Bytes: s.limits.Envelope, Objects: s.limits.Objects, ObjectBytes: s.limits.Object})
	if err == nil && len(objects) == 0 {
		err = problem.New(problem.Invalid, "objects: there is none in the envelope")
	}
	return objects, err
}

// submitter is who a reader is, to a collection that it writes.
func (s *Store) submitter(ctx context.Context, ask access.Ask, community, name string) (*submitter, error) {
	c, err := s.Collection(ctx, ask, community, name)
	if err != nil {
		return nil, err
	}
	if !c.CanWrite {
		return nil, problem.New(problem.Denied, "the collection %q is not open to you for writing", c.Title)
	}
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	by := &submitter{registry: reg, community: reg.communities[community], collection: c, member: ask.Reader.Member}
	if by.community == nil {
		return nil, notFound("community", community)
	}
	by.organisation = reg.at(s.micros()).sharer(ask.Reader, by.community, c.ID)
	return by, nil
}

// sharer is the organisation that a reader shares for: the first of its own that
// may write the collection, and for whoever runs the node the community's home.
func (m moment) sharer(reader access.Reader, c *Community, collection string) string {
	if reader.Operator {
		return c.Home
	}
	for _, o := range reader.Organisations {
		alone := access.Reader{Member: reader.Member, Organisations: []string{o}}
		if m.may(ToWrite, alone, c.ID, collection) {
			return o
		}
	}
	return reader.Member // by itself, where everyone may write
}

// record writes what a submission comes to.
func (s *Store) record(ctx context.Context, tx *db.Tx, by *submitter, st *Status, taken []candidate) error {
	next := int64(st.Total)
	if st.State == Pending {
		next = 0
	}
	_, err := tx.Exec(ctx, `INSERT INTO sharing_submission (id, community, collection, organisation, member, relay, requested, total, next, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		st.ID, st.Community, by.collection.ID, by.organisation, by.member, by.relay.String(), st.Requested.UnixMicro(), st.Total, next, st.Document)
	if err != nil {
		return fmt.Errorf("submission: %w", err)
	}
	if st.State == Pending {
		st.Pending = st.Total
		st.Successes, st.Failures = []Outcome{}, []Outcome{}
		return tx.Notify(ctx)
	}
	st.Successes, st.Failures, err = s.take(ctx, tx, by, st, 0, taken)
	return err
}

// take adds what of some objects can be added, and notes what became of each.
func (s *Store) take(ctx context.Context, tx *db.Tx, by *submitter, st *Status, first int64, taken []candidate) (good, bad []Outcome, err error) {
	head, err := lockHead(ctx, tx, s.micros())
	if err != nil {
		return nil, nil, err
	}
	w := &adding{s: s, tx: tx, by: by, head: head, document: st.Document}
	if good, bad, err = w.add(ctx, taken); err != nil {
		return nil, nil, err
	}
	texts := [2][]byte{}
	for i, list := range [][]Outcome{good, bad} {
		if texts[i], err = json.Marshal(list); err != nil {
			return nil, nil, err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO sharing_outcome (submission, first, successes, failures) VALUES ($1, $2, $3, $4)`, st.ID, first, string(texts[0]), string(texts[1]))
	if err != nil {
		return nil, nil, fmt.Errorf("outcome: %w", err)
	}
	return good, bad, head.save(ctx, tx)
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Status is where a submission stands. It is known to the organisation that made
// it alone.
func (s *Store) Status(ctx context.Context, ask access.Ask, community, id string) (*Status, error) {
	st := &Status{Successes: []Outcome{}, Failures: []Outcome{}}
	var organisation, member string
	var requested, total, next int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id, community, organisation, member, requested, total, next, document FROM sharing_submission WHERE id = $1 AND community = $2`, id, community).
			Scan(&st.ID, &st.Community, &organisation, &member, &requested, &total, &next, &st.Document)
		if err != nil {
			return err
		}
		if !ask.Reader.Operator && !slices.Contains(ask.Reader.Organisations, organisation) && member != ask.Reader.Member {
			return errNoRows
		}
		return outcomes(ctx, tx, st)
	})
	if isNoRows(err) {
		return nil, notFound("status", id)
	}
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	st.Requested, st.Total, st.Pending, st.State = timeOf(requested), int(total), int(total-next), Complete
	if st.Pending > 0 {
		st.State = Pending
	}
	return st, nil
}

func outcomes(ctx context.Context, tx *db.Tx, st *Status) error {
	rows, err := tx.Query(ctx, `SELECT successes, failures FROM sharing_outcome WHERE submission = $1 ORDER BY first`, st.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var good, bad []byte
		if err := rows.Scan(&good, &bad); err != nil {
			return err
		}
		for text, list := range map[*[]byte]*[]Outcome{&good: &st.Successes, &bad: &st.Failures} {
			var more []Outcome
			if err := json.Unmarshal(*text, &more); err != nil {
				return err
			}
			*list = append(*list, more...)
		}
	}
	return rows.Err()
}
