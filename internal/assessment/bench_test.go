package assessment_test

import (
	"fmt"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
)

// BenchmarkAssess answers each question of the profiles that come with the
// product, with three judgements of every control or more, by different judges,
// and the reason of each.
func BenchmarkAssess(b *testing.B) {
	set, questions := shipped(b)
	for _, q := range questions {
		s := subject()
		q.declare(&s, true)
		js := q.tested(b)
		for i := range q.asked {
			for _, who := range []string{"maker: met", "authority: met"} {
				j := by(b, "", who)
				j.Control = q.asked[i].Ref()
				other := report()
				other.Digest = "sha256:bb"
				j.Evidence = append(j.Evidence, other)
				js = append(js, j)
			}
		}
		b.Run(fmt.Sprintf("%s/%d_controls", q.name(), len(q.asked)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a, err := assessment.Assess(q.profile, set, q.tier, s, js, today)
				if err != nil || !a.Passes {
					b.Fatalf("passes %v, %v", a, err)
				}
				if p := assessment.ProgressOf(a); len(p.Waits) > 0 {
					b.Fatal(p.Summary)
				}
			}
		})
	}
}

// BenchmarkAssessLapsing is the baseline where every document lapses on a day of
// its own, so that the day on which the answer changes must be looked for.
func BenchmarkAssessLapsing(b *testing.B) {
	set, questions := shipped(b)
	for _, q := range questions {
		if q.profile.ID != "iot-baseline" {
			continue
		}
		s := subject()
		q.declare(&s, true)
		js := q.tested(b)
		for i := range js {
			if len(js[i].Evidence) > 0 {
				js[i].Evidence[0].ValidUntil = access.Date(today).AddDays(i + 1)
			}
		}
		for b.Loop() {
			if _, err := assessment.Assess(q.profile, set, q.tier, s, js, today); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkRun is the automatic assessors over what is held of one product.
func BenchmarkRun(b *testing.B) {
	_, questions := shipped(b)
	f := held()
	for b.Loop() {
		for _, q := range questions {
			if len(assessment.Run(q.asked, f, today)) == 0 && q.profile.ID == "iot-baseline" {
				b.Fatal("nothing is judged")
			}
		}
	}
}
