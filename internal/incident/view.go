package incident

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Source is what a view follows.
type Source interface {
	Head(ctx context.Context) (ledger.Head, error)
	Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error
}

// View keeps the events of all incidents at hand. It follows the ledger: call
// CatchUp before asking. It is safe for concurrent use.
type View struct {
	source   Source
	catching sync.Mutex

	mu        sync.RWMutex
	position  int64
	incidents map[string][]*Held // by id; each by sequence
	ids       []string           // sorted
}

// Held is an event as the ledger has it, once for each audience that it was
// appended for.
type Held struct {
	*Event
	Copies []Copy
}

// Copy is the document of an event for one audience.
type Copy struct {
	Position  int64 // of the document
	Known     int64 // position from which it is known
	Published access.Date
	Audience  access.Audience
}

// seenBy is the first copy of the event that a reader may see as of a moment; nil
// when there is none.
func (h *Held) seenBy(r access.Reader, at access.At) *Copy {
	for i := range h.Copies {
		if c := &h.Copies[i]; c.Known <= at.Position && c.Published <= at.Known && r.MaySee(c.Audience) {
			return c
		}
	}
	return nil
}

// NewView makes an empty view.
func NewView(source Source) *View {
	return &View{source: source, incidents: map[string][]*Held{}}
}

// CatchUp reads what the ledger has beyond what was read before, and returns the
// position up to which the view then knows it.
func (v *View) CatchUp(ctx context.Context) (int64, error) {
	v.catching.Lock()
	defer v.catching.Unlock()
	head, err := v.source.Head(ctx)
	if err != nil {
		return 0, err
	}
	v.mu.RLock()
	from := v.position
	v.mu.RUnlock()
	if head.Position <= from {
		return from, nil
	}
	var news []Held
	if head.FactsPosition > from {
		err = v.source.Changes(ctx, []string{FactEvent}, from, head.Position, func(f *ledger.Fact) error {
			e := new(Event)
			if err := f.Decode(e); err != nil {
				return fmt.Errorf("event of %s: %w", f.Subject, err)
			}
			news = append(news, Held{e, []Copy{{f.Document, f.KnownFrom, f.Published, f.Audience}}})
			return nil
		}, func(int64, int64) error { return nil })
		if err != nil {
			return from, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range news {
		v.take(&news[i])
	}
	v.position = head.Position
	return head.Position, nil
}

// take takes an event in; what is read again changes nothing.
func (v *View) take(h *Held) {
	events, ok := v.incidents[h.Incident]
	if !ok {
		i, _ := slices.BinarySearch(v.ids, h.Incident)
		v.ids = slices.Insert(v.ids, i, h.Incident)
	}
	i, found := slices.BinarySearchFunc(events, h.Sequence, func(a *Held, n int) int { return a.Sequence - n })
	if !found {
		v.incidents[h.Incident] = slices.Insert(events, i, h)
		return
	}
	for _, c := range h.Copies {
		if !slices.ContainsFunc(events[i].Copies, func(o Copy) bool { return o.Position == c.Position }) {
			events[i] = &Held{events[i].Event, append(slices.Clone(events[i].Copies), c)}
		}
	}
}

// Seen is an event that a reader may see, with where the ledger has it.
type Seen struct {
	*Event
	Position int64           // of the document
	Audience access.Audience // of the document
}

// History is the events of an incident that the ask allows, by sequence.
func (v *View) History(ask access.Ask, id string) []Seen {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := []Seen{}
	for _, h := range v.incidents[id] {
		if c := h.seenBy(ask.Reader, ask.At); c != nil {
			out = append(out, Seen{h.Event, c.Position, c.Audience})
		}
	}
	return out
}

// Events is the events of an incident that the ask allows, by sequence.
func (v *View) Events(ask access.Ask, id string) []*Event {
	seen := v.History(ask, id)
	out := make([]*Event, len(seen))
	for i := range seen {
		out[i] = seen[i].Event
	}
	return out
}

// Filter narrows a list of incidents. The zero Filter is all of them.
type Filter struct {
	State State
	Owner string
	Link  string // an id that it is linked to
	After string // id after which the page begins
	Limit int    // 100 when 0
}

// List is the incidents that the ask's reader may know of, as they stood at an
// instant, by id, and the id after which the next page begins; "" for none.
func (v *View) List(ask access.Ask, at time.Time, f Filter) (out []Incident, next string) {
	f.Limit = cmp.Or(max(f.Limit, 0), 100)
	v.mu.RLock()
	ids := slices.Clone(v.ids)
	v.mu.RUnlock()
	i, found := slices.BinarySearch(ids, f.After)
	if found {
		i++
	}
	out = []Incident{}
	for _, id := range ids[i:] {
		s := Fold(v.Events(ask, id), at)
		if s.State == None || f.State != "" && s.State != f.State || f.Owner != "" && s.Owner != f.Owner {
			continue
		}
		if f.Link != "" && !slices.ContainsFunc(s.Links, func(l Link) bool { return l.ID == f.Link }) {
			continue
		}
		if len(out) == f.Limit {
			return out, out[len(out)-1].ID
		}
		out = append(out, s)
	}
	return out, ""
}
