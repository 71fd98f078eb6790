package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/server"
)

// TestScripts plays testdata/*.txt, each against a server of its own on
// loopback. A script is exchanges, each with its request as it goes over the
// wire and what must come back:
//
//	== what is shown
//	GET /api/v1/check?subject=x        request line, without version
//	Authorization: Bearer cst_reader   headers; Host and Content-Length are added
//	+ {"subject":"x"}                  lines of the body
//	-> 200                             the status that must come back
//	Content-Type: application/json     headers must be so; "Name: ~part" must contain part, "Name: !" must be absent
//	| "verdict":"review"               the body must contain this
//	! hunter2                          the body must not
//
// A first line "server: WORD…" says how the server is set up, see options.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			setup, exchanges := parseScript(t, string(text))
			d := start(t, options(t, setup))
			for _, e := range exchanges {
				t.Run(e.title, func(t *testing.T) { e.play(t, d.addr) })
			}
		})
	}
}

type exchange struct {
	title   string
	line    string // of the request
	headers []string
	body    []string
	status  int
	expect  [][2]string // headers of the answer
	has     []string
	hasNot  []string
}

func parseScript(t *testing.T, text string) (setup []string, out []*exchange) {
	t.Helper()
	var e *exchange
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "server: "):
			setup = strings.Fields(line)[1:]
		case strings.HasPrefix(line, "== "):
			e = &exchange{title: line[3:]}
			out = append(out, e)
		case e == nil:
			t.Fatalf("line %d: before the first ==", i+1)
		case e.line == "":
			e.line = line
		case strings.HasPrefix(line, "-> "):
			status, err := strconv.Atoi(line[3:])
			if err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			e.status = status
		case strings.HasPrefix(line, "+ ") || line == "+":
			e.body = append(e.body, strings.TrimPrefix(strings.TrimPrefix(line, "+"), " "))
		case strings.HasPrefix(line, "| "):
			e.has = append(e.has, line[2:])
		case strings.HasPrefix(line, "! "):
			e.hasNot = append(e.hasNot, line[2:])
		case e.status == 0:
			e.headers = append(e.headers, line)
		default:
			name, value, _ := strings.Cut(line, ":")
			e.expect = append(e.expect, [2]string{name, strings.TrimSpace(value)})
		}
	}
	return setup, out
}

// request is the exchange's request as bytes, exactly as written: no client
// may tidy up what a hostile one would send.
func (e *exchange) request(addr string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s HTTP/1.1\r\n", e.line)
	host, length := true, true
	for _, h := range e.headers {
		lower := strings.ToLower(h)
		host = host && !strings.HasPrefix(lower, "host:")
		length = length && !strings.HasPrefix(lower, "content-length:") && !strings.HasPrefix(lower, "transfer-encoding:")
		b.WriteString(strings.ReplaceAll(h, "ADDR", addr) + "\r\n")
	}
	body := ""
	if len(e.body) > 0 {
		sep := "\n"
		if h := strings.Join(e.headers, "\n"); strings.Contains(h, "multipart/") || strings.Contains(h, "chunked") {
			sep = "\r\n"
		}
		body = strings.Join(e.body, sep) + sep
	}
	if host {
		fmt.Fprintf(&b, "Host: %s\r\n", addr)
	}
	if length && body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return b.String() + "Connection: close\r\n\r\n" + body
}

func (e *exchange) play(t *testing.T, addr string) {
	resp, body := exchangeRaw(t, addr, e.request(addr), strings.Fields(e.line)[0])
	if resp.StatusCode != e.status {
		t.Fatalf("%s: status %d, want %d\n%s", e.line, resp.StatusCode, e.status, body)
	}
	for _, x := range e.expect {
		got := strings.Join(resp.Header.Values(x[0]), ", ")
		part, contains := strings.CutPrefix(x[1], "~")
		switch {
		case x[1] == "!":
			if got != "" {
				t.Errorf("%s: %s: %q, want none", e.line, x[0], got)
			}
		case contains && !strings.Contains(got, part), !contains && got != x[1]:
			t.Errorf("%s: %s: %q, want %q", e.line, x[0], got, x[1])
		}
	}
	for _, want := range e.has {
		if !strings.Contains(body, want) {
			t.Errorf("%s: no %s in body\n%s", e.line, want, body)
		}
	}
	for _, bad := range e.hasNot {
		if strings.Contains(body, bad) {
			t.Errorf("%s: %s in body\n%s", e.line, bad, body)
		}
	}
}

func exchangeRaw(t *testing.T, addr, request, method string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	// A server that refuses early may close before all is sent.
	go io.WriteString(conn, request)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no answer to %q: %v", strings.SplitN(request, "\r\n", 2)[0], err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("answer broke off: %v", err)
	}
	return resp, string(body)
}

// door is a server that runs until the test ends.
type door struct {
	addr string
	node *fakeNode
	log  *logBuffer
	stop context.CancelFunc
	done chan error
}

func start(t testing.TB, opts server.Options) *door {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{addr: listener.Addr().String(), log: &logBuffer{}, done: make(chan error, 1)}
	if opts.Node == nil {
		d.node = newFakeNode()
		opts.Node = d.node
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewJSONHandler(d.log, nil))
	}
	s, err := server.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	finished := make(chan struct{})
	go func() {
		d.done <- s.Serve(ctx, listener)
		close(finished)
	}()
	t.Cleanup(func() { cancel(); <-finished })
	return d
}

type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// options makes a server's options from the words of a script.
func options(t *testing.T, setup []string) server.Options {
	opts := server.Options{Accounts: fakeAccounts{}, Version: "test"}
	for _, word := range setup {
		switch word {
		case "open":
			opts.Open = true
		case "proxy":
			opts.TrustProxy = true
		case "console":
			opts.Console = fakeConsole()
		case "labels":
			a := newLabelAuthority(t)
			a.pages["7K2MD-4XPTE"] = true
			opts.Labels = a
		case "small":
			opts.Limits.Body, opts.Limits.Upload = 100, 200
		case "slow-rate":
			opts.Limits.Rate = server.Rate{PerSecond: 0.001, Burst: 2}
			opts.Limits.Anonymous = server.Rate{PerSecond: 0.001, Burst: 2}
			opts.Limits.Failures = server.Rate{PerSecond: 0.001, Burst: 2}
		case "short":
			opts.Limits.Time = 300 * time.Millisecond
		default:
			t.Fatalf("server: %q: no such setup", word)
		}
	}
	return opts
}

// fakeConsole is a page that tells who visits.
func fakeConsole() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "page for %q, form token %q", server.ReaderOf(r.Context()).Member, server.FormToken(r.Context()))
	})
	return mux
}
