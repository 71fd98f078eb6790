package server

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
)

// findingTotals are the numbers of a portfolio, as one reader sees it.
type findingTotals struct {
	position                       int64
	releases, affected, threatened int
	node.PortfolioRelease          // the sums
}

// findingCounts counts findings for whoever reads the metrics. A reader's
// numbers are of what that reader may see and of nothing else: they would tell
// what others hold.
type findingCounts struct {
	node  Node
	clock func() time.Time
	log   *slog.Logger

	mu       sync.Mutex
	byReader map[string]*countedFor
}

// countedFor is what was counted last for readers of the same organisations.
type countedFor struct {
	totals   *findingTotals // nil until something was counted
	next     time.Time      // not counted again before
	whole    time.Time      // when it was counted, rather than found unchanged
	counting bool
}

const (
	countEvery = time.Minute
	// countShare keeps counting to a twentieth of the time, however large the
	// portfolio.
	countShare = 20
	// countAnyway is how long numbers are taken to hold when nothing was added:
	// advisories are known from their day on, and time passes.
	countAnyway = time.Hour
	// countTime bounds one count, which goes on when the client has left so that
	// the next one finds it done.
	countTime = 5 * time.Minute
	// mostCounted is how many sets of organisations are remembered.
	mostCounted = 64
)

func newFindingCounts(node Node, clock func() time.Time, log *slog.Logger) *findingCounts {
	return &findingCounts{node: node, clock: clock, log: log, byReader: map[string]*countedFor{}}
}

// of is the numbers for a reader; nil when none were counted yet. They are
// counted by whoever asks first, and others get those of before meanwhile.
func (c *findingCounts) of(ctx context.Context, reader access.Reader) *findingTotals {
	key := strings.Join(reader.Organisations, "\n")
	now := c.clock()
	c.mu.Lock()
	e := c.byReader[key]
	if e == nil {
		if len(c.byReader) >= mostCounted {
			clear(c.byReader)
		}
		e = &countedFor{}
		c.byReader[key] = e
	}
	old := e.totals
	if e.counting || now.Before(e.next) {
		c.mu.Unlock()
		return old
	}
	e.counting = true
	stale := now.Sub(e.whole) >= countAnyway
	c.mu.Unlock()

	totals := old
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		after := c.clock()
		e.counting, e.next = false, after.Add(max(countEvery, countShare*after.Sub(now)))
		if totals != old {
			e.totals, e.whole = totals, now
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countTime)
	defer cancel()
	if fresh, err := c.count(ctx, reader, old, stale); err != nil {
		c.log.WarnContext(ctx, "findings not counted", "error", err)
	} else {
		totals = fresh
	}
	return totals
}

// count counts anew, unless nothing was added since old was counted.
func (c *findingCounts) count(ctx context.Context, reader access.Reader, old *findingTotals, stale bool) (*findingTotals, error) {
	if old != nil && !stale {
		head, err := c.node.Head(ctx)
		if err != nil || head.Position == old.position {
			return old, err
		}
	}
	p, err := c.node.Portfolio(ctx, access.Ask{Reader: reader})
	if err != nil {
		return nil, err
	}
	t := &findingTotals{position: p.Position, releases: len(p.Releases)}
	for i := range p.Releases {
		r := &p.Releases[i]
		if r.Open() > 0 {
			t.affected++
		}
		if r.Exploited > 0 || r.Malicious > 0 {
			t.threatened++
		}
		t.Malicious, t.Critical, t.High, t.Medium, t.Low = t.Malicious+r.Malicious, t.Critical+r.Critical, t.High+r.High, t.Medium+r.Medium, t.Low+r.Low
		t.Unrated, t.Unknown = t.Unrated+r.Unrated, t.Unknown+r.Unknown
		t.Exploited, t.Fixable, t.Stated, t.Components = t.Exploited+r.Exploited, t.Fixable+r.Fixable, t.Stated+r.Stated, t.Components+r.Components
	}
	return t, nil
}

var (
	releasesDesc = prometheus.NewDesc("countersign_releases",
		"Releases of which a bill of materials is held, as far as whoever reads this may see.", nil, nil)
	componentsDesc = prometheus.NewDesc("countersign_components",
		"Components of these releases, counted in each.", nil, nil)
	affectedDesc = prometheus.NewDesc("countersign_releases_affected",
		"Of these releases, those that a weakness concerns for certain.", nil, nil)
	threatenedDesc = prometheus.NewDesc("countersign_releases_exploited",
		"Of these releases, those with a weakness that is known to be exploited, or with a planted attack.", nil, nil)
	findingsDesc = prometheus.NewDesc("countersign_findings",
		"Findings in these releases, before statements of exploitability, by severity (malicious, critical, high, medium, low, unrated) and state: affected, or unknown where it cannot be told, whose severity is any.",
		[]string{"severity", "state"}, nil)
	exploitedDesc = prometheus.NewDesc("countersign_findings_exploited",
		"Of the certain findings, those in CISA's catalogue of weaknesses known to be exploited.", nil, nil)
	fixableDesc = prometheus.NewDesc("countersign_findings_fixable",
		"Of the certain findings, those that a version is known to mend.", nil, nil)
	statedDesc = prometheus.NewDesc("countersign_findings_stated",
		"Of all findings, those of which somebody says something about the release.", nil, nil)
	countedDesc = prometheus.NewDesc("countersign_findings_position",
		"Position of the ledger at which findings were counted.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*findingTotals) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{releasesDesc, componentsDesc, affectedDesc, threatenedDesc, findingsDesc, exploitedDesc, fixableDesc, statedDesc, countedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (t *findingTotals) Collect(ch chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, v int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	tell(releasesDesc, t.releases)
	tell(componentsDesc, t.Components)
	tell(affectedDesc, t.affected)
	tell(threatenedDesc, t.threatened)
	for _, s := range []struct {
		severity string
		count    int
	}{{"malicious", t.Malicious}, {"critical", t.Critical}, {"high", t.High}, {"medium", t.Medium}, {"low", t.Low}, {"unrated", t.Unrated}} {
		tell(findingsDesc, s.count, s.severity, "affected")
	}
	tell(findingsDesc, t.Unknown, "any", "unknown")
	tell(exploitedDesc, t.Exploited)
	tell(fixableDesc, t.Fixable)
	tell(statedDesc, t.Stated)
	tell(countedDesc, int(t.position))
}
