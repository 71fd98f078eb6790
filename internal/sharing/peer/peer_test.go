package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

const community = `countersign: community/v1
community: here
name: Here
home: us
default: clear
members:
  - {organisation: us, identities: [identity--00000000-0000-4000-8000-000000000001]}
  - {organisation: them}
collections:
  - {id: 11111111-1111-4111-8111-111111111111, alias: all, title: All, read: members, write: members}
`

// clock moves by itself a little, so that peers come due.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time {
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

type desk struct {
	*Book
	store *sharing.Store
	clock *clock
}

func openDesk(t testing.TB, store *db.DB) *desk {
	t.Helper()
	c := &clock{time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)}
	l := ledger.New(store, ledger.Options{Now: c.Now})
	t.Cleanup(func() { l.Close() })
	r, err := sharing.ReadCommunity([]byte(community))
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(context.Background(), ledger.Edition{
		Audience: access.ForOrganisation("us"), Actor: "operator", Along: sharing.Epoch(c.Now),
		Documents: []ledger.Document{{Bytes: []byte(community), Kind: r.Kind, Source: r.Source, Name: "here.yaml", Mode: r.Mode, Statements: r.Statements}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := sharing.New(store, l, sharing.Options{Now: c.Now})
	return &desk{&Book{DB: store, Sharing: s, Now: c.Now}, s, c}
}

// round has the only peer exchange once.
func (d *desk) round(t testing.TB) error {
	t.Helper()
	d.clock.now = d.clock.now.Add(2 * time.Hour)
	_, err := d.Step(context.Background())
	return err
}

func (d *desk) held(t testing.TB) (out []string) {
	t.Helper()
	p, err := d.store.Page(context.Background(), access.Ask{Reader: access.Operator}, "here", "all", sharing.Objects, sharing.Filter{Versions: []string{"all"}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Entries {
		out = append(out, e.ID[len("indicator--"):len("indicator--")+8])
	}
	slices.Sort(out)
	return out
}

func (d *desk) peer(t testing.TB, p Peer) *Peer {
	t.Helper()
	p.Remote, p.Organisation, p.Community, p.Collection = "c", "them", "here", "all"
	if p.Every == 0 {
		p.Every = time.Hour
	}
	added, err := d.Add(context.Background(), access.Operator, p)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func object(n int, more string) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--%08d-0000-4000-8000-000000000000","created":"2021-01-01T00:00:00.000Z","modified":"2021-01-01T00:00:00.000Z","pattern":"[domain-name:value = 'a.example']","pattern_type":"stix","valid_from":"2021-01-01T00:00:00Z"%s}`, n, more)
}

// other is another server, of a sort that can be strange. Its objects were all
// added at one instant, as those of bulk loads are.
type other struct {
	objects []string
	page    int
	got     []string // that were posted
	failing int      // answers 503 so often
	strange func(w http.ResponseWriter, r *http.Request) bool
}

const instant = "2021-02-01T00:00:00.000000Z"

func (o *other) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", mediaType)
	switch user, pass, _ := r.BasicAuth(); {
	case o.strange != nil && o.strange(w, r):
		return
	case o.failing > 0:
		o.failing--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case user != "u" || pass != "p":
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"title":"no"}`)
		return
	case r.Method == http.MethodPost:
		var e struct{ Objects []json.RawMessage }
		_ = json.NewDecoder(r.Body).Decode(&e)
		for _, b := range e.Objects {
			o.got = append(o.got, string(b))
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"id":"s","status":"complete","total_count":%d,"success_count":%d,"failure_count":0,"pending_count":0}`, len(e.Objects), len(e.Objects))
		return
	}
	list := o.objects
	if r.URL.Query().Get("added_after") >= instant {
		list = nil
	}
	from := 0
	if next := r.URL.Query().Get("next"); next != "" {
		from, _ = strconv.Atoi(next)
	}
	list = list[min(from, len(list)):]
	more := len(list) > o.page
	if more {
		list = list[:o.page]
	}
	if len(list) > 0 {
		w.Header().Set("X-TAXII-Date-Added-Last", instant)
	}
	fmt.Fprintf(w, `{"more":%t,"next":"%d","objects":[%s]}`, more, from+o.page, strings.Join(list, ","))
}

// each runs a test against another server on each engine.
func each(t *testing.T, o func() *other, fn func(t *testing.T, d *desk, o *other, root string)) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		there := o()
		srv := httptest.NewServer(there)
		defer srv.Close()
		fn(t, openDesk(t, open(t)), there, srv.URL+"/api/")
	})
}

