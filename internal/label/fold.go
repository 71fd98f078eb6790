package label

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Status is how a label stands.
type Status string

// The statuses. Expired is nothing that happens: it comes with the day.
const (
	None             Status = "" // nothing has happened yet
	StatusDraft      Status = "draft"
	StatusApplied    Status = "applied"
	StatusAssessed   Status = "assessed"
	StatusActive     Status = "active"
	StatusSuspended  Status = "suspended"
	StatusExpired    Status = "expired"
	StatusWithdrawn  Status = "withdrawn"
	StatusRevoked    Status = "revoked"
	StatusSuperseded Status = "superseded"
)

// IsFinal reports whether nothing more can happen to a label that stands so.
func (s Status) IsFinal() bool {
	return s == StatusWithdrawn || s == StatusRevoked || s == StatusSuperseded
}

// IsPublic reports whether a label that stands so was issued.
func (s Status) IsPublic() bool {
	switch s {
	case None, StatusDraft, StatusApplied, StatusAssessed:
		return false
	}
	return true
}

// transitions is which events may happen to a label that stands how.
var transitions = map[Kind][]Status{
	Drafted:    {None, StatusDraft},
	Applied:    {None, StatusDraft, StatusApplied},
	Judged:     {StatusApplied, StatusAssessed},
	Assessed:   {StatusApplied, StatusAssessed},
	Issued:     {StatusAssessed},
	Warned:     {StatusActive, StatusSuspended},
	Cleared:    {StatusActive, StatusSuspended, StatusExpired},
	Suspended:  {StatusActive, StatusSuspended},
	Tested:     {StatusActive, StatusSuspended},
	Offered:    {StatusSuspended, StatusExpired},
	Reinstated: {StatusSuspended, StatusExpired},
	Amended:    {StatusActive, StatusSuspended},
	Withdrawn:  {StatusDraft, StatusApplied, StatusAssessed, StatusActive, StatusSuspended, StatusExpired},
	Revoked:    {StatusActive, StatusSuspended, StatusExpired},
	Superseded: {StatusActive, StatusSuspended, StatusExpired},
}

// becomes is the status that an event of the whole label leads to.
var becomes = map[Kind]Status{
	Drafted: StatusDraft, Applied: StatusApplied, Assessed: StatusAssessed, Issued: StatusActive,
	Withdrawn: StatusWithdrawn, Revoked: StatusRevoked, Superseded: StatusSuperseded,
}

// Ground is something that stands against a label.
type Ground struct {
	ID      string      `json:"ground"`
	Rule    string      `json:"rule"`
	Subject string      `json:"subject,omitempty"`
	Reason  string      `json:"reason"`
	Cite    string      `json:"cite,omitempty"`
	Since   access.Date `json:"since"`
	Due     access.Date `json:"due,omitempty"`     // of a warning: when it becomes a suspension
	Offered access.Date `json:"offered,omitempty"` // from which day on reinstatement is offered
	Why     string      `json:"offer_reason,omitempty"`
	Event   int         `json:"event"` // sequence of the event that opened it
}

// State is how a label stands on a day.
type State struct {
	Label      string      `json:"id"`
	Status     Status      `json:"status"`
	Since      access.Date `json:"since"`                // from when it stands so
	Reason     string      `json:"reason"`               // why, in one sentence
	Rule       string      `json:"rule,omitempty"`       // by which rule of the scheme
	Grounds    []Ground    `json:"grounds"`              // open ones, oldest first
	Warnings   []Ground    `json:"warnings"`             // what will become a ground, and when
	Reinstated access.Date `json:"reinstated,omitempty"` // the last time that it was given back
	ChangesOn  access.Date `json:"changes_on,omitempty"` // the next day on which time alone changes the status
	By         string      `json:"superseded_by,omitempty"`
	Terms      *Terms      `json:"terms,omitempty"`
	Document   string      `json:"document,omitempty"` // digest of the signed label
	Code       string      `json:"code,omitempty"`     // of its QR code
	Events     int         `json:"events"`             // that count by the day
	Last       int         `json:"last"`               // sequence of the last event known, whenever it counts
}

// Fold tells how a label stood on a day, by its events in the order of their
// sequence. Whoever asks by what was known, or may be seen, leaves out the
// others first.
func Fold(events []*Event, at access.Date) State {
	s := State{Grounds: []Ground{}, Warnings: []Ground{}}
	var grounds []*Event // events about grounds
	var cause *Event     // of the status of the whole
	for _, e := range events {
		s.Label, s.Last = e.Label, max(s.Last, e.Sequence)
		if e.On > at {
			continue
		}
		s.Events++
		if to, ok := becomes[e.Kind]; ok && !s.Status.IsFinal() {
			s.Status, cause = to, e
		}
		if e.Terms != nil {
			s.Terms, s.Document, s.Code = e.Terms, e.Document, e.Code
		}
		s.By = cmp.Or(e.By, s.By)
		if e.Kind.onGround() {
			grounds = append(grounds, e)
		}
	}
	if cause != nil {
		s.Since, s.Reason, s.Rule = cause.On, cause.Reason, cause.Rule
	}
	if s.Status != StatusActive {
		return s
	}
	s.overlay(at, grounds)
	return s
}

