//go:build unix

package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// benchLabels is how many labels the registry has, benchRate how often it is
// asked in a second.
const (
	benchLabels = 100_000
	benchRate   = 500
)

// BenchmarkRegistryRead asks a registry of 100,000 labels for one after the other
// at 500 a second, whether it keeps up or not, over connections that stay open,
// and tells how long the answers took, client included, and how much of a
// processor each cost, which a machine that has other work does not change. Give
// it enough to do: -benchtime 5000x takes ten seconds.
func BenchmarkRegistryRead(b *testing.B) {
	s := openRegistry(b)
	ids := s.Copies(s.Given(nil), benchLabels)
	if a := s.ask("GET", "/api/v1/labels/"+ids[0]); a.StatusCode != http.StatusOK { // which reads all of them
		b.Fatalf("%d %s", a.StatusCode, a.body)
	}
	for name, path := range map[string]string{
		"json": "/api/v1/labels/%s", "page": "/labels/%s", "history": "/labels/%s/history", "badge": "/labels/%s/badge.svg",
	} {
		b.Run(name, func(b *testing.B) {
			// In an order that no cache of neighbours helps.
			paced(b, func(i int) string { return s.url + fmt.Sprintf(path, ids[i*7919%len(ids)]) })
		})
	}
	// A search looks at every label; few are done at once, one after the other here.
	for name, query := range map[string]string{"search": "q=cam+2+99999", "search-past": "q=cam+2+99999&at=2026-03-02&known=2026-03-02"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if a := s.ask("GET", "/api/v1/labels?"+query); a.StatusCode != http.StatusOK || !bytes.Contains(a.body, []byte("Northlight Cam 2 99999")) {
					b.Fatalf("%d %.300s", a.StatusCode, a.body)
				}
			}
		})
	}
}

// paced sends b.N requests, each at its time.
func paced(b *testing.B, address func(i int) string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	took := make([]time.Duration, b.N)
	var all sync.WaitGroup
	began, spent := time.Now(), processor(b)
	b.ResetTimer()
	for i := range b.N {
		due := began.Add(time.Duration(i) * time.Second / benchRate)
		time.Sleep(time.Until(due))
		all.Go(func() {
			resp, err := client.Get(address(i))
			if err != nil {
				b.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("Northlight Cam")) && !bytes.HasPrefix(body, []byte("<svg")) {
				b.Errorf("%s, %v, %.200s", resp.Status, err, body)
			}
			took[i] = time.Since(due)
		})
	}
	all.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
	b.ReportMetric(float64(processor(b)-spent)/1e6/float64(b.N), "cpu-ms/op")
	b.ReportMetric(0, "ns/op")
}

// processor is the time that this process has spent on processors.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
