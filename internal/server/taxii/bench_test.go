package taxii_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/sharing"
)

// benchObjects are in the collection that pages are read of.
const benchObjects = 10_000

// BenchmarkDoor asks over loopback, with a connection that stays open: a page of
// 100 from the middle of 10,000 objects, its manifest, and an envelope of 100 new
// ones, validated and durable.
func BenchmarkDoor(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := open(b, dbtest.Open(b, engine), sharing.Limits{}, nil)
			for n := 0; n < benchObjects; n += 1000 {
				w.submit(b, guest, names["none"], benchCampaigns(n, 1000)...)
			}
			path := "http://" + w.addr + filled("/taxii2/scratch/collections/{none}/")
			_, header := w.page(b, "/taxii2/scratch/collections/{none}/manifest/", map[string][]string{"limit": {fmt.Sprint(benchObjects / 20)}})
			page := "?limit=100&added_after=" + header.Get("X-TAXII-Date-Added-Last")
			b.Run("page", func(b *testing.B) { benchGet(b, path+"objects/"+page) })
			b.Run("manifest", func(b *testing.B) { benchGet(b, path+"manifest/"+page) })
			next := benchObjects
			b.Run("post", func(b *testing.B) {
				for b.Loop() {
					body := `{"objects":[` + strings.Join(benchCampaigns(next, 100), ",") + `]}`
					next += 100
					benchDo(b, http.MethodPost, path+"objects/", body, http.StatusAccepted)
				}
				b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "objects/s")
			})
		})
	}
}

func benchCampaigns(from, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = campaign(from + i)
	}
	return out
}

func benchGet(b *testing.B, url string) {
	for b.Loop() {
		benchDo(b, http.MethodGet, url, "", http.StatusOK)
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "objects/s")
}

func benchDo(b *testing.B, method, url, body string, want int) {
	r, err := http.NewRequestWithContext(b.Context(), method, url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.SetBasicAuth("demo", "demo")
	r.Header.Set("Accept", "application/taxii+json;version=2.1")
	r.Header.Set("Content-Type", "application/taxii+json;version=2.1")
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != want {
		b.Fatalf("%s %s: %d, %v", method, url, resp.StatusCode, err)
	}
}
