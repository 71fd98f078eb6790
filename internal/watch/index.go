package watch

import (
	"hash/maphash"
	"slices"
)

// key stands for something that facts are looked up by: a subject, or a term.
// It is a hash, since all that a clash of two costs is a question too many.
type key uint64

var seed = maphash.MakeSeed()

func subjectKey(subject string) key { return key(maphash.String(seed, "s"+subject)) }

func termKey(term string) key { return key(maphash.String(seed, "t"+term)) }

// index tells which decisions a subject or a term concerns.
type index struct {
	by  map[key][]*living
	all map[*living]bool // those that everything concerns
}

func newIndex() index { return index{map[key][]*living{}, map[*living]bool{}} }

// put enters a decision under what was looked up for it, and nothing else.
func (x *index) put(l *living, keys []key, all bool) {
	if l.all == all && slices.Equal(l.keys, keys) {
		return
	}
	x.remove(l)
	l.keys, l.all = keys, all
	for _, k := range keys {
		x.by[k] = append(x.by[k], l)
	}
	if all {
		x.all[l] = true
	}
}

func (x *index) remove(l *living) {
	for _, k := range l.keys {
		left := slices.DeleteFunc(x.by[k], func(o *living) bool { return o == l })
		if len(left) == 0 {
			delete(x.by, k)
			continue
		}
		x.by[k] = left
	}
	delete(x.all, l)
	l.keys, l.all = nil, false
}

// concerned calls fn with the decisions that a fact with this subject and term
// concerns.
func (x *index) concerned(subject, term string, fn func(*living)) {
	for _, l := range x.by[subjectKey(subject)] {
		fn(l)
	}
	if term != "" {
		for _, l := range x.by[termKey(term)] {
			fn(l)
		}
	}
}
