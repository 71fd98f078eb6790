package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// readyTime is how long a node may take to say where it is.
const readyTime = 2 * time.Second

// Health is the answer of /healthz and /readyz.
type Health struct {
	Status    string `json:"status"`              // "ok", "ready", or why not: "stopping", "unreachable", "behind"
	Position  int64  `json:"position,omitempty"`  // of the ledger's head
	Applied   int64  `json:"applied,omitempty"`   // up to which this node follows it
	Witnesses string `json:"witnesses,omitempty"` // of the log: "ok", or what one of them says; absent without any
}

// serveHealth says that the process answers at all. That a witness refuses the
// log's history is told here but makes the answer no failure: to start the
// process anew would not mend it.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	serveHealth(w, http.StatusOK, Health{Status: "ok", Witnesses: s.witnessesSay()})
}

// serveReady says whether this node should be sent requests: its store answers,
// its views are not far behind the ledger, and it is not about to stop.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		serveHealth(w, http.StatusServiceUnavailable, Health{Status: "stopping"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	head, err := s.opts.Node.Head(ctx)
	if err != nil {
		Cause(r.Context(), err)
		serveHealth(w, http.StatusServiceUnavailable, Health{Status: "unreachable"})
		return
	}
	h := Health{Status: "ready", Position: head.Position, Applied: s.opts.Node.Applied()}
	status := http.StatusOK
	if h.Position-h.Applied > s.opts.Limits.Lag {
		h.Status, status = "behind", http.StatusServiceUnavailable
	}
	serveHealth(w, status, h)
}

func serveHealth(w http.ResponseWriter, status int, h Health) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(h)
}
