package node

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/notice/bulletin"
	"countersign.dev/internal/problem"
)

// room is nodes on one store whose time stands where a test sets it.
type room struct {
	t     testing.TB
	clock atomic.Int64 // Unix seconds
	nodes []*Node
}

func openRoom(t testing.TB, url string, nodes int, when string) *room {
	t.Helper()
	r := &room{t: t}
	r.set(when)
	data := t.TempDir()
	for range nodes {
		n, err := Open(context.Background(), Options{Data: data, DB: url, Now: func() time.Time { return time.Unix(r.clock.Load(), 0).UTC() }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		r.nodes = append(r.nodes, n)
	}
	return r
}

func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (r *room) set(when string) { r.clock.Store(instantOf(r.t, when).Unix()) }

func analyst(org string) access.Reader {
	return access.Reader{Member: "ana@" + org, Organisations: []string{org}, Roles: map[string]access.Role{org: access.RoleAnalyst}}
}

// now is the ask of somebody about this moment.
func (r *room) now(by access.Reader) IncidentAsk {
	return IncidentAsk{Ask: access.Ask{Reader: by, At: access.At{Position: access.Now}}}
}

func (r *room) record(by access.Reader, id string, events ...incident.Event) *IncidentState {
	r.t.Helper()
	s, err := r.nodes[0].RecordIncident(context.Background(), by, id, events...)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *room) open(by access.Reader, in NewIncident) *IncidentState {
	r.t.Helper()
	s, err := r.nodes[0].OpenIncident(context.Background(), by, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// The SolarWinds incident at an agency: open, told within the hour, shared with
// CISA, and what was then not known is not said of then.
func TestIncidentLives(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		r := openRoom(t, url, 1, "2020-12-13 21:40")
		ctx, n := context.Background(), r.nodes[0]
		ours, cisa, other := analyst("treasury"), analyst("cisa"), analyst("acme")
		s := r.open(ours, NewIncident{Title: "SUNBURST in Orion", At: instantOf(t, "2020-12-13 21:30"), Regimes: []string{"us-fceb"}})
		id := s.ID
		s = r.record(ours, id, incident.Event{Kind: incident.Fact, Fact: "aware", At: instantOf(t, "2020-12-13 21:20")})
		if c := s.Clocks[0]; c.Duty != "notify-cisa" || c.State != duty.Running || !c.Instant.Equal(instantOf(t, "2020-12-13 22:20")) || !s.ChangesOn.Equal(instantOf(t, "2020-12-13 21:50")) {
			t.Errorf("clock %+v, changes on %s", c, s.ChangesOn)
		}
		for _, by := range []access.Reader{cisa, other, access.Anonymous} {
			if _, err := n.Incident(ctx, r.now(by), id); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s sees it: %v", by.Member, err)
			}
			if l, err := n.Incidents(ctx, r.now(by), incident.Filter{}); err != nil || len(l.Incidents) != 0 {
				t.Errorf("%s lists %d, %v", by.Member, len(l.Incidents), err)
			}
			if _, err := n.RecordIncident(ctx, by, id, incident.Event{Kind: incident.Noted, Text: "x"}); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s records: %v", by.Member, err)
			}
		}
		r.set("2020-12-13 22:00")
		r.record(ours, id,
			incident.Event{Kind: incident.Noted, Text: "who works on it", Only: []string{"treasury"}},
			incident.Event{Kind: incident.Told, Told: &incident.Telling{Recipient: "cisa"}},
			incident.Event{Kind: incident.Shared, With: []string{"cisa"}})
		theirs, err := n.IncidentHistory(ctx, r.now(cisa), id)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []incident.Kind
		for _, e := range theirs {
			kinds = append(kinds, e.Kind)
		}
		if want := []incident.Kind{incident.Opened, incident.Fact, incident.Told, incident.Shared}; !slices.Equal(kinds, want) {
			t.Errorf("CISA sees %v, want %v", kinds, want)
		}
		// Those it is shared with say that they were told, and decide nothing.
		r.set("2020-12-13 22:10")
		s = r.record(cisa, id, incident.Event{Kind: incident.Acknowledged, Of: 4})
		if len(s.Told) != 1 || s.Told[0].Acknowledged.IsZero() {
			t.Errorf("told %+v", s.Told)
		}
		if _, err := n.RecordIncident(ctx, cisa, id, incident.Event{Kind: incident.Closed}); problem.KindOf(err) != problem.Denied {
			t.Errorf("CISA closes it: %v", err)
		}
		if _, err := n.RecordIncident(ctx, cisa, id, incident.Event{Kind: incident.Corrected, Of: 3, Text: "x"}); problem.KindOf(err) != problem.Denied {
			t.Errorf("CISA corrects what it does not see: %v", err)
		}
		r.set("2020-12-20 09:00")
		s = r.record(ours, id, incident.Event{Kind: incident.Corrected, Of: 2, At: instantOf(t, "2020-12-13 20:50"), Text: "the vendor called half an hour earlier"})
		if c := clockNamed(t, s, "notify-cisa"); c.State != duty.Late || len(c.Moved) != 1 {
			t.Errorf("after the correction: %s, moved %v", c.State, c.Moved)
		}
		known := r.now(ours)
		known.At.Known = "2020-12-19"
		before, err := n.Incident(ctx, known, id)
		if err != nil {
			t.Fatal(err)
		}
		if c := clockNamed(t, before, "notify-cisa"); c.State != duty.Met || c.Moved != nil {
			t.Errorf("as known before: %s, moved %v", c.State, c.Moved)
		}
	})
}

