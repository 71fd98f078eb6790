package agenda

import (
	"hash/maphash"
	"slices"
)

// Key stands for something that facts are looked up by: a subject, or a term.
// It is a hash, since all that a clash of two costs is a question too many.
type Key uint64

var seed = maphash.MakeSeed()

// SubjectKey is the key of a subject.
func SubjectKey(subject string) Key { return Key(maphash.String(seed, "s"+subject)) }

// TermKey is the key of a term.
func TermKey(term string) Key { return Key(maphash.String(seed, "t"+term)) }

// Index tells whom a subject or a term concerns. The zero Index is empty.
type Index[T Watched] struct {
	by  map[Key][]T
	all map[T]bool // those that everything concerns
}

// Put enters one under what was looked up for it, and nothing else; all when
// everything concerns it.
func (x *Index[T]) Put(l T, keys []Key, all bool) {
	e := l.entry()
	if e.all == all && slices.Equal(e.keys, keys) {
		return
	}
	x.Remove(l)
	if x.by == nil {
		x.by, x.all = map[Key][]T{}, map[T]bool{}
	}
	e.keys, e.all = keys, all
	for _, k := range keys {
		x.by[k] = append(x.by[k], l)
	}
	if all {
		x.all[l] = true
	}
}

// Remove takes one out.
func (x *Index[T]) Remove(l T) {
	e := l.entry()
	for _, k := range e.keys {
		left := slices.DeleteFunc(x.by[k], func(o T) bool { return o == l })
		if len(left) == 0 {
			delete(x.by, k)
			continue
		}
		x.by[k] = left
	}
	delete(x.all, l)
	e.keys, e.all = nil, false
}

// Concerned calls fn with those that a fact with this subject and term
// concerns.
func (x *Index[T]) Concerned(subject, term string, fn func(T)) {
	for _, l := range x.by[SubjectKey(subject)] {
		fn(l)
	}
	if term != "" {
		for _, l := range x.by[TermKey(term)] {
			fn(l)
		}
	}
}

// Everything calls fn with those that everything concerns.
func (x *Index[T]) Everything(fn func(T)) {
	for l := range x.all {
		fn(l)
	}
}
