package watch

import (
	"container/heap"
	"container/list"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
)

// living is a decision that is watched.
type living struct {
	question Question
	position int64           // of its document
	digest   string          // of its document
	audience access.Audience // of its document
	at       access.Date
	verdict  policy.Verdict
	essence  essence

	wake access.Date // the day on which to ask again; [access.Forever] for none
	keys []key       // what was looked up to answer it
	all  bool        // whether anything at all concerns it, because what was looked up cannot be told

	slot  int           // in the calendar, -1 when it is not there
	place *list.Element // in watched
	due   *list.Element // in the queue, nil when it is not there
}

// watched is the living decisions by question, in the order of their documents.
// It is what bounds a watcher's memory.
type watched struct {
	byQuestion map[string]*living
	order      *list.List // oldest document first
}

func newWatched() watched { return watched{map[string]*living{}, list.New()} }

// id tells questions apart. No part of one has a zero byte in it that could be
// taken for the end: a subject comes last.
func (q Question) id() string {
	return q.Purpose + "\x00" + strings.Join(q.Audiences, " ") + "\x00" + q.Subject
}

func (w *watched) len() int { return len(w.byQuestion) }

func (w *watched) get(q Question) *living { return w.byQuestion[q.id()] }

// addOlder adds a decision whose document is older than all others'.
func (w *watched) addOlder(l *living) {
	w.byQuestion[l.question.id()] = l
	l.place = w.order.PushFront(l)
}

// addNewer adds a decision whose document is newer than all others'.
func (w *watched) addNewer(l *living) {
	w.byQuestion[l.question.id()] = l
	l.place = w.order.PushBack(l)
}

// renewed notes that a decision's document is now the newest of all.
func (w *watched) renewed(l *living) { w.order.MoveToBack(l.place) }

// removeOldest takes out the decision with the oldest document.
func (w *watched) removeOldest() *living {
	l := w.order.Remove(w.order.Front()).(*living)
	delete(w.byQuestion, l.question.id())
	return l
}

func (w *watched) each(fn func(*living)) {
	for e := w.order.Front(); e != nil; e = e.Next() {
		fn(e.Value.(*living))
	}
}

// calendar is the watched decisions by the day on which to ask them again.
type calendar struct{ days days }

// put enters a decision for its day, or takes it out when it has none.
func (c *calendar) put(l *living, day access.Date) {
	l.wake = day
	switch {
	case day >= access.Forever:
		c.remove(l)
	case l.slot < 0:
		heap.Push(&c.days, l)
	default:
		heap.Fix(&c.days, l.slot)
	}
}

func (c *calendar) remove(l *living) {
	if l.slot >= 0 {
		heap.Remove(&c.days, l.slot)
	}
}

// next is the first day on which there is something to do.
func (c *calendar) next() (access.Date, bool) {
	if len(c.days) == 0 {
		return "", false
	}
	return c.days[0].wake, true
}

// upTo takes out the decisions of all days up to this one.
func (c *calendar) upTo(day access.Date) []*living {
	var out []*living
	for len(c.days) > 0 && c.days[0].wake <= day {
		out = append(out, heap.Pop(&c.days).(*living))
	}
	return out
}

// days is a heap of decisions, that of the first day on top.
type days []*living

func (d days) Len() int           { return len(d) }
func (d days) Less(i, j int) bool { return d[i].wake < d[j].wake }
func (d days) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].slot, d[j].slot = i, j
}

// Push implements heap.Interface.
func (d *days) Push(x any) {
	l := x.(*living)
	l.slot = len(*d)
	*d = append(*d, l)
}

// Pop implements heap.Interface.
func (d *days) Pop() any {
	last := len(*d) - 1
	l := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	l.slot = -1
	return l
}

// queue is the decisions that are due, each once, first come first served.
type queue struct{ list list.List }

func (q *queue) len() int { return q.list.Len() }

func (q *queue) add(l *living) {
	if l.due == nil {
		l.due = q.list.PushBack(l)
	}
}

func (q *queue) first() *living { return q.list.Front().Value.(*living) }

func (q *queue) remove(l *living) {
	if l.due != nil {
		q.list.Remove(l.due)
		l.due = nil
	}
}
