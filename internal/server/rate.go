package server

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how often one client may ask: so many requests a second for long,
// and Burst at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// limiters is one token bucket per client, for the clients that asked last.
// Memory is bounded: when the table is full, whoever has been silent longest
// is forgotten, and starts anew with a full bucket.
type limiters struct {
	rate Rate
	max  int // clients remembered

	mu      sync.Mutex
	clients map[string]*list.Element
	recent  list.List // of *client, the one who asked last in front
}

type client struct {
	key    string
	bucket *rate.Limiter
}

func newLimiters(r Rate, maxClients int) *limiters {
	return &limiters{rate: r, max: maxClients, clients: make(map[string]*list.Element)}
}

// take counts one request of the client. When it is one too many, wait says
// how long until the next will be answered.
func (l *limiters) take(key string, now time.Time) (wait time.Duration) {
	if l.rate.PerSecond <= 0 {
		return 0
	}
	bucket := l.bucket(key)
	if bucket.AllowN(now, 1) {
		return 0
	}
	missing := 1 - bucket.TokensAt(now)
	return max(time.Duration(missing/l.rate.PerSecond*float64(time.Second)), time.Millisecond)
}

// spent reports whether the client has nothing left, without counting.
func (l *limiters) spent(key string, now time.Time) bool {
	l.mu.Lock()
	e, ok := l.clients[key]
	l.mu.Unlock()
	return ok && e.Value.(*client).bucket.TokensAt(now) < 1
}

func (l *limiters) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.clients[key]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*client).bucket
	}
	if len(l.clients) >= l.max {
		last := l.recent.Back()
		delete(l.clients, l.recent.Remove(last).(*client).key)
	}
	c := &client{key: key, bucket: rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
	l.clients[key] = l.recent.PushFront(c)
	return c.bucket
}

// addressKey is the part of an address that names one client: all of an IPv4
// address, and of an IPv6 address the /64 that one household or host is given.
func addressKey(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64)
	return p.String()
}
