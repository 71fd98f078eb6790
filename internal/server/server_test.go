package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/server"
)

func TestNewNeedsNode(t *testing.T) {
	if _, err := server.New(server.Options{}); err == nil {
		t.Error("a server without a node was made")
	}
}

func get(t *testing.T, url, token string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// TestStop: a stop lets what is in hand finish, and takes nothing new.
func TestStop(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}})
	answered := make(chan error, 1)
	go func() {
		resp, body, err := get(t, "http://"+d.addr+"/api/v1/check?subject=hold", "cst_reader")
		if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(body, "verdict")) {
			err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
		}
		answered <- err
	}()
	<-d.node.held
	d.stop()
	waitFor(t, "no new connections", func() bool {
		conn, err := net.Dial("tcp", d.addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-d.done:
		t.Fatalf("stopped with a request in hand: %v", err)
	case err := <-answered:
		t.Fatalf("answered before it could: %v", err)
	default:
	}
	close(d.node.hold)
	if err := <-answered; err != nil {
		t.Errorf("the request in hand: %v", err)
	}
	if err := <-d.done; err != nil {
		t.Errorf("the stop: %v", err)
	}
}

// TestStopCutsOff: what does not finish in time is cut off, and the stop says so.
func TestStopCutsOff(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}, Limits: server.Limits{Stop: 50 * time.Millisecond}})
	answered := make(chan error, 1)
	go func() {
		_, _, err := get(t, "http://"+d.addr+"/api/v1/check?subject=hold", "cst_reader")
		answered <- err
	}()
	<-d.node.held
	d.stop()
	if err := <-d.done; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("the stop: %v, want that requests were cut off", err)
	}
	<-answered
}

// TestDrain: a server that is to stop says so where it is asked whether it is
// ready, and goes on for as long as it takes to be heard.
func TestDrain(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}, Limits: server.Limits{Drain: 300 * time.Millisecond}})
	d.stop()
	waitFor(t, "the stop to begin", func() bool {
		resp, body, err := get(t, "http://"+d.addr+"/readyz", "")
		return err == nil && resp.StatusCode == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
	})
	if resp, _, err := get(t, "http://"+d.addr+"/api/v1/check?subject=x", "cst_reader"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a late request: %v %v", err, resp)
	}
	if err := <-d.done; err != nil {
		t.Error(err)
	}
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 200 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestReady(t *testing.T) {
	d := start(t, server.Options{Limits: server.Limits{Lag: 10}})
	ready := func(status int, word string) {
		t.Helper()
		resp, body, err := get(t, "http://"+d.addr+"/readyz", "")
		if err != nil || resp.StatusCode != status || !strings.Contains(body, `"`+word+`"`) {
			t.Errorf("%v %v %s, want %d %s", err, resp, body, status, word)
		}
	}
	ready(http.StatusOK, "ready")
	d.node.position.Store(18)
	ready(http.StatusServiceUnavailable, "behind")
	d.node.applied.Store(8)
	ready(http.StatusOK, "ready")
	d.node.down.Store(true)
	ready(http.StatusServiceUnavailable, "unreachable")
	if _, body, _ := get(t, "http://"+d.addr+"/metrics", ""); !strings.Contains(body, "countersign_store_up 0") || strings.Contains(body, "\ncountersign_ledger_position") {
		t.Errorf("metrics of a store that is down:\n%s", body)
	}
	if resp, _, _ := get(t, "http://"+d.addr+"/healthz", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("a node whose store is down is alive, but /healthz says %d", resp.StatusCode)
	}
	if !strings.Contains(d.log.String(), "connection refused") {
		t.Errorf("the log does not say why the store was unreachable:\n%s", d.log)
	}
}

// TestOpenOnlyOnLoopback: a listener that other machines reach is not open to
// this one either, since a proxy may stand before it.
func TestOpenOnlyOnLoopback(t *testing.T) {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Node: newFakeNode(), Open: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	defer func() { stop(); <-done }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	resp, _, err := get(t, "http://127.0.0.1:"+port+"/api/v1/check?subject=x", "")
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("%v %v, want 401", err, resp)
	}
}

// TestHugeHeaders: net/http refuses them before any of ours is asked.
func TestHugeHeaders(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}})
	for _, request := range []string{
		"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"GET /healthz?" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 10<<10) + "\r\n",
	} {
		resp, _ := exchangeRaw(t, d.addr, request, http.MethodGet)
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%.40q…: status %d, want 431", request, resp.StatusCode)
		}
	}
}

