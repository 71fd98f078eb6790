package server

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"countersign.dev/internal/ledger/witness"
)

// The door of the witness that this node is for the logs of others, in the form
// of c2sp.org/tlog-witness. Its submission prefix and its monitoring prefix are
// /witness. Everybody may ask: what a log has signed is checked, not who sends
// it.

// witnessing is a node that may be a witness; it has none when it is not.
type witnessing interface {
	Witness() *witness.Witness
}

// cosigned is a node whose own log may be watched by witnesses; ok is false
// when it is not.
type cosigned interface {
	Cosigning() (s witness.Status, ok bool)
}

const witnessRoot = "/witness/"

func (s *Server) routeWitness(mux *http.ServeMux) {
	mux.HandleFunc("POST "+witnessRoot+"add-checkpoint", s.asWitness(s.addCheckpoint))
	mux.HandleFunc("GET "+witnessRoot+"{origin}/checkpoint", s.asWitness(s.serveWitnessed))
	mux.HandleFunc("GET "+witnessRoot+"key", s.asWitness(s.serveWitnessKey))
}

// asWitness passes a request on to the node's witness.
func (s *Server) asWitness(next func(http.ResponseWriter, *http.Request, *witness.Witness)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if n, ok := s.opts.Node.(witnessing); ok {
			if by := n.Witness(); by != nil {
				next(w, r, by)
				return
			}
		}
		s.refuse(w, r, newProblem(http.StatusNotFound, "this node is no witness"))
	}
}

// refusals are the statuses that c2sp.org/tlog-witness gives them.
var refusals = []struct {
	err    error
	status int
}{
	{witness.ErrMalformed, http.StatusBadRequest},
	{witness.ErrSignature, http.StatusForbidden},
	{witness.ErrUnknownLog, http.StatusNotFound},
	{witness.ErrInconsistent, http.StatusUnprocessableEntity},
}

func (s *Server) addCheckpoint(w http.ResponseWriter, r *http.Request, by *witness.Witness) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, witness.MaxRequest))
	if err != nil {
		s.refuse(w, r, problemOf(r.Context(), err))
		return
	}
	lines, err := by.AddCheckpoint(r.Context(), string(body))
	var size *witness.SizeError
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, lines)
		return
	case errors.As(err, &size):
		w.Header().Set("Content-Type", witness.SizeType)
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, strconv.FormatInt(size.Size, 10)+"\n")
		return
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			s.refuse(w, r, newProblem(refusal.status, err.Error()))
			return
		}
	}
	s.refuse(w, r, problemOf(r.Context(), err))
}

func (s *Server) serveWitnessed(w http.ResponseWriter, r *http.Request, by *witness.Witness) {
	text, err := by.Checkpoint(r.Context(), r.PathValue("origin"))
	if err != nil {
		s.refuse(w, r, problemOf(r.Context(), err))
		return
	}
	serveLog(w, "text/plain; charset=utf-8", cacheShort, []byte(text))
}

func (s *Server) serveWitnessKey(w http.ResponseWriter, _ *http.Request, by *witness.Witness) {
	serveLog(w, "text/plain; charset=utf-8", cacheShort, []byte(by.Key()+"\n"))
}

// witnessesSay is what the signs of life tell of the witnesses of the node's own
// log; "" when there are none.
func (s *Server) witnessesSay() string {
	n, ok := s.opts.Node.(cosigned)
	if !ok {
		return ""
	}
	status, ok := n.Cosigning()
	switch {
	case !ok:
		return ""
	case status.Refused:
		return "a witness refuses this log's history"
	}
	return "ok"
}

// cosignedCollector asks how cosignatures stand each time the metrics are read.
type cosignedCollector struct{ node cosigned }

var (
	cosignedSizeDesc = prometheus.NewDesc("countersign_log_cosigned_size",
		"Size of the newest checkpoint that a quorum of witnesses has cosigned since this node started; 0 for none.", nil, nil)
	witnessSizeDesc = prometheus.NewDesc("countersign_witness_size",
		"Size of the log that the witness cosigned last; 0 for none since this node started.", []string{"witness"}, nil)
	witnessFailuresDesc = prometheus.NewDesc("countersign_witness_failures",
		"Times in a row that the witness has not cosigned.", []string{"witness"}, nil)
	witnessRefusedDesc = prometheus.NewDesc("countersign_witness_refused",
		"Whether the witness says that this log is not what it was, 1 or 0.", []string{"witness"}, nil)
)

// Describe implements prometheus.Collector.
func (cosignedCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{cosignedSizeDesc, witnessSizeDesc, witnessFailuresDesc, witnessRefusedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c cosignedCollector) Collect(ch chan<- prometheus.Metric) {
	s, ok := c.node.Cosigning()
	if !ok {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(cosignedSizeDesc, float64(s.Size))
	for _, w := range s.Witnesses {
		refused := 0.0
		if w.Refused {
			refused = 1
		}
		gauge(witnessSizeDesc, float64(w.Size), w.Name)
		gauge(witnessFailuresDesc, float64(w.Failures), w.Name)
		gauge(witnessRefusedDesc, refused, w.Name)
	}
}
