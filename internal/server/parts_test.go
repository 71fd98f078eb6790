package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestTilePaths: exactly the paths that x/mod writes for tiles are taken.
func TestTilePaths(t *testing.T) {
	ours := func(tile tlog.Tile) string {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		return strings.Replace(path, "data/", "entries/", 1)
	}
	rapid.Check(t, func(t *rapid.T) {
		tile := tlog.Tile{
			H: 8, L: rapid.IntRange(-1, 63).Draw(t, "level"),
			N: rapid.Int64Range(0, 1<<40).Draw(t, "index"), W: rapid.IntRange(1, 256).Draw(t, "width"),
		}
		partial, ok := tilePath(ours(tile))
		if !ok || partial != (tile.W < 256) {
			t.Fatalf("%s: partial %v, ok %v", ours(tile), partial, ok)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringMatching(`(entries|[0-9]{1,2}|\.\.)(/x?[0-9]{2,4}){1,3}(\.p/[0-9]{1,3})?`).Draw(t, "path")
		_, ok := tilePath(path)
		tile, err := tlog.ParseTilePath("tile/8/" + strings.Replace(path, "entries/", "data/", 1))
		if want := err == nil && tile.L <= 63 && ours(tile) == path; ok != want { // c2sp.org/tlog-tiles has levels 0 to 63
			t.Fatalf("%s: %v, x/mod says %v", path, ok, want)
		}
	})
}

func TestLoopbackHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1": true, "127.9.9.9:8080": true, "[::1]": true, "[::1]:8080": true,
		"": false, "localhost.": false, "localhost.example": false, "127.0.0.1.example": false, "example": false,
		"192.0.2.1": false, "0.0.0.0": false, "[::]": false, "0x7f000001": false, "127.1": false, "2130706433": false,
		"localhost@example": false, "example:localhost": false, "[::ffff:127.0.0.1]:80": true,
	} {
		if got := isLoopbackHost(host); got != want {
			t.Errorf("isLoopbackHost(%q) = %v, want %v", host, got, want)
		}
	}
}

func TestClientAddress(t *testing.T) {
	for _, test := range []struct {
		trust     bool
		forwarded []string
		want      string
	}{
		{false, []string{"192.0.2.7"}, "198.51.100.1"},
		{true, nil, "198.51.100.1"},
		{true, []string{"192.0.2.7"}, "192.0.2.7"},
		{true, []string{"203.0.113.9, 192.0.2.7"}, "192.0.2.7"},
		{true, []string{"192.0.2.7", "203.0.113.9"}, "203.0.113.9"},
		{true, []string{"192.0.2.7, junk"}, "198.51.100.1"},
		{true, []string{""}, "198.51.100.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "198.51.100.1:4711"
		r.Header["X-Forwarded-For"] = test.forwarded
		s := &Server{opts: Options{TrustProxy: test.trust}}
		if got := s.clientAddress(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for next, want := range map[string]string{
		"/party?subject=x": "/party?subject=x", "/": "/",
		"": "/", "party": "/", "//elsewhere.example": "/", `/\elsewhere.example`: "/", "/\t/elsewhere.example": "/",
		"https://elsewhere.example": "/", "javascript:alert(1)": "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("localPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"sdn.csv": "sdn.csv", "../../etc/passwd": "passwd", `C:\lists\sdn.csv`: "sdn.csv", "名単.csv": "名単.csv",
		"a\r\nb": "ab", "": "", ".": "", "..": "", "/": "", "a/": "a", strings.Repeat("x", 300): "",
	} {
		if got := fileName(name); got != want {
			t.Errorf("fileName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	for _, bad := range []string{"", "short", "has space in it", "new\nline-123", strings.Repeat("x", 65), `quote"quote`, "ümlaut-123"} {
		if got := requestID(http.Header{requestIDHeader: {bad}}); got == bad || len(got) < 20 {
			t.Errorf("inbound %q became %q", bad, got)
		}
	}
	if got := requestID(http.Header{requestIDHeader: {"trace-0123_4.5"}}); got != "trace-0123_4.5" {
		t.Errorf("a good inbound id became %q", got)
	}
}