// TestMalformed: what is no HTTP is refused without harm.
func TestMalformed(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}})
	for _, request := range []string{
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"GET /healthz HTTP/1.1\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"POST /api/v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
	} {
		resp, _ := exchangeRaw(t, d.addr, request, http.MethodGet)
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%.40q…: status %d, want 400", request, resp.StatusCode)
		}
	}
	if resp, _, err := get(t, "http://"+d.addr+"/healthz", ""); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %v %v", err, resp)
	}
}

// TestSlowBody: who sends a body drop by drop is not waited for.
func TestSlowBody(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}, Limits: server.Limits{Time: 300 * time.Millisecond, UploadTime: 300 * time.Millisecond}})
	for _, path := range []string{"/api/v1/decisions", "/api/v1/documents?name=a"} {
		began := time.Now()
		conn, err := net.Dial("tcp", d.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer cst_analyst\r\nContent-Length: 90\r\n\r\n", path)
		go func() {
			for {
				if _, err := io.WriteString(conn, " "); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: no answer: %v", path, err)
		}
		resp.Body.Close()
		if took := time.Since(began); took > 2*time.Second || resp.StatusCode < 400 {
			t.Errorf("%s: %d after %v", path, resp.StatusCode, took)
		}
	}
}

// TestUploadsAreCounted: uploads beyond the limit wait for their turn, and all
// get one.
func TestUploadsAreCounted(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}, Limits: server.Limits{Uploads: 1}})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r, err := http.NewRequest(http.MethodPost, fmt.Sprintf("http://%s/api/v1/documents?name=f%d", d.addr, i), strings.NewReader("1"))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer cst_analyst")
			resp, err := http.DefaultClient.Do(r)
			if err != nil || resp.StatusCode != http.StatusCreated {
				t.Errorf("upload %d: %v %v", i, err, resp)
				return
			}
			resp.Body.Close()
		})
	}
	all.Wait()
	d.node.mu.Lock()
	defer d.node.mu.Unlock()
	if len(d.node.imported) != 8 {
		t.Errorf("imported %q", d.node.imported)
	}
}

// TestLog: each request has one line, which has what an operator looks for and
// nothing secret.
func TestLog(t *testing.T) {
	d := start(t, server.Options{Accounts: fakeAccounts{}})
	get(t, "http://"+d.addr+"/api/v1/check?subject=Wanted", "cst_reader")
	get(t, "http://"+d.addr+"/api/v1/check?subject=secret", "cst_reader")
	get(t, "http://"+d.addr+"/api/v1/check?subject=panic", "cst_reader")
	get(t, "http://"+d.addr+"/api/v1/check?subject=x", "cst_stolen")
	var lines []map[string]any
	waitFor(t, "four lines", func() bool {
		lines = nil
		for line := range strings.Lines(d.log.String()) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, v)
		}
		return len(lines) == 4
	})
	for i, want := range []map[string]string{
		{"level": "INFO", "msg": "request", "route": "/api/v1/check", "status": "200", "by": "token", "member": "reader", "client": "127.0.0.1", "error": "<nil>"},
		{"level": "ERROR", "status": "500", "error": "dial postgres"},
		{"level": "ERROR", "status": "500", "error": "server_test.(*fakeNode).Check"},
		{"level": "INFO", "status": "401", "by": "anonymous", "route": "none"},
	} {
		for key, part := range want {
			if got := fmt.Sprint(lines[i][key]); !strings.Contains(got, part) {
				t.Errorf("line %d: %s is %q, want %q in it", i+1, key, got, part)
			}
		}
		if id, _ := lines[i]["request_id"].(string); len(id) < 8 {
			t.Errorf("line %d has no request id", i+1)
		}
	}
	for _, secret := range []string{"cst_", "Wanted"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("%s stands in the log", secret)
		}
	}
}

// TestBrokenAnswer: when an answer fails after it has begun, the client must
// not take what it got for all of it.
func TestBrokenAnswer(t *testing.T) {
	console := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("half ", 2000))
		panic("and no more")
	})
	d := start(t, server.Options{Console: console, Open: true})
	resp, body, err := get(t, "http://"+d.addr+"/", "")
	if err == nil {
		t.Errorf("%s: %d bytes without an error", resp.Status, len(body))
	}
	if !strings.Contains(d.log.String(), "and no more") {
		t.Errorf("the log does not tell of it:\n%s", d.log)
	}
}

// TestOverTLS: over a connection of our own with TLS, browsers are told to
// come back that way only.
func TestOverTLS(t *testing.T) {
	s, err := server.New(server.Options{Node: newFakeNode(), Accounts: fakeAccounts{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://node.example/api/v1/check?subject=x", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-countersign", Value: "analyst"})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
