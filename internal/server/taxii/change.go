package taxii

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// largeBody is the size in bytes from which a body waits for its turn, as it is
// held in memory.
const largeBody = 1 << 20

// add takes an envelope in (section 5.5). What becomes of each object is in the
// status; the envelope is refused as a whole only when it is none.
func (h *Handler) add(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	c, err := h.in(r, ask)
	if err != nil {
		return err
	}
	if !c.CanWrite {
		return problem.New(problem.Denied, "the collection %q is not open to you for writing", c.Title)
	}
	if !isTAXII(r.Header.Values("Content-Type")) {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type must be %s", MediaType)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Encoding %.20q is not taken: send the body as it is", coding)
	}
	if r.ContentLength < 0 || r.ContentLength > largeBody {
		done, err := h.Begin(r.Context())
		if err != nil {
			return err
		}
		defer done()
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	if err := checkEnvelope(body); err != nil {
		return unprocessable(err, body)
	}
	s, err := h.Sharing.Submit(r.Context(), ask, r.PathValue("root"), c.ID, body)
	// What is too large in an envelope that is not itself (an object, the number of
	// them) must not be a 413 (section 4.2.1).
	if errors.Is(err, problem.Invalid) || errors.Is(err, problem.TooLarge) {
		return unprocessable(err, body)
	}
	if err != nil {
		return err
	}
	return send(w, r, http.StatusAccepted, statusOf(s))
}

func readBody(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), largeBody)))
	_, err := body.ReadFrom(r.Body)
	tooLong := (*http.MaxBytesError)(nil)
	switch {
	case err == nil && body.Len() == 0:
		return nil, problem.New(problem.Invalid, "the body is empty: want an envelope")
	case err == nil:
		return body.Bytes(), nil
	case errors.As(err, &tooLong):
		return nil, err
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body did not come in time")
	}
	return nil, problem.New(problem.Invalid, "the body broke off, or is not framed as HTTP wants")
}

// checkEnvelope refuses what is not an object with a list of objects (section
// 3.7). A bundle passes: it is one, with properties that an envelope has not.
func checkEnvelope(body []byte) error {
	no := problem.New(problem.Invalid, "the body is no envelope: want an object with a list of objects")
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return no
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return no
		}
		if name == "objects" {
			if t, err := d.Token(); err != nil || t != json.Delim('[') {
				return no
			}
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return no
		}
	}
	return no
}

// unprocessable tells a body that is no JSON at all, 400, from JSON that is no
// envelope, 422 (section 5.5).
func unprocessable(err error, body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return problem.New(problem.Invalid, "the body is not JSON in UTF-8: %s", problem.Message(err))
	}
	return refuse(http.StatusUnprocessableEntity, "%s", problem.Message(err))
}

// remove deletes the versions of an object that the query names, or all of them
// (section 5.7).
func (h *Handler) remove(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	c, err := h.in(r, ask)
	switch {
	case err != nil:
		return err
	case !c.CanRead && !c.CanWrite:
		return problem.New(problem.NotFound, "there is no collection %.120q", r.PathValue("collection"))
	case !c.CanRead || !c.CanWrite:
		return problem.New(problem.Denied, "the collection %q is not open to you for deleting", c.Title)
	}
	f, err := readFilter(r, ofRemoval)
	if err != nil {
		return err
	}
	if len(f.Versions) == 0 {
		f.Versions = []string{"all"}
	}
	n, err := h.Sharing.Delete(r.Context(), ask, r.PathValue("root"), c.ID, r.PathValue("object"), f)
	if err != nil {
		return err
	}
	if n == 0 {
		return problem.New(problem.NotFound, "there is no such version of object %.120q in this collection", r.PathValue("object"))
	}
	sendParts(w, r, http.StatusOK)
	return nil
}
