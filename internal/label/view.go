package label

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Source is what a view follows.
type Source interface {
	Head(ctx context.Context) (ledger.Head, error)
	Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error
}

// View keeps the events of all labels at hand, and how each stands today for
// everybody. It follows the ledger: call CatchUp before asking. It is safe for
// concurrent use. Of events before the issue it keeps that they happened; what
// was applied for and judged is for whoever reads the ledger.
type View struct {
	source   Source
	catching sync.Mutex

	mu       sync.RWMutex
	position int64
	changed  int64 // the last position at which an event was taken in
	labels   map[string]*entry
	ids      []string // sorted; of labels of which everybody may see something
	private  []string // sorted; of the others
	day      access.Date
}

// entry is one label.
type entry struct {
	events []Held
	public State  // for everybody, on the view's day
	text   string // lower case: what is searched
}

// Held is an event as the ledger has it.
type Held struct {
	*Event
	Position  int64           `json:"position"` // of its document
	Known     int64           `json:"-"`        // from which it is known
	Published access.Date     `json:"published"`
	Audience  access.Audience `json:"-"`
}

// Hold reads facts of kind [FactEvent] about one label, by sequence.
func Hold(facts []ledger.Fact) ([]Held, error) {
	out := make([]Held, len(facts))
	for i := range facts {
		h, err := hold(&facts[i])
		if err != nil {
			return nil, err
		}
		out[i] = h
	}
	slices.SortFunc(out, func(a, b Held) int { return a.Sequence - b.Sequence })
	return out, nil
}

func hold(f *ledger.Fact) (Held, error) {
	e := new(Event)
	if err := f.Decode(e); err != nil {
		return Held{}, fmt.Errorf("event of label %s: %w", f.Subject, err)
	}
	return Held{e, f.Document, f.KnownFrom, f.Published, f.Audience}, nil
}

// NewView makes an empty view.
func NewView(source Source) *View {
	return &View{source: source, labels: map[string]*entry{}}
}

// CatchUp reads what the ledger has beyond what was read before, and returns
// the position up to which the view then knows it. Today is the day by which
// labels stand that nobody asks about another day of.
func (v *View) CatchUp(ctx context.Context, today access.Date) (int64, error) {
	v.catching.Lock()
	defer v.catching.Unlock()
	head, err := v.source.Head(ctx)
	if err != nil {
		return 0, err
	}
	v.mu.RLock()
	from, day := v.position, v.day
	v.mu.RUnlock()
	if head.FactsPosition <= from && day == today {
		v.mu.Lock()
		v.position = max(v.position, head.Position)
		v.mu.Unlock()
		return head.Position, nil
	}
	var news []Held
	err = v.source.Changes(ctx, []string{FactEvent}, from, head.Position, func(f *ledger.Fact) error {
		h, err := hold(f)
		if err != nil {
			return err
		}
		h.Application, h.Judgements, h.Assessment = nil, nil, nil // large, and not asked of a hundred thousand
		news = append(news, h)
		return nil
	}, func(int64, int64) error { return nil })
	if err != nil {
		return from, err
	}
	v.take(news, head.Position, today)
	return head.Position, nil
}

func (v *View) take(news []Held, position int64, today access.Date) {
	v.mu.Lock()
	defer v.mu.Unlock()
	changed := map[*entry]bool{}
	for _, h := range news {
		e := v.labels[h.Label]
		if e == nil {
			e = new(entry)
			v.labels[h.Label] = e
		}
		// By sequence, and each once: what is read again changes nothing.
		i, found := slices.BinarySearchFunc(e.events, h.Sequence, func(a Held, n int) int { return a.Sequence - n })
		if !found {
			e.events = slices.Insert(e.events, i, h)
		}
		changed[e] = true
	}
	if today != v.day {
		for _, e := range v.labels {
			changed[e] = true
		}
	}
	v.position, v.day = position, today
	if len(news) > 0 {
		v.changed = position
	}
	for e := range changed {
		e.settle(today)
	}
	v.order(changed)
}

// settle works out how the label stands for everybody.
func (e *entry) settle(today access.Date) {
	e.public = Fold(e.seen(access.Reader{}, access.At{Known: today, Position: access.Now}), today)
	if t := e.public.Terms; t != nil {
		e.text = strings.ToLower(strings.Join([]string{e.public.Label, t.Product, t.Model, t.Party(Maker).Name}, "\n"))
	}
}

// order keeps the ids sorted. Many at once are sorted anew, few put in place.
func (v *View) order(changed map[*entry]bool) {
	if len(changed) > 64 {
		v.ids, v.private = v.ids[:0], v.private[:0]
		for id, e := range v.labels {
			if e.public.Status.IsPublic() {
				v.ids = append(v.ids, id)
			} else {
				v.private = append(v.private, id)
			}
		}
		slices.Sort(v.ids)
		slices.Sort(v.private)
		return
	}
	for e := range changed {
		id, into, other := e.events[0].Label, &v.ids, &v.private
		if !e.public.Status.IsPublic() {
			into, other = other, into
		}
		if i, found := slices.BinarySearch(*other, id); found {
			*other = slices.Delete(*other, i, i+1)
		}
		if i, found := slices.BinarySearch(*into, id); !found {
			*into = slices.Insert(*into, i, id)
		}
	}
}

