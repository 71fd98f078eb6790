package feed

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"countersign.dev/internal/problem"
)

// statusError is an answer that brings nothing.
type statusError struct {
	code      int
	notBefore time.Time
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answers %d", e.code)
	if name := http.StatusText(e.code); name != "" {
		text += " " + name
	}
	return text
}

// passing reports whether an error may be over at the next attempt.
func passing(err error) bool {
	var status *statusError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errGuarded), errors.Is(err, errTooMuch), errors.Is(err, errDisk):
		return false
	case errors.As(err, &status):
		switch status.code {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
			http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	case errors.As(err, &certificate), errors.As(err, &record):
		return false
	}
	return true
}

// explain says what became of a file, for people.
func explain(file File, err error) error {
	failure := &Failure{}
	kind, text := problem.Unavailable, err.Error()
	var status *statusError
	var dns *net.DNSError
	switch {
	case errors.As(err, &status):
		failure.NotBefore = status.notBefore
		if !status.notBefore.IsZero() {
			text += ", and asks to be left alone until " + status.notBefore.Format(time.RFC3339)
		}
	case errors.Is(err, errGuarded):
		kind = problem.Denied
		text = text[strings.Index(text, errGuarded.Error()):] // without how far the request came
	case errors.Is(err, errTooMuch):
		kind = problem.TooLarge
	case errors.As(err, &dns):
		text = fmt.Sprintf("the name %s is not found: no network, or no such server (%s)", dns.Name, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "nobody answers there (connection refused)"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		text = "no network leads there (" + last(err) + ")"
	case isTimeout(err) && !errors.Is(err, errCut):
		text = "no answer in time"
	}
	failure.Err = problem.New(kind, "%s: %s", file.URL, text)
	return failure
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// last is what stands at the end of a chain of messages.
func last(err error) string {
	text := err.Error()
	return strings.TrimSpace(text[strings.LastIndex(text, ": ")+1:])
}
