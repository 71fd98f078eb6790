package taxii_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/server"
	"countersign.dev/internal/sharing"
)

// names are what scripts call the collections and objects of the world that
// tests run in.
var names = map[string]string{
	"rw":    "11111111-1111-4111-8111-111111111111", // read and write
	"wo":    "22222222-2222-4222-8222-222222222222", // write only
	"ro":    "33333333-3333-4333-8333-333333333333", // read only
	"no":    "44444444-4444-4444-8444-444444444444", // neither, though its community is the reader's
	"none":  "55555555-5555-4555-8555-555555555555", // empty
	"other": "66666666-6666-4666-8666-666666666666", // of a community that the reader is no member of

	"three":    "indicator--00000000-0000-4000-8000-000000000001", // of 2019, 2020 and 2021
	"malware":  "malware--00000000-0000-4000-8000-000000000002",
	"address":  "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", // without a version
	"old":      "indicator--00000000-0000-4000-8000-000000000004", // of STIX 2.0
	"both":     "identity--00000000-0000-4000-8000-000000000005",  // of 2.0, and later of 2.1
	"mark":     "marking-definition--00000000-0000-4000-8000-000000000006",
	"hidden":   "malware--00000000-0000-4000-8000-000000000007", // for somebody else's eyes
	"readonly": "campaign--00000000-0000-4000-8000-000000000008",
	"absent":   "malware--00000000-0000-4000-8000-00000000dead",
}

