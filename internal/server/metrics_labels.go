package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"countersign.dev/internal/surveillance"
)

// surveilling is a node that may keep labels true; ok is false when it does not.
type surveilling interface {
	Surveilling() (stats surveillance.Stats, ok bool)
}

// surveillanceCollector asks the node's surveillance of labels how it stands each
// time the metrics are read.
type surveillanceCollector struct{ node surveilling }

var (
	surveilledDesc = prometheus.NewDesc("countersign_surveillance_labels",
		"Labels that were given and are kept true.", nil, nil)
	surveilledConcernsDesc = prometheus.NewDesc("countersign_surveillance_concerns",
		"Parties, releases and profiles that bear on labels.", nil, nil)
	surveilledDueDesc = prometheus.NewDesc("countersign_surveillance_due",
		"Concerns that are to be judged now.", nil, nil)
	surveilledWaitingDesc = prometheus.NewDesc("countersign_surveillance_waiting",
		"Labels of which events may be missing.", nil, nil)
	surveilledNextDesc = prometheus.NewDesc("countersign_surveillance_next_wake_timestamp_seconds",
		"Beginning of the next day on which time alone brings something to do; not there when there is none.", nil, nil)
	surveilledJudgedDesc = prometheus.NewDesc("countersign_surveillance_judged_total",
		"Concerns that were judged.", nil, nil)
	surveilledAppendedDesc = prometheus.NewDesc("countersign_surveillance_events_total",
		"Events of labels that this node appended by the rules of their schemes.", nil, nil)
	surveilledFailedDesc = prometheus.NewDesc("countersign_surveillance_failures_total",
		"Concerns that could not be judged and events that could not follow; each is in the log.", nil, nil)
	surveilledPositionDesc = prometheus.NewDesc("countersign_surveillance_position",
		"Position up to which the labels are kept true.", nil, nil)
)

// Describe implements prometheus.Collector.
func (surveillanceCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		surveilledDesc, surveilledConcernsDesc, surveilledDueDesc, surveilledWaitingDesc, surveilledNextDesc,
		surveilledJudgedDesc, surveilledAppendedDesc, surveilledFailedDesc, surveilledPositionDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c surveillanceCollector) Collect(ch chan<- prometheus.Metric) {
	s, ok := c.node.Surveilling()
	if !ok {
		return
	}
	tell := func(d *prometheus.Desc, t prometheus.ValueType, v int64) {
		ch <- prometheus.MustNewConstMetric(d, t, float64(v))
	}
	tell(surveilledDesc, prometheus.GaugeValue, int64(s.Labels))
	tell(surveilledConcernsDesc, prometheus.GaugeValue, int64(s.Concerns))
	tell(surveilledDueDesc, prometheus.GaugeValue, int64(s.Due))
	tell(surveilledWaitingDesc, prometheus.GaugeValue, int64(s.Waiting))
	if s.NextWake != "" {
		tell(surveilledNextDesc, prometheus.GaugeValue, s.NextWake.Time().Unix())
	}
	tell(surveilledJudgedDesc, prometheus.CounterValue, s.Judged)
	tell(surveilledAppendedDesc, prometheus.CounterValue, s.Appended)
	tell(surveilledFailedDesc, prometheus.CounterValue, s.Failed)
	tell(surveilledPositionDesc, prometheus.GaugeValue, s.Position)
}
