package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
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
// and tells how long the answers took, client included. Give it enough to do:
// -benchtime 5000x takes ten seconds.
func BenchmarkRegistryRead(b *testing.B) {
	s := openRegistry(b)
	ids := s.Copies(s.Given(nil), benchLabels)
	if a := s.ask("GET", "/api/v1/labels/"+ids[0]); a.StatusCode != http.StatusOK { // which reads all of them
		b.Fatalf("%d %s", a.StatusCode, a.body)
	}
	for name, path := range map[string]string{
		"json": "/api/v1/labels/%s", "page": "/labels/%s", "history": "/labels/%s/history", "search": "/api/v1/labels?q=%s", "badge": "/labels/%s/badge.svg",
	} {
		b.Run(name, func(b *testing.B) {
			// In an order that no cache of neighbours helps.
			paced(b, func(i int) string { return s.url + fmt.Sprintf(path, ids[i*7919%len(ids)]) })
		})
	}
}

// paced sends b.N requests, each at its time.
func paced(b *testing.B, address func(i int) string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	took := make([]time.Duration, b.N)
	var all sync.WaitGroup
	began := time.Now()
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
	b.ReportMetric(0, "ns/op")
}
