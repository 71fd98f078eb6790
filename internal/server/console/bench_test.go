package console_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign.dev/internal/server/console"
)

// BenchmarkParty makes the page about one party, with one listing of six
// events, over a ledger in memory: what a page costs beside its reads.
func BenchmarkParty(b *testing.B) {
	c := newConsole(newStage(b))
	r := httptest.NewRequest(http.MethodGet, "/party?subject=xiaomi&at=2021-03-13", nil)
	r = r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Reader: analyst, Token: token}))
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
		b.SetBytes(int64(w.Body.Len()))
	}
}
