package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"countersign.dev/internal/watch"
)

// metrics are the counts of one server, in a registry of its own.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	findings *findingCounts
}

func newMetrics(opts *Options) *metrics {
	node := opts.Node
	m := &metrics{
		findings: newFindingCounts(node, opts.Clock, opts.Log),
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "countersign_http_requests_total",
			Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "countersign_http_request_seconds",
			Help:    "Time from a request's headers to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}, []string{"route"}),
	}
	if n, ok := node.(watching); ok {
		m.registry.MustRegister(watchCollector{n})
	}
	if n, ok := node.(surveilling); ok {
		m.registry.MustRegister(surveillanceCollector{n})
	}
	if n, ok := node.(telling); ok {
		m.registry.MustRegister(noticeCollector{n})
	}
	if n, ok := node.(cosigned); ok {
		m.registry.MustRegister(cosignedCollector{n})
	}
	m.registry.MustRegister(m.requests, m.seconds, &ledgerCollector{node},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// knownMethod keeps clients from making up label values.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// ledgerCollector asks the node where it is each time the metrics are read.
type ledgerCollector struct{ node Node }

var (
	positionDesc = prometheus.NewDesc("countersign_ledger_position",
		"Position of the ledger's head. Each position is a document, so its increase counts appends.", nil, nil)
	appliedDesc = prometheus.NewDesc("countersign_follower_position",
		"Position up to which this node's views follow the ledger.", nil, nil)
	lagDesc = prometheus.NewDesc("countersign_follower_lag_positions",
		"Positions that this node's views are behind the ledger.", nil, nil)
	upDesc = prometheus.NewDesc("countersign_store_up",
		"Whether the store answered, 1 or 0.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*ledgerCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- positionDesc
	ch <- appliedDesc
	ch <- lagDesc
	ch <- upDesc
}

// Collect implements prometheus.Collector.
func (c *ledgerCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	applied := c.node.Applied()
	gauge(appliedDesc, applied)
	head, err := c.node.Head(ctx)
	if err != nil {
		gauge(upDesc, 0)
		return
	}
	gauge(upDesc, 1)
	gauge(positionDesc, head.Position)
	gauge(lagDesc, max(head.Position-applied, 0))
}

// watching is a node that may watch decisions; ok is false when it does not.
type watching interface {
	Watching() (stats watch.Stats, ok bool)
}

// watchCollector asks the node's watch how it stands each time the metrics are
// read.
type watchCollector struct{ node watching }

var (
	watchedDesc = prometheus.NewDesc("countersign_watch_decisions",
		"Living decisions that are watched.", nil, nil)
	watchDueDesc = prometheus.NewDesc("countersign_watch_due",
		"Watched decisions that are to be asked again now.", nil, nil)
	watchNextDesc = prometheus.NewDesc("countersign_watch_next_wake_timestamp_seconds",
		"Beginning of the next day on which a watched decision is to be asked again; not there when none is.", nil, nil)
	watchChangesDesc = prometheus.NewDesc("countersign_watch_changes_total",
		"Decisions that this node found changed and recorded.", nil, nil)
	watchAskedDesc = prometheus.NewDesc("countersign_watch_questions_total",
		"Questions of watched decisions that were asked again.", nil, nil)
	watchFailedDesc = prometheus.NewDesc("countersign_watch_failures_total",
		"Questions of watched decisions that could not be answered.", nil, nil)
	watchDroppedDesc = prometheus.NewDesc("countersign_watch_dropped_total",
		"Decisions given up because there were more than are watched; at the start at least one, however many.", nil, nil)
)

// Describe implements prometheus.Collector.
func (watchCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{watchedDesc, watchDueDesc, watchNextDesc, watchChangesDesc, watchAskedDesc, watchFailedDesc, watchDroppedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c watchCollector) Collect(ch chan<- prometheus.Metric) {
	s, ok := c.node.Watching()
	if !ok {
		return
	}
	tell := func(d *prometheus.Desc, t prometheus.ValueType, v float64) {
		ch <- prometheus.MustNewConstMetric(d, t, v)
	}
	tell(watchedDesc, prometheus.GaugeValue, float64(s.Watched))
	tell(watchDueDesc, prometheus.GaugeValue, float64(s.Due))
	if s.NextWake != "" {
		tell(watchNextDesc, prometheus.GaugeValue, float64(s.NextWake.Time().Unix()))
	}
	tell(watchChangesDesc, prometheus.CounterValue, float64(s.Changes))
	tell(watchAskedDesc, prometheus.CounterValue, float64(s.Asked))
	tell(watchFailedDesc, prometheus.CounterValue, float64(s.Failed))
	tell(watchDroppedDesc, prometheus.CounterValue, float64(s.Dropped))
}

// metricsHandler serves the metrics to this machine and to members; they tell
// more of a node's use than strangers should know. Findings are those that
// whoever reads may see: without a token, those of public releases.
func (s *Server) metricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callerOf(r.Context())
		if c.by == anonymous && !fromThisMachine(r) {
			s.refuse(w, r, unauthenticated("metrics are for loopback and members"))
			return
		}
		all := prometheus.Gatherers{s.metrics.registry}
		if totals := s.metrics.findings.of(r.Context(), c.reader); totals != nil {
			own := prometheus.NewRegistry()
			own.MustRegister(totals)
			all = append(all, own)
		}
		promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r)
	})
}
