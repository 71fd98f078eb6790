package sharing_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/sharing"
)

const benchCommunity = `countersign: community/v1
community: bench
name: Bench
home: home
default: amber+strict
members:
  - {organisation: ash}
  - {organisation: beech}
collections:
  - {id: 11111111-1111-4111-8111-111111111111, alias: all, title: All, read: members, write: members}
`

// BenchmarkSubmit takes in envelopes of 100 objects.
func BenchmarkSubmit(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			s := openShop(b, dbtest.Open(b, engine), sharing.Limits{})
			s.found(benchCommunity)
			r := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			for b.Loop() {
				s.fill(r, 100)
			}
			b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// fill shares some new objects, for everybody in the community.
func (s *shop) fill(r *rand.Rand, count int) {
	texts := make([]string, count)
	for i := range texts {
		texts[i] = indicator("indicator--"+uuid(r), s.clock.now.Add(-time.Hour), "bench", tlp2Green)
	}
	s.clock.now = s.clock.now.Add(time.Millisecond)
	if _, err := s.Submit(context.Background(), reader("ash-soc", "ash"), "bench", "all", envelope(texts...)); err != nil {
		s.t.Fatal(err)
	}
}

// BenchmarkPage reads pages of 100 of a collection of 100,000 objects, from
// anywhere.
func BenchmarkPage(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			s := openShop(b, dbtest.Open(b, engine), sharing.Limits{})
			s.found(benchCommunity)
			r := rand.New(rand.NewPCG(1, 2))
			begin := s.clock.now
			for range 100 {
				s.fill(r, 1000)
			}
			span := int64(s.clock.now.Sub(begin))
			for b.Loop() {
				f := sharing.Filter{AddedAfter: begin.Add(time.Duration(r.Int64N(span)))}
				if _, err := s.Page(context.Background(), reader("beech-soc", "beech"), "bench", "all", sharing.Objects, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
