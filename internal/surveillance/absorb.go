package surveillance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
	"countersign.dev/internal/watch/agenda"
)

// absorb reads what the ledger has beyond what was read before, and what the
// days since have brought: labels come under watch, and what changed makes due
// what it concerns. It returns the head up to which it read.
//
// The position and the day are set last, so that what fails half-way is read
// again; reading twice does no harm.
func (w *Watcher) absorb(ctx context.Context, today access.Date) (ledger.Head, error) {
	h, err := w.opts.Ledger.Head(ctx)
	if err != nil || w.read && h.Position <= w.position && today <= w.day {
		return h, err
	}
	today = max(today, w.day) // a clock that was set back changes nothing
	if _, err := w.opts.Labels.CatchUp(ctx, today); err != nil {
		return h, err
	}
	at := access.At{Date: today, Known: today, Position: h.Position}
	t := &touched{labels: map[string]bool{}, said: map[string]bool{}}
	switch {
	case !w.read:
		err = w.begin(ctx, at)
	case h.FactsPosition > w.position || today > w.day:
		err = w.touch(ctx, at, t)
	}
	if err == nil && t.schemes {
		// Which concerns bear on which labels may be another matter now.
		w.forgetAll()
		err = w.begin(ctx, at)
	}
	if err != nil {
		return h, err
	}
	for _, c := range w.calendar.UpTo(today) {
		w.due.Add(c)
	}
	for _, s := range w.dates.UpTo(today) {
		w.waiting.Add(s)
	}
	w.position, w.day, w.read = h.Position, today, true
	return h, nil
}

// begin takes all labels under watch. Releases against which nothing can stand
// are found in one pass; everything else becomes due.
func (w *Watcher) begin(ctx context.Context, at access.At) (err error) {
	if w.schemes, err = w.opts.Schemes(ctx, at); err != nil {
		return fmt.Errorf("schemes of labels: %w", err)
	}
	w.opts.Labels.Each(func(s *label.State) bool {
		w.take(s)
		return true
	})
	releases := false
	for _, c := range w.concerns {
		releases = releases || c.Kind == OfRelease
	}
	clear := map[string]bool{}
	if releases {
		if clear, err = w.opts.Judge.Clear(ctx, at); err != nil {
			return fmt.Errorf("releases of labels: %w", err)
		}
	}
	n := int64(0)
	for _, c := range w.concerns {
		if c.Kind == OfRelease && clear[c.Name] && len(c.about) == 0 {
			c.outcome = &Outcome{}
			w.index.Put(c, releaseKeys(c.Name), false)
			w.due.Remove(c)
			n++
		}
	}
	w.count(func(s *Stats) { s.Cleared += n })
	return nil
}

// releaseKeys is by what a release is looked up that was not judged by itself:
// what is said of weaknesses is asked about otherwise, see [Judge].
func releaseKeys(purl string) []agenda.Key {
	keys := []agenda.Key{agenda.SubjectKey(purl), agenda.TermKey(software.Term("purl", purl))}
	slices.Sort(keys)
	return keys
}

// take brings a label under watch, or what is known of it up to date.
func (w *Watcher) take(s *label.State) {
	l := w.labels[s.Label]
	if s.Status.IsFinal() || s.Terms == nil || s.Status == label.StatusExpired && len(s.Grounds)+len(s.Warnings) == 0 {
		if l != nil {
			w.release(l)
		}
		return
	}
	if l == nil {
		l = &subject{id: s.Label}
		w.labels[s.Label] = l
	}
	l.scheme, l.held = s.Terms.Scheme, len(s.Grounds)+len(s.Warnings) > 0
	w.bear(l, concernsOf(s.Terms, w.schemes[l.scheme]))
	w.wanted(l, s)
	due := access.Forever
	for _, g := range s.Warnings {
		due = min(due, g.Due)
	}
	w.dates.Put(l, due)
	if l.held {
		w.waiting.Add(l)
	}
}

// bear makes these the concerns that bear on a label.
func (w *Watcher) bear(l *subject, all []Concern) {
	if slices.EqualFunc(l.concerns, all, func(c *concern, want Concern) bool { return c.Concern == want }) {
		return
	}
	old := l.concerns
	l.concerns = make([]*concern, 0, len(all))
	for _, want := range all {
		c := w.concerns[want]
		if c == nil {
			c = &concern{Concern: want, about: map[string]bool{}}
			w.concerns[want] = c
			w.due.Add(c)
		}
		if !slices.Contains(old, c) {
			c.labels = append(c.labels, l)
			w.waiting.Add(l)
		}
		l.concerns = append(l.concerns, c)
	}
	for _, c := range old {
		if !slices.Contains(l.concerns, c) {
			w.leave(l, c)
		}
	}
}

