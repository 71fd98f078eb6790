package registry

import (
	"container/list"
	"sync"
)

// recently keeps what was asked for last, so much of it and no more. It is for
// what follows from a signed document alone, which never changes.
type recently[T any] struct {
	most int

	mu    sync.Mutex
	held  map[string]*list.Element
	order list.List // of kept[T], the last asked for in front
}

type kept[T any] struct {
	key   string
	value T
}

func newRecently[T any](most int) *recently[T] {
	return &recently[T]{most: most, held: map[string]*list.Element{}}
}

func (r *recently[T]) get(key string) (value T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.held[key]
	if !ok {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(kept[T]).value, true
}

func (r *recently[T]) put(key string, value T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.held[key]; ok {
		r.order.MoveToFront(e)
		return
	}
	r.held[key] = r.order.PushFront(kept[T]{key, value})
	for len(r.held) > r.most {
		delete(r.held, r.order.Remove(r.order.Back()).(kept[T]).key)
	}
}
