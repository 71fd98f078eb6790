package node

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/watch"
)

// TestWatchedReleasesStayTrue takes in the bills, advisories, statements,
// catalogues and lists of the demonstration in orders that chance gives. After
// each, the newest decision on every release that is watched says what asking
// anew says: nothing that concerns one fails to wake it.
func TestWatchedReleasesStayTrue(t *testing.T) {
	var files []string
	for _, pattern := range []string{"software/*.json", "advisories/*.json", "events/huawei.yaml", "ownership/hisilicon.csv"} {
		names, err := fs.Glob(demo.FS, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		files = append(files, names...)
	}
	subjects := []string{
		payroll, firm, "pkg:generic/harrow/agency-portal@3.2.1", "pkg:generic/solarwinds/orion-platform@2020.2-hf1",
		"cpe:2.3:a:microsoft:exchange_server:15.1.2106.2:*:*:*:*:*:*:*", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := openReleaseStage(t, "", "2026-11-20")
			for _, subject := range subjects {
				s.decide(subject)
			}
			order := slices.Clone(files)
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for i, name := range order {
				s.importDemo(name)
				if i%7 == 6 {
					s.day = s.day.AddDays(40) // evidence grows old
				}
				s.catchUp()
				s.holds("after "+name, subjects)
			}
		})
	}
}

// holds compares the newest decision on each subject with what is answered now.
func (s *releaseStage) holds(what string, subjects []string) {
	s.t.Helper()
	newest := s.newest()
	for _, subject := range subjects {
		a, _, err := s.node.Check(s.t.Context(), access.Ask{Reader: access.Operator}, Question{Subject: subject, Purpose: "operate"})
		if err != nil {
			s.t.Fatalf("%s: %s: %v", what, subject, err)
		}
		b, err := decision.Record(a, decision.Circumstances{Audiences: []string{"all"}})
		if err != nil {
			s.t.Fatal(err)
		}
		now, err := decision.ParseRecord(b)
		if err != nil {
			s.t.Fatal(err)
		}
		same, err := watch.Same(newest[subject], now)
		if err != nil {
			s.t.Fatal(err)
		}
		if !same {
			s.t.Errorf("%s: %s is decided to be %s for %s, and is %s for %s", what, subject, newest[subject].Verdict, rulesOf(newest[subject]), now.Verdict, rulesOf(now))
		}
	}
}

// newest is the newest decision on each subject.
func (s *releaseStage) newest() map[string]*decision.Recorded {
	s.t.Helper()
	out := map[string]*decision.Recorded{}
	err := s.node.eachDecision(s.t.Context(), func(r *decision.Recorded) { out[r.Query] = r })
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// eachDecision calls fn with all decisions, oldest first.
func (n *Node) eachDecision(ctx context.Context, fn func(*decision.Recorded)) error {
	ask := access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: access.Now}}
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return err
	}
	entries, err := n.Ledger.List(ctx, ask, ledger.Filter{Kind: KindDecision, Limit: 10_000})
	if err != nil {
		return err
	}
	for i := range entries {
		b, err := n.Ledger.Body(ctx, ask, entries[i].Position)
		if err != nil {
			return err
		}
		r, err := decision.ParseRecord(b)
		if err != nil {
			return err
		}
		fn(r)
	}
	return nil
}

func rulesOf(r *decision.Recorded) (out []string) {
	for _, reason := range r.Reasons {
		out = append(out, reason.Rule+" "+reason.About)
	}
	return out
}
