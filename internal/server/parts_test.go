package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

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

func TestFormWanted(t *testing.T) {
	for _, tt := range []struct {
		accept []string
		want   string // "" for JSON
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{"*/*"}, ""}, {[]string{"application/json"}, ""}, {[]string{"application/pdf"}, ""},
		{[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, ""},
		{[]string{"application/sarif+json"}, "application/sarif+json"}, {[]string{"APPLICATION/SARIF+JSON; charset=utf-8"}, "application/sarif+json"},
		{[]string{"application/json;q=0.5, text/markdown"}, "text/markdown"}, {[]string{"application/json", "text/markdown;q=0.9"}, ""},
		{[]string{"text/csv, text/markdown"}, "text/csv"}, {[]string{"text/csv;q=0.1", "application/junit+xml;q=0.2"}, "application/junit+xml"},
		{[]string{"text/csv;q=0"}, ""}, {[]string{"text/csv;q=NaN"}, ""}, {[]string{"text/csv;q=much, text/markdown;q=0.1"}, "text/markdown"}, {[]string{",;=,/"}, ""},
	} {
		got := ""
		if f := formWanted(tt.accept); f != nil {
			got = f.mediaType
		}
		if got != tt.want {
			t.Errorf("Accept %q: %q, want %q", tt.accept, got, tt.want)
		}
	}
}

// FuzzOneFile reads what may be a file or a form with one: what comes of it is a
// file with something in it, or an error of the client's.
func FuzzOneFile(f *testing.F) {
	f.Add("application/json", []byte(`{"bomFormat":"CycloneDX"}`))
	f.Add("", []byte{})
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a\"\r\n\r\n{}\r\n--x--\r\n"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\noperate\r\n--x--\r\n"))
	f.Add("multipart/form-data", []byte("--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", contentType)
		file, err := oneFile(r)
		if err != nil {
			if p := problemOf(t.Context(), err); p.Status != http.StatusBadRequest {
				t.Fatalf("%v has status %d", err, p.Status)
			}
			return
		}
		if len(file.Bytes) > len(body) || strings.ContainsAny(file.Name, "/\r\n") {
			t.Fatalf("%d bytes called %q of %d", len(file.Bytes), file.Name, len(body))
		}
	})
}
