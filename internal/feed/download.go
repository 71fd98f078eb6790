package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// download is one file under way.
type download struct {
	fetcher  *Fetcher
	feed     *Feed
	file     File
	known    Validators // of what need not be sent again
	whole    bool       // do not go on with what lies there
	part     *part
	progress func(size, total int64)
}

// maxAttempts bounds attempts altogether, with those that brought something: a
// server that cuts every few bytes is not worth a day.
const maxAttempts = 100

// run brings the file, in as many attempts as it may take. It reports whether
// anything was brought: not when the server has nothing but what is known.
func (d *download) run(ctx context.Context) (brought bool, err error) {
	idle := 0 // attempts since one that brought bytes
	for attempt := 1; ; attempt++ {
		before := d.part.have()
		brought, err := d.attempt(ctx)
		if err == nil {
			return brought, nil
		}
		if d.part.have() > before {
			idle = 0
		}
		pause, again := d.pause(err, idle)
		if !again || attempt == maxAttempts || ctx.Err() != nil {
			return false, err
		}
		idle++
		if waited := d.fetcher.opts.Wait(ctx, pause); waited != nil {
			return false, err
		}
	}
}

// The pauses between attempts double from the first to the longest; each is
// cut at random by up to half, so that nodes do not come back all at once.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// pause is how long to wait after an error, if another attempt is of use.
func (d *download) pause(err error, idle int) (time.Duration, bool) {
	if idle >= d.fetcher.opts.Retries || !passing(err) {
		return 0, false
	}
	p := min(firstPause<<min(idle, 10), longestPause)
	p -= time.Duration(rand.Int64N(int64(p) / 2))
	var status *statusError
	if errors.As(err, &status) && !status.notBefore.IsZero() {
		left := status.notBefore.Sub(d.fetcher.opts.Now())
		if left > longestPause {
			return 0, false // it is told when to come back instead
		}
		p = max(p, left)
	}
	return p, true
}

// errCut marks a body that ended before its length, or that no more came of.
var errCut = errors.New("cut off")

// errMoved marks the middle of another file than the one whose beginning is
// there.
var errMoved = errors.New("the server sent the middle of another file")

// attempt asks once.
func (d *download) attempt(ctx context.Context) (brought bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	header := http.Header{}
	going := d.part.have() > 0 && !d.whole
	switch {
	case going:
		header.Set("Range", "bytes="+strconv.FormatInt(d.part.have(), 10)+"-")
		header.Set("If-Range", d.part.note.Strong)
	default:
		d.known.conditions(header)
	}
	response, err := d.fetcher.client.get(ctx, d.file.URL, d.feed.own, header)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && !going && !d.known.IsZero():
		return false, nil
	case response.StatusCode == http.StatusOK:
		return true, d.takeWhole(ctx, cancel, response)
	case response.StatusCode == http.StatusPartialContent && going:
		return true, d.takeRest(ctx, cancel, response)
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable && going:
		// Nothing lies behind what is there: it was all.
		if response.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", d.part.have()) && d.part.have() == d.part.note.Total {
			return true, nil
		}
		d.whole = true
		return false, errMoved
	}
	return false, &statusError{code: response.StatusCode, notBefore: retryAfter(response.Header.Get("Retry-After"), d.fetcher.opts.Now())}
}

// takeWhole takes a file from its first byte on.
func (d *download) takeWhole(ctx context.Context, cancel context.CancelCauseFunc, response *http.Response) error {
	if response.ContentLength > d.feed.Limit {
		return fmt.Errorf("%w of %d bytes: it has %d", errTooMuch, d.feed.Limit, response.ContentLength)
	}
	held := validators(response.Header)
	err := d.part.begin(note{URL: d.file.URL, Held: held, Strong: held.strong(response.Header.Get("Date")), Total: response.ContentLength})
	if err != nil {
		return err
	}
	d.whole = false
	return d.take(ctx, cancel, response)
}

// takeRest goes on where the file was cut.
func (d *download) takeRest(ctx context.Context, cancel context.CancelCauseFunc, response *http.Response) error {
	start, total, ok := parseContentRange(response.Header.Get("Content-Range"))
	held := validators(response.Header)
	known := d.part.note
	if !ok || start != known.Size || known.Total >= 0 && total != known.Total || !known.Held.sameAs(held) {
		d.whole = true
		return errMoved
	}
	if total > d.feed.Limit {
		return fmt.Errorf("%w of %d bytes: it has %d", errTooMuch, d.feed.Limit, total)
	}
	d.part.note.Total = total
	return d.take(ctx, cancel, response)
}

// take keeps a body to its end, and sees that all of it came.
func (d *download) take(ctx context.Context, cancel context.CancelCauseFunc, response *http.Response) error {
	total := d.part.note.Total
	body := &patient{r: response.Body, timer: time.AfterFunc(d.fetcher.opts.Stall, func() { cancel(errStalled) }), limit: d.fetcher.opts.Stall}
	defer body.timer.Stop()
	err := d.part.write(body, d.feed.Limit, func(size int64) { d.progress(size, total) })
	switch {
	case errors.Is(err, errTooMuch):
		if removed := d.part.remove(); removed != nil {
			return removed
		}
		return fmt.Errorf("%w of %d bytes", errTooMuch, d.feed.Limit)
	case errors.Is(err, errDisk):
		return err
	case errors.Is(context.Cause(ctx), errStalled):
		err = fmt.Errorf("%w: nothing came for %s", errCut, d.fetcher.opts.Stall)
	case err != nil:
		err = fmt.Errorf("%w: %w", errCut, err)
	case total >= 0 && d.part.have() != total:
		err = errCut // a range shorter than it said
	}
	if err != nil {
		err = fmt.Errorf("%w after %d bytes%s", err, d.part.have(), ofTotal(total))
		if d.part.note.Strong == "" {
			return errors.Join(err, d.part.remove())
		}
	}
	return err
}

func ofTotal(total int64) string {
	if total < 0 {
		return ""
	}
	return " of " + strconv.FormatInt(total, 10)
}

// errStalled is why a request was given up of which nothing came.
var errStalled = errors.New("nothing came")

// patient reads as long as something comes.
type patient struct {
	r     io.Reader
	timer *time.Timer
	limit time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n > 0 {
		p.timer.Reset(p.limit)
	}
	return n, err
}

// parseContentRange reads "bytes START-END/TOTAL" of the rest of a file
// (RFC 9110, section 14.4). The last byte must be the file's.
func parseContentRange(s string) (start, total int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, size, cut := strings.Cut(s, "/")
	from, to, dash := strings.Cut(span, "-")
	start, err1 := strconv.ParseInt(from, 10, 64)
	end, err2 := strconv.ParseInt(to, 10, 64)
	total, err3 := strconv.ParseInt(size, 10, 64)
	ok = ok && cut && dash && err1 == nil && err2 == nil && err3 == nil && start >= 0 && end == total-1 && start <= end
	return start, total, ok
}

// retryAfter reads until when to wait (RFC 9110, section 10.2.3): a number of
// seconds or a date. It is at most a day ahead, whatever a server says.
func retryAfter(s string, now time.Time) time.Time {
	var until time.Time
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && seconds >= 0 {
		until = now.Add(time.Duration(min(seconds, 24*60*60)) * time.Second)
	} else if t, err := http.ParseTime(s); err == nil && t.After(now) {
		until = t
	}
	if latest := now.Add(24 * time.Hour); until.After(latest) {
		until = latest
	}
	return until.UTC()
}
