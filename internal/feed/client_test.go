package feed

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

// secure is a server with TLS that leads on from some of its paths, and the
// pool that trusts it.
func secure(t *testing.T, a *archive) (*httptest.Server, *x509.CertPool) {
	mux := http.NewServeMux()
	mux.Handle("/file", a)
	for path, to := range map[string]string{
		"/signed": "/file?signature=x", "/twice": "/signed", "/loop": "/loop", "/down": a.URL + "/file", "/private": "https://10.0.0.1/file",
		"/beside": "https://127.0.0.1:1/file", "/user": "https://a:b@example.org/", "/script": "javascript:alert(1)", "/nothing": "https:///file",
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
	}
	s := httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func TestRedirects(t *testing.T) {
	a := newArchive(t)
	a.put("/file", "content", `"v"`)
	s, roots := secure(t, a)
	for path, want := range map[string]string{
		"/file":    "",
		"/signed":  "",
		"/twice":   "",
		"/loop":    "leads on more than 5 times",
		"/down":    "leads to " + a.URL + "/file, which is not https",
		"/private": "10.0.0.1 is no address of the public internet",
		"/beside":  "127.0.0.1 is no address of the public internet",
		"/user":    "with a user",
		"/script":  "which is not https",
		"/nothing": "without a host",
	} {
		t.Run(path, func(t *testing.T) {
			f, pauses := fetcher(t, func(o *Options) { o.Roots = roots })
			e, err := f.Fetch(t.Context(), &Feed{Name: "test", Limit: 1 << 20, own: true, Files: []File{{Name: "file", URL: s.URL + path}}}, nil, nil)
			switch {
			case want == "":
				if err != nil || content(t, e) != "content" {
					t.Errorf("%v", err)
				}
			case problem.KindOf(err) != problem.Denied || !strings.Contains(err.Error(), want) || len(*pauses) > 0:
				t.Errorf("%v (%s), after pauses %v; want %q", err, problem.KindOf(err), *pauses, want)
			}
		})
	}
	if got := a.last().header.Get("Range"); got != "" {
		t.Errorf("asked for the range %q", got)
	}
}

// What the operator did not write leads to public addresses alone, from the
// first request on, whatever its name resolves to.
func TestShippedIsGuarded(t *testing.T) {
	a := newArchive(t)
	a.put("/file", "content", `"v"`)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		address := strings.Replace(a.URL, "127.0.0.1", host, 1) + "/file"
		f, _ := fetcher(t, nil)
		_, err := f.Fetch(t.Context(), &Feed{Name: "test", Limit: 1 << 20, Files: []File{{Name: "file", URL: address}}}, nil, nil)
		if problem.KindOf(err) != problem.Denied || !strings.Contains(err.Error(), "no address of the public internet") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if n := a.requests("/file"); n > 0 {
		t.Errorf("%d requests came through", n)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	a := newArchive(t)
	s, _ := secure(t, a)
	f, pauses := fetcher(t, func(o *Options) { o.Roots = x509.NewCertPool() })
	_, err := f.Fetch(t.Context(), &Feed{Name: "test", Limit: 1 << 20, own: true, Files: []File{{Name: "file", URL: s.URL + "/file"}}}, nil, nil)
	if problem.KindOf(err) != problem.Unavailable || !strings.Contains(err.Error(), "certificate") || len(*pauses) > 0 {
		t.Errorf("%v, after pauses %v", err, *pauses)
	}
}

// Where there is a proxy it is asked, though it be in one's own network; a
// private address is refused before.
func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		_, _ = w.Write([]byte("by proxy"))
	}))
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := fetcher(t, func(o *Options) { o.Proxy = func(*url.URL) (*url.URL, error) { return at, nil } })
	// Plain http, so that the proxy of the test can see what it is asked.
	fetch := func(address string) (*Edition, error) {
		return f.Fetch(t.Context(), &Feed{Name: "test", Limit: 1 << 20, Files: []File{{Name: "file", URL: address}}}, nil, nil)
	}
	e, err := fetch("http://feeds.example/file")
	if err != nil || content(t, e) != "by proxy" || len(asked) != 1 || asked[0] != "http://feeds.example/file" {
		t.Errorf("%v; the proxy was asked for %q", err, asked)
	}
	if _, err := fetch("http://192.168.1.1/file"); problem.KindOf(err) != problem.Denied || len(asked) != 1 {
		t.Errorf("%v; the proxy was asked for %q", err, asked)
	}
}
