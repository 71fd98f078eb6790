package sharing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

// adding is one transaction that adds objects to a collection.
type adding struct {
	s        *Store
	tx       *db.Tx
	by       *submitter
	head     *headRow
	document int64

	collection int64
	held       map[string][]heldVersion // by id, also what is added here
	places     map[int64]place          // by number of the object
	rules      map[string]int64
	objects    [][]any
	entries    [][]any
	defined    map[string][]byte // marking definitions that came
}

var (
	objectColumns = []string{"number", "hash", "id", "version", "digest", "source", "document", "body"}
	entryColumns  = []string{"number", "collection", "object", "added", "rule", "hash", "version", "type", "spec", "standing"}
)

// add adds what can be added, and says what became of each.
func (w *adding) add(ctx context.Context, taken []candidate) (good, bad []Outcome, err error) {
	if err := w.look(ctx, taken); err != nil {
		return nil, nil, err
	}
	good, bad = []Outcome{}, []Outcome{}
	for i := range taken {
		c := &taken[i]
		if c.bad == nil {
			added, refused, err := w.one(ctx, c)
			if err != nil {
				return nil, nil, err
			}
			if refused == nil {
				o := c.outcome("", "")
				o.Problems = c.warnings
				if o.Version == "" { // as [Entry] has it
					o.Version = Instant(timeOf(added))
				}
				good = append(good, o)
				continue
			}
			c = &candidate{bad: refused}
		}
		bad = append(bad, *c.bad)
	}
	if err := w.tx.Insert(ctx, "sharing_object", objectColumns, slices.Values(w.objects)); err != nil {
		return nil, nil, err
	}
	if err := w.markAnew(ctx); err != nil {
		return nil, nil, err
	}
	return good, bad, w.tx.Insert(ctx, "sharing_entry", entryColumns, slices.Values(w.entries))
}

