package impact

import (
	"encoding/json"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// advisories is what advisories say now: the facts that the ledger holds at
// the index's position and that their sources have not taken back. What they
// said at other moments the ledger is asked for.
type advisories struct {
	ids   words    // of advisories and of the weaknesses that they name, as written
	folds words    // the same, upper-cased
	fold  []uint32 // by id
	about map[uint32]*statements

	slots []affected       // each stays where it is for as long as it is said
	free  []uint32         // slots that are said no more
	facts map[int64]uint32 // ids of all facts that were ever opened, to the advisories that they are about

	changed int64 // the last position at which anything changed
	latest  day   // the last day on which what is held comes to count, or ceases to

	// namedBy is which advisories ever named a weakness, by its upper-cased id:
	// where to look, not what is so.
	namedBy map[uint32][]uint32
}

// statements is the facts about one advisory.
type statements struct {
	records []record
	slots   []uint32
}

// record is a fact about an advisory as a whole.
type record struct {
	held
	withdrawn day // since when it is none; never when it is not withdrawn
	ids       []uint32
}

// affected is a fact about a package, or product, that an advisory concerns.
type affected struct {
	held
	id       uint32 // of the advisory
	term     uint32
	text     []byte // its body
	prepared *advisory.Prepared
}

func (a *advisories) id(s string) uint32 {
	n, added := a.ids.add(s)
	if added {
		f, _ := a.folds.add(strings.ToUpper(s))
		a.fold = append(a.fold, f)
	}
	return n
}

// idsOf is the ids that a record gives its weakness, its own first.
type idsOf struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases"`
	Upstream  []string `json:"upstream"`
	Withdrawn string   `json:"withdrawn"`
}

// open notes that there is a fact about an advisory.
func (a *advisories) open(f *ledger.Fact) error {
	n := a.id(f.Subject)
	if a.facts == nil {
		a.facts, a.namedBy, a.about = map[int64]uint32{}, map[uint32][]uint32{}, map[uint32]*statements{}
	}
	if _, known := a.facts[f.ID]; known {
		return nil
	}
	a.facts[f.ID] = n
	if f.Kind != advisory.FactRecord {
		return nil
	}
	r, err := a.record(f)
	if err != nil {
		return err
	}
	for _, id := range r.ids {
		fold := a.fold[id]
		if by := a.namedBy[fold]; len(by) == 0 || by[len(by)-1] != n {
			a.namedBy[fold] = append(by, n)
		}
	}
	return nil
}

// record reads what of an advisory's record matters here.
func (a *advisories) record(f *ledger.Fact) (record, error) {
	var body idsOf
	if err := json.Unmarshal(f.Body, &body); err != nil {
		return record{}, fmt.Errorf("fact %d, advisory %s: %w", f.ID, f.Subject, err)
	}
	r := record{held: heldOf(f, 0), withdrawn: never, ids: []uint32{a.id(f.Subject)}}
	if body.Withdrawn != "" {
		r.withdrawn = dayOf(access.Date(body.Withdrawn))
	}
	for _, id := range advisory.SameWeakness(body.Aliases, body.Upstream) {
		if id != "" && len(id) <= maxWord {
			r.ids = append(r.ids, a.id(id))
		}
	}
	return r, nil
}

// reading is the affected package of a slot, made ready to be compared with.
func (s *affected) reading() (*advisory.Prepared, error) {
	if s.prepared != nil {
		return s.prepared, nil
	}
	p, err := preparedOf(s.fact, s.text)
	if err != nil {
		return nil, err
	}
	s.prepared = p
	return p, nil
}

func preparedOf(fact int64, body []byte) (*advisory.Prepared, error) {
	var a advisory.Affected
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("fact %d, affected package: %w", fact, err)
	}
	return a.Prepare(), nil
}

// put takes in a fact about an affected package, and gives its slot.
func (a *advisories) put(s affected) uint32 {
	if n := len(a.free); n > 0 {
		slot := a.free[n-1]
		a.free = a.free[:n-1]
		a.slots[slot] = s
		return slot
	}
	a.slots = append(a.slots, s)
	return uint32(len(a.slots) - 1)
}

// recordAt is the record of an advisory that counts at a moment; nil when
// there is none.
func (a *advisories) recordAt(m *moment, id uint32) *record {
	st := a.about[id]
	if st == nil {
		return nil
	}
	var best *record
	for i := range st.records {
		if r := &st.records[i]; m.has(&r.held) && (best == nil || r.newer(&best.held)) {
			best = r
		}
	}
	return best
}
