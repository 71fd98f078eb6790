package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watch"
)

// TestLiving tells which decisions are watched.
func TestLiving(t *testing.T) {
	ask := func(at, known access.Date, position int64) access.At {
		return access.At{Date: at, Known: known, Position: position}
	}
	tests := []struct {
		name string
		at   func(s *stage) access.At
		want int
	}{
		{"by default", func(*stage) access.At { return access.At{} }, 1},
		{"of today, said so", func(*stage) access.At { return ask("2021-02-01", "2021-02-01", 0) }, 1},
		{"of a past day", func(*stage) access.At { return ask("2021-01-31", "", 0) }, 0},
		{"of a day ahead", func(*stage) access.At { return ask("2021-03-15", "", 0) }, 0},
		{"by what was known earlier", func(*stage) access.At { return ask("", "2021-01-20", 0) }, 0},
		{"of yesterday, as known then", func(*stage) access.At { return ask("2021-01-31", "2021-01-31", 0) }, 0},
		{"at an old position", func(s *stage) access.At {
			h, err := s.node.Ledger.Head(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return ask("", "", h.FactsPosition-1)
		}, 0},
		{"at a position since which no fact changed", func(s *stage) access.At {
			h, err := s.node.Ledger.Head(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			s.decide(access.Operator, "somebody else", "export")
			return ask("", "", h.Position)
		}, 2}, // and the other one
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, url string) {
				s := openStage(t, t.TempDir(), url, "2021-01-14")
				s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
				s.clock.set("2021-02-01")
				a, err := s.node.Decide(context.Background(), access.Ask{Reader: access.Operator, At: tt.at(s)}, node.Question{Subject: "xiaomi", Purpose: "invest"})
				if err != nil {
					t.Fatal(err)
				}
				w := s.watcher(watch.Options{})
				s.catchUp(w)
				if got := w.Stats().Watched; got != tt.want {
					t.Errorf("%d decisions are watched, want %d; asked as of %s, known %s, position %d", got, tt.want, a.At, a.Known, a.Position)
				}
			})
		})
	}
}

// TestRacedDecision is asked just before facts change and recorded just after:
// it is living all the same, and found to be out of date at once.
func TestRacedDecision(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	h, err := s.node.Ledger.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
	if _, err := s.node.Decide(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Position: h.Position}}, node.Question{Subject: "Xiaomi", Purpose: "invest"}); err != nil {
		t.Fatal(err)
	}
	s.catchUp(s.watcher(watch.Options{}))
	want := []string{"2021-01-14 operator review -", "2021-01-14 watch review 2021-03-15"}
	if diff := cmp.Diff(want, tell(s.decisions(access.Operator))); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestWithdrawn does not watch a decision whose words are gone.
func TestWithdrawn(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	s.decide(access.Operator, "Xiaomi", "invest")
	d := s.decisions(access.Operator)[0]
	if _, err := s.node.Ledger.Withdraw(context.Background(), access.Ask{Reader: access.Operator}, d.Entry.Position, "operator", "names a person"); err != nil {
		t.Fatal(err)
	}
	w := s.watcher(watch.Options{})
	s.catchUp(w)
	if got := w.Stats().Watched; got != 0 {
		t.Errorf("%d decisions are watched, want none", got)
	}
}

