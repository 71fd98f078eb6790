package feed

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"countersign.dev/internal/problem"
)

// Options say how feeds are fetched. Zero fields mean their defaults, but for
// Dir and Guard, which have none.
type Options struct {
	Dir   string                 // where files on their way lie; made when it is not there
	Guard func(netip.Addr) error // refuses addresses that are not public
	Agent string                 // User-Agent
	Proxy func(*url.URL) (*url.URL, error)
	Roots *x509.CertPool   // that servers are trusted by; the system's when nil
	Now   func() time.Time // time.Now when nil

	Retries int           // attempts beyond the first that bring nothing; none when 0
	Stall   time.Duration // longest that a server may send nothing; default 1 minute
	Total   time.Duration // longest that one file may take; default 2 hours
	// Wait waits between attempts; by the clock when nil.
	Wait func(context.Context, time.Duration) error
}

// Fetcher brings files. It is safe for concurrent use, for feeds of different
// names.
type Fetcher struct {
	opts   Options
	client *client
}

// NewFetcher makes a fetcher. Close lets go of its connections.
func NewFetcher(opts Options) (*Fetcher, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Wait == nil {
		opts.Wait = wait
	}
	if opts.Stall <= 0 {
		opts.Stall = time.Minute
	}
	if opts.Total <= 0 {
		opts.Total = 2 * time.Hour
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of feeds: %w", err)
	}
	if err := sweep(opts.Dir, opts.Now().Add(-keepParts)); err != nil {
		return nil, err
	}
	return &Fetcher{opts: opts, client: newClient(&opts)}, nil
}

// Close lets go of idle connections.
func (f *Fetcher) Close() { f.client.close() }

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Got is one file that was brought.
type Got struct {
	File
	Path     string // of its bytes, until [Edition.Discard]
	Size     int64
	Held     Validators
	Modified time.Time // by the server's word; zero when it gives none
}

// Edition is what a fetch brought: all files of the feed, or none when none of
// them changed.
type Edition struct {
	Files []Got

	parts []*part
}

// Changed reports whether anything was brought.
func (e *Edition) Changed() bool { return len(e.Files) > 0 }

// Modified is when the newest file changed, by the servers' word; zero when
// they give none.
func (e *Edition) Modified() time.Time {
	var newest time.Time
	for _, f := range e.Files {
		if f.Modified.After(newest) {
			newest = f.Modified
		}
	}
	return newest
}

// Discard removes the files.
func (e *Edition) Discard() error {
	var errs []error
	for _, p := range e.parts {
		errs = append(errs, p.remove())
	}
	return errors.Join(errs...)
}

// Failure is a fetch that did not succeed. Its kind is that of package problem.
type Failure struct {
	Err       error
	NotBefore time.Time // until when the server asks to be left alone; zero when it does not
}

func (e *Failure) Error() string { return e.Err.Error() }

// Unwrap gives the error.
func (e *Failure) Unwrap() error { return e.Err }

// maxRounds is how often a set is looked at until it holds still.
const maxRounds = 3

// Fetch brings the files of a feed when one of them is no longer what held says
// of its URL. Those of a set are brought together, and asked after once more
// when the last is there: what a publisher renews in between would else be torn.
// progress is told of bytes as they come, total being -1 while it is not known;
// it may be nil. The error is a [*Failure]; what was under way then stays for the
// next fetch to go on with.
func (f *Fetcher) Fetch(ctx context.Context, feed *Feed, held map[string]Validators, progress func(file string, size, total int64)) (*Edition, error) {
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	set := &set{fetcher: f, feed: feed, progress: progress, got: make([]*Got, len(feed.Files)), parts: make([]*part, len(feed.Files))}
	changed, err := set.look(ctx, func(i int) Validators { return held[feed.Files[i].URL] })
	if err != nil || !changed {
		return &Edition{}, err
	}
	if err := set.complete(ctx); err != nil {
		return nil, err
	}
	for round := 1; len(feed.Files) > 1; round++ {
		changed, err := set.look(ctx, func(i int) Validators { return set.got[i].Held })
		if err != nil {
			return nil, err
		}
		if !changed {
			break
		}
		if round == maxRounds {
			return nil, &Failure{Err: problem.New(problem.Unavailable, "its files change while they are fetched; try again later")}
		}
	}
	e := &Edition{parts: set.parts}
	for _, g := range set.got {
		e.Files = append(e.Files, *g)
	}
	return e, nil
}

// set is the files of a feed under way.
type set struct {
	fetcher  *Fetcher
	feed     *Feed
	progress func(file string, size, total int64)
	got      []*Got // nil where nothing was brought
	parts    []*part
}

// look asks for each file whether it is what known says, and brings it when it
// is not. What was brought and cannot be told apart is taken as it is.
func (s *set) look(ctx context.Context, known func(i int) Validators) (changed bool, err error) {
	for i := range s.feed.Files {
		v := Validators{}
		if s.got[i] == nil || !s.got[i].Held.IsZero() {
			v = known(i)
		} else {
			continue
		}
		more, err := s.bring(ctx, i, v)
		if err != nil {
			return false, err
		}
		changed = changed || more
	}
	return changed, nil
}

// complete brings what had not changed by itself.
func (s *set) complete(ctx context.Context) error {
	for i := range s.feed.Files {
		if s.got[i] != nil {
			continue
		}
		if _, err := s.bring(ctx, i, Validators{}); err != nil {
			return err
		}
	}
	return nil
}

// bring fetches one file, unless it is what known says.
func (s *set) bring(ctx context.Context, i int, known Validators) (bool, error) {
	file := s.feed.Files[i]
	d := &download{
		fetcher: s.fetcher, feed: s.feed, file: file, known: known, part: openPart(s.fetcher.opts.Dir, s.feed, file),
		progress: func(size, total int64) { s.progress(file.Name, size, total) },
	}
	if s.got[i] != nil {
		d.whole = true // what lies there is the file of before, to its end
	}
	bounded, cancel := context.WithTimeout(ctx, s.fetcher.opts.Total)
	defer cancel()
	brought, err := d.run(bounded)
	if ctx.Err() != nil {
		return false, &Failure{Err: ctx.Err()}
	}
	if err != nil {
		return false, explain(file, err)
	}
	if !brought {
		return false, nil
	}
	g := &Got{File: file, Path: d.part.path, Size: d.part.have(), Held: d.part.note.Held}
	if t, err := http.ParseTime(g.Held.Modified); err == nil {
		g.Modified = t.UTC()
	}
	s.got[i], s.parts[i] = g, d.part
	return true, nil
}
