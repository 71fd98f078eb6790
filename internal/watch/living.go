package watch

import (
	"container/list"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/watch/agenda"
)

// living is a decision that is watched.
type living struct {
	agenda.Entry
	question Question
	position int64           // of its document
	digest   string          // of its document
	audience access.Audience // of its document
	at       access.Date
	verdict  policy.Verdict
	essence  essence

	place *list.Element // in watched
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
