package agenda

import (
	"container/heap"
	"container/list"

	"countersign.dev/internal/access"
)

// Watched is a thing that is watched: a pointer to what embeds an [Entry].
type Watched interface {
	comparable
	entry() *Entry
}

// Entry is the place of one watched thing. The zero Entry has none.
type Entry struct {
	wake access.Date   // the day on which to ask again; "" or [access.Forever] for none
	slot int           // in the calendar, from 1; 0 when it is not there
	due  *list.Element // in the queue, nil when it is not there
	keys []Key         // what was looked up to answer it
	all  bool          // whether anything at all concerns it, because what was looked up cannot be told
}

func (e *Entry) entry() *Entry { return e }

// Wake is the day for which it was last put into a calendar.
func (e *Entry) Wake() access.Date { return e.wake }

// Calendar is watched things by the day on which to ask them again. The zero
// Calendar is empty.
type Calendar[T Watched] struct{ days days[T] }

// Put enters one for its day, or takes it out when it has none.
func (c *Calendar[T]) Put(l T, day access.Date) {
	e := l.entry()
	e.wake = day
	switch {
	case day == "" || day >= access.Forever:
		c.Remove(l)
	case e.slot == 0:
		heap.Push(&c.days, l)
	default:
		heap.Fix(&c.days, e.slot-1)
	}
}

// Remove takes one out.
func (c *Calendar[T]) Remove(l T) {
	if slot := l.entry().slot; slot > 0 {
		heap.Remove(&c.days, slot-1)
	}
}

// Next is the first day on which there is something to do.
func (c *Calendar[T]) Next() (access.Date, bool) {
	if len(c.days) == 0 {
		return "", false
	}
	return c.days[0].entry().wake, true
}

// UpTo takes out those of all days up to this one.
func (c *Calendar[T]) UpTo(day access.Date) []T {
	var out []T
	for len(c.days) > 0 && c.days[0].entry().wake <= day {
		out = append(out, heap.Pop(&c.days).(T))
	}
	return out
}

// days is a heap, that of the first day on top.
type days[T Watched] []T

func (d days[T]) Len() int           { return len(d) }
func (d days[T]) Less(i, j int) bool { return d[i].entry().wake < d[j].entry().wake }
func (d days[T]) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].entry().slot, d[j].entry().slot = i+1, j+1
}

// Push implements heap.Interface.
func (d *days[T]) Push(x any) {
	l := x.(T)
	*d = append(*d, l)
	l.entry().slot = len(*d)
}

// Pop implements heap.Interface.
func (d *days[T]) Pop() any {
	last := len(*d) - 1
	l := (*d)[last]
	clear((*d)[last:])
	*d = (*d)[:last]
	l.entry().slot = 0
	return l
}

// Queue is the watched things that are due, each once, first come first served.
// The zero Queue is empty.
type Queue[T Watched] struct{ list list.List }

// Len is how many there are.
func (q *Queue[T]) Len() int { return q.list.Len() }

// Add puts one at the end, unless it is in the queue.
func (q *Queue[T]) Add(l T) {
	if e := l.entry(); e.due == nil {
		e.due = q.list.PushBack(l)
	}
}

// Has reports whether one is in the queue.
func (q *Queue[T]) Has(l T) bool { return l.entry().due != nil }

// First is the one whose turn it is; there must be one.
func (q *Queue[T]) First() T { return q.list.Front().Value.(T) }

// Remove takes one out.
func (q *Queue[T]) Remove(l T) {
	if e := l.entry(); e.due != nil {
		q.list.Remove(e.due)
		e.due = nil
	}
}
