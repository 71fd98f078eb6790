package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"countersign.dev/internal/notice"
)

// telling is a node that tells members of changes.
type telling interface {
	Telling(ctx context.Context) (notice.Standing, error)
}

// noticeCollector asks how messages stand each time the metrics are read.
type noticeCollector struct{ node telling }

var (
	noticeWatchesDesc = prometheus.NewDesc("countersign_notice_watches", "What members are told of.", nil, nil)
	noticeDueDesc     = prometheus.NewDesc("countersign_notice_due", "Messages that have to go out.", nil, nil)
	noticeDeadDesc    = prometheus.NewDesc("countersign_notice_dead", "Messages that were given up in the last 90 days.", nil, nil)
	noticeOldestDesc  = prometheus.NewDesc("countersign_notice_oldest_due_timestamp_seconds",
		"Since when the oldest message waits; not there when none does.", nil, nil)
)

// Describe implements prometheus.Collector.
func (noticeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{noticeWatchesDesc, noticeDueDesc, noticeDeadDesc, noticeOldestDesc} {
		ch <- d
	}
}

// noticeTime bounds how long the store is waited for.
const noticeTime = 5 * time.Second

// Collect implements prometheus.Collector.
func (c noticeCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), noticeTime)
	defer cancel()
	s, err := c.node.Telling(ctx)
	if err != nil {
		return // that the store is down, countersign_store_up says
	}
	gauge := func(d *prometheus.Desc, v int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	gauge(noticeWatchesDesc, s.Watches)
	gauge(noticeDueDesc, s.Due)
	gauge(noticeDeadDesc, s.Dead)
	if !s.Oldest.IsZero() {
		gauge(noticeOldestDesc, s.Oldest.Unix())
	}
}
