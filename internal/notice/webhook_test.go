package notice

import (
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestSign is the example of the specification of Standard Webhooks.
func TestSign(t *testing.T) {
	got, err := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func webhookTo(t *testing.T, private bool, h http.HandlerFunc) (*Webhook, *Watch) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return NewWebhook(WebhookOptions{Agent: "test", Private: private, Roots: roots}), &Watch{ID: "w-1", Webhook: s.URL, secret: NewSecret()}
}

// TestAnswers is what each answer of a receiver means.
func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		status  int
		want    string
		forGood bool
	}{
		{200, "", false}, {204, "", false}, {302, "redirects are not followed", false}, {400, "answered 400", false},
		{410, "gone for good", true}, {500, "answered 500", false}, {429, "answered 429", false},
	} {
		asked := 0
		s, w := webhookTo(t, true, func(rw http.ResponseWriter, r *http.Request) {
			asked++
			rw.Header().Set("Location", "/elsewhere")
			rw.WriteHeader(tt.status)
		})
		err := s.Send(t.Context(), w, testMessage())
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrForGood) != tt.forGood {
			t.Errorf("%d: %v", tt.status, err)
		}
		if asked != 1 {
			t.Errorf("%d: asked %d times", tt.status, asked)
		}
	}
}

// TestGuardedServer reaches no machine beside it, by whatever name, and does
// not tell what is there.
func TestGuardedServer(t *testing.T) {
	reached := false
	s, w := webhookTo(t, false, func(http.ResponseWriter, *http.Request) { reached = true })
	port := w.Webhook[strings.LastIndex(w.Webhook, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[64:ff9b::7f00:1]"} {
		w.Webhook = "https://" + host + port
		err := s.Send(t.Context(), w, testMessage())
		if err == nil || !strings.Contains(err.Error(), "only to the public internet") {
			t.Errorf("%s: %v", host, err)
		}
	}
	w.Webhook = "http://example.org/"
	if err := s.Send(t.Context(), w, testMessage()); !errors.Is(err, ErrForGood) {
		t.Errorf("without TLS: %v", err)
	}
	if reached {
		t.Error("a machine on loopback was reached")
	}
}

// TestSlowAndLongAnswers neither hang nor fill memory.
func TestSlowAndLongAnswers(t *testing.T) {
	long, w := webhookTo(t, true, func(rw http.ResponseWriter, _ *http.Request) {
		for range 100_000 {
			if _, err := rw.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	before := time.Now()
	if err := long.Send(t.Context(), w, testMessage()); err != nil {
		t.Errorf("a long answer: %v", err)
	}
	slow, w := webhookTo(t, true, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // until then the server does not notice that nobody waits
		<-r.Context().Done()
	})
	slow.client.Timeout = 50 * time.Millisecond
	if err := slow.Send(t.Context(), w, testMessage()); err == nil {
		t.Error("no answer at all is taken for one")
	}
	if took := time.Since(before); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestGuard(t *testing.T) {
	for text, ok := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.100.100.200": false, "0.1.2.3": false,
		"255.255.255.255": false, "224.0.0.1": false, "fe80::1": false, "fd00::1": false, "::": false, "::ffff:10.0.0.1": false, "2002:7f00:1::": false,
		"2001:db8::1": false, "::127.0.0.1": false,
	} {
		if err := Guard(netip.MustParseAddr(text)); (err == nil) != ok {
			t.Errorf("%s: %v, want it allowed: %v", text, err, ok)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.org/hook?key=1": "", "https://example.org:8443": "",
		"http://example.org/": "want https", "ftp://example.org": "want https", "https://u:p@example.org": "signed instead", "https://example.org/#x": "fragment",
		"example.org": "want an address", "https://": "want an address", "https://:443/": "want an address", "https://example.org/" + strings.Repeat("a", 2000): "bytes long", "https://exa mple.org": "want an address",
	} {
		err := CheckURL(text, false)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
	if err := CheckURL("http://127.0.0.1:1", true); err != nil {
		t.Errorf("without TLS where that is allowed: %v", err)
	}
}