// TestCostFollowsChange counts questions: what a change does not concern is
// not asked again, and what it does only once.
func TestCostFollowsChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openStage(t, t.TempDir(), url, "2021-01-14")
		const parties = 20
		for i := range parties {
			s.decide(access.Operator, fmt.Sprint("Maker ", i), "invest")
		}
		w := s.watcher(watch.Options{Batch: 3})
		asked := int64(0)
		expect := func(what string, more int64) {
			t.Helper()
			s.catchUp(w)
			if got := w.Stats().Asked - asked; got != more {
				t.Errorf("%s: asked %d questions, want %d", what, got, more)
			}
			asked = w.Stats().Asked
		}
		expect("at the start", parties)
		expect("nothing", 0)
		s.decide(access.Operator, "Maker 3", "invest")
		expect("the same question decided on again", 0)
		s.decide(access.Operator, "Maker 3", "procure")
		expect("a new question", 1)
		s.importYAML(listed(7, "2021-01-14", "designated"), access.Public)
		expect("a name comes to mean somebody", 1)
		s.importYAML(listed(3, "2021-01-14", "designated"), access.Public)
		expect("a name that two questions have", 2)
		s.importYAML(listed(99, "2021-01-14", "designated"), access.Public)
		expect("somebody whom nobody asks for", 0)
		s.clock.set("2021-01-15")
		expect("the next day", 0)
		s.importYAML(strings.Replace(ownPolicy, "VERDICT", "review", 1), access.Public)
		expect("a new rule", parties+1)
		if stats := w.Stats(); stats.Watched != parties+1 || stats.Due != 0 || stats.NextWake != "2021-03-15" {
			t.Errorf("stands at %+v", stats)
		}
	})
}

const ownPolicy = `countersign: policy/v1
id: own
title: Of our own
purpose: procure
subjects: [organisation, person]
default: allow
rules:
  - {id: ours, each: listing, when: 'listing.status == "listed"', verdict: VERDICT, because: ours, cite: ours}
`

