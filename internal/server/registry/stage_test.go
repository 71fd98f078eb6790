package registry_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"countersign.dev/internal/node/nodetest"
	"countersign.dev/internal/server"
)

// stage is a node with labels behind its whole door, on loopback, whom nobody who
// asks is known to.
type stage struct {
	*nodetest.Labels
	t   testing.TB
	url string
}

func newStage(t testing.TB) *stage {
	t.Helper()
	l := nodetest.OpenLabels(t)
	door, err := server.New(server.Options{
		Node: l.Node, Accounts: l.Access, Labels: l.Node, Log: slog.New(slog.NewTextHandler(faults{t}, &slog.HandlerOptions{Level: slog.LevelError})), Clock: l.Now, Limits: server.Limits{Anonymous: server.Rate{PerSecond: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(door)
	t.Cleanup(srv.Close)
	return &stage{l, t, srv.URL}
}

// faults fails a test on everything that the door notes as a fault of its own.
type faults struct{ t testing.TB }

func (f faults) Write(b []byte) (int, error) {
	f.t.Errorf("the door: %s", b)
	return len(b), nil
}

// answer is what was answered, with its body.
type answer struct {
	*http.Response
	body []byte
}

// fetch asks, and follows no redirect. Headers are names and values in turn.
func (s *stage) fetch(path string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp, b}
}

// get asks for something and wants this status.
func (s *stage) get(path string, status int, headers ...string) answer {
	s.t.Helper()
	a := s.fetch(path, headers...)
	if a.StatusCode != status {
		s.t.Fatalf("GET %s: %d, want %d: %.2000s", path, a.StatusCode, status, a.body)
	}
	return a
}

// page asks for a page and reads it.
func (s *stage) page(path string, status int) *document {
	s.t.Helper()
	a := s.get(path, status)
	root, err := html.Parse(strings.NewReader(string(a.body)))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return &document{s.t, path, root, a.Header}
}

// document is a page, parsed.
type document struct {
	t      testing.TB
	name   string
	root   *html.Node
	header http.Header
}

func (d *document) all(selector string) []*html.Node {
	d.t.Helper()
	s, err := cascadia.ParseGroup(selector)
	if err != nil {
		d.t.Fatalf("selector %q: %v", selector, err)
	}
	return cascadia.QueryAll(d.root, s)
}

// texts is the words of each element that the selector finds.
func (d *document) texts(selector string) (out []string) {
	for _, n := range d.all(selector) {
		out = append(out, text(n))
	}
	return out
}

// says wants the words in what the selector finds; "!" before them wants them not
// to be there.
func (d *document) says(selector string, words ...string) {
	d.t.Helper()
	all := strings.Join(d.texts(selector), " ")
	for _, w := range words {
		unwanted, not := strings.CutPrefix(w, "!")
		if strings.Contains(all, unwanted) == not {
			d.t.Errorf("%s: %q says %.700q, want %q", d.name, selector, all, w)
		}
	}
}

// closeUp takes away the space that an element's end left before a mark.
var closeUp = strings.NewReplacer(" ,", ",", " :", ":", " .", ".")

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return closeUp.Replace(strings.Join(strings.Fields(b.String()), " "))
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
