package sharing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/marking"
)

// index is what pages are filtered by, in memory: of each entry some fifty
// bytes. It follows the store's rows, can be thrown away, and says nothing that
// they do not say.
type index struct {
	entry, removal int64 // numbers of the newest that it has
	entries        []indexed
	byObject       []int32         // by number of the object: its newest entry's index plus one
	collections    []*shelf        // by number
	numbers        map[pair]uint16 // of collections, by community and id
	rules          []*marking.Rule // by number
	named          map[string]bool // members that rules name in person
	types          []string
	typeNumbers    map[string]uint16
}

// indexed is an entry of the index.
type indexed struct {
	added   int64
	hash    int64 // of the object's id
	version int64
	object  int64
	rule    int32
	same    int32 // index plus one of the entry before, in this collection, whose id has this hash
	also    int32 // index plus one of the entry before, of this object
	kind    uint16
	shelf   uint16
	removed bool
	old     bool // STIX 2.0
	standing
}

// shelf is a collection of the index.
type shelf struct {
	community, id string
	entries       []int32
	chains        map[int64]chain // by hash of id
}

// chain is the entries of a collection whose ids have one hash.
type chain struct {
	newest      int32 // index plus one of the entry that was added last
	mixed       bool  // several organisations shared it
	first, last int64 // the smallest and the greatest version, whoever may see it
}

func newIndex() *index {
	return &index{named: map[string]bool{}, numbers: map[pair]uint16{}, typeNumbers: map[string]uint16{}, rules: []*marking.Rule{nil}, collections: []*shelf{nil}}
}

// followPage is how many rows are read at a time.
const followPage = 50_000

// follow brings the index up to the store's rows.
func (x *index) follow(ctx context.Context, store *db.DB) error {
	for {
		more := false
		err := store.Read(ctx, func(tx *db.Tx) error {
			if err := x.followNames(ctx, tx); err != nil {
				return err
			}
			var err error
			if more, err = x.followEntries(ctx, tx); err != nil || more {
				return err
			}
			return x.followRemovals(ctx, tx)
		})
		if err != nil || !more {
			return err
		}
	}
}

// followNames reads rules and collections, which are few.
func (x *index) followNames(ctx context.Context, tx *db.Tx) error {
	rows, err := tx.Query(ctx, `SELECT number, rule FROM sharing_rule WHERE number >= $1 ORDER BY number`, len(x.rules))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var text []byte
		if err := rows.Scan(&number, &text); err != nil {
			return err
		}
		rule := &marking.Rule{}
		if err := json.Unmarshal(text, rule); err != nil || number != int64(len(x.rules)) {
			return fmt.Errorf("rule %d of %d: %w", number, len(x.rules), errors.Join(err, errDamaged))
		}
		x.rules = append(x.rules, rule)
		for _, p := range rule.Persons {
			x.named[p] = true
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	rows, err = tx.Query(ctx, `SELECT number, community, id FROM sharing_collection WHERE number >= $1 ORDER BY number`, len(x.collections))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		s := &shelf{chains: map[int64]chain{}}
		if err := rows.Scan(&number, &s.community, &s.id); err != nil {
			return err
		}
		if number != int64(len(x.collections)) || number > math.MaxUint16 {
			return fmt.Errorf("collection %d of %d: %w", number, len(x.collections), errDamaged)
		}
		x.numbers[pair{s.community, s.id}] = uint16(number)
		x.collections = append(x.collections, s)
	}
	return rows.Err()
}

var errDamaged = errors.New("the rows of sharing are damaged")

func (x *index) followEntries(ctx context.Context, tx *db.Tx) (more bool, err error) {
	rows, err := tx.Query(ctx, `SELECT number, collection, object, added, rule, hash, version, type, spec, standing FROM sharing_entry WHERE number > $1 ORDER BY number LIMIT $2`, x.entry, followPage)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var number, collection, rule int64
		var e indexed
		var kind, spec string
		if err := rows.Scan(&number, &collection, &e.object, &e.added, &rule, &e.hash, &e.version, &kind, &spec, &e.standing); err != nil {
			return false, err
		}
		if number != int64(len(x.entries))+1 || collection >= int64(len(x.collections)) || rule >= int64(len(x.rules)) {
			return false, fmt.Errorf("entry %d: %w", number, errDamaged)
		}
		e.rule, e.shelf, e.kind, e.old = int32(rule), uint16(collection), x.kindOf(kind), spec == "2.0"
		x.add(e)
		x.entry = number
	}
	return count == followPage, rows.Err()
}

