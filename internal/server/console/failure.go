package console

import (
	"context"
	"errors"
	"net/http"

	"countersign.dev/internal/problem"
)

type failureView struct {
	Status            int
	Heading, Says     string
	Detail, RequestID string
	Ways              []way
}

// way is where a reader may go from an error.
type way struct {
	Name, Link string
	Plain      bool
}

// explained says for each status what happened and what can be done, before
// the error's own words.
var explained = map[int][2]string{
	http.StatusBadRequest:            {"That cannot be read", "Something in the address or the form is not as it should be."},
	http.StatusUnauthorized:          {"Please sign in", "This page is only for members."},
	http.StatusForbidden:             {"Not allowed", "You are signed in, but this is not yours to do."},
	http.StatusNotFound:              {"Not found", "There is nothing here, or nothing that you may see."},
	http.StatusMethodNotAllowed:      {"Not like that", "This address does not take what the browser sent."},
	http.StatusConflict:              {"That does not fit", "Things are not as this change expects them to be. Nothing was changed."},
	http.StatusRequestEntityTooLarge: {"Too large", "What was sent is larger than is taken here. Nothing was kept."},
	http.StatusTooManyRequests:       {"Too many requests", "Wait a moment, then try again."},
	http.StatusServiceUnavailable:    {"Not available now", "Nothing was changed. Try again in a moment."},
	http.StatusGatewayTimeout:        {"It took too long", "Nothing was changed. Try again, or ask for less."},
	http.StatusInternalServerError:   {"Something failed here", "It is not your doing. The operator's log has the details."},
}

// Error writes an error page. The server's door uses it for what it refuses
// itself; detail is for the reader and may be empty.
func (c *Console) Error(w http.ResponseWriter, r *http.Request, status int, detail string) {
	words, ok := explained[status]
	if !ok {
		words = [2]string{http.StatusText(status), ""}
	}
	visitor := visitorOf(r.Context())
	v := failureView{
		Status: status, Heading: words[0], Says: words[1], Detail: sentence(detail), RequestID: visitor.RequestID,
	}
	if status == http.StatusUnauthorized {
		v.Ways = append(v.Ways, way{Name: "Sign in", Link: "/login"})
	}
	v.Ways = append(v.Ways, way{Name: "Start again", Link: "/", Plain: len(v.Ways) > 0})
	m := c.present()
	w.Header().Set("Cache-Control", "no-store")
	if err := c.pages.write(w, status, "error", "layout", c.frame(r, m, words[0], v)); err != nil {
		http.Error(w, words[0], status)
	}
}

// fail shows the page of an error. Only errors of the vocabulary are written
// for the reader; all others are for the operator's log.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := problem.Status(err)
	detail := problem.Message(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
	case errors.Is(err, context.Canceled):
		return // the reader has gone away
	}
	if status >= 500 {
		detail = ""
		if c.opts.Failed != nil {
			c.opts.Failed(r, err)
		}
	}
	c.Error(w, r, status, detail)
}