// TestRulesForFew has a policy for one organisation change what was answered
// for everybody: only its members learn of it.
func TestRulesForFew(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	s.importYAML(listed(1, "2021-01-14", "designated"), access.Public)
	for _, reader := range []access.Reader{access.Operator, member("acme"), member("cisa")} {
		s.decide(reader, "Maker 1", "procure")
	}
	w := s.watcher(watch.Options{})
	s.catchUp(w)
	s.importYAML(strings.Replace(ownPolicy, "VERDICT", "deny", 1), audience(t, "org:acme"))
	s.catchUp(w)
	const today = "2021-01-14 "
	tests := []struct {
		reader access.Reader
		want   []string
	}{
		{access.Anonymous, []string{today + "operator review -"}},
		{member("cisa"), []string{today + "operator review -", today + "m-cisa review -"}},
		{member("acme"), []string{today + "operator review -", today + "m-acme review -", today + "watch deny -", today + "watch deny -"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tell(s.decisions(tt.reader))); diff != "" {
			t.Errorf("a member of %v sees (-want +got):\n%s", tt.reader.Organisations, diff)
		}
	}
}

// TestLimit keeps the newest decisions, at the start and while running, and
// says that others are given up.
func TestLimit(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	for i := range 5 {
		s.decide(access.Operator, fmt.Sprint("Maker ", i), "invest")
	}
	w := s.watcher(watch.Options{Limit: 3})
	s.catchUp(w)
	s.decide(access.Operator, "Maker 0", "invest")
	s.catchUp(w)
	if stats := w.Stats(); stats.Watched != 3 || stats.Dropped == 0 {
		t.Errorf("stands at %+v, want 3 watched and others dropped", stats)
	}
	if n := strings.Count(s.log.String(), "level=WARN"); n != 1 {
		t.Errorf("warned %d times, want once:\n%s", n, s.log.String())
	}
	for i := range 5 {
		s.importYAML(listed(i, "2021-01-14", "designated"), access.Public)
	}
	s.catchUp(w)
	var woken []string
	for _, d := range s.decisions(access.Operator) {
		if d.Actor == watch.Actor {
			woken = append(woken, d.Query)
		}
	}
	slices.Sort(woken)
	if diff := cmp.Diff([]string{"Maker 0", "Maker 3", "Maker 4"}, woken); diff != "" {
		t.Errorf("watched (-want +got):\n%s", diff)
	}
}

// TestQuestionThatFails does not keep others from being asked, and is tried
// again on the next day.
func TestQuestionThatFails(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	for _, subject := range []string{"Maker 1", "Maker 2"} {
		s.decide(access.Operator, subject, "invest")
	}
	broken := true
	w := watch.New(watch.Options{
		Ledger: s.node.Ledger, Now: s.clock.Now, Logger: slog.New(slog.DiscardHandler),
		Ask: func(ctx context.Context, q watch.Question, at access.At, through func(dossier.Facts) dossier.Facts) (*decision.Answer, error) {
			through(s.node)
			if q.Subject == "Maker 1" && broken {
				return nil, errors.New("a rule fails")
			}
			a, _, err := s.node.Check(ctx, access.Ask{Reader: q.Reader(), At: at}, node.Question{Subject: q.Subject, Purpose: q.Purpose})
			return a, err
		},
	})
	s.catchUp(w)
	if stats := w.Stats(); stats.Failed != 1 || stats.Asked != 1 || stats.Due != 0 || stats.NextWake != "2021-01-15" {
		t.Errorf("stands at %+v, want one failed, one asked", stats)
	}
	broken = false
	s.clock.set("2021-01-15")
	s.catchUp(w)
	if stats := w.Stats(); stats.Failed != 1 || stats.Asked != 2 || stats.NextWake != "" {
		t.Errorf("stands at %+v, want two asked and the calendar empty", stats)
	}
}

// TestStoreThatFails gives the store's error back, and does later what it
// left.
func TestStoreThatFails(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	s.decide(access.Operator, "Maker 1", "invest")
	w := s.watcher(watch.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.CatchUp(ctx); err == nil {
		t.Error("no error from a store that is not asked")
	}
	s.catchUp(w)
	if stats := w.Stats(); stats.Watched != 1 || stats.Asked != 1 {
		t.Errorf("stands at %+v", stats)
	}
}

// TestFactsMoveBetweenAskingAndRecording has facts change while a question is
// being answered: the answer is made anew, so that none is recorded that was
// out of date already.
func TestFactsMoveBetweenAskingAndRecording(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openStage(t, t.TempDir(), url, "2021-01-14")
		s.decide(access.Operator, "Xiaomi", "invest")
		moved := 0
		plain := s.watcher(watch.Options{})
		s.catchUp(plain)
		s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
		w := watch.New(watch.Options{
			Ledger: s.node.Ledger, Now: s.clock.Now, Logger: slog.New(slog.DiscardHandler),
			Ask: func(ctx context.Context, q watch.Question, at access.At, through func(dossier.Facts) dossier.Facts) (*decision.Answer, error) {
				builder := dossier.Builder{Facts: through(s.node)}
				if _, err := builder.Build(ctx, access.Ask{Reader: q.Reader(), At: at}, q.Subject); err != nil {
					return nil, err
				}
				a, _, err := s.node.Check(ctx, access.Ask{Reader: q.Reader(), At: at}, node.Question{Subject: q.Subject, Purpose: q.Purpose})
				if moved++; moved <= 3 {
					s.importYAML(listed(moved, "2021-01-14", "designated"), access.Public)
				}
				return a, err
			},
		})
		s.catchUp(w)
		got := s.decisions(access.Operator)
		if len(got) != 2 || moved != 4 {
			t.Fatalf("%d decisions after %d questions, want 2 after 4", len(got), moved)
		}
		last, err := s.node.Ledger.LastChange(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}})
		if err != nil || got[1].Recorded.Position != last {
			t.Errorf("recorded as of position %d, facts changed last at %d (%v)", got[1].Recorded.Position, last, err)
		}
		_, err = s.node.Ledger.Append(context.Background(), ledger.Edition{MadeFrom: last - 1, Documents: []ledger.Document{{Bytes: []byte("x"), Kind: "test", Name: "x"}}})
		if !errors.Is(err, ledger.ErrMoved) {
			t.Errorf("append of what was made before the last change: %v, want ErrMoved", err)
		}
	})
}

// TestLateNight is recorded after midnight although it was asked before.
func TestLateNight(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
	s.clock.now = time.Date(2021, 2, 2, 0, 0, 1, 0, time.UTC)
	if _, err := s.node.Decide(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Date: "2021-02-01", Known: "2021-02-01"}}, node.Question{Subject: "xiaomi"}); err != nil {
		t.Fatal(err)
	}
	w := s.watcher(watch.Options{})
	s.catchUp(w)
	if got := w.Stats().Watched; got != 1 {
		t.Errorf("%d decisions are watched, want the one", got)
	}
}
