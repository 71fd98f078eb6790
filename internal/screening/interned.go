package screening

import (
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
)

// day is a calendar day as a number that sorts as days do: 20210314.
type day int32

func dayOf(d access.Date) day {
	n := day(0)
	for i := range len(d) {
		if c := d[i]; '0' <= c && c <= '9' {
			n = n*10 + day(c-'0')
		}
	}
	return n
}

// subjects numbers subjects and knows their kinds, as the documents of one
// audience tell them: what some may not see must not change how names that
// they see are compared. Whoever adds to it works on a copy, so that searches
// go on in the old one; the map is only for them.
type subjects struct {
	numbers map[told]uint32
	ids     []string
	kinds   []uint8 // of [kinds], by number
}

// told is a subject as the documents of an audience, by number, tell of it.
type told struct {
	audience uint16
	id       string
}

func newSubjects() subjects { return subjects{numbers: map[told]uint32{}} }

// copied is s for one writer to change.
func (s subjects) copied() subjects {
	s.kinds = slices.Clone(s.kinds)
	return s
}

func (s *subjects) number(audience uint16, id string) uint32 {
	n, ok := s.numbers[told{audience, id}]
	if !ok {
		n = uint32(len(s.ids))
		id = strings.Clone(id)
		s.numbers[told{audience, id}], s.ids, s.kinds = n, append(s.ids, id), append(s.kinds, 0)
	}
	return n
}

// kindOf is what sort of party a subject is, as far as its entries tell.
func (s *subjects) kindOf(n uint32) party.Kind { return kinds[s.kinds[n]] }

// kind notes what sort of party a subject is, and reports whether another was
// noted before.
func (s *subjects) kind(n uint32, k party.Kind) (changed bool) {
	old := s.kinds[n]
	s.kinds[n] = uint8(max(slices.Index(kinds, k), 0))
	return s.kinds[n] != old
}

// kinds are the sorts of parties by number; 0 is one that is not known.
var kinds = []party.Kind{"", party.Organisation, party.Person, party.Vessel, party.Aircraft}

// qualities are the sorts of names by number; 0 is one that is not known.
var qualities = []party.Quality{"", party.Primary, party.Alias, party.Weak, party.Former, party.Acronym}

func qualityNumber(q party.Quality) uint8 { return uint8(max(slices.Index(qualities, q), 0)) }

// audiences numbers audiences, and remembers who is inside which.
type audiences struct {
	mu      sync.RWMutex
	numbers map[access.Audience]uint16
	all     []access.Audience
}

func newAudiences() audiences { return audiences{numbers: map[access.Audience]uint16{}} }

func (a *audiences) number(of access.Audience) uint16 {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, ok := a.numbers[of]
	if !ok {
		n = uint16(len(a.all))
		a.numbers[of], a.all = n, append(a.all, of)
	}
	return n
}

// seenBy is for each audience whether the reader is inside.
func (a *audiences) seenBy(r access.Reader) []bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	seen := make([]bool, len(a.all))
	for i, of := range a.all {
		seen[i] = r.MaySee(of)
	}
	return seen
}
