package match

import (
	"strings"
	"sync"
)

// memory keeps what was found for units of queries: names that are asked for
// one after another have words in common, the commonest of which are the
// dearest to look up. What a segment finds for a word never changes, so that
// what is kept is never wrong, and dropping all of it when there is too much is
// as good as any other way of choosing.
type memory struct {
	mu    sync.RWMutex
	found map[lookKey]*kept
	words int // in all that is kept
}

// Bounds of what a segment keeps.
const (
	maxKept      = 1 << 13
	maxKeptWords = 1 << 20
)

// lookKey is what a look-up depends on.
type lookKey struct {
	text          string
	role          role
	joined, fuzzy bool
}

// kept is what a look-up found; see [lookedUp].
type kept struct {
	words []wordID
	sims  []int16
	cost  int
	cut   bool
}

func (m *memory) get(k lookKey) *kept {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.found[k]
}

func (m *memory) put(k lookKey, l *kept) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.found == nil || len(m.found) >= maxKept || m.words+len(l.words) > maxKeptWords {
		m.found, m.words = map[lookKey]*kept{}, 0
	}
	k.text = strings.Clone(k.text) // not to hold a whole query
	m.found[k] = l
	m.words += len(l.words)
}
