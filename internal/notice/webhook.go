package notice

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/internal/problem"
)

// The headers of a webhook (Standard Webhooks 1.0.0).
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Webhook sends messages as signed POST requests. It is safe for concurrent use.
type Webhook struct {
	client  *http.Client
	agent   string
	now     func() time.Time
	private bool
}

// WebhookOptions say how webhooks are sent.
type WebhookOptions struct {
	Agent string           // User-Agent
	Now   func() time.Time // time.Now when nil
	// Private allows addresses that are not of the public internet, and plain
	// http.
	Private bool
	Roots   *x509.CertPool // that servers are trusted by; the system's when nil
}

// maxAnswer is how much of an answer is read, in bytes, so that the connection
// can be used again. What it says is not looked at.
const maxAnswer = 64 << 10

// NewWebhook makes a sender. It uses no proxy: an address would be looked at
// here and connected to there.
func NewWebhook(opts WebhookOptions) *Webhook {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !opts.Private {
		dialer.Control = guardDial
	}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 15 * time.Second,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 32 << 10, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.Roots},
	}
	return &Webhook{
		client: &http.Client{
			Transport: transport, Timeout: attemptTime,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		agent: opts.Agent, now: opts.Now, private: opts.Private,
	}
}

// Send implements [Sender].
func (s *Webhook) Send(ctx context.Context, w *Watch, m *Message) error {
	body, err := bodyOf(m)
	if err != nil {
		return err
	}
	return s.Post(ctx, Hook{w.Webhook, w.secret}, m.Decision, body)
}

// Test sends a message of type "test" and nothing else in it.
func (s *Webhook) Test(ctx context.Context, w *Watch) error {
	body, err := bodyOf(map[string]any{"test": true, "watch": w.ID, "subject": w.Subject})
	if err != nil {
		return err
	}
	return s.Post(ctx, Hook{w.Webhook, w.secret}, fmt.Sprintf("test-%s-%d", w.ID, s.now().Unix()), body)
}

func bodyOf(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Hook is where a webhook goes, and what it is signed with.
type Hook struct {
	URL    string
	Secret Secret
}

// Post sends a body, which is JSON, with its id and signature. The signature is
// over the moment of this attempt, so that a receiver can refuse what is old.
func (s *Webhook) Post(ctx context.Context, to Hook, id string, body []byte) error {
	if err := CheckURL(to.URL, s.private); err != nil {
		return problem.Wrap(problem.Invalid, ErrForGood, "%s", problem.Message(err))
	}
	at := s.now()
	signature, err := Sign(to.Secret, id, at, body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", s.agent)
	req.Header.Set(headerID, id)
	req.Header.Set(headerTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(headerSignature, signature)
	res, err := s.client.Do(req)
	if err != nil {
		return transportError(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // only to use the connection again
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusGone:
		return problem.Wrap(problem.Invalid, ErrForGood, "webhook: the receiver answered %d, that it is gone for good", res.StatusCode)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return problem.New(problem.Unavailable, "webhook: the receiver answered %d, and redirects are not followed; watch its final address", res.StatusCode)
	}
	return problem.New(problem.Unavailable, "webhook: the receiver answered %d, want 2xx", res.StatusCode)
}

// transportError is why no answer came, without the address, which may hold a
// key in its path.
func transportError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, errGuarded) {
		return problem.Wrap(problem.Denied, err, "webhook: this server sends only to the public internet")
	}
	return problem.Wrap(problem.Unavailable, err, "webhook")
}

// Sign is the value of the signature header for a message: version 1 of
// Standard Webhooks, an HMAC-SHA256 over id, time and body joined by dots.
func Sign(secret Secret, id string, at time.Time, body []byte) (string, error) {
	key, err := secret.key()
	if err != nil {
		return "", problem.New(problem.Internal, "the webhook's secret is damaged")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// toValid is text that the store takes.
func toValid(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}