// filled are the names in a text.
func filled(text string, more ...string) string {
	var pairs []string
	for name, value := range names {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(append(pairs, more...)...).Replace(text)
}

const scratch = `countersign: community/v1
community: scratch
name: Scratch
description: To try things out.
home: keeper
default: green
policy: {should: warn, custom: keep}
members:
  - {organisation: keeper}
  - {organisation: guest}
collections:
  - {id: "{rw}", alias: inbox, title: Read and write, description: All may., read: members, write: members}
  - {id: "{wo}", title: Write only, read: [keeper], write: members}
  - {id: "{ro}", title: Read only, read: members, write: [keeper]}
  - {id: "{no}", title: Neither, read: [keeper], write: [keeper]}
  - {id: "{none}", title: Empty, read: members, write: members}
`

const closed = `countersign: community/v1
community: closed
name: Closed
home: keeper
default: green
policy: {should: warn, custom: keep}
members:
  - {organisation: stranger}
collections:
  - {id: "{other}", alias: inbox, title: Inbox, read: members, write: members}
`

// The marking definition of TLP:RED (TLP 2.0, as the common objects of OASIS
// have it).
const red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

// seeds are the objects that are there at first, one after the other.
var seeds = []struct{ collection, object string }{
	{"rw", `{"type":"indicator","spec_version":"2.1","id":"{three}","created":"2019-01-01T00:00:00.000Z","modified":"2019-01-01T00:00:00.000Z","name":"first","indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'avsvmcloud.com']","pattern_type":"stix","valid_from":"2019-01-01T00:00:00Z"}`},
	{"rw", `{"type":"indicator","spec_version":"2.1","id":"{three}","created":"2019-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"second","indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'avsvmcloud.com']","pattern_type":"stix","valid_from":"2019-01-01T00:00:00Z"}`},
	{"rw", `{"type":"malware","spec_version":"2.1","id":"{malware}","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"SUNBURST","malware_types":["backdoor"],"is_family":true}`},
	{"rw", `{"type":"ipv4-addr","spec_version":"2.1","id":"{address}","value":"198.51.100.3"}`},
	{"rw", `{"type":"indicator","id":"{old}","created":"2018-01-01T00:00:00.000Z","modified":"2018-01-01T00:00:00.000Z","labels":["malicious-activity"],"pattern":"[ipv4-addr:value = '198.51.100.3']","valid_from":"2018-01-01T00:00:00Z"}`},
	{"rw", `{"type":"identity","id":"{both}","created":"2017-01-01T00:00:00.000Z","modified":"2017-01-01T00:00:00.000Z","name":"ACME","identity_class":"organization"}`},
	{"rw", `{"type":"identity","spec_version":"2.1","id":"{both}","created":"2017-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"ACME","identity_class":"organization"}`},
	{"rw", `{"type":"marking-definition","spec_version":"2.1","id":"{mark}","created":"2020-06-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"Copyright 2020, ACME"}}`},
	{"rw", `{"type":"malware","spec_version":"2.1","id":"{hidden}","created":"2020-12-14T00:00:00.000Z","modified":"2020-12-14T00:00:00.000Z","name":"TEARDROP","malware_types":["dropper"],"is_family":true,"object_marking_refs":["` + red + `"]}`},
	{"rw", `{"type":"indicator","spec_version":"2.1","id":"{three}","created":"2019-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","name":"third","indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'avsvmcloud.com']","pattern_type":"stix","valid_from":"2019-01-01T00:00:00Z"}`},
	{"wo", `{"type":"malware","spec_version":"2.1","id":"{malware}","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"SUNBURST","malware_types":["backdoor"],"is_family":true}`},
	{"ro", `{"type":"campaign","spec_version":"2.1","id":"{readonly}","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"UNC2452"}`},
	{"no", `{"type":"malware","spec_version":"2.1","id":"{malware}","created":"2020-12-13T00:00:00.000Z","modified":"2020-12-13T00:00:00.000Z","name":"SUNBURST","malware_types":["backdoor"],"is_family":true}`},
}

// world is a server on loopback with a real store behind it.
type world struct {
	addr   string
	store  *sharing.Store
	access *access.Store
	ledger *ledger.Ledger
	clock  *secondClock
}

// The readers of the world.
var (
	guest  = access.Reader{Member: "demo", Organisations: []string{"guest"}, Roles: map[string]access.Role{"guest": access.RoleAnalyst}}
	keeper = access.Reader{Member: "kim", Organisations: []string{"keeper"}, Roles: map[string]access.Role{"keeper": access.RoleAnalyst}}
)

// secondClock moves on by a second each time it is asked, so that what was added
// at which moment can be told apart by a test.
type secondClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *secondClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// empty makes a world in which nobody shares anything yet, and which is not
// served.
func empty(t testing.TB, store *db.DB, limits sharing.Limits) *world {
	t.Helper()
	clock := &secondClock{now: time.Date(2021, 3, 1, 9, 0, 0, 0, time.UTC)}
	l := ledger.New(store, ledger.Options{Now: clock.Now})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{
		store: sharing.New(store, l, sharing.Options{Now: clock.Now, Limits: limits}), access: access.NewStore(store),
		ledger: l, clock: clock,
	}
}

// options are those of the world's server: the user demo is let in, as guest.
func (w *world) options() server.Options {
	return server.Options{
		Node: struct{ server.Node }{}, Accounts: w.access, Log: slog.New(slog.DiscardHandler),
		Taxii: &server.Taxii{Sharing: w.store, Title: "A test", Description: "of the door", Contact: "ann@agency.example", User: "demo", Password: "demo", Reader: guest},
	}
}

// open makes a world with two communities and the seeds, and serves it. change
// may alter how its server is set up.
func open(t testing.TB, store *db.DB, limits sharing.Limits, change func(*world, *server.Options)) *world {
	t.Helper()
	w := empty(t, store, limits)
	for _, text := range []string{scratch, closed} {
		w.found(t, filled(text))
	}
	for _, s := range seeds {
		w.submit(t, keeper, names[s.collection], filled(s.object))
	}
	opts := w.options()
	if change != nil {
		change(w, &opts)
	}
	w.serve(t, opts)
	return w
}

// found makes a community.
func (w *world) found(t testing.TB, yaml string) {
	t.Helper()
	r, err := sharing.ReadCommunity([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ledger.Append(t.Context(), ledger.Edition{
		Audience: access.ForOrganisation("keeper"), Actor: "operator", Along: sharing.Epoch(w.clock.Now),
		Documents: []ledger.Document{{Bytes: []byte(yaml), Kind: r.Kind, Source: r.Source, Name: "community.yaml", Mode: r.Mode, Statements: r.Statements, Rows: r.Rows, Published: "2021-03-01"}},
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) submit(t testing.TB, by access.Reader, collection string, objects ...string) *sharing.Status {
	t.Helper()
	community := "scratch"
	if collection == names["other"] {
		community = "closed"
	}
	st, err := w.store.Submit(t.Context(), access.Ask{Reader: by, At: access.At{Position: access.Now}}, community, collection, []byte(`{"objects":[`+strings.Join(objects, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Failures) > 0 {
		t.Fatalf("%+v", st.Failures)
	}
	return st
}

func (w *world) serve(t testing.TB, opts server.Options) {
	t.Helper()
	s, err := server.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = listener.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// do sends a request as the user demo, and gives the answer with its body read.
func (w *world) do(t testing.TB, method, path string, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.addr+filled(path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("demo", "demo")
	r.Header.Set("Accept", "application/taxii+json;version=2.1")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}
