package surveillance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/surveillance"
	"countersign.dev/internal/surveillance/specimen"
)

// shop is a watcher over labels that a test gives, in a real ledger.
type shop struct {
	t       *testing.T
	ledger  *ledger.Ledger
	day     access.Date
	judge   func(c surveillance.Concern) (*surveillance.Outcome, error)
	refuse  error // of appends
	watcher *surveillance.Watcher
	log     bytes.Buffer
	told    []string
}

func openShop(t *testing.T) *shop {
	s := &shop{t: t, day: "2021-01-10", judge: func(surveillance.Concern) (*surveillance.Outcome, error) { return &surveillance.Outcome{}, nil }}
	now := func() time.Time { return s.day.Time().Add(9 * time.Hour) }
	s.ledger = ledger.New(dbtest.Open(t, "sqlite"), ledger.Options{Now: now})
	t.Cleanup(func() { s.ledger.Close() })
	scheme := &label.Scheme{ID: "mark", Policy: "who-may", Digest: "sha256:scheme", Rules: []label.Rule{{ID: "parties", On: label.OnParty, Roles: []label.Role{label.Maker}}}}
	s.watcher = surveillance.New(surveillance.Options{
		Ledger: s.ledger, Labels: label.NewView(s.ledger), Judge: s, Append: s.append, Now: now, Logger: slog.New(slog.NewTextHandler(&s.log, nil)), Group: 2,
		Schemes: func(context.Context, access.At) (map[string]*label.Scheme, error) {
			return map[string]*label.Scheme{"mark": scheme}, nil
		},
	})
	return s
}

func (s *shop) Judge(_ context.Context, c surveillance.Concern, _ []string, _ access.At, _ func(dossier.Facts) dossier.Facts) (*surveillance.Outcome, error) {
	return s.judge(c)
}

func (s *shop) Clear(context.Context, access.At) (map[string]bool, error) { return nil, nil }

func (s *shop) Concerned(context.Context, access.At, []string) ([]string, error) { return nil, nil }

func (s *shop) append(ctx context.Context, from int64, events []*label.Event) (int, error) {
	if s.refuse != nil {
		return 0, s.refuse
	}
	e := ledger.Edition{MadeFrom: from, Actor: surveillance.Actor}
	for _, event := range events {
		event.Form, event.Previous, event.Recorded = label.Form, "sha256:before", s.day.Time()
		b, err := event.Marshal()
		if err != nil {
			return 0, err
		}
		part := fmt.Sprintf("%06d", event.Sequence)
		e.Documents = append(e.Documents, ledger.Document{
			Bytes: b, Kind: label.KindEvent, Source: "label/" + event.Label, Part: part, Mode: ledger.Chronicle, Published: s.day,
			Statements: []ledger.Statement{{Kind: label.FactEvent, Subject: event.Label, Key: part, Body: event, ValidFrom: event.On, ValidTo: access.Forever, Published: s.day}},
		})
	}
	if _, err := s.ledger.Append(ctx, e); err != nil {
		return 0, err
	}
	for _, event := range events {
		s.told = append(s.told, fmt.Sprintf("%s %s", event.Kind, event.Subject))
	}
	return len(events), nil
}

// give gives labels of as many makers.
func (s *shop) give(makers int) {
	s.t.Helper()
	var all []specimen.Given
	for n := range makers {
		all = append(all, specimen.Given{ID: specimen.Number(n), Terms: specimen.Terms("mark", specimen.Maker(n), specimen.Release(n), s.day)})
	}
	e, err := specimen.Edition(s.day.Time(), all)
	if err == nil {
		_, err = s.ledger.Append(s.t.Context(), e)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) restricted(c surveillance.Concern) *surveillance.Outcome {
	return &surveillance.Outcome{Causes: []surveillance.Cause{{On: label.OnParty, Subject: c.Name, Since: s.day, Reason: "it is on a list"}}}
}

func (s *shop) live(day access.Date) error {
	s.day = day
	return s.watcher.CatchUp(s.t.Context())
}

// TestCannotBeJudged: what cannot be judged keeps nothing else back, and is tried
// again on the next day.
func TestCannotBeJudged(t *testing.T) {
	s := openShop(t)
	s.give(5)
	broken := true
	s.judge = func(c surveillance.Concern) (*surveillance.Outcome, error) {
		if c.Name == specimen.Maker(2) && broken {
			return nil, problem.New(problem.Invalid, "nobody can tell")
		}
		return s.restricted(c), nil
	}
	if err := s.live("2021-01-11"); err != nil {
		t.Fatal(err)
	}
	if st := s.watcher.Stats(); len(s.told) != 4 || st.Failed != 1 || st.Judged != 4 || st.NextWake != "2021-01-12" || !strings.Contains(s.log.String(), "nobody can tell") {
		t.Errorf("%v, %+v, %s", s.told, st, &s.log)
	}
	if err := s.live("2021-01-11"); err != nil || s.watcher.Stats().Failed != 1 {
		t.Errorf("it is tried again at once: %v", err)
	}
	broken = false
	if err := s.live("2021-01-12"); err != nil || len(s.told) != 5 || s.told[4] != "suspended "+specimen.Maker(2) {
		t.Errorf("%v, %v", s.told, err)
	}
}

// TestCannotFollow: an event that cannot be written keeps nothing else back.
func TestCannotFollow(t *testing.T) {
	s := openShop(t)
	s.give(3)
	s.judge = func(c surveillance.Concern) (*surveillance.Outcome, error) {
		o := s.restricted(c)
		if c.Name == specimen.Maker(1) {
			o.Causes[0].Reason = "\xff"
		}
		return o, nil
	}
	if err := s.live("2021-01-11"); err != nil || len(s.told) != 2 {
		t.Errorf("%v, %v", s.told, err)
	}
	if st := s.watcher.Stats(); st.Failed != 1 || st.Waiting != 0 || !strings.Contains(s.log.String(), "cannot follow") {
		t.Errorf("%+v, %s", st, &s.log)
	}
}

// TestRefused: what the store refuses is an error, and done later; what the
// ledger refuses as out of date is made anew, but not for ever.
func TestRefused(t *testing.T) {
	s := openShop(t)
	s.give(3)
	s.judge = func(c surveillance.Concern) (*surveillance.Outcome, error) { return s.restricted(c), nil }
	s.refuse = errors.New("the disk is full")
	if err := s.live("2021-01-11"); !errors.Is(err, s.refuse) {
		t.Errorf("a full disk: %v", err)
	}
	s.refuse = fmt.Errorf("events: %w", ledger.ErrMoved)
	if err := s.live("2021-01-11"); problem.KindOf(err) != problem.Conflict || !strings.Contains(err.Error(), "out of date") {
		t.Errorf("a ledger that refuses for ever: %v", err)
	}
	s.refuse = nil
	if err := s.live("2021-01-11"); err != nil || len(s.told) != 3 {
		t.Errorf("%v, %v", s.told, err)
	}
	if st := s.watcher.Stats(); st.Appended != 3 || st.Due+st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}
