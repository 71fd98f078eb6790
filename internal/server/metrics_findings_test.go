package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/server"
)

// scraper reads the metrics of a server on loopback.
type scraper struct {
	*testing.T
	node *fakeNode
	now  time.Time
	base string
}

func newScraper(t *testing.T) *scraper {
	t.Helper()
	s := &scraper{T: t, node: newFakeNode(), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	srv, err := server.New(server.Options{Node: s.node, Accounts: fakeAccounts{}, Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(srv)
	t.Cleanup(door.Close)
	s.base = door.URL
	return s
}

func (s *scraper) scrape(token string) string {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.base+"/metrics", nil)
	if err != nil {
		s.Error(err)
		return ""
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Error(err)
		return ""
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.Errorf("%d, %v: %s", answer.StatusCode, err, b)
	}
	return string(b)
}

// TestFindingsAreOnesOwn: numbers tell nobody of releases that are not theirs.
func TestFindingsAreOnesOwn(t *testing.T) {
	s := newScraper(t)
	for token, want := range map[string][]string{
		"": {
			"countersign_releases 1\n", "countersign_releases_affected 1\n", "countersign_releases_exploited 1\n", "countersign_components 10\n", "countersign_findings_fixable 2\n",
			`countersign_findings{severity="critical",state="affected"} 2`, `countersign_findings{severity="high",state="affected"} 0`,
			`countersign_findings{severity="any",state="unknown"} 1`, "countersign_findings_exploited 1\n", "countersign_findings_position 7\n", "countersign_ledger_position 7\n",
		},
		"cst_reader": {"countersign_releases 1\n", `countersign_findings{severity="high",state="affected"} 0`},
		"cst_analyst": {
			"countersign_releases 3\n", "countersign_releases_affected 2\n", "countersign_releases_exploited 2\n", `countersign_findings{severity="high",state="affected"} 3`,
			`countersign_findings{severity="malicious",state="affected"} 1`,
		},
	} {
		text := s.scrape(token)
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("as %q: no %s in\n%s", token, part, text)
			}
		}
	}
}

// TestFindingsAreCountedSeldom: at most once a minute, and only when something
// was added or an hour went by.
func TestFindingsAreCountedSeldom(t *testing.T) {
	s := newScraper(t)
	for _, step := range []struct {
		after  time.Duration
		append int64
		counts int64
	}{{0, 0, 1}, {time.Second, 0, 1}, {30 * time.Second, 1, 1}, {time.Minute, 0, 2}, {2 * time.Minute, 0, 2}, {time.Hour, 0, 3}} {
		s.now = s.now.Add(step.after)
		s.node.position.Add(step.append)
		text := s.scrape("")
		if got := s.node.censuses.Load(); got != step.counts || !strings.Contains(text, "countersign_releases 1\n") {
			t.Errorf("after %v and %d more: counted %d times, want %d", step.after, step.append, got, step.counts)
		}
	}
}

// TestFindingsWithoutStore: the other metrics are there when the store is not,
// and the numbers of before.
func TestFindingsWithoutStore(t *testing.T) {
	s := newScraper(t)
	s.node.down.Store(true)
	if text := s.scrape(""); strings.Contains(text, "countersign_releases") || !strings.Contains(text, "countersign_store_up 0") {
		t.Errorf("with the store down:\n%s", text)
	}
	s.node.down.Store(false)
	s.now = s.now.Add(2 * time.Minute)
	s.scrape("")
	s.node.down.Store(true)
	s.now = s.now.Add(2 * time.Hour)
	if text := s.scrape(""); !strings.Contains(text, "countersign_releases 1\n") {
		t.Errorf("the numbers of before are gone:\n%s", text)
	}
}

// TestFindingsAreCountedByOne: whoever comes while they are counted does not
// wait, and does not count.
func TestFindingsAreCountedByOne(t *testing.T) {
	s := newScraper(t)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() { s.scrape("") })
	}
	all.Wait()
	if got := s.node.censuses.Load(); got != 1 {
		t.Errorf("counted %d times at once", got)
	}
}