func clockNamed(t testing.TB, s *IncidentState, name string) incident.Clock {
	t.Helper()
	for _, c := range s.Clocks {
		if c.Duty == name {
			return c
		}
	}
	t.Fatalf("no clock %s in %+v", name, s.Clocks)
	return incident.Clock{}
}

// Several nodes that watch the same clocks warn once of each mark.
func TestClocksWarnOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		r := openRoom(t, url, 3, "2021-04-01 00:00")
		ctx, ours := context.Background(), analyst("acme")
		id := r.open(ours, NewIncident{Title: "intrusion", Regimes: []string{"us-defense-contractor"}}).ID
		r.record(ours, id, incident.Event{Kind: incident.Fact, Fact: "aware"})
		if _, err := r.nodes[0].SetNoticeContact(ctx, access.Operator, bulletin.Contact{Organisation: "acme", Mail: "soc@acme.example"}); err != nil {
			t.Fatal(err)
		}
		var told atomic.Int64
		var last time.Duration
		for _, step := range []struct {
			when string
			told int64
			wait time.Duration
		}{
			{"2021-04-01 00:00", 0, maxAttend}, {"2021-04-02 11:55", 0, 5 * time.Minute}, {"2021-04-02 12:00", 1, maxAttend},
			{"2021-04-03 09:36", 2, maxAttend}, {"2021-04-03 23:59", 2, time.Minute}, {"2021-04-04 00:00", 3, maxAttend}, {"2021-05-01 00:00", 3, maxAttend},
		} {
			r.set(step.when)
			var nodes sync.WaitGroup
			waits := make([]time.Duration, len(r.nodes))
			for i, n := range r.nodes {
				nodes.Go(func() {
					var err error
					waits[i], err = n.WarnOfClocks(ctx, IncidentOptions{Logger: n.log, Warn: func(context.Context, string, incident.Warning) { told.Add(1) }})
					if err != nil {
						t.Error(err)
					}
				})
			}
			nodes.Wait()
			if last = waits[0]; told.Load() != step.told || last != step.wait {
				t.Errorf("at %s: %d warnings, next in %v; want %d, %v", step.when, told.Load(), last, step.told, step.wait)
			}
		}
		history, err := r.nodes[1].IncidentHistory(ctx, r.now(ours), id)
		if err != nil {
			t.Fatal(err)
		}
		var percents []int
		for _, e := range history {
			if e.Kind == incident.Warned {
				percents = append(percents, e.Warning.Percent)
			}
		}
		if !slices.Equal(percents, []int{50, 80, 100}) {
			t.Errorf("warned at %v", percents)
		}
		notices, err := r.nodes[1].Notices(ctx, access.Ask{Reader: ours}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var sent []string
		for _, s := range notices {
			for _, told := range s.Told {
				for _, d := range told.Deliveries {
					sent = append(sent, d.Way+" "+d.To+": "+s.Subject)
				}
			}
		}
		want := []string{
			"ledger : Overdue: report the cyber incident to DoD (intrusion)", "mail soc@acme.example: Overdue: report the cyber incident to DoD (intrusion)",
		}
		if len(sent) != 6 || !slices.Equal(sent[:2], want) {
			t.Errorf("sent %q, want six, beginning with %q", sent, want)
		}
	})
}

