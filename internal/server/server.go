package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/server/registry"
)

// Options are what a server is made of. Node is required, the rest has
// defaults.
type Options struct {
	// Node answers the questions.
	Node Node
	// Accounts knows tokens, sessions and members. Without it nobody can sign
	// in, so only Open and the open paths are of use.
	Accounts Accounts
	// Console answers every path that is not the door's own, for people; see
	// package console. It gets its visitor with each request. The forms to sign
	// in and out, POST /login and /logout, are the door's. Nil for no pages.
	Console http.Handler

	// Labels is the authority whose labels are published here; nil for a node
	// that publishes none, which then has neither a registry nor a page to check
	// them on.
	Labels Labels

	// Taxii is the door for TAXII clients; nil for none.
	Taxii *Taxii

	// Open lets requests from this machine in without credentials, as [Local], or
	// as Reader when that is set.
	Open   bool
	Reader access.Reader
	// TrustProxy believes the X-Forwarded-For and X-Forwarded-Proto headers.
	// Only for a server that nobody reaches but through a proxy that sets them.
	TrustProxy bool

	// Version of the program, for the API's description.
	Version string
	Limits  Limits
	// Log gets one line per request; slog.Default() when nil.
	Log *slog.Logger
	// Clock is what rates are counted by; time.Now when nil. Time limits are
	// kept by the machine's own clock.
	Clock func() time.Time
}

// Limits bound what clients can take from us. A zero field has the default of
// [DefaultLimits]; a Rate with a negative PerSecond is no limit.
type Limits struct {
	Body       int64         // bytes of a request's body
	Upload     int64         // bytes of a body that carries documents
	Envelope   int64         // bytes of a TAXII envelope
	Header     int           // bytes of request line and headers
	Time       time.Duration // for a request and its answer
	UploadTime time.Duration // the same, for a request that carries documents
	Uploads    int           // that are worked on at once
	Idle       time.Duration // a connection may stay open between requests
	Drain      time.Duration // for which a server that is to stop goes on, so that balancers see it on /readyz; 0 for none
	Stop       time.Duration // that requests in hand get to finish on stop, after that

	Rate      Rate // of one member, or of loopback on an open server
	Anonymous Rate // of one address without credentials
	Failures  Rate // of failed credentials from one address
	Clients   int  // remembered for the rates

	Lag int64 // positions that the node may be behind its ledger and still be ready
}

// DefaultLimits fit a node with two cores that serves some hundred people and
// their scripts.
var DefaultLimits = Limits{
	Body:       1 << 20,
	Upload:     256 << 20,
	Envelope:   100 << 20,
	Header:     16 << 10,
	Time:       30 * time.Second,
	UploadTime: 10 * time.Minute,
	Uploads:    4,
	Idle:       2 * time.Minute,
	Stop:       20 * time.Second,
	Rate:       Rate{PerSecond: 5000, Burst: 10000},
	Anonymous:  Rate{PerSecond: 100, Burst: 400},
	Failures:   Rate{PerSecond: 0.2, Burst: 20},
	Clients:    10000,
	Lag:        1000,
}

// Server is the HTTP door of one node.
type Server struct {
	opts       Options
	handler    http.Handler
	openAPI    []byte // the description of the API, and its ETag
	openAPITag string
	metrics    *metrics
	registry   *registry.Registry // nil for a node that publishes no labels

	rates, anonymousRates, failures *limiters

	crossOrigin *http.CrossOriginProtection
	formKey     []byte        // for form tokens where there is no session
	uploads     chan struct{} // holds a value per upload in hand

	onLoopback atomic.Bool // the listener's address is loopback
	stopping   atomic.Bool
}

// New makes a server. It listens to nothing until [Server.Serve].
func New(opts Options) (*Server, error) {
	if opts.Node == nil {
		return nil, errors.New("server: a node is required")
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	opts.Limits = opts.Limits.withDefaults()
	s := &Server{
		opts:           opts,
		rates:          newLimiters(opts.Limits.Rate, opts.Limits.Clients),
		anonymousRates: newLimiters(opts.Limits.Anonymous, opts.Limits.Clients),
		failures:       newLimiters(opts.Limits.Failures, opts.Limits.Clients),
		crossOrigin:    http.NewCrossOriginProtection(),
		formKey:        []byte(rand.Text()),
		uploads:        make(chan struct{}, opts.Limits.Uploads),
	}
	s.metrics = newMetrics(&s.opts)
	if opts.Labels != nil {
		s.registry = registry.New(opts.Labels, registry.Options{
			Now: opts.Clock, Failed: func(r *http.Request, err error) { Cause(r.Context(), err) },
		})
	}
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = s.door(mux)
	return s, nil
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	orDefault(&l.Body, d.Body)
	orDefault(&l.Upload, d.Upload)
	orDefault(&l.Envelope, d.Envelope)
	orDefault(&l.Header, d.Header)
	orDefault(&l.Time, d.Time)
	orDefault(&l.UploadTime, d.UploadTime)
	orDefault(&l.Uploads, d.Uploads)
	orDefault(&l.Idle, d.Idle)
	orDefault(&l.Stop, d.Stop)
	orDefault(&l.Clients, d.Clients)
	orDefault(&l.Lag, d.Lag)
	orDefault(&l.Rate, d.Rate)
	orDefault(&l.Anonymous, d.Anonymous)
	orDefault(&l.Failures, d.Failures)
	return l
}

func orDefault[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}

// ServeHTTP answers one request. [Server.Serve] is the way to run a server;
// this is for tests, where no listener is. Nothing is open there.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers on the listener until ctx ends. Then it says on /readyz that it
// stops, goes on for [Limits].Drain, takes no new requests, and lets those in
// hand finish for [Limits].Stop. It returns nil after such a stop, and an error
// when requests had to be cut off or the listener failed. It closes the
// listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	s.onLoopback.Store(isLoopbackAddress(listener.Addr().String()))
	requests, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	limits := s.opts.Limits
	server := &http.Server{
		Handler:           s.handler,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 10 * time.Second,
		// Each request sets stricter deadlines of its own, see setDeadlines.
		ReadTimeout:    limits.UploadTime + writeGrace,
		WriteTimeout:   limits.UploadTime + writeGrace,
		IdleTimeout:    limits.Idle,
		MaxHeaderBytes: limits.Header,
		ErrorLog:       slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	select {
	case err := <-failed:
		return err
	case <-time.After(limits.Drain):
	}
	grace, cancel := context.WithTimeout(requests, limits.Stop)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		cutOff()
		err = errors.Join(errors.New("server: requests were cut off on stop"), err, server.Close())
	}
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
