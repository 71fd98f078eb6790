package sharing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// KindRemoval is the kind of the documents that take objects out of collections.
const KindRemoval = "sharing.removal"

// Removal is the act by which versions of an object are taken out of a
// collection. What was given before stays given, see [Store.Recipients].
type Removal struct {
	Removal    string  `json:"removal"` // version of this form
	Community  string  `json:"community"`
	Collection string  `json:"collection"`
	Object     string  `json:"object"`
	Versions   []int64 `json:"versions"` // numbers of the objects
	Actor      string  `json:"actor"`
	At         string  `json:"at"`
}

// Delete takes the versions of an object that a filter leaves, all when it names
// none, out of a collection, and says how many there were (TAXII 2.1 section
// 5.7). Only who shared them may, and who runs the community. It answers NotFound
// where the reader sees no such object.
func (s *Store) Delete(ctx context.Context, ask access.Ask, community, collection, id string, f Filter) (int, error) {
	c, err := s.readable(ctx, ask, community, collection)
	if err != nil {
		return 0, err
	}
	by, err := s.submitter(ctx, ask, community, collection)
	if err != nil {
		return 0, err
	}
	if f.IDs = []string{id}; len(f.Versions) == 0 {
		f.Versions = []string{"all"}
	}
	if len(f.SpecVersions) == 0 {
		f.SpecVersions = []string{"2.0", "2.1"}
	}
	var entries []Entry
	var others bool
	err = s.seeing(ctx, ask.Reader, c.Community, c.ID, func(x *index, o *order) error {
		w, err := x.compile(&f)
		if err != nil {
			return err
		}
		w.outdone = true // the word of whoever asks, too
		places, _ := o.page(x, w, -1, len(o.entries))
		for _, i := range places {
			e := &x.entries[o.entries[i]]
			source := x.rules[e.rule].Source
			if ask.Reader.Operator || slices.Contains(ask.Reader.Organisations, source) || slices.Contains(ask.Reader.Organisations, by.community.Home) || source == by.organisation {
				entries = append(entries, Entry{Number: e.object, at: int64(o.entries[i]) + 1})
			} else {
				others = true
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := s.fill(ctx, entries, false); err != nil {
		return 0, err
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.ID != id }) // the index knows a hash of it
	switch {
	case len(entries) > 0:
		return len(entries), s.remove(ctx, by, id, entries)
	case others:
		return 0, problem.New(problem.Denied, "only the organisation that shared %s, and the one that runs the community, may take it out", id)
	}
	return 0, notFound("object", id)
}

func (s *Store) remove(ctx context.Context, by *submitter, id string, entries []Entry) error {
	objects := make([]int64, len(entries))
	for i, e := range entries {
		objects[i] = e.Number
	}
	act := Removal{"countersign/sharing-removal/v1", by.community.ID, by.collection.ID, id, objects, by.member, Instant(s.now())}
	b, err := json.Marshal(act)
	if err != nil {
		return err
	}
	_, err = s.ledger.Append(ctx, ledger.Edition{
		Audience: access.ForOrganisation(by.organisation), Actor: by.member,
		Documents: []ledger.Document{{
			Bytes: append(b, '\n'), Kind: KindRemoval, Source: "sharing/" + by.community.ID + "/" + by.collection.ID, Name: "removal-" + newUUID() + ".json", Rows: len(objects), Mode: ledger.Increment,
		}},
		Along: func(ctx context.Context, tx *db.Tx, position int64) error {
			return s.removeRows(ctx, tx, entries, position)
		},
	})
	return err
}

func (s *Store) removeRows(ctx context.Context, tx *db.Tx, entries []Entry, position int64) error {
	head, err := lockHead(ctx, tx, s.micros())
	if err != nil {
		return err
	}
	at := head.next()
	for _, e := range entries {
		var gone bool // somebody else was first
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM sharing_removal WHERE entry = $1)`, e.at).Scan(&gone); err != nil {
			return err
		}
		if gone {
			continue
		}
		head.removal++
		if _, err := tx.Exec(ctx, `INSERT INTO sharing_removal (number, entry, removed, document) VALUES ($1, $2, $3, $4)`, head.removal, e.at, at, position); err != nil {
			return fmt.Errorf("removal: %w", err)
		}
	}
	return head.save(ctx, tx)
}