// TestPull takes everything over in pages, also when all of it came at one
// instant and the other fails in the middle.
func TestPull(t *testing.T) {
	each(t, func() *other {
		o := &other{page: 2}
		for i := range 7 {
			o.objects = append(o.objects, object(i, ""))
		}
		return o
	}, func(t *testing.T, d *desk, o *other, root string) {
		d.peer(t, Peer{Direction: Pull, Root: root, User: "u", Secret: "p"})
		calls := 0
		o.strange = func(w http.ResponseWriter, r *http.Request) bool {
			if calls++; calls == 3 {
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
			return false
		}
		if err := d.round(t); err == nil || !strings.Contains(err.Error(), "502") {
			t.Fatalf("the other failed: %v", err)
		}
		if got := d.held(t); len(got) != 4 {
			t.Errorf("after two pages: %v", got)
		}
		o.strange = nil
		for range 2 {
			if err := d.round(t); err != nil {
				t.Fatal(err)
			}
			if got := d.held(t); len(got) != 7 {
				t.Errorf("%v", got)
			}
		}
		list, err := d.List(context.Background(), access.Operator)
		if err != nil || len(list) != 1 || list[0].Added != instant || list[0].Failure != "" || list[0].Objects != 7 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestPullStrange ends with servers that never do, lie, or send elsewhere.
func TestPullStrange(t *testing.T) {
	tests := []struct {
		name    string
		strange func(w http.ResponseWriter, r *http.Request) bool
		want    string
	}{
		{"more and more of nothing", func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = io.WriteString(w, `{"more":true,"next":"x","objects":[]}`)
			return true
		}, "gives nothing"},
		{"somewhere else", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return true
		}, "sends elsewhere"},
		{"no JSON", func(w http.ResponseWriter, r *http.Request) bool { _, _ = io.WriteString(w, `{`); return true }, "cannot be read"},
		{"another type", func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>")
			return true
		}, "text/html"},
		{"no", func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }, "403"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			each(t, func() *other { return &other{page: 2, strange: test.strange} }, func(t *testing.T, d *desk, o *other, root string) {
				d.peer(t, Peer{Direction: Pull, Root: root, User: "u", Secret: "p"})
				if err := d.round(t); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %s", err, test.want)
				}
				list, err := d.List(context.Background(), access.Operator)
				if err != nil || list[0].Attempts != 1 || !strings.Contains(list[0].Failure, test.want) {
					t.Errorf("%+v, %v", list, err)
				}
			})
		})
	}
}

// TestLies believes a peer nothing that somebody here speaks for, unless it
// relays, and lets nothing unmarked out further than it was.
func TestLies(t *testing.T) {
	ours := `,"created_by_ref":"identity--00000000-0000-4000-8000-000000000001"`
	make := func() *other { return &other{page: 10, objects: []string{object(1, ours), object(2, "")}} }
	for relays, want := range map[bool]string{false: "00000002", true: "00000001 00000002"} {
		t.Run(fmt.Sprint(relays), func(t *testing.T) {
			each(t, make, func(t *testing.T, d *desk, o *other, root string) {
				d.peer(t, Peer{Direction: Pull, Root: root, User: "u", Secret: "p", Relays: relays})
				if err := d.round(t); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(d.held(t), " "); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				seen, err := d.store.Explain(context.Background(), access.Ask{Reader: access.Operator})
				if err != nil || len(seen) != 1 || seen[0].Marking != "TLP:AMBER+STRICT" || seen[0].Source != "them" {
					t.Errorf("%+v, %v", seen, err)
				}
			})
		})
	}
}

