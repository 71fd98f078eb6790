package sharing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/marking"
)

// standing is how far the word of whoever shared an entry goes, where several
// organisations tell of one id. Each is judged by nothing but what it may see
// itself: were it told that its word is refused because of an object that it may
// not see, it would have been told of that object. So words meet, and a reader who
// sees them all is given the one that goes furthest.
type standing uint8

const (
	blind  standing = iota // given without sight of what another gave before
	plain                  // as it comes
	spoken                 // by who speaks for the object, see [claim.speaks]
)

// outdone reports whether a reader of an order sees, of the id of an entry, a
// word that goes further. Objects without versions (observables, whose ids follow
// from what they are) may be told of in many ways, each of which stands.
func (o *order) outdone(x *index, at int32, c chain) bool {
	e := &x.entries[at]
	for j := c.newest; j > 0; j = x.entries[j-1].same {
		other := &x.entries[j-1]
		if j-1 == at || other.removed || o.since[other.rule] == denied {
			continue
		}
		if other.object == e.object {
			if j-1 < at {
				return true // the same, by way of another
			}
			continue
		}
		if e.version == 0 || x.rules[other.rule].Source == x.rules[e.rule].Source {
			continue
		}
		alike := other.version == e.version && other.old == e.old
		if other.standing > e.standing && (e.standing == blind || alike) || alike && other.standing == e.standing && j-1 < at {
			return true
		}
	}
	return false
}

// outdone reports whether a reader sees, of the id of an entry that was given
// without sight of others, such another's word in the same collection.
func (m moment) outdone(x *index, reader access.Reader, at int32) bool {
	e := &x.entries[at]
	held := x.collections[e.shelf]
	if e.standing != blind || !held.chains[e.hash].mixed {
		return false
	}
	for j := held.chains[e.hash].newest; j > 0; j = x.entries[j-1].same {
		other := &x.entries[j-1]
		rule := x.rules[other.rule]
		if !other.removed && other.standing > blind && rule.Source != x.rules[e.rule].Source && m.sees(reader, rule, held.id).Allowed {
			return true
		}
	}
	return false
}

// place is where a held object stands, as its submitter knows it.
type place struct {
	known bool  // the submitter sees it somewhere, or gave it itself
	here  bool  // in the collection that is added to, for all that the submitter knows
	added int64 // when it came there
}

// lookPlaces reads where some held objects are, by number.
func (w *adding) lookPlaces(ctx context.Context, numbers []any) error {
	reader := access.Reader{Member: w.by.member, Organisations: []string{w.by.organisation}}
	m := w.by.registry.at(w.head.now)
	rules := map[int64]*marking.Rule{}
	rows, err := w.tx.Query(ctx, `SELECT e.object, e.collection, e.added, e.rule, c.id, r.rule FROM sharing_entry e
		JOIN sharing_collection c ON c.number = e.collection JOIN sharing_rule r ON r.number = e.rule
		WHERE e.object IN (`+db.Placeholders(1, len(numbers))+`) AND NOT EXISTS (SELECT 1 FROM sharing_removal r WHERE r.entry = e.number)`, numbers...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var object, collection, added, number int64
		var id string
		var text []byte
		if err := rows.Scan(&object, &collection, &added, &number, &id, &text); err != nil {
			return err
		}
		if rules[number] == nil {
			rules[number] = &marking.Rule{}
			if err := json.Unmarshal(text, rules[number]); err != nil {
				return fmt.Errorf("rule %d: %w", number, err)
			}
		}
		if rule := rules[number]; rule.Source == w.by.organisation || m.sees(reader, rule, id).Allowed {
			p := w.places[object]
			p.known = true
			if collection == w.collection {
				p.here, p.added = true, added
			}
			w.places[object] = p
		}
	}
	return rows.Err()
}

// known is what the submitter knows of an object's id, by number: its own, and
// what it may see of others.
func (w *adding) known(id string) []heldVersion {
	return slices.DeleteFunc(slices.Clone(w.held[id]), func(v heldVersion) bool {
		return v.source != w.by.organisation && !w.places[v.number].known
	})
}

// claim is what a submitter has to say on an object, for all that it knows.
type claim struct {
	ours   bool // it speaks as who made the object
	passed bool // a peer that may passes on the word of somebody else
	first  bool // it told of this id before all others
}

// speaks reports whether it is the maker's word that is given.
func (c claim) speaks() bool { return c.ours || c.passed }

// overrides reports whether it stands against what others said under the same
// version.
func (c claim) overrides() bool { return c.ours || c.first }

// claim says why the submitter may not share an object; "" when it may. Who made
// an object alone may change it (STIX 2.1 section 3.6), and its source alone may
// relax how it is marked (TLP 2.0, section 3). An identity that some organisation
// of a community here speaks as is spoken for by that one, or passed on by a peer
// that is trusted to, as strictly marked as before. What says the same as a held
// one may be shared on, as strictly marked.
func (w *adding) claim(ctx context.Context, c *candidate, same bool) (cl claim, reason string, err error) {
	m := w.by.registry.at(w.head.now)
	maker := c.object.CreatedBy
	ours, claimed := m.speaks(w.by.organisation, maker)
	cl = claim{ours: ours, passed: w.by.relay.Trusted && maker != "" && !ours}
	if claimed && !cl.speaks() {
		return cl, "created_by_ref: another organisation speaks as " + maker, nil
	}
	before := w.known(c.object.ID)
	cl.first = len(before) == 0 || before[0].source == w.by.organisation
	if cl.first || ours || c.object.Version == "" {
		return cl, "", nil
	}
	before = slices.DeleteFunc(before, func(v heldVersion) bool { return v.source == w.by.organisation })
	if !same && (maker == "" || claimed && !cl.passed) {
		return cl, "another organisation shared this object first, so it alone may give another version", nil
	}
	relaxed, err := w.relaxes(ctx, c, before)
	if err != nil || !relaxed {
		return cl, "", err
	}
	return cl, "marked less strictly than the organisation that shared it first marked it", nil
}

// standingOf is how far a submitter's word goes. It must have been found that it
// may share the object.
func (w *adding) standingOf(c *candidate, number int64, speaks bool) standing {
	if speaks {
		return spoken
	}
	for _, v := range w.held[c.object.ID] {
		switch {
		case v.number == number:
		case v.source == w.by.organisation:
			return plain // it was there before the others
		case !w.places[v.number].known && c.object.Version != "":
			return blind
		}
	}
	return plain
}
