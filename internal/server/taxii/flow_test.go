package taxii_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/server"
	"countersign.dev/internal/sharing"
)

// campaign writes an object of which the words are as no encoder would put them.
func campaign(n int) string {
	return fmt.Sprintf(`{ "type":"campaign","spec_version":"2.1", "id":"campaign--00000000-0000-4000-9000-%012d","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"N\u00ba %d <&>\/","x_acme_score":1.50e0 }`, n, n)
}

func campaigns(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = campaign(i)
	}
	return out
}

// envelope is a page of objects or entries.
type envelope struct {
	More     bool              `json:"more"`
	Next     string            `json:"next"`
	Objects  []json.RawMessage `json:"objects"`
	Versions []string          `json:"versions"`
}

func (w *world) page(t testing.TB, path string, query url.Values) (envelope, http.Header) {
	t.Helper()
	resp, body := w.do(t, http.MethodGet, path+"?"+query.Encode(), "")
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s?%s: %d %s", path, query.Encode(), resp.StatusCode, body)
	}
	var e envelope
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatal(err)
	}
	return e, resp.Header
}

// TestDrain reads a collection in pages of every size, by cursors and by the
// instants in the headers: each object comes once, in order, byte for byte.
func TestDrain(t *testing.T) {
	const n = 57
	want := campaigns(n)
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		w := open(t, store(t), sharing.Limits{}, nil)
		const path = "/taxii2/scratch/collections/{none}/objects/"
		for part := range slices.Chunk(want, 10) {
			resp, body := w.do(t, http.MethodPost, path, `{"objects":[`+strings.Join(part, ",\n")+`]}`)
			if resp.StatusCode != http.StatusAccepted || !strings.Contains(body, `"failure_count":0`) {
				t.Fatalf("%d %s", resp.StatusCode, body)
			}
		}
		for _, size := range []string{"1", "2", "19", "56", "57", "58", ""} {
			var byCursor, byInstant []string
			query := url.Values{}
			if size != "" {
				query.Set("limit", size)
			}
			for {
				e, _ := w.page(t, path, query)
				for _, o := range e.Objects {
					byCursor = append(byCursor, string(o))
				}
				if e.More != (e.Next != "") {
					t.Fatalf("more %t with cursor %q", e.More, e.Next)
				}
				if !e.More {
					break
				}
				query.Set("next", e.Next)
			}
			query.Del("next")
			for {
				e, header := w.page(t, path, query)
				for _, o := range e.Objects {
					byInstant = append(byInstant, string(o))
				}
				if len(e.Objects) == 0 {
					break
				}
				query.Set("added_after", header.Get("X-TAXII-Date-Added-Last"))
			}
			if diff := cmp.Diff(want, byCursor); diff != "" {
				t.Errorf("pages of %q by cursor (-want +got):\n%s", size, diff)
			}
			if diff := cmp.Diff(want, byInstant); diff != "" {
				t.Errorf("pages of %q by instant (-want +got):\n%s", size, diff)
			}
		}
	})
}

// TestManifestAgrees: the manifest of a page is the page's, entry by entry, and
// its headers are the dates of its ends.
func TestManifestAgrees(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, nil)
	for _, query := range []url.Values{
		{}, {"match[version]": {"all"}}, {"match[version]": {"first"}}, {"limit": {"3"}}, {"match[type]": {"indicator"}},
		{"match[spec_version]": {"2.0"}}, {"match[spec_version]": {"2.0,2.1"}, "match[version]": {"all"}},
	} {
		objects, header := w.page(t, "/taxii2/scratch/collections/{rw}/objects/", query)
		manifest, other := w.page(t, "/taxii2/scratch/collections/{rw}/manifest/", query)
		if len(objects.Objects) != len(manifest.Objects) || len(objects.Objects) == 0 || objects.More != manifest.More {
			t.Fatalf("%v: %d objects, %d entries", query, len(objects.Objects), len(manifest.Objects))
		}
		var dates []string
		for i := range objects.Objects {
			var o struct{ ID, Modified, Created string }
			var m struct {
				ID, Version string
				DateAdded   string `json:"date_added"`
			}
			if json.Unmarshal(objects.Objects[i], &o) != nil || json.Unmarshal(manifest.Objects[i], &m) != nil {
				t.Fatal("not JSON")
			}
			if o.ID != m.ID || o.Modified != "" && o.Modified != m.Version || o.Modified == "" && o.Created != "" && o.Created != m.Version {
				t.Errorf("%v: %+v has the entry %+v", query, o, m)
			}
			dates = append(dates, m.DateAdded)
		}
		if !slices.IsSorted(dates) || len(slices.Compact(slices.Clone(dates))) != len(dates) {
			t.Errorf("%v: dates %q", query, dates)
		}
		for _, h := range []http.Header{header, other} {
			if h.Get("X-TAXII-Date-Added-First") != dates[0] || h.Get("X-TAXII-Date-Added-Last") != dates[len(dates)-1] {
				t.Errorf("%v: headers %v for %q", query, h, dates)
			}
		}
	}
}

// TestPending: an envelope that is too large to be worked through at once is
// accepted, and complete when it is asked for later.
func TestPending(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{AtOnce: 5}, nil)
	resp, body := w.do(t, http.MethodPost, "/taxii2/scratch/collections/{none}/objects/", `{"objects":[`+strings.Join(campaigns(12), ",")+`]}`)
	var st struct{ ID, Status string }
	if err := json.Unmarshal([]byte(body), &st); err != nil || resp.StatusCode != http.StatusAccepted || st.Status != "pending" || !strings.Contains(body, `"pending_count":12`) {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if err := w.store.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	resp, body = w.do(t, http.MethodGet, "/taxii2/scratch/status/"+st.ID+"/", "")
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, `"status":"complete"`) || !strings.Contains(body, `"success_count":12`) || !strings.Contains(body, `"pending_count":0`) {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
}