func (x *index) kindOf(name string) uint16 {
	n, ok := x.typeNumbers[name]
	if !ok && len(x.types) < math.MaxUint16 {
		n = uint16(len(x.types))
		x.types = append(x.types, name)
		x.typeNumbers[name] = n
	}
	return n
}

func (x *index) add(e indexed) {
	i := int32(len(x.entries)) + 1
	s := x.collections[e.shelf]
	c, ok := s.chains[e.hash]
	if !ok {
		c.first, c.last = e.version, e.version
	}
	e.same = c.newest
	mixed := c.mixed || ok && x.rules[x.entries[c.newest-1].rule].Source != x.rules[e.rule].Source
	s.chains[e.hash] = chain{newest: i, mixed: mixed, first: min(c.first, e.version), last: max(c.last, e.version)}
	for int64(len(x.byObject)) <= e.object {
		x.byObject = append(x.byObject, 0)
	}
	e.also = x.byObject[e.object]
	x.byObject[e.object] = i
	x.entries = append(x.entries, e)
	s.entries = append(s.entries, i-1)
}

func (x *index) followRemovals(ctx context.Context, tx *db.Tx) error {
	rows, err := tx.Query(ctx, `SELECT number, entry FROM sharing_removal WHERE number > $1 ORDER BY number`, x.removal)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number, entry int64
		if err := rows.Scan(&number, &entry); err != nil {
			return err
		}
		if entry > int64(len(x.entries)) {
			return fmt.Errorf("removal %d: %w", number, errDamaged)
		}
		x.entries[entry-1].removed = true
		x.removal = number
	}
	return rows.Err()
}

// order is a collection as one reader sees it: what is in it, and when it came
// to be. Instants are strictly increasing.
type order struct {
	upto    int     // how many of the shelf's entries were looked at
	entries []int32 // indexes
	added   []int64
	since   []int64 // by rule: from when on the reader sees it; denied when it does not
}

const denied = int64(-1)

// sight says from when on a reader sees what a rule allows in a collection;
// false when it does not.
type sight func(rule *marking.Rule) (since int64, seen bool)

// extend brings an order up to its shelf. What was there before the reader was
// let in comes in at that moment, behind what it saw until then.
func (o *order) extend(x *index, s *shelf, see sight) {
	for len(o.since) < len(x.rules) {
		rule := x.rules[len(o.since)]
		since := denied
		if rule != nil && rule.Community == s.community {
			if from, ok := see(rule); ok {
				since = from
			}
		}
		o.since = append(o.since, since)
	}
	fresh := s.entries[o.upto:]
	o.upto = len(s.entries)
	var late []int32
	var turns []int64
	for _, i := range fresh {
		e := &x.entries[i]
		if since := o.since[e.rule]; since > e.added {
			late = append(late, i)
			turns = append(turns, since)
		}
	}
	slices.Sort(turns)
	turns = slices.Compact(turns)
	for _, i := range fresh {
		e := &x.entries[i]
		since := o.since[e.rule]
		if since == denied || since > e.added {
			continue
		}
		for len(turns) > 0 && turns[0] <= e.added {
			o.letIn(x, late, turns[0])
			turns = turns[1:]
		}
		o.append(i, e.added)
	}
	for _, turn := range turns {
		o.letIn(x, late, turn)
	}
}

// letIn adds what the reader sees from a turn on and was there before.
func (o *order) letIn(x *index, late []int32, turn int64) {
	for _, i := range late {
		if o.since[x.entries[i].rule] == turn {
			o.append(i, turn)
		}
	}
}

func (o *order) append(i int32, at int64) {
	if n := len(o.added); n > 0 {
		at = max(at, o.added[n-1]+1)
	}
	o.entries, o.added = append(o.entries, i), append(o.added, at)
}

// collection is the number of a collection; false when nothing was ever put into
// it.
func (x *index) collection(community, id string) (uint16, bool) {
	n, ok := x.numbers[pair{community, id}]
	return n, ok
}
