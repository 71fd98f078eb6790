package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watch"
)

// clock is a day that a test sets; every look at it is a little later.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) set(day access.Date) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = day.Time().Add(9 * time.Hour)
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) today() access.Date { return access.DateOf(c.Now()) }

// stage is a node whose days a test lives through.
type stage struct {
	t     testing.TB
	clock *clock
	node  *node.Node
	log   bytes.Buffer
}

// openStage opens a node on the store at url, or on one of its own in data.
func openStage(t testing.TB, data, url string, day access.Date) *stage {
	t.Helper()
	s := &stage{t: t, clock: &clock{}}
	s.clock.set(day)
	s.node = openNode(t, data, url, s.clock)
	return s
}

func openNode(t testing.TB, data, url string, c *clock) *node.Node {
	t.Helper()
	n, err := node.Open(context.Background(), node.Options{Data: data, DB: url, Now: c.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// watcher is a watcher of the stage's node, which writes its log down.
func (s *stage) watcher(opts watch.Options) *watch.Watcher {
	opts.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	return s.node.NewWatcher(opts)
}

func (s *stage) catchUp(w *watch.Watcher) {
	s.t.Helper()
	if err := w.CatchUp(context.Background()); err != nil {
		s.t.Fatalf("catch up on %s: %v", s.clock.today(), err)
	}
}

func (s *stage) importYAML(text string, audience access.Audience) {
	s.t.Helper()
	r, err := s.node.Import(context.Background(), access.Operator, []intake.File{{Name: "events.yaml", Bytes: []byte(text)}}, node.ImportOptions{Audience: audience, AcceptLoss: true})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(r.Failed) > 0 {
		s.t.Fatalf("import: %v\n%s", r.Failed, text)
	}
}

func (s *stage) decide(reader access.Reader, subject, purpose string) *decision.Answer {
	s.t.Helper()
	a, err := s.node.Decide(context.Background(), access.Ask{Reader: reader}, node.Question{Subject: subject, Purpose: purpose})
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// recordedDecision is a decision as the ledger holds it.
type recordedDecision struct {
	ledger.Entry
	*decision.Recorded
}

// question is what the decision answers.
func (d recordedDecision) question() string {
	purpose := ""
	if d.Purpose != nil {
		purpose = *d.Purpose
	}
	return fmt.Sprintf("%s/%s/%v", d.Query, purpose, d.Audiences)
}

// decisions is all that a reader may see, in order.
func (s *stage) decisions(reader access.Reader) []recordedDecision {
	s.t.Helper()
	ask := access.Ask{Reader: reader, At: access.At{Known: access.Forever, Position: access.Now - 1}}
	entries, err := s.node.Ledger.List(context.Background(), ask, ledger.Filter{Kind: watch.KindDecision, Limit: 1 << 20})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []recordedDecision
	for _, e := range entries {
		b, err := s.node.Ledger.Body(context.Background(), ask, e.Position)
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := decision.ParseRecord(b)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, recordedDecision{e, r})
	}
	return out
}

// tell is the decisions as lines: day, actor, verdict, what changes when.
func tell(all []recordedDecision) []string {
	var out []string
	for _, d := range all {
		changes := "-"
		if d.ChangesOn != nil {
			changes = string(*d.ChangesOn)
		}
		out = append(out, fmt.Sprintf("%s %s %s %s", d.At, d.Actor, d.Verdict, changes))
	}
	return out
}

// gist is what must not change unnoticed, told apart from the package's own
// idea of it.
func gist(r *decision.Recorded) string {
	var out strings.Builder
	changes, err := json.Marshal(r.ChangesOn)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(&out, "%s until %s for %q\n", r.Verdict, changes, r.Subject.ID)
	var candidates []string // the best match first, which is no matter here
	for _, c := range r.Candidates {
		candidates = append(candidates, c.ID)
	}
	slices.Sort(candidates)
	fmt.Fprintf(&out, "or %q\n", candidates)
	for _, reason := range r.Reasons {
		fmt.Fprintf(&out, "%s %s %s %s", reason.Rule, reason.Verdict, reason.Listing, reason.Consequence)
		for _, l := range r.Listings {
			for _, c := range l.Consequences {
				if l.ID == reason.Listing && c.Kind == reason.Consequence {
					fmt.Fprintf(&out, " %s", c.State)
				}
			}
			if l.ID == reason.Listing {
				fmt.Fprintf(&out, " %s", l.Status)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// member is an analyst of some organisations.
func member(organisations ...string) access.Reader {
	r := access.Reader{Member: "m-" + strings.Join(organisations, "-"), Organisations: organisations, Roles: map[string]access.Role{"home": access.RoleAnalyst}}
	slices.Sort(r.Organisations)
	return r
}

func audience(t testing.TB, expr string) access.Audience {
	t.Helper()
	a, err := access.ParseAudience(expr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// days is every day from one to another, both included.
func days(from, to access.Date) []access.Date {
	var out []access.Date
	for d := from; d <= to; d = d.AddDays(1) {
		out = append(out, d)
	}
	return out
}