// TestPush gives what the peer's organisation may see, once, and nothing that is
// for named persons.
func TestPush(t *testing.T) {
	each(t, func() *other { return &other{failing: 1} }, func(t *testing.T, d *desk, o *other, root string) {
		mark := func(id string) string { return `,"object_marking_refs":["` + id + `"]` }
		give := `{"objects":[` + object(1, mark("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb")) + `,` + object(2, mark("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1")) + `]}`
		us := access.Ask{Reader: access.Reader{Member: "m", Organisations: []string{"us"}}}
		if st, err := d.store.Submit(context.Background(), us, "here", "all", []byte(give)); err != nil || len(st.Failures) > 0 {
			t.Fatalf("%+v, %v", st, err)
		}
		d.peer(t, Peer{Direction: Push, Root: root, User: "u", Secret: "p"})
		if err := d.round(t); err == nil {
			t.Error("the other failed, and nobody says so")
		}
		for range 2 {
			if err := d.round(t); err != nil {
				t.Fatal(err)
			}
		}
		if len(o.got) != 1 || o.got[0] != object(1, mark("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb")) {
			t.Errorf("given: %q", o.got)
		}
		who, err := d.store.Recipients(context.Background(), us, "indicator--00000001-0000-4000-8000-000000000000")
		if err != nil || len(who) == 0 || who[0].Way != "peer" || who[0].Organisations[0] != "them" {
			t.Errorf("%+v, %v", who, err)
		}
	})
}

// TestSpecifications asks for, and gives, the versions of an object in every
// specification: by default a collection gives those of the newest alone.
func TestSpecifications(t *testing.T) {
	old := strings.Replace(strings.Replace(object(1, `,"labels":["malicious-activity"]`), `"spec_version":"2.1",`, "", 1), `,"pattern_type":"stix"`, "", 1)
	later := strings.Replace(object(1, ""), `"modified":"2021-01-01`, `"modified":"2021-01-02`, 1)
	each(t, func() *other { return &other{page: 10} }, func(t *testing.T, d *desk, o *other, root string) {
		us := access.Ask{Reader: access.Reader{Member: "m", Organisations: []string{"us"}}}
		if st, err := d.store.Submit(context.Background(), us, "here", "all", []byte(`{"objects":[`+old+`,`+later+`]}`)); err != nil || len(st.Failures) > 0 {
			t.Fatalf("%+v, %v", st, err)
		}
		d.peer(t, Peer{Direction: Push, Root: root, User: "u", Secret: "p"})
		if err := d.round(t); err != nil {
			t.Fatal(err)
		}
		if len(o.got) != 2 {
			t.Errorf("given: %q", o.got)
		}
	})
	each(t, func() *other { return &other{page: 10} }, func(t *testing.T, d *desk, o *other, root string) {
		asked := ""
		o.strange = func(_ http.ResponseWriter, r *http.Request) bool {
			asked = r.URL.Query().Get("match[spec_version]")
			return false
		}
		d.peer(t, Peer{Direction: Pull, Root: root, User: "u", Secret: "p"})
		if err := d.round(t); err != nil || asked != "2.0,2.1" {
			t.Errorf("asked for %q, %v", asked, err)
		}
	})
}

// TestAdd refuses what cannot be reached, or by whom it may not be.
func TestAdd(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d, ctx := openDesk(t, open(t)), context.Background()
		good := Peer{Direction: Pull, Root: "https://taxii.example/api/", Remote: "c", Organisation: "them", Community: "here", Collection: "all", Every: time.Minute}
		if _, err := d.Add(ctx, access.Reader{Member: "m"}, good); problem.KindOf(err) != problem.Denied {
			t.Errorf("by a member: %v", err)
		}
		for name, spoil := range map[string]func(*Peer){
			"plain http": func(p *Peer) { p.Root = "http://taxii.example/api/" }, "no URL": func(p *Peer) { p.Root = "taxii" }, "with a password": func(p *Peer) { p.Root = "https://u:p@taxii.example/" },
			"no direction": func(p *Peer) { p.Direction = "" }, "no collection": func(p *Peer) { p.Remote = "" }, "all the time": func(p *Peer) { p.Every = 0 },
		} {
			p := good
			spoil(&p)
			if _, err := d.Add(ctx, access.Operator, p); problem.KindOf(err) != problem.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		p, err := d.Add(ctx, access.Operator, good)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.List(ctx, access.Reader{Member: "m"}); problem.KindOf(err) != problem.Denied {
			t.Errorf("list: %v", err)
		}
		if err := d.Remove(ctx, access.Operator, p.ID); err != nil {
			t.Error(err)
		}
		if err := d.Remove(ctx, access.Operator, p.ID); problem.KindOf(err) != problem.NotFound {
			t.Errorf("remove again: %v", err)
		}
	})
}
