package db

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"countersign.dev/internal/problem"
)

// sessions is a pool that gives out the one last given back, whose statements
// and pages are warm.
type sessions struct {
	db    *sql.DB
	slots chan struct{}
	done  chan struct{}

	mu   sync.Mutex
	idle []*session
}

func newSessions(db *sql.DB, n int) *sessions {
	return &sessions{db: db, slots: make(chan struct{}, n), done: make(chan struct{})}
}

var errClosed = problem.New(problem.Unavailable, "store is closed")

func (p *sessions) acquire(ctx context.Context) (*session, error) {
	select {
	case <-p.done:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case p.slots <- struct{}{}:
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		s := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return s, nil
	}
	p.mu.Unlock()
	conn, err := p.db.Conn(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*prepared{}, home: p}, nil
}

func (p *sessions) release(s *session, broken bool) {
	if broken {
		s.discard()
	} else {
		p.mu.Lock()
		p.idle = append(p.idle, s)
		p.mu.Unlock()
	}
	<-p.slots
}

// close waits for the sessions that are in use.
func (p *sessions) close() error {
	close(p.done)
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	var err error
	for _, s := range p.idle {
		err = errors.Join(err, s.close())
	}
	p.idle = nil
	return err
}