// seen is the events that a reader may see, as of a moment.
func (e *entry) seen(r access.Reader, at access.At) []*Event {
	out := make([]*Event, 0, len(e.events))
	for i := range e.events {
		if h := &e.events[i]; h.seenBy(r, at) {
			out = append(out, h.Event)
		}
	}
	return out
}

// seenBy reports whether a reader may see the event, as of a moment.
func (h *Held) seenBy(r access.Reader, at access.At) bool {
	return h.Known <= at.Position && h.Published <= at.Known && (h.Audience.IsPublic() || r.MaySee(h.Audience))
}

// History is the events of a label that the ask allows, by sequence, with
// where the ledger has them.
func (v *View) History(ask access.Ask, id string) []Held {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := []Held{}
	if e := v.labels[id]; e != nil {
		for i := range e.events {
			if h := &e.events[i]; h.seenBy(ask.Reader, ask.At) {
				out = append(out, *h)
			}
		}
	}
	return out
}

// Events is the events of a label that the ask allows, by sequence.
func (v *View) Events(ask access.Ask, id string) []*Event {
	v.mu.RLock()
	defer v.mu.RUnlock()
	e := v.labels[id]
	if e == nil {
		return nil
	}
	return e.seen(ask.Reader, ask.At)
}

// State is how a label stands for the ask; false when there is none that its
// reader may know of.
func (v *View) State(ask access.Ask, id string) (State, bool) {
	events := v.Events(ask, id)
	if len(events) == 0 {
		return State{}, false
	}
	return Fold(events, ask.At.Date), true
}

// Filter narrows a list of labels. The zero Filter is all of them.
type Filter struct {
	Text   string // in id, product, model or maker's name; case does not matter
	Scheme string
	Maker  string // the maker's name, whole; case does not matter
	Status Status
	Tier   int // 0 for any
	After  string
	Limit  int // 100 when 0
	// Private adds labels that are not public yet, and shows those that are with
	// all that the reader may see of them.
	Private bool
}

// wants reports whether a label is asked for. sought is the filter's text and
// text the label's, both in lower case.
func (f *Filter) wants(s *State, sought, text string) bool {
	if f.Status != "" && s.Status != f.Status {
		return false
	}
	t := s.Terms
	if t == nil {
		return f.Scheme == "" && f.Maker == "" && f.Tier == 0 && strings.Contains(strings.ToLower(s.Label), sought)
	}
	return (f.Scheme == "" || t.Scheme == f.Scheme) && (f.Tier == 0 || t.Tier == f.Tier) &&
		(f.Maker == "" || strings.EqualFold(t.Party(Maker).Name, f.Maker)) && strings.Contains(text, sought)
}

// List is the labels that the ask's reader may know of, by id, and the id after
// which the next page begins; "" when there is none.
func (v *View) List(ask access.Ask, f Filter) (out []State, next string) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	now := !f.Private && ask.At.Date == v.day && ask.At.Known >= v.day && ask.At.Position >= v.position
	ids := v.ids
	if f.Private {
		ids = slices.Concat(v.ids, v.private)
		slices.Sort(ids)
	}
	i, found := slices.BinarySearch(ids, f.After)
	if found {
		i++
	}
	out = []State{}
	sought := strings.ToLower(f.Text)
	for ; i < len(ids); i++ {
		e := v.labels[ids[i]]
		s := &e.public
		if now && sought != "" && !strings.Contains(e.text, sought) {
			continue // most of a hundred thousand, so it is looked at first
		}
		if !now {
			events := e.seen(ask.Reader, ask.At)
			if !f.Private {
				events = e.seen(access.Reader{}, ask.At)
			}
			if len(events) == 0 {
				continue
			}
			folded := Fold(events, ask.At.Date)
			if s = &folded; s.Status == None {
				continue
			}
		}
		if !f.wants(s, sought, e.text) {
			continue
		}
		if len(out) == f.Limit {
			return out, out[len(out)-1].Label
		}
		out = append(out, *s)
	}
	return out, ""
}

// Each calls fn with every label as everybody sees it on the view's day, by id,
// until fn says false. fn must not ask the view.
func (v *View) Each(fn func(*State) bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, id := range v.ids {
		if !fn(&v.labels[id].public) {
			return
		}
	}
}

// Warm reports whether the view has caught up once: before that, one label is
// sooner read from the ledger than all are.
func (v *View) Warm() bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.day != ""
}

// Changed is the position up to which the ledger was read when an event of a
// label was last found in it: while it stays, no label has another event.
func (v *View) Changed() int64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.changed
}

// Len is how many labels there are that everybody may see.
func (v *View) Len() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.ids)
}