// TestHeaderNames: the names of headers are written as in the standard. They
// have no case, but not every client knows.
func TestHeaderNames(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, nil)
	for request, want := range map[string][]string{
		"GET " + filled("/taxii2/scratch/collections/{rw}/objects/") + " HTTP/1.1\r\n" + strings.Join(usual, "\r\n"): {"X-TAXII-Date-Added-First: ", "X-TAXII-Date-Added-Last: ", "Content-Type: application/taxii+json;version=2.1\r\n"},
		"GET /taxii2/ HTTP/1.1": {"WWW-Authenticate: Basic "},
	} {
		conn, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request+"\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		head, _, _ := strings.Cut(string(answer), "\r\n\r\n")
		for _, name := range want {
			if !strings.Contains(head+"\r\n", "\r\n"+name) {
				t.Errorf("no %q in\n%s", name, head)
			}
		}
	}
}

// TestCompressed: what is compressed is the same.
func TestCompressed(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, nil)
	const path = "/taxii2/scratch/collections/{rw}/objects/?match[version]=all"
	_, plain := w.do(t, http.MethodGet, path, "", "Accept-Encoding", "identity")
	resp, packed := w.do(t, http.MethodGet, path, "", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatalf("%v: %v", err, resp.Header)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || string(unpacked) != plain || len(packed) >= len(plain) {
		t.Errorf("%d bytes, packed %d, unpacked %d, %v", len(plain), len(packed), len(unpacked), err)
	}
}

const password = "correct horse battery"

// members lets in members of the node, and no user of a demonstration.
func members(t testing.TB) func(*world, *server.Options) {
	return func(w *world, opts *server.Options) {
		opts.Taxii.User, opts.Taxii.Password, opts.Taxii.Reader = "", "", access.Reader{}
		opts.Open = true
		for _, org := range []string{"keeper", "guest"} {
			if err := w.access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: org, Name: org}); err != nil {
				t.Fatal(err)
			}
		}
		for name, org := range map[string]string{"kim": "keeper", "gus": "guest"} {
			if err := w.access.CreateMember(t.Context(), access.Operator, access.NewMember{Name: name, Organisation: org, Role: access.RoleAnalyst, Password: password}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestMembers: members get in by password and by token, and each sees what is
// for it.
func TestMembers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		w := open(t, store(t), sharing.Limits{}, members(t))
		secret, token, err := w.access.CreateToken(t.Context(), access.Operator, "gus", "poller", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(header string) int {
			resp, _ := w.do(t, http.MethodGet, "/taxii2/scratch/collections/{rw}/objects/{hidden}/", "", "Authorization", header)
			return resp.StatusCode
		}
		for what, want := range map[string]int{
			basic("kim", password):       http.StatusOK, // it shared the object itself
			basic("gus", password):       http.StatusNotFound,
			basic("gus", string(secret)): http.StatusNotFound,
			"Bearer " + string(secret):   http.StatusNotFound,
			basic("kim", string(secret)): http.StatusUnauthorized, // another's token
			basic("", string(secret)):    http.StatusUnauthorized,
			basic("kim", "wrong"):        http.StatusUnauthorized,
			basic("kim", ""):             http.StatusUnauthorized,
			basic("demo", "demo"):        http.StatusUnauthorized,
			"Bearer " + password:         http.StatusUnauthorized,
			"ApiKey " + string(secret):   http.StatusUnauthorized,
			"":                           http.StatusUnauthorized, // though the node is open on loopback
		} {
			if got := ask(what); got != want {
				t.Errorf("%q: %d, want %d", what, got, want)
			}
		}
		if err := w.access.RevokeToken(t.Context(), access.Operator, token.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.access.SetPassword(t.Context(), access.Operator, "kim", "another staple, longer"); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{basic("gus", string(secret)), "Bearer " + string(secret), basic("kim", password)} {
			if got := ask(what); got != http.StatusUnauthorized {
				t.Errorf("%q afterwards: %d", what, got)
			}
		}
	})
}

func basic(name, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header.Get("Authorization")
}

// TestWithoutDoor: a node that shares nothing has nothing there, and says so as
// elsewhere.
func TestWithoutDoor(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, func(_ *world, opts *server.Options) { opts.Taxii, opts.Open = nil, true })
	for _, path := range []string{"/taxii2/", "/taxii2", "/taxii2/scratch/collections/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
}

// TestGuessing: whoever guesses passwords has to wait, and whoever knows one
// does not.
func TestGuessing(t *testing.T) {
	w := open(t, dbtest.Open(t, "sqlite"), sharing.Limits{}, func(w *world, opts *server.Options) {
		members(t)(w, opts)
		opts.Limits.Failures = server.Rate{PerSecond: 1e-9, Burst: 3}
	})
	ask := func(name, password string) int {
		resp, body := w.do(t, http.MethodGet, "/taxii2/", "", "Authorization", basic(name, password))
		sound(t, resp, body)
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return resp.StatusCode
	}
	if got := ask("gus", password); got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	seen := map[int]int{}
	for range 5 {
		seen[ask("kim", "a guess")]++
	}
	if want := map[int]int{http.StatusUnauthorized: 3, http.StatusTooManyRequests: 2}; !maps.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
	if got := ask("gus", password); got != http.StatusOK {
		t.Errorf("who is known has to wait: %d", got)
	}
	if got := ask("kim", password); got != http.StatusTooManyRequests {
		t.Errorf("who is not known need not wait: %d", got)
	}
}
