package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

const checkTarget = "/api/v1/check?subject=Xiaomi&purpose=invest&at=2021-03-13"

// BenchmarkCheck is what the door adds to a check: everything between the
// parsed request and the written answer, on a node that answers at once.
func BenchmarkCheck(b *testing.B) {
	s, err := server.New(server.Options{
		Node: newFakeNode(), Accounts: fakeAccounts{}, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Limits: server.Limits{Rate: server.Rate{PerSecond: -1}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, checkTarget, nil)
		r.Header.Set("Authorization", "Bearer cst_reader")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// BenchmarkCheckLoopback is the same over connections that stay open, client
// included; its inverse is the rate that one machine reaches.
func BenchmarkCheckLoopback(b *testing.B) {
	d := start(b, server.Options{
		Accounts: fakeAccounts{}, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Limits: server.Limits{Rate: server.Rate{PerSecond: -1}},
	})
	loopback(b, d.addr, checkTarget, "cst_reader")
}

// BenchmarkCheckNode is the same on a node with an embedded store that holds
// the shipped programmes and policies and one party.
func BenchmarkCheckNode(b *testing.B) {
	n, err := node.Open(b.Context(), node.Options{Data: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	files := []intake.File{{Name: "northwind.yaml", Bytes: []byte(northwindEvents)}}
	if report, err := n.Import(b.Context(), access.Operator, files, node.ImportOptions{}); err != nil || len(report.Failed) > 0 {
		b.Fatal(err, report)
	}
	d := start(b, server.Options{
		Node: n, Accounts: n.Access, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Limits: server.Limits{Rate: server.Rate{PerSecond: -1}},
	})
	loopback(b, d.addr, "/api/v1/check?subject=Northwind+Holdings&purpose=invest&at=2021-03-13", firstToken(b, n))
}

func loopback(b *testing.B, addr, target, token string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequest(http.MethodGet, "http://"+addr+target, nil)
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
				return
			}
		}
	})
}