// leave takes a label from a concern, which is given up when it was the last.
func (w *Watcher) leave(l *subject, c *concern) {
	if c.drop(l); len(c.labels) == 0 {
		delete(w.concerns, c.Concern)
		w.index.Remove(c)
		w.calendar.Remove(c)
		w.due.Remove(c)
	}
}

// release gives a label up.
func (w *Watcher) release(l *subject) {
	for _, c := range l.concerns {
		w.leave(l, c)
	}
	l.concerns = nil
	w.dates.Remove(l)
	w.waiting.Remove(l)
	delete(w.labels, l.id)
}

// wanted notes of which causes the label's grounds tell, so that their concerns
// are asked about them.
func (w *Watcher) wanted(l *subject, s *label.State) {
	scheme := w.schemes[l.scheme]
	if scheme == nil {
		return
	}
	for _, g := range slices.Concat(s.Grounds, s.Warnings) {
		if c, id, _, covered, known := origin(s.Terms, scheme, g.ID); known && covered {
			w.askAbout(c, id)
		}
	}
}

// askAbout has a concern asked about a cause from now on.
func (w *Watcher) askAbout(want Concern, id string) {
	c := w.concerns[want]
	if c == nil || c.about[id] {
		return
	}
	c.about[id] = true
	if c.outcome != nil && !slices.ContainsFunc(c.outcome.Causes, func(cause Cause) bool { return cause.ID == id }) {
		w.due.Add(c)
	}
}

// touched is what may be otherwise than before.
type touched struct {
	labels  map[string]bool
	said    map[string]bool // ids of advisories and weaknesses of which something else is said
	schemes bool
	rules   bool
}

// touch makes due what is concerned by what changed since, in the ledger and by
// the passing of time.
func (w *Watcher) touch(ctx context.Context, at access.At, t *touched) error {
	note := func(kind, subject, term string) {
		switch {
		case kind == label.FactEvent:
			t.labels[subject] = true
			return
		case kind == label.FactScheme:
			t.schemes = true
		case slices.Contains(w.opts.RuleKinds, kind):
			t.rules = true
		case kind == advisory.FactEPSS || kind == advisory.FactFeed:
			return // how likely a weakness is to be exploited stands against nobody
		case strings.HasPrefix(kind, "advisory."):
			t.said[subject] = true
		}
		w.index.Concerned(subject, term, w.due.Add)
	}
	ask := access.Ask{Reader: access.Anonymous, At: access.At{Known: access.Forever, Position: at.Position}}
	if at.Position > w.position {
		if err := w.opts.Ledger.Touched(ctx, ask, w.position, note); err != nil {
			return err
		}
	}
	if at.Known > w.day {
		ask.At.Known = at.Known
		if err := w.opts.Ledger.Ripened(ctx, ask, w.day, func(kind, subject string) { note(kind, subject, "") }); err != nil {
			return err
		}
	}
	if t.schemes {
		return nil
	}
	if at.Position > w.position {
		w.index.Everything(w.due.Add)
	}
	for _, c := range w.concerns {
		if t.rules && c.Kind == OfParty {
			w.due.Add(c)
		}
	}
	if at.Date > w.day {
		// A label, or what is new in one, may count from a day to come.
		w.opts.Labels.Each(func(s *label.State) bool {
			w.take(s)
			return true
		})
	}
	w.again(at, t.labels)
	return w.heard(ctx, at, t.said)
}

// again looks at labels to which something has happened.
func (w *Watcher) again(at access.At, ids map[string]bool) {
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		events := w.events(id)
		s := label.Fold(events, at.Date)
		if !s.Status.IsPublic() {
			continue
		}
		w.take(&s)
		if l := w.labels[id]; l != nil {
			w.waiting.Add(l)
		}
	}
}

// events is all that has happened to a label.
func (w *Watcher) events(id string) []*label.Event {
	return w.opts.Labels.Events(access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}, id)
}

// heard makes due the releases that what is said of advisories and weaknesses
// concerns.
func (w *Watcher) heard(ctx context.Context, at access.At, said map[string]bool) error {
	if len(said) == 0 {
		return nil
	}
	releases, err := w.opts.Judge.Concerned(ctx, at, slices.Sorted(maps.Keys(said)))
	if err != nil {
		return fmt.Errorf("releases of labels: %w", err)
	}
	for _, purl := range releases {
		if c := w.concerns[Concern{Kind: OfRelease, Name: purl}]; c != nil {
			w.due.Add(c)
		}
	}
	return nil
}
