package node

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/feed"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// publisher serves files as a publisher does, with validators.
type publisher struct {
	*httptest.Server

	mu       sync.Mutex
	files    map[string][]byte
	modified time.Time
	statuses []int
}

func newPublisher(t *testing.T) *publisher {
	p := &publisher{files: map[string][]byte{}, modified: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) put(path string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[path] = body
	p.modified = p.modified.Add(time.Hour)
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	body, there := p.files[r.URL.Path]
	modified := p.modified
	p.mu.Unlock()
	noted := &noteStatus{ResponseWriter: w, status: http.StatusOK}
	if !there {
		http.NotFound(noted, r)
	} else {
		w.Header().Set("ETag", fmt.Sprintf(`"%x-%d"`, len(body), slices.Max(append([]byte{0}, body...))))
		http.ServeContent(noted, r, "", modified, bytes.NewReader(body))
	}
	p.mu.Lock()
	p.statuses = append(p.statuses, noted.status)
	p.mu.Unlock()
}

type noteStatus struct {
	http.ResponseWriter
	status int
}

func (n *noteStatus) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// kevOf makes a catalogue of so many weaknesses.
func kevOf(entries int, day string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"catalogVersion": "%s", "dateReleased": "%sT12:00:00.0000Z", "count": %d, "vulnerabilities": [`, day, day, entries)
	for i := range entries {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"cveID": "CVE-2020-%d", "product": "P%d", "dateAdded": "2021-11-03", "dueDate": "2022-05-03"}`, 10000+i, i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}

// table names feeds at the publisher.
func (p *publisher) table(t *testing.T, feeds string) *feed.Table {
	t.Helper()
	out, err := feed.ParseTable([]byte("countersign: feeds/v1\nfeeds:\n" + strings.ReplaceAll(feeds, "BASE", p.URL)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const kevFeed = `  - {name: kev, source: us-cisa-kev, kinds: [advisory.kev], every: 1h, limit: 1 MiB, files: [{name: kev.json, url: "BASE/kev.json"}]}
`

// feedNode is a node whose clock a test moves, and the options to update its
// feeds by.
type feedNode struct {
	*Node
	t    *testing.T
	at   time.Time
	opts FeedOptions
}

func newFeedNode(t *testing.T, url string, table *feed.Table) *feedNode {
	t.Helper()
	n := &feedNode{t: t, at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	data := t.TempDir()
	opened, err := Open(t.Context(), Options{Data: data, DB: url, Now: func() time.Time { return n.at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	n.Node = opened
	n.opts = FeedOptions{Table: table, All: true, Fetch: feed.Options{Dir: filepath.Join(data, "feeds"), Agent: "countersign/test"}}
	return n
}

// update updates all feeds, two hours after the last time.
func (n *feedNode) update() []FeedUpdate {
	n.t.Helper()
	n.at = n.at.Add(2 * time.Hour)
	done, err := n.UpdateFeeds(context.Background(), access.Operator, n.opts)
	if err != nil {
		n.t.Fatal(err)
	}
	return done
}

// want holds what became of one feed. failure is part of its line.
func (n *feedNode) want(u FeedUpdate, outcome, failure string) {
	n.t.Helper()
	lines := strings.Join(u.Failures, "\n")
	if u.Outcome != outcome || !strings.Contains(lines, failure) || (failure == "") != (lines == "") {
		n.t.Errorf("%s: %s %q, want %s %q", u.Name, u.Outcome, u.Failures, outcome, failure)
	}
}

func (n *feedNode) state(name string) FeedState {
	n.t.Helper()
	all, err := n.Feeds(context.Background(), access.Operator, n.opts.Table)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	n.t.Fatalf("no feed %s", name)
	return FeedState{}
}

// kev counts the weaknesses that are held, dropped ones among them.
func (n *feedNode) kev() (held int) {
	n.t.Helper()
	err := n.DB.Read(context.Background(), func(tx *db.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT count(*) FROM fact WHERE kind = 'advisory.kev' AND known_to = $1`, access.Now).Scan(&held)
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return held
}

// TestUpdateFeeds goes through a feed's life: fetched, found unchanged, broken
// in every way that a server can break it, and mended.
func TestUpdateFeeds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		p := newPublisher(t)
		n := newFeedNode(t, url, p.table(t, kevFeed))
		p.put("/kev.json", kevOf(150, "2026-11-20"))
		done := n.update()
		n.want(done[0], FeedUpdated, "")
		first := n.at
		if got := n.state("kev"); n.kev() != 150 || got.Published != "2026-11-20" || !got.Fetched.Equal(first) || !got.Due.Equal(first.Add(time.Hour)) {
			t.Fatalf("%d held, %+v", n.kev(), got)
		}
		head, err := n.Ledger.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		n.want(n.update()[0], FeedUnchanged, "")
		if got := p.statuses[len(p.statuses)-1]; got != http.StatusNotModified {
			t.Errorf("asked without conditions: status %d", got)
		}
		if got := n.state("kev"); !got.Fetched.Equal(n.at) || !got.Changed.Equal(first) {
			t.Errorf("%+v", got)
		}
		n.opts.Early = false
		early, err := n.UpdateFeeds(t.Context(), access.Operator, n.opts)
		if err != nil || early[0].Outcome != FeedEarly || !early[0].Due.Equal(n.at.Add(time.Hour)) {
			t.Errorf("at once again: %+v, %v", early, err)
		}

		n.at = n.at.Add(2 * time.Hour)
		other, err := n.feedBook().Take(t.Context(), "kev", false)
		if err != nil {
			t.Fatal(err)
		}
		busy, err := n.UpdateFeeds(t.Context(), access.Operator, n.opts)
		if err != nil || busy[0].Outcome != FeedBusy || !n.state("kev").Busy {
			t.Errorf("while another run is at it: %+v, %v", busy, err)
		}
		if err := n.feedBook().Succeeded(t.Context(), other, nil, n.at); err != nil {
			t.Fatal(err)
		}

		well := n.at
		for _, c := range []struct {
			name string
			body []byte
			want string
		}{
			{"an error page", []byte("<!DOCTYPE html><title>We will be back</title>"), "kev.json: not a document of a kind that is read: it looks like a web page"},
			{"garbage", []byte{0, 1, 2, 3, 0xff}, "it is binary"},
			{"nothing", nil, "it is empty"},
			{"a bomb", zipped(make([]byte, 64<<20)), "swells to more than 200 times its size"},
			{"a cut archive", zipped(kevOf(160, "2026-11-21"))[:400], "the gzip data ends too early"},
			{"too large", bytes.Repeat([]byte(" "), 2<<20), "larger than its limit of 1048576 bytes"},
			{"another kind", []byte("#model_version:v2025.03.14,score_date:2026-11-21T00:00:00Z\ncve,epss,percentile\nCVE-2020-10000,0.5,0.9\n"), "belongs to source first-epss, not to us-cisa-kev"},
			{"a shrunken list", kevOf(60, "2026-11-22"), "would drop 90 of the 150 entries that us-cisa-kev had"},
		} {
			p.put("/kev.json", c.body)
			u := n.update()[0]
			n.want(u, FeedFailed, c.want)
			got := n.state("kev")
			if n.kev() != 150 || !got.Fetched.Equal(well) || !got.Failed.Equal(n.at) || !strings.Contains(got.Failure, c.want) || got.Published != "2026-11-20" {
				t.Errorf("%s: %d held, %+v", c.name, n.kev(), got)
			}
			if left, _ := filepath.Glob(filepath.Join(n.opts.Fetch.Dir, "*")); len(left) > 0 {
				t.Errorf("%s: left behind %v", c.name, left)
			}
		}
		if now, err := n.Ledger.Head(t.Context()); err != nil || now.Position != head.Position {
			t.Errorf("something was appended: %v, %v, was %v", now, err, head)
		}
		n.opts.AcceptLoss = true
		done = n.update()
		n.want(done[0], FeedUpdated, "")
		if got := n.state("kev"); done[0].Editions[0].Removed != 90 || got.Failures != 0 || got.Failure == "" {
			t.Errorf("%+v, %+v", done[0].Editions, got)
		}
	})
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // to memory
	_ = z.Close()
	return out.Bytes()
}

// A feed that fails does not keep the others from being fetched.
func TestFeedsApart(t *testing.T) {
	p := newPublisher(t)
	n := newFeedNode(t, "", p.table(t, `  - {name: gone, kinds: [advisory.epss], every: 1h, limit: 1 MiB, files: [{name: x.csv, url: "BASE/x.csv"}]}
  - {name: policies, kinds: [advisory.osv], every: 1h, limit: 1 MiB, files: [{name: p.yaml, url: "BASE/p.yaml"}]}
`+kevFeed))
	p.put("/kev.json", kevOf(3, "2026-11-20"))
	// A publisher of advisories does not get to say what we forbid.
	p.put("/p.yaml", []byte("countersign: policy/v1\nid: mine\n"))
	done := n.update()
	n.want(done[0], FeedFailed, "/x.csv: the server answers 404 Not Found")
	n.want(done[1], FeedFailed, "p.yaml: ")
	n.want(done[2], FeedUpdated, "")

	// Without names and All: those that were fetched before.
	n.opts.All = false
	if done = n.update(); len(done) != 1 || done[0].Name != "kev" {
		t.Errorf("%+v; want kev alone", done)
	}
	n.opts.Names = []string{"gone", "kev", "gone"}
	if done = n.update(); len(done) != 2 || done[0].Name != "gone" {
		t.Errorf("%+v; want gone and kev", done)
	}
	n.opts.Names = []string{"nix"}
	if _, err := n.UpdateFeeds(t.Context(), access.Operator, n.opts); problem.KindOf(err) != problem.NotFound {
		t.Errorf("%v", err)
	}
	if _, err := n.UpdateFeeds(t.Context(), access.Anonymous, n.opts); problem.KindOf(err) != problem.Denied {
		t.Errorf("anybody may: %v", err)
	}
}

// Kinds keeps out of the ledger what is sound but not asked for, also where no
// source was named.
func TestImportKinds(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	files := []intake.File{{Name: "kev.json", Bytes: kevOf(3, "2026-11-20")}}
	r, err := n.Import(t.Context(), access.Operator, files, ImportOptions{Kinds: []string{"advisory.osv", "advisory.epss"}})
	if err != nil || len(r.Editions) != 0 || len(r.Failed) != 1 || r.Failed[0] != "kev.json: is a document of kind advisory.kev; want advisory.osv or advisory.epss" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A set of files is one edition; it was published when its server says that the
// newest of them changed.
func TestFeedOfFourFiles(t *testing.T) {
	p := newPublisher(t)
	n := newFeedNode(t, "", p.table(t, `  - name: sdn
    source: us-ofac-sdn
    kinds: [ofac.primary, ofac.alias, ofac.address, ofac.comments]
    every: 1h
    limit: 1 MiB
    files: [{name: sdn.csv, url: "BASE/SDN.CSV"}, {name: alt.csv, url: "BASE/ALT.CSV"}, {name: add.csv, url: "BASE/ADD.CSV"}, {name: sdn_comments.csv, url: "BASE/SDN_COMMENTS.CSV"}]
`))
	p.put("/SDN.CSV", []byte("7,\"ACME TRADING\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"))
	p.put("/ALT.CSV", []byte("7,1,\"aka\",\"ACME\",-0- \r\n"))
	p.put("/ADD.CSV", []byte("7,2,\"1 Road\",\"Havana\",\"Cuba\",-0- \r\n"))
	n.want(n.update()[0], FeedFailed, "/SDN_COMMENTS.CSV: the server answers 404")
	p.put("/SDN_COMMENTS.CSV", []byte("7,\"Linked To: BETA.\"\r\n"))
	done := n.update()
	n.want(done[0], FeedUpdated, "")
	if e := done[0].Editions; len(e) != 1 || len(e[0].Files) != 4 || e[0].Published != "2026-11-20" {
		t.Errorf("%+v", e)
	}
	p.put("/ALT.CSV", []byte("7,1,\"aka\",\"ACME HAVANA\",-0- \r\n"))
	done = n.update()
	n.want(done[0], FeedUpdated, "")
	if e := done[0].Editions; len(e) != 1 || len(e[0].Files) != 4 {
		t.Errorf("%+v", e)
	}
	// One of them an error page: none of the four is taken.
	p.put("/ADD.CSV", []byte("<html>oops</html>"))
	n.want(n.update()[0], FeedFailed, "add.csv: not a document of a kind that is read")
}

// A server updates what was fetched before, and ends when it is told to.
func TestFollowFeeds(t *testing.T) {
	p := newPublisher(t)
	n := newFeedNode(t, "", p.table(t, kevFeed))
	p.put("/kev.json", kevOf(3, "2026-11-20"))
	n.want(n.update()[0], FeedUpdated, "")
	n.at = n.at.Add(2 * time.Hour)
	p.put("/kev.json", kevOf(4, "2026-11-21"))
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.FollowFeeds(ctx, time.Hour, n.opts, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	for deadline := time.Now().Add(30 * time.Second); n.kev() != 4; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not updated")
		}
	}
	for deadline := time.Now().Add(30 * time.Second); n.state("kev").Busy; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still at it")
		}
	}
	cancel()
	<-ended
	if !strings.Contains(log.String(), `msg="feed updated" feed=kev`) {
		t.Errorf("log: %s", &log)
	}
}

// TestShippedFeedsFit reads official files as their feeds would bring them: the
// table's kinds and sources are what the readers make of them.
func TestShippedFeedsFit(t *testing.T) {
	table, err := feed.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for name, paths := range map[string][]string{
		"osv-go":         {"software/osv/Go.zip"},
		"osv-crates":     {"software/osv/crates.io.zip"},
		"cisa-kev":       {"software/kev/known_exploited_vulnerabilities.json"},
		"first-epss":     {"software/epss/epss-sample.csv"},
		"us-ofac-nonsdn": {"screening/us_ofac_nonsdn/cons_prim.csv", "screening/us_ofac_nonsdn/cons_alt.csv", "screening/us_ofac_nonsdn/cons_add.csv", "screening/us_ofac_nonsdn/cons_comments.csv"},
		"us-bis-dpl":     {"screening/us_bis/dpl_2022.txt.gz"},
		"us-trade-csl":   {"screening/us_misc/csl_2019_sample.csv"},
		"un-sc":          {"screening/un_sc/UN_consolidated_2026-02-27.xml.gz"},
		"uk-sanctions":   {"screening/uk/FCDO_SL_2025-08-11.csv.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := table.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			var files []intake.File
			for i, path := range paths {
				b, err := os.ReadFile(realdata.Path(t, "data/"+path))
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, intake.File{Name: f.Files[i].Name, Bytes: b})
			}
			editions, failed := intake.Read(t.Context(), files, intake.Options{Source: f.Source})
			if editions, failed = ofKinds(editions, failed, f.Kinds); len(failed) > 0 || len(editions) != 1 || editions[0].Source != f.Source || len(editions[0].Files) != len(f.Files) {
				t.Errorf("%d editions, %v", len(editions), failed)
			}
		})
	}
}
