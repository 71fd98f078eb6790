package node

import (
	"context"
	"fmt"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label/core"
)

// many is applications that are assessed, all but the first by repeating what
// happened to the first.
func (l *labelling) many(count int) []string {
	l.t.Helper()
	ctx := context.Background()
	first := l.assessed()
	events, err := l.wholeEvents(ctx, access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}, first)
	l.must(err)
	ids := []string{first}
	for len(ids) < count {
		var changes []change
		var audience access.Audience
		for len(changes) < 300 && len(ids) < count {
			id := core.NewID(counting(len(ids)))
			ids = append(ids, id)
			for _, e := range events {
				again := *e
				again.Label = id
				if a := again.Application; a != nil {
					copied := *a
					copied.Product = fmt.Sprintf("Northlight Cam %d", len(ids))
					again.Application = &copied
				}
				changes = append(changes, change{&again, -1})
			}
		}
		audience, err := partakers("northlight", "labels", "quayside")
		l.must(err)
		l.must(l.appendLabels(ctx, audience, "bench", changes))
	}
	return ids
}

// counting reads a number as random bytes.
type counting int

func (c counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(uint64(c)>>(5*(i%9))) & 31
	}
	return len(b), nil
}

// BenchmarkIssue gives labels: assess what is held, sign, store and log.
func BenchmarkIssue(b *testing.B) {
	l := newLabelling(b)
	ids := l.many(b.N)
	b.ResetTimer()
	if err := l.IssueMany(context.Background(), authority, ids, IssueOptions{}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "labels/s")
}

// BenchmarkAssessment judges an application by its ninety-two controls, with all
// that the store holds about it.
func BenchmarkAssessment(b *testing.B) {
	l := newLabelling(b)
	id := l.assessed()
	for b.Loop() {
		if _, err := l.Assessment(context.Background(), assessor, id); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyLabel verifies a label's document and its code.
func BenchmarkVerifyLabel(b *testing.B) {
	l, ctx := newLabelling(b), context.Background()
	id := l.assessed()
	s, err := l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	doc, _, err := l.LabelDocument(ctx, anybody, id)
	l.must(err)
	keys, err := l.LabelKeys(ctx)
	l.must(err)
	public, err := PublicKeys(keys)
	l.must(err)
	code := l.LabelCode(&s.State)
	raw := coreKeys(b, keys)
	for b.Loop() {
		env, err := dsse.Parse(doc)
		if err == nil {
			_, err = env.Verify(public)
		}
		if err != nil {
			b.Fatal(err)
		}
		signed, err := core.ParseURL(code)
		if err == nil {
			_, err = signed.Verify(raw...)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