// look reads what is held of the objects' ids.
func (w *adding) look(ctx context.Context, taken []candidate) (err error) {
	if w.collection, err = w.intern(ctx); err != nil {
		return err
	}
	w.held, w.places, w.rules, w.defined = map[string][]heldVersion{}, map[int64]place{}, map[string]int64{}, map[string][]byte{}
	var ids []string
	for i := range taken {
		if taken[i].bad == nil {
			ids = append(ids, taken[i].object.ID)
		}
	}
	versions, err := versionsIn(ctx, w.tx, ids)
	if err != nil {
		return err
	}
	var numbers []any
	for _, v := range versions {
		w.held[v.id] = append(w.held[v.id], v)
		numbers = append(numbers, v.number)
	}
	for part := range slices.Chunk(numbers, 500) {
		if err := w.lookPlaces(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// one adds one object, and says when, or why it is refused.
func (w *adding) one(ctx context.Context, c *candidate) (added int64, refused *Outcome, err error) {
	o := c.object
	held, err := w.likeness(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	if p := w.places[held.number]; held.number > 0 && p.here && !held.conflict {
		return p.added, nil, nil // adding twice is adding once
	}
	claim, reason, err := w.claim(ctx, c, held.number > 0)
	switch {
	case err != nil:
		return 0, nil, err
	case held.conflict || held.contradicts && !claim.overrides():
		refused := c.outcome(codeConflict, "this id and version are held with other content; a change needs a later modified")
		return 0, &refused, nil
	case reason != "":
		refused := c.outcome(codeNotSource, reason)
		return 0, &refused, nil
	}
	rule, err := w.ruleNumber(ctx, c.ruleText)
	if err != nil {
		return 0, nil, err
	}
	number := held.number
	stands := w.standingOf(c, number, claim.speaks() || held.contradicts)
	if number == 0 {
		w.head.object++
		number = w.head.object
		w.objects = append(w.objects, []any{number, c.hash, o.ID, o.Version, c.digest, w.by.organisation, w.document, o.Bytes})
		if o.Type == "marking-definition" {
			w.defined[o.ID] = o.Bytes
		}
		w.held[o.ID] = append(w.held[o.ID], heldVersion{number: number, id: o.ID, version: o.Version, digest: c.digest, source: w.by.organisation, document: w.document})
	}
	w.head.entry++
	added = w.head.next()
	w.entries = append(w.entries, []any{w.head.entry, w.collection, number, added, rule, c.hash, c.version, o.Type, o.SpecVersion, int64(stands)})
	w.places[number] = place{known: true, here: true, added: added}
	return added, nil, nil
}

// likeness is what the submitter knows to be held under an object's id and
// version.
type likeness struct {
	number      int64 // of what says the same; 0 for none
	conflict    bool  // the submitter itself said something else
	contradicts bool  // somebody else did, and objects of this kind have versions
}

func (w *adding) likeness(ctx context.Context, c *candidate) (l likeness, err error) {
	o := c.object
	for _, v := range w.known(o.ID) {
		if v.version != o.Version {
			continue
		}
		own := v.source == w.by.organisation
		same := v.digest == c.digest
		if !same {
			body, err := w.bodyOf(ctx, v.number)
			if err != nil {
				return l, err
			}
			// Written by another program, in another order or with other spaces, it says
			// the same; the held bytes stay. Written by another version of the
			// specification it is another object, that one asks for by that version.
			if same = alike(body, o.Bytes); !same && specIn(body) != o.SpecVersion {
				continue
			}
		}
		switch {
		case !same && o.Version != "":
			l.conflict = l.conflict || own
			l.contradicts = l.contradicts || !own
		case !same, !own && o.Type == "marking-definition":
			// Who marks by a definition needs to have given it itself.
		case l.number == 0, w.places[v.number].here && !w.places[l.number].here, own && !w.places[l.number].here:
			l.number = v.number
		}
	}
	return l, nil
}

// bodyOf is the bytes of the held object of a number.
func (w *adding) bodyOf(ctx context.Context, number int64) (body []byte, err error) {
	for _, o := range w.objects {
		if o[0] == number {
			return o[7].([]byte), nil
		}
	}
	if err := w.tx.QueryRow(ctx, `SELECT body FROM sharing_object WHERE number = $1`, number).Scan(&body); err != nil {
		return nil, fmt.Errorf("object %d: %w", number, err)
	}
	return body, nil
}

// specIn is the version of the specification that a held object is written by.
func specIn(body []byte) string {
	o, err := stix.Parse(body, stix.Limits{})
	if err != nil {
		return ""
	}
	return o.SpecVersion
}

// alike reports whether two JSON texts have the same canonical form (RFC 8785).
// Whole numbers are compared as they are written: in that form large ones would
// be rounded.
func alike(a, b []byte) bool {
	x, y := jsontext.Value(slices.Clone(a)), jsontext.Value(slices.Clone(b))
	exact := jsontext.CanonicalizeRawInts(false)
	return x.Canonicalize(exact) == nil && y.Canonicalize(exact) == nil && bytes.Equal(x, y)
}

// relaxes reports whether a version of an object lets in somebody whom the
// newest version before it, of another source, keeps out.
func (w *adding) relaxes(ctx context.Context, c *candidate, before []heldVersion) (bool, error) {
	var text []byte
	err := w.tx.QueryRow(ctx, `SELECT r.rule FROM sharing_entry e JOIN sharing_rule r ON r.number = e.rule WHERE e.object = $1 ORDER BY e.number LIMIT 1`, before[len(before)-1].number).Scan(&text)
	if err != nil {
		return false, err
	}
	var rule marking.Rule
	if err := json.Unmarshal(text, &rule); err != nil {
		return false, err
	}
	return relaxes(c.rule, rule), nil
}

// ruleNumber is the number of a rule, which it is given at its first use.
func (w *adding) ruleNumber(ctx context.Context, text string) (int64, error) {
	if n, ok := w.rules[text]; ok {
		return n, nil
	}
	var n int64
	err := w.tx.QueryRow(ctx, `SELECT number FROM sharing_rule WHERE rule = $1`, text).Scan(&n)
	if isNoRows(err) {
		if err = w.tx.QueryRow(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM sharing_rule`).Scan(&n); err == nil {
			_, err = w.tx.Exec(ctx, `INSERT INTO sharing_rule (number, rule) VALUES ($1, $2)`, n, text)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("rule: %w", err)
	}
	w.rules[text] = n
	return n, nil
}

// intern is the number of the collection.
func (w *adding) intern(ctx context.Context) (n int64, err error) {
	community, id := w.by.community.ID, w.by.collection.ID
	err = w.tx.QueryRow(ctx, `SELECT number FROM sharing_collection WHERE community = $1 AND id = $2`, community, id).Scan(&n)
	if isNoRows(err) {
		if err = w.tx.QueryRow(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM sharing_collection`).Scan(&n); err == nil {
			_, err = w.tx.Exec(ctx, `INSERT INTO sharing_collection (number, community, id) VALUES ($1, $2, $3)`, n, community, id)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("collection: %w", err)
	}
	return n, nil
}