// opened is the grounds that are open after events. They are taken by the day
// from which they count: an event that is told of late corrects the course, and of
// one day the last one told of decides. back is the last by which one was closed.
func (s *State) opened(events []*Event) (open map[string]*Ground, back *Event) {
	byDay := slices.Clone(events)
	slices.SortStableFunc(byDay, func(a, b *Event) int { return cmp.Compare(a.On, b.On) })
	open = map[string]*Ground{}
	for _, e := range byDay {
		was := open[e.Ground]
		switch {
		case e.Kind == Suspended:
			g := groundOf(e)
			if was != nil {
				g.Since = was.Since
			}
			open[e.Ground] = g
		case e.Kind == Reinstated && was != nil:
			delete(open, e.Ground)
			s.Reinstated, back = e.On, e
		}
	}
	return open, back
}

// told is the warnings that stand after events, and the offers. Of these what was
// told last counts, whichever day it names.
func told(events []*Event) (warned map[string]*Ground, offered map[string]*Event) {
	warned, offered = map[string]*Ground{}, map[string]*Event{}
	for _, e := range events {
		switch e.Kind {
		case Warned:
			warned[e.Ground] = groundOf(e)
		case Cleared:
			delete(warned, e.Ground)
		case Suspended:
			delete(warned, e.Ground)
			delete(offered, e.Ground)
		case Offered:
			offered[e.Ground] = e
		case Reinstated:
			delete(offered, e.Ground)
		}
	}
	return warned, offered
}

func groundOf(e *Event) *Ground {
	return &Ground{ID: e.Ground, Rule: e.Rule, Subject: e.Subject, Reason: e.Reason, Cite: e.Cite, Since: e.On, Due: access.Date(e.Due), Event: e.Sequence}
}

// overlay lays what stands against an issued label over its status, and the
// passing of its time.
func (s *State) overlay(at access.Date, events []*Event) {
	open, back := s.opened(events)
	warned, offered := told(events)
	for id, e := range offered {
		if g := open[id]; g != nil {
			g.Offered, g.Why = e.On, e.Reason
		}
	}
	s.Grounds, s.Warnings = sorted(open), sorted(warned)
	until := access.Forever
	if s.Terms != nil {
		until = s.Terms.ValidUntil
	}
	switch {
	case at >= until:
		s.Status, s.Since, s.Rule = StatusExpired, until, s.Terms.EndsBy
		s.Reason = "its time was up"
		if s.Terms.EndsBy == EndsBySupport {
			s.Reason = "the maker's support for the product ended"
		}
	case len(s.Grounds) > 0:
		first := s.Grounds[0]
		s.Status, s.Since, s.Reason, s.Rule, s.ChangesOn = StatusSuspended, first.Since, first.Reason, first.Rule, until
	default:
		s.ChangesOn = until
		if s.Reinstated != "" {
			s.Since = max(s.Since, s.Reinstated)
			s.Reason, s.Rule = "given back: "+back.Reason, ""
		}
	}
	for i := range s.Warnings {
		if w := &s.Warnings[i]; s.ChangesOn == "" || w.Due < s.ChangesOn && s.Status == StatusActive {
			s.ChangesOn = w.Due
		}
	}
	if s.ChangesOn == access.Forever {
		s.ChangesOn = ""
	}
}

func sorted(grounds map[string]*Ground) []Ground {
	out := make([]Ground, 0, len(grounds))
	for _, g := range grounds {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Ground) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Event, b.Event), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Next tells whether an event can happen to a label after these, which are all
// that happened to it. The error says what was expected.
func Next(events []*Event, e *Event) error {
	for _, was := range events {
		_, whole := becomes[was.Kind]
		if _, also := becomes[e.Kind]; whole && also && e.On < was.On {
			return problem.New(problem.Invalid, "label %s was %s on %s; it cannot be %s on %s, before that", e.Label, was.Kind, was.On, e.Kind, e.On)
		}
	}
	if s := Fold(events, access.Forever.AddDays(-1)); s.Status.IsFinal() {
		return problem.New(problem.Conflict, "label %s is %s, for good: it cannot be %s", e.Label, s.Status, e.Kind)
	}
	s := Fold(events, e.On)
	return s.may(e)
}

// may tells whether an event can happen to a label that stands as s does on the
// event's day.
func (s *State) may(e *Event) error {
	if e.Sequence != s.Last+1 {
		return problem.New(problem.Conflict, "label %s: event %d is not the next; %d is", e.Label, e.Sequence, s.Last+1)
	}
	if !slices.Contains(transitions[e.Kind], s.Status) {
		return problem.New(problem.Conflict, "label %s is %s: it cannot be %s", e.Label, cmp.Or(string(s.Status), "not there"), e.Kind)
	}
	switch e.Kind {
	case Offered, Reinstated:
		i := slices.IndexFunc(s.Grounds, func(g Ground) bool { return g.ID == e.Ground })
		if i < 0 && s.Status != StatusExpired {
			return problem.New(problem.Conflict, "label %s is not suspended for %q", e.Label, e.Ground)
		}
		if i >= 0 && e.On < s.Grounds[i].Since {
			return problem.New(problem.Invalid, "label %s was suspended for %q on %s; it cannot be given back on %s, before that", e.Label, e.Ground, s.Grounds[i].Since, e.On)
		}
	case Cleared:
		if !slices.ContainsFunc(s.Warnings, func(g Ground) bool { return g.ID == e.Ground }) {
			return problem.New(problem.Conflict, "label %s was not warned of %q", e.Label, e.Ground)
		}
	}
	return nil
}