func TestIncidentRefusals(t *testing.T) {
	r := openRoom(t, "", 1, "2021-05-08 12:00")
	ctx, n := context.Background(), r.nodes[0]
	ours := analyst("colonial")
	id := r.open(ours, NewIncident{Title: "DarkSide", Regimes: []string{"us-pipeline"}}).ID
	reader := access.Reader{Member: "eve", Organisations: []string{"colonial"}, Roles: map[string]access.Role{"colonial": access.RoleReader}}
	two := access.Reader{Member: "mo", Roles: map[string]access.Role{"a": access.RoleAnalyst, "b": access.RoleAnalyst}}
	tests := []struct {
		name string
		err  func() error
		want problem.Kind
	}{
		{"a reader opens", func() error { _, err := n.OpenIncident(ctx, reader, NewIncident{Title: "x"}); return err }, problem.Invalid},
		{"a reader opens for the organisation", func() error {
			_, err := n.OpenIncident(ctx, reader, NewIncident{Title: "x", Owner: "colonial"})
			return err
		}, problem.Denied},
		{"of which organisation", func() error { _, err := n.OpenIncident(ctx, two, NewIncident{Title: "x"}); return err }, problem.Invalid},
		{"an unknown regime", func() error {
			_, err := n.OpenIncident(ctx, ours, NewIncident{Title: "x", Regimes: []string{"us-pipelines"}})
			return err
		}, problem.Invalid},
		{"the same id twice", func() error { _, err := n.OpenIncident(ctx, ours, NewIncident{ID: id, Title: "x"}); return err }, problem.Conflict},
		{"no id of STIX", func() error { _, err := n.OpenIncident(ctx, ours, NewIncident{ID: "7", Title: "x"}); return err }, problem.Invalid},
		{"no title", func() error { _, err := n.OpenIncident(ctx, ours, NewIncident{}); return err }, problem.Invalid},
		{"a reader records", func() error {
			_, err := n.RecordIncident(ctx, reader, id, incident.Event{Kind: incident.Confirmed})
			return err
		}, problem.Denied},
		{"what has not come", func() error {
			_, err := n.RecordIncident(ctx, ours, id, incident.Event{Kind: incident.Confirmed, At: instantOf(t, "2021-06-01 00:00")})
			return err
		}, problem.Invalid},
		{"a warning by hand", func() error {
			_, err := n.RecordIncident(ctx, ours, id, incident.Event{Kind: incident.Warned, Warning: &incident.Warning{Percent: 50}})
			return err
		}, problem.Invalid},
		{"a report under no directive", func() error { _, err := n.IncidentReport(ctx, r.now(ours), id, "moon-law"); return err }, problem.NotFound},
	}
	for _, tt := range tests {
		if err := tt.err(); problem.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	s, err := n.Incident(ctx, r.now(ours), id)
	if err != nil || s.Events != 1 {
		t.Errorf("refused events were kept: %d, %v", s.Events, err)
	}
}
