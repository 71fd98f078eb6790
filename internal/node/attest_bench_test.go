package node

import (
	"context"
	"fmt"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
)

// BenchmarkAttestations asks what is attested of a release of which fifty
// attestations are held, one in two by a signer who is trusted: as the first to
// ask, and again.
func BenchmarkAttestations(b *testing.B) {
	a, ctx := newAttesting(b, ""), context.Background()
	a.hand(access.Operator, billOf2("cam", camPURL, camDigest))
	for i := range 50 {
		key := a.builder
		if i%2 == 1 {
			key = a.stranger
		}
		r, err := a.Import(ctx, acmeMaker.Reader, []intake.File{{Name: "x", Bytes: []byte(a.provenance(key, fmt.Sprintf("cam-%d.bin", i), camDigest))}}, ImportOptions{})
		if err != nil || len(r.Failed) > 0 {
			b.Fatal(err, r.Failed)
		}
	}
	ask := func(b *testing.B) {
		got, err := a.Attestations(ctx, anybody, camPURL)
		if err != nil || len(got.Attestations) != 50 {
			b.Fatal(err, len(got.Attestations))
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			a.verifying.mu.Lock()
			a.verifying.verified, a.verifying.signers = nil, nil
			a.verifying.mu.Unlock()
			ask(b)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			ask(b)
		}
	})
}
